/* Workers that are numbers, at the end of a coordinator's messages, on a virtual clock. */
#include "sweep/coordinator/simulation_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory_internal.h"
#include "bigsweep/evaluate.h"
#include "sweep/coordinator/coordinator_internal.h"
#include "sweep/protocol/messages_internal.h"

enum {
  NO_MODEL = -1,
  AHEAD = 2 /* units that a worker may have in its hands, at most */
};

/* Between a worker's signs of life, as in a run (bs_limits). Half of it between ticks. */
static const double BEAT_SECONDS = 2;

typedef enum event_kind {
  UNIT, /* arrives at a worker */
  FINISH,
  RESULT, /* arrives at the coordinator */
  BEAT,   /* likewise */
  DEATH,
  TICK
} event_kind;

typedef struct event {
  double at;
  uint64_t order; /* of equal times the first pushed comes first */
  event_kind kind;
  size_t worker;
} event;

/* What was done of a unit. */
typedef struct done {
  bs_unit unit;
  double seconds, loading;
} done;

typedef struct worker {
  double speed;
  long held;
  bs_unit inbox[AHEAD]; /* sent by the coordinator, of which n_here have arrived */
  size_t n_inbox, n_here;
  done present; /* while it works */
  bool works, is_dead;
  done outbox[AHEAD]; /* on the way to the coordinator */
  size_t n_outbox;
  double died;
} worker;

typedef struct world {
  const bs_simulation *options;
  const bs_plan *plan;
  bs_coordinator *coordinator;
  worker *workers;
  double *line_free; /* [n_workers, of which a node each] when the node's line is free */
  double *arrival; /* [n_models][n_workers] when the files are in the node's memory; 0: not asked */
  bs_tables *no_rows;
  bs_text message, beat;
  event *heap;
  size_t n_events, capacity;
  uint64_t order;
  double now, busy_until, busy;
  double last_finish, loading, second;
  uint64_t results_this_second;
  double decided_seconds;
  bs_simulation_result *result;
} world;

/* Sebastiano Vigna's SplitMix64: its n-th number from a key. */
static uint64_t mix(uint64_t key) {
  uint64_t z = key + UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* In (0, 1). */
static double uniform(uint64_t key) { return ((double)(mix(key) >> 11) + 0.5) * 0x1p-53; }

static double normal(uint64_t key) {
  return sqrt(-2 * log(uniform(key))) * cos(2 * 3.14159265358979323846 * uniform(mix(~key)));
}

static bool before(const event *a, const event *b) {
  return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static bs_status push(world *w, double at, event_kind kind, size_t worker_number, bs_error *err) {
  bs_status status = bs_reserve(&w->heap, &w->capacity, w->n_events, 1, err);
  if (status != BS_OK)
    return status;
  event e = {.at = at, .order = w->order++, .kind = kind, .worker = worker_number};
  size_t i = w->n_events++;
  for (; i > 0 && before(&e, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
    w->heap[i] = w->heap[(i - 1) / 2];
  w->heap[i] = e;
  return BS_OK;
}

static event pop(world *w) {
  event first = w->heap[0], last = w->heap[--w->n_events];
  size_t i = 0;
  for (;;) {
    size_t child = 2 * i + 1;
    if (child + 1 < w->n_events && before(&w->heap[child + 1], &w->heap[child]))
      child++;
    if (child >= w->n_events || !before(&w->heap[child], &last))
      break;
    w->heap[i] = w->heap[child];
    i = child;
  }
  w->heap[i] = last;
  return first;
}

/* Seconds that a unit takes a worker of the usual speed. The estimate errs by task and shots, and
   by unit. */
static double true_seconds(const world *w, const bs_unit *unit) {
  uint64_t group = mix(w->options->seed ^ mix((uint64_t)unit->task * 1000 + unit->shots));
  uint64_t own = mix(group ^ mix((uint64_t)unit->model << 32 | unit->first));
  return unit->cost / w->options->rates[unit->model] *
         exp(w->options->noise * (normal(group) + 0.5 * normal(own)));
}

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The coordinator does one thing after the other; half of its service is for what it sends. */
static void keep_busy(world *w) {
  double seconds = w->options->service_seconds / 2;
  w->busy_until = fmax(w->busy_until, w->now) + seconds;
  w->busy += seconds;
}

/* A bs_send. */
static bs_status deliver(void *user, size_t number, const bs_text *message, bs_error *err) {
  world *w = user;
  worker *who = &w->workers[number];
  bs_message_kind kind;
  bs_assignment work;
  bs_status status = bs_message_kind_of(message, &kind, err);
  if (status != BS_OK || kind != BS_MESSAGE_UNIT)
    return status;
  status = bs_decode_unit(message, &work, err);
  if (status == BS_OK && who->n_inbox == AHEAD)
    status = bs_error_set(err, BS_ERR_INTERNAL, "a worker has more units than it may have");
  if (status != BS_OK)
    return status;
  keep_busy(w);
  if (w->options->given != NULL)
    w->options->given(w->options->user, number, &work.unit);
  who->inbox[who->n_inbox++] = work.unit;
  return push(w, w->busy_until + w->options->latency_seconds, UNIT, number, err);
}

/* Seconds until a worker can compute with a model that it does not hold. */
static double load_seconds(world *w, size_t number, size_t model) {
  const bs_simulation *o = w->options;
  double cold = o->load_seconds[model];
  if (o->workers_per_node == 0)
    return cold;
  double warm = o->warm_load_seconds[model];
  size_t node = number / o->workers_per_node;
  double *arrival = &w->arrival[model * o->n_workers + node];
  if (*arrival == 0)
    *arrival = w->line_free[node] = fmax(w->line_free[node], w->now) + cold - warm;
  return fmax(*arrival - w->now, 0) + warm;
}

static bs_status start(world *w, size_t number, bs_error *err) {
  worker *who = &w->workers[number];
  if (who->is_dead || who->works || who->n_here == 0)
    return BS_OK;
  bs_unit unit = who->inbox[0];
  who->n_inbox--;
  who->n_here--;
  memmove(who->inbox, who->inbox + 1, who->n_inbox * sizeof *who->inbox);
  who->works = true;
  who->present = (done){.unit = unit};
  if (who->held != (long)unit.model) {
    who->held = (long)unit.model;
    who->present.loading = load_seconds(w, number, unit.model);
    w->loading += who->present.loading;
    w->result->n_loads++;
  }
  who->present.seconds = who->present.loading + true_seconds(w, &unit) / who->speed;
  return push(w, w->now + who->present.seconds, FINISH, number, err);
}

static bs_status arrive(world *w, size_t number, bs_error *err) {
  worker *who = &w->workers[number];
  who->n_here++;
  w->result->n_lost += who->is_dead;
  return start(w, number, err);
}

static bs_status finish(world *w, size_t number, bs_error *err) {
  worker *who = &w->workers[number];
  if (who->is_dead)
    return BS_OK;
  w->result->work_seconds += true_seconds(w, &who->present.unit);
  w->result->n_units++;
  w->last_finish = w->now;
  who->works = false;
  if (who->n_outbox == AHEAD)
    return bs_error_set(err, BS_ERR_INTERNAL, "a worker has done more units than it had");
  who->outbox[who->n_outbox++] = who->present;
  bs_status status = push(w, w->now + w->options->latency_seconds, RESULT, number, err);
  return status == BS_OK ? start(w, number, err) : status;
}

static void count_result(world *w) {
  if (w->now >= w->second + 1) {
    w->second = floor(w->now);
    w->results_this_second = 0;
  }
  if (++w->results_this_second > w->result->peak_results && w->second > 0)
    w->result->peak_results = w->results_this_second;
}

static bs_status take_result(world *w, size_t number, bs_error *err) {
  worker *who = &w->workers[number];
  done of = who->outbox[0];
  who->n_outbox--;
  memmove(who->outbox, who->outbox + 1, who->n_outbox * sizeof *who->outbox);
  count_result(w);
  keep_busy(w);
  bs_unit_result result = {
      .unit = of.unit, .seconds = of.seconds, .load_seconds = of.loading, .rows = w->no_rows};
  bs_status status = bs_encode_result(&w->message, &result, err);
  double begun = cpu_seconds();
  if (status == BS_OK)
    status = bs_coordinator_handle(w->coordinator, number, &w->message, w->now, err);
  w->decided_seconds += cpu_seconds() - begun;
  return status;
}

static bs_status take_beat(world *w, size_t number, bs_error *err) {
  if (w->workers[number].is_dead)
    return BS_OK;
  bs_status status = bs_coordinator_handle(w->coordinator, number, &w->beat, w->now, err);
  return status == BS_OK ? push(w, w->now + BEAT_SECONDS, BEAT, number, err) : status;
}

static bs_status tick(world *w, bs_error *err) {
  bs_status status = bs_coordinator_tick(w->coordinator, w->now, err);
  return status == BS_OK ? push(w, w->now + BEAT_SECONDS / 2, TICK, 0, err) : status;
}

static void die(world *w, size_t number) {
  worker *who = &w->workers[number];
  if (who->is_dead)
    return;
  who->is_dead = true;
  who->died = w->now;
  w->result->n_lost += who->n_here + who->works;
}

static bs_status happen(world *w, const event *e, bs_error *err) {
  w->now = e->at;
  switch (e->kind) {
  case UNIT:
    return arrive(w, e->worker, err);
  case FINISH:
    return finish(w, e->worker, err);
  case RESULT:
    return take_result(w, e->worker, err);
  case BEAT:
    return take_beat(w, e->worker, err);
  case TICK:
    return tick(w, err);
  case DEATH:
    die(w, e->worker);
  }
  return BS_OK;
}

/* Stragglers and the dead are spread over the workers by chance. Signs of life matter where some
   will be missed. */
static bs_status people(world *w, bs_error *err) {
  const bs_simulation *o = w->options;
  bs_status status = BS_OK;
  for (size_t i = 0; i < o->n_workers; i++)
    w->workers[i] = (worker){.speed = 1, .held = NO_MODEL};
  for (size_t i = 0; i < o->n_stragglers; i++)
    w->workers[mix(o->seed + 2 * i) % o->n_workers].speed = 1 / o->straggler_factor;
  for (size_t i = 0; status == BS_OK && i < o->n_deaths; i++)
    status = push(w, uniform(o->seed + 3 * i + 1) * o->expected_seconds, DEATH,
                  mix(o->seed + 2 * i + 1) % o->n_workers, err);
  if (status == BS_OK && o->n_deaths > 0)
    status = push(w, 0, TICK, 0, err);
  for (size_t i = 0; status == BS_OK && o->n_deaths > 0 && i < o->n_workers; i++)
    status = push(w, BEAT_SECONDS * uniform(mix(i)), BEAT, i, err);
  return status;
}

static bs_status say_hello(world *w, bs_error *err) {
  const bs_simulation *o = w->options;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < o->n_workers; i++) {
    char host[32];
    bool is_own = o->workers_per_node == 0 || o->nodes_unknown;
    snprintf(host, sizeof host, "n%zu", is_own ? i : i / o->workers_per_node);
    status = bs_encode_hello(&w->message, &(bs_hello){.host = host, .isas = "any"}, err);
    if (status == BS_OK)
      status = bs_coordinator_handle(w->coordinator, i, &w->message, 0, err);
  }
  return status;
}

static void sum_up(world *w) {
  bs_simulation_result *r = w->result;
  double speeds = 0, capacity = 0;
  r->seconds = w->last_finish;
  for (size_t i = 0; i < w->options->n_workers; i++) {
    const worker *who = &w->workers[i];
    double lived = who->is_dead && who->died < r->seconds ? who->died : r->seconds;
    speeds += who->speed;
    capacity += who->speed * lived;
  }
  r->perfect_seconds = r->work_seconds / speeds;
  r->efficiency = r->work_seconds / capacity;
  r->loading_share = w->loading / (r->seconds * (double)w->options->n_workers);
  r->results_per_second = (double)r->n_units / r->seconds;
  r->coordinator_load = w->busy / r->seconds;
  r->decision_seconds = w->decided_seconds / (double)r->n_units;
}

static bs_status open_world(world *w, bs_error *err) {
  const bs_simulation *o = w->options;
  bool has_deaths = o->n_deaths > 0;
  bs_coordinator_options options = {
      .is_rehearsal = true,
      .limits = {.beat_seconds = has_deaths ? BEAT_SECONDS : INFINITY,
                 .lease_seconds = has_deaths ? o->lease_seconds : INFINITY,
                 .hello_seconds = INFINITY,
                 .unit_seconds = INFINITY,
                 .unknown_seconds = INFINITY}};
  size_t n_arrivals, n_metrics;
  if (!bs_size_mul(w->plan->n_models, o->n_workers, &n_arrivals) ||
      (w->workers = bs_array_new(o->n_workers, sizeof *w->workers, err)) == NULL ||
      (w->line_free = bs_array_new(o->n_workers, sizeof *w->line_free, err)) == NULL ||
      (w->arrival = bs_array_new(n_arrivals, sizeof *w->arrival, err)) == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot simulate %zu workers", o->n_workers);
  const char *const *names = bs_example_metric_names(&n_metrics);
  bs_status status = bs_tables_new(&w->no_rows, names, n_metrics, err);
  if (status == BS_OK)
    status = bs_encode_plain(&w->beat, BS_MESSAGE_BEAT, err);
  if (status == BS_OK)
    status =
        bs_coordinator_new(&w->coordinator, w->plan, "", o->n_workers, deliver, w, &options, err);
  return status;
}

static void close_world(world *w) {
  bs_coordinator_free(&w->coordinator);
  bs_tables_free(&w->no_rows);
  bs_text_free(&w->message);
  bs_text_free(&w->beat);
  free(w->workers);
  free(w->line_free);
  free(w->arrival);
  free(w->heap);
}

bs_status bs_simulate(const bs_simulation *simulation, const bs_plan *plan,
                      bs_simulation_result *result, bs_error *err) {
  world w = {.options = simulation, .plan = plan, .result = result};
  *result = (bs_simulation_result){0};
  bs_sweep_summary summary = {0};
  bs_status status = open_world(&w, err);
  if (status == BS_OK)
    status = people(&w, err);
  if (status == BS_OK)
    status = say_hello(&w, err);
  while (status == BS_OK && w.n_events > 0 && !bs_coordinator_is_over(w.coordinator)) {
    event e = pop(&w);
    status = happen(&w, &e, err);
  }
  if (status == BS_OK) {
    bs_coordinator_summary(w.coordinator, w.now, &summary);
    if (!summary.finished)
      status = bs_error_set(err, BS_ERR_INTERNAL, "the simulation ended before its work");
  }
  if (status == BS_OK)
    sum_up(&w);
  close_world(&w);
  return status;
}
