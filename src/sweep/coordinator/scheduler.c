/* Choosing the next unit for a worker. */
#include "sweep/coordinator/scheduler_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "sweep/coordinator/speeds_internal.h"

/* A worker below this part of the mean speed counts as slow. */
static const double SLOW_SPEED = 0.7;
/* No worker's pieces are smaller or larger by more than that. */
static const double LEAST_SPEED = 0.2, MOST_SPEED = 2;
/* Near the end a slow worker's piece is thought to take so many times what it should. */
static const double SAFETY = 3;
/* A model that is in the node's memory is preferred to one that would be finished last by so much
   more. */
static const double AFFINITY = 0.05;

/* Part of a model's loading that is left where its files are in the node's memory: checking and
   packing. */
static const double WARM_LOAD = 0.5;

enum {
  NO_MODEL = -1,
  PIECES_LEFT = 8,    /* a worker gets this part of its share of what is left */
  UNITS_AHEAD = 10,   /* by so many of its smallest units a model should end before the others */
  PLENTY = 4,         /* largest units for each worker */
  SMALLEST_PART = 64, /* no piece is a smaller part of the largest one or of a worker's share */
  UNITS_PER_CHUNK = 1024
};

/* What is left of a unit as it was given: the examples from `done` on. */
typedef struct range {
  const bs_unit *unit;
  uint32_t done;
} range;

/* The units of one model. */
typedef struct queue {
  range *ranges; /* the one with the costliest smallest piece first */
  size_t n, next;
  double cost_left, load_cost, warm_load_cost, smallest_cost;
  size_t n_workers, n_slow; /* that hold the model, and the slow ones of them */
} queue;

typedef struct slot {
  long held; /* model or NO_MODEL */
  size_t node;
  bool is_slow;
  bool *barred; /* [n_models] that it cannot have; NULL: none */
} slot;

/* Pieces of units, in blocks that never move. */
typedef struct chunk {
  struct chunk *before;
  size_t n;
  bs_unit units[UNITS_PER_CHUNK];
} chunk;

struct bs_scheduler {
  queue *queues; /* [n_models] */
  size_t n_models, n_workers;
  range *ranges; /* all queues' ranges, one after the other */
  slot *slots;   /* [n_workers] */
  bool *is_warm; /* [n_models][n_workers, of which a node each] loaded there before */
  bs_speeds *speeds;
  chunk *pieces; /* the latest */
  size_t n_left; /* ranges that are not handed out, or not whole */
  bool splits;
  double largest_cost;
  double cost_left;
};

static double cost_each(const bs_unit *unit) { return unit->cost / (double)unit->n; }

/* Costliest first; equal costs in the plan's order, so that the schedule is the same everywhere. */
static int by_cost(const void *a, const void *b) {
  const bs_unit *x = ((const range *)a)->unit, *y = ((const range *)b)->unit;
  if (x->cost != y->cost)
    return x->cost > y->cost ? -1 : 1;
  return (x > y) - (x < y);
}

/* Those that cannot be cut as fine as others come first. */
static int by_cost_each(const void *a, const void *b) {
  const bs_unit *x = ((const range *)a)->unit, *y = ((const range *)b)->unit;
  if (cost_each(x) != cost_each(y))
    return cost_each(x) > cost_each(y) ? -1 : 1;
  return (x > y) - (x < y);
}

static void sort_queues(bs_scheduler *s, int (*order)(const void *, const void *)) {
  for (size_t m = 0; m < s->n_models; m++)
    if (s->queues[m].n > 0)
      qsort(s->queues[m].ranges, s->queues[m].n, sizeof(range), order);
}

bs_status bs_scheduler_new(bs_scheduler **out, const bs_unit *units, size_t n_units,
                           size_t n_models, size_t n_workers, bs_error *err) {
  *out = NULL;
  bs_scheduler *s = bs_array_new(1, sizeof *s, err);
  if (s == NULL)
    return BS_ERR_MEMORY;
  s->n_models = n_models;
  s->n_workers = n_workers;
  s->n_left = n_units;
  s->queues = bs_array_new(n_models, sizeof *s->queues, err);
  s->ranges = bs_array_new(n_units, sizeof *s->ranges, err);
  s->slots = bs_array_new(n_workers, sizeof *s->slots, err);
  size_t n_marks;
  if (s->queues == NULL || s->ranges == NULL || s->slots == NULL ||
      !bs_size_mul(n_models, n_workers, &n_marks) ||
      (s->is_warm = bs_array_new(n_marks, sizeof *s->is_warm, err)) == NULL ||
      bs_speeds_new(&s->speeds, n_models, n_workers, err) != BS_OK) {
    bs_scheduler_free(&s);
    return bs_error_set(err, BS_ERR_MEMORY, "cannot schedule %zu units", n_units);
  }
  for (size_t w = 0; w < n_workers; w++)
    s->slots[w] = (slot){.held = NO_MODEL, .node = w};
  for (size_t i = 0; i < n_units; i++)
    s->queues[units[i].model].n++;
  size_t at = 0;
  for (size_t m = 0; m < n_models; m++) {
    s->queues[m].ranges = s->ranges + at;
    at += s->queues[m].n;
    s->queues[m].n = 0;
  }
  for (size_t i = 0; i < n_units; i++) {
    queue *q = &s->queues[units[i].model];
    q->ranges[q->n++] = (range){.unit = &units[i]};
    q->cost_left += units[i].cost;
    s->cost_left += units[i].cost;
  }
  sort_queues(s, by_cost);
  *out = s;
  return BS_OK;
}

void bs_scheduler_free(bs_scheduler **handle) {
  bs_scheduler *s = *handle;
  if (s == NULL)
    return;
  while (s->pieces != NULL) {
    chunk *before = s->pieces->before;
    free(s->pieces);
    s->pieces = before;
  }
  for (size_t w = 0; s->slots != NULL && w < s->n_workers; w++)
    free(s->slots[w].barred);
  free(s->queues);
  free(s->ranges);
  free(s->slots);
  free(s->is_warm);
  bs_speeds_free(&s->speeds);
  free(s);
  *handle = NULL;
}

void bs_scheduler_split(bs_scheduler *s, const bs_scheduler_limits *limits) {
  s->splits = true;
  s->largest_cost = limits->largest_cost;
  double least = s->cost_left / (double)s->n_workers / SMALLEST_PART;
  if (s->largest_cost > 0)
    least = fmin(least, s->largest_cost / SMALLEST_PART);
  for (size_t m = 0; m < s->n_models; m++) {
    s->queues[m].load_cost = limits->load_costs[m];
    s->queues[m].warm_load_cost =
        limits->warm_load_costs != NULL ? limits->warm_load_costs[m] : limits->load_costs[m];
    s->queues[m].smallest_cost = fmax(limits->smallest_costs[m], least);
  }
  sort_queues(s, by_cost_each);
}

bs_status bs_scheduler_split_for_plan(bs_scheduler *s, const bs_plan *plan, bs_error *err) {
  double *smallest = bs_array_new(plan->n_models, sizeof *smallest, err);
  double *load = bs_array_new(plan->n_models, sizeof *load, err);
  double *warm = bs_array_new(plan->n_models, sizeof *warm, err);
  bs_status status = smallest == NULL || load == NULL || warm == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t m = 0; status == BS_OK && m < plan->n_models; m++) {
    smallest[m] = plan->models[m].smallest_cost;
    load[m] = plan->models[m].load_cost;
    warm[m] = WARM_LOAD * load[m];
  }
  if (status == BS_OK)
    bs_scheduler_split(s, &(bs_scheduler_limits){.largest_cost = BS_LARGEST_UNIT_COST,
                                                 .smallest_costs = smallest,
                                                 .load_costs = load,
                                                 .warm_load_costs = warm});
  free(smallest);
  free(load);
  free(warm);
  return status;
}

static bool is_barred(const bs_scheduler *s, size_t worker, size_t m) {
  const bool *barred = s->slots[worker].barred;
  return barred != NULL && barred[m];
}

static bool has_units(const queue *q) { return q->next < q->n; }

static bool is_warm_for(const bs_scheduler *s, size_t worker, size_t m) {
  return s->is_warm[m * s->n_workers + s->slots[worker].node];
}

static double load_cost_for(const bs_scheduler *s, size_t worker, size_t m) {
  return is_warm_for(s, worker, m) ? s->queues[m].warm_load_cost : s->queues[m].load_cost;
}

/* Whether one more worker is of use: with k workers on R of cost the newcomer, who first loads for
   L, does (R - k L) / (k + 1) until all end together; that should be no less than L. A model that
   nobody holds needs someone. */
static bool wants_worker(const queue *q, double load_cost) {
  double k = (double)q->n_workers;
  return has_units(q) && (q->n_workers == 0 || q->cost_left - k * load_cost >= (k + 1) * load_cost);
}

/* Of the costliest piece that the queue, which has units, would hand out next, at least. */
static double next_cost(const queue *q) {
  return fmax(q->smallest_cost, cost_each(q->ranges[q->next].unit));
}

/* Seconds that the work which nobody has yet will take. */
static double seconds_left(const bs_scheduler *s) {
  double seconds = 0;
  for (size_t m = 0; m < s->n_models; m++)
    seconds += s->queues[m].cost_left / bs_speeds_of_model(s->speeds, m);
  return seconds / (double)bs_speeds_n_known(s->speeds);
}

/* Whether a worker should have a piece of a model. A slow one should not when one of the others
   that hold the model, who will soon ask for it, would have done it earlier: everybody would wait
   for it at the end. */
static bool suits(const bs_scheduler *s, size_t worker, size_t m) {
  const slot *who = &s->slots[worker];
  const queue *q = &s->queues[m];
  if (!s->splits || !who->is_slow || q->n_slow == q->n_workers)
    return true;
  double rate = bs_speeds_of_model(s->speeds, m);
  double typical = next_cost(q) / rate;
  double own = typical / bs_speeds_of_worker(s->speeds, worker);
  if (who->held != (long)m)
    own += load_cost_for(s, worker, m) / rate;
  return SAFETY * own <= seconds_left(s) + typical;
}

/* The model that would be finished last, were one more worker to join those that hold it. Models
   with large units are made to end earlier: the work at the very end should be small units of
   models that are quickly loaded. One that is in the node's memory is preferred where it makes
   little difference. */
static long neediest_model(const bs_scheduler *s, size_t worker) {
  long best = NO_MODEL, best_warm = NO_MODEL;
  double latest = -1, latest_warm = -1;
  for (size_t m = 0; m < s->n_models; m++) {
    const queue *q = &s->queues[m];
    double load_cost = load_cost_for(s, worker, m);
    double end =
        (q->cost_left + load_cost) / (double)(q->n_workers + 1) + UNITS_AHEAD * q->smallest_cost;
    if (is_barred(s, worker, m) || !wants_worker(q, load_cost) || !suits(s, worker, m))
      continue;
    if (end > latest) {
      latest = end;
      best = (long)m;
    }
    if (is_warm_for(s, worker, m) && end > latest_warm) {
      latest_warm = end;
      best_warm = (long)m;
    }
  }
  return best_warm != NO_MODEL && latest_warm >= (1 - AFFINITY) * latest ? best_warm : best;
}

static void let_go(bs_scheduler *s, size_t worker) {
  slot *who = &s->slots[worker];
  if (who->held != NO_MODEL) {
    s->queues[who->held].n_workers--;
    s->queues[who->held].n_slow -= who->is_slow;
  }
  who->held = NO_MODEL;
}

static void hold(bs_scheduler *s, size_t worker, long m) {
  slot *who = &s->slots[worker];
  who->held = m;
  if (m == NO_MODEL)
    return;
  s->queues[m].n_workers++;
  s->queues[m].n_slow += who->is_slow;
  s->is_warm[(size_t)m * s->n_workers + who->node] = true;
}

void bs_scheduler_place(bs_scheduler *s, size_t worker, size_t node) {
  s->slots[worker].node = node;
}

void bs_scheduler_lose(bs_scheduler *s, size_t worker) {
  let_go(s, worker);
  bs_speeds_lose(s->speeds, worker);
  s->slots[worker].is_slow = false;
}

bs_status bs_scheduler_bar(bs_scheduler *s, size_t worker, size_t model, bs_error *err) {
  slot *who = &s->slots[worker];
  if (who->barred == NULL && (who->barred = bs_array_new(s->n_models, sizeof(bool), err)) == NULL)
    return BS_ERR_MEMORY;
  who->barred[model] = true;
  if (who->held == (long)model)
    let_go(s, worker);
  return BS_OK;
}

void bs_scheduler_learn(bs_scheduler *s, size_t worker, const bs_unit *unit, double seconds) {
  slot *who = &s->slots[worker];
  bs_speeds_learn(s->speeds, worker, unit, seconds);
  bool is_slow = bs_speeds_of_worker(s->speeds, worker) < SLOW_SPEED;
  if (is_slow != who->is_slow && who->held != NO_MODEL)
    s->queues[who->held].n_slow += is_slow ? 1 : (size_t)-1;
  who->is_slow = is_slow;
}

size_t bs_scheduler_n_left(const bs_scheduler *s) { return s->n_left; }

bool bs_scheduler_has_plenty(const bs_scheduler *s, size_t worker) {
  double largest = 0;
  for (size_t m = 0; m < s->n_models; m++) {
    const queue *q = &s->queues[m];
    if (q->next < q->n) {
      const bs_unit *unit = q->ranges[q->next].unit;
      largest = fmax(largest, s->splits ? fmax(q->smallest_cost, cost_each(unit)) : unit->cost);
    }
  }
  double speed = fmin(bs_speeds_of_worker(s->speeds, worker), 1);
  return s->n_left > 0 && s->cost_left * speed > PLENTY * largest * (double)s->n_workers;
}

/* Room for a piece; NULL when out of memory. */
static bs_unit *new_piece(bs_scheduler *s) {
  if (s->pieces == NULL || s->pieces->n == UNITS_PER_CHUNK) {
    chunk *more = bs_array_new(1, sizeof *more, NULL);
    if (more == NULL)
      return NULL;
    more->before = s->pieces;
    s->pieces = more;
  }
  return &s->pieces->units[s->pieces->n++];
}

/* Examples to hand out of the `left` ones of a unit: a part of a worker's share of all that is left
   and of what the model has left, and no rest that is too small for a unit of its own. */
static uint32_t piece_examples(const bs_scheduler *s, const queue *q, size_t worker,
                               const bs_unit *unit, uint32_t left) {
  if (!s->splits)
    return left;
  double each = cost_each(unit);
  double smallest = fmax(ceil(q->smallest_cost / each), 1);
  double share =
      fmin(s->cost_left / (double)s->n_workers, q->cost_left / (double)q->n_workers) / PIECES_LEFT;
  if (s->largest_cost > 0)
    share = fmin(share, s->largest_cost);
  share *= fmin(fmax(bs_speeds_of_worker(s->speeds, worker), LEAST_SPEED), MOST_SPEED);
  double n = fmax(floor(share / each), smallest);
  return n > (double)left - smallest ? left : (uint32_t)n;
}

static const bs_unit *take_piece(bs_scheduler *s, queue *q, size_t worker) {
  range *r = &q->ranges[q->next];
  const bs_unit *unit = r->unit;
  uint32_t left = unit->n - r->done, n = piece_examples(s, q, worker, unit, left);
  if (n < unit->n) {
    bs_unit *piece = new_piece(s);
    if (piece == NULL && r->done == 0) {
      n = unit->n; /* without memory whole units are handed out */
    } else if (piece == NULL) {
      return NULL;
    } else {
      *piece = *unit;
      piece->first = unit->first + r->done;
      piece->n = n;
      piece->cost = cost_each(unit) * (double)n;
      unit = piece;
    }
  }
  r->done += n;
  if (n == left) {
    q->next++;
    s->n_left--;
  }
  return unit;
}

const bs_unit *bs_scheduler_drop(bs_scheduler *s, size_t model) {
  queue *q = &s->queues[model];
  if (q->next == q->n)
    return NULL;
  range *r = &q->ranges[q->next];
  const bs_unit *unit = r->unit;
  if (r->done > 0) {
    bs_unit *rest = new_piece(s);
    if (rest == NULL)
      return NULL;
    *rest = *unit;
    rest->first += r->done;
    rest->n -= r->done;
    rest->cost = cost_each(unit) * (double)rest->n;
    unit = rest;
  }
  q->next++;
  s->n_left--;
  q->cost_left -= unit->cost;
  s->cost_left -= unit->cost;
  return unit;
}

const bs_unit *bs_scheduler_next(bs_scheduler *s, size_t worker) {
  long held = s->slots[worker].held;
  if (held == NO_MODEL || !has_units(&s->queues[held]) || !suits(s, worker, (size_t)held)) {
    let_go(s, worker);
    held = neediest_model(s, worker);
    hold(s, worker, held);
    if (held == NO_MODEL)
      return NULL;
  }
  queue *q = &s->queues[held];
  const bs_unit *unit = take_piece(s, q, worker);
  if (unit == NULL)
    return NULL;
  q->cost_left -= unit->cost;
  s->cost_left -= unit->cost;
  return unit;
}
