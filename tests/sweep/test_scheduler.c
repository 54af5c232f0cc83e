#include <stdlib.h>

#include "harness.h"
#include "sweep/coordinator/scheduler_internal.h"

enum { N_MODELS = 3, UNITS_EACH = 20, N_UNITS = N_MODELS * UNITS_EACH };

/* Units of three models, each ten times as costly as the one before. */
static void make_units(bs_unit units[N_UNITS]) {
  double cost = 1;
  for (uint32_t m = 0; m < N_MODELS; m++, cost *= 10)
    for (uint32_t i = 0; i < UNITS_EACH; i++)
      units[m * UNITS_EACH + i] =
          (bs_unit){.model = m, .first = i, .n = 1, .cost = cost * (1 + i % 3)};
}

static bs_scheduler *new_scheduler(const bs_unit *units, size_t n_units, size_t n_workers) {
  bs_error err = {0};
  bs_scheduler *scheduler = NULL;
  BS_TEST_OK(bs_scheduler_new(&scheduler, units, n_units, N_MODELS, n_workers, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(scheduler);
  return scheduler;
}

static void every_unit_once(void) {
  bs_unit units[N_UNITS];
  make_units(units);
  for (size_t n_workers = 1; n_workers < 9; n_workers++) {
    bs_scheduler *scheduler = new_scheduler(units, N_UNITS, n_workers);
    int given[N_UNITS] = {0};
    size_t n_given = 0, n_idle = 0;
    for (size_t turn = 0; n_idle < n_workers; turn++) {
      const bs_unit *unit = bs_scheduler_next(scheduler, turn * 7 % n_workers);
      if (unit == NULL) {
        n_idle++;
        continue;
      }
      given[unit - units]++;
      n_given++;
    }
    CU_ASSERT_EQUAL(n_given, N_UNITS);
    for (size_t i = 0; i < N_UNITS; i++)
      CU_ASSERT_EQUAL(given[i], 1);
    bs_scheduler_free(&scheduler);
  }
}

static void a_worker_stays_with_its_model(void) {
  bs_unit units[N_UNITS];
  make_units(units);
  bs_scheduler *scheduler = new_scheduler(units, N_UNITS, 2);
  size_t changes = 0;
  uint32_t held = UINT32_MAX;
  const bs_unit *unit;
  double last = 0;
  while ((unit = bs_scheduler_next(scheduler, 0)) != NULL) {
    if (unit->model != held)
      changes++;
    else
      CU_ASSERT_TRUE(unit->cost <= last); /* costliest first */
    held = unit->model;
    last = unit->cost;
  }
  CU_ASSERT_EQUAL(changes, N_MODELS); /* each model loaded once */
  CU_ASSERT_EQUAL(held, 0);           /* the cheapest model came last */
  bs_scheduler_free(&scheduler);
}

static void workers_share_by_cost(void) {
  bs_unit units[N_UNITS];
  make_units(units);
  bs_scheduler *scheduler = new_scheduler(units, N_UNITS, 4);
  /* The big model has about 90 % of the cost: while it does, newcomers go to it. */
  for (size_t w = 0; w < 4; w++)
    CU_ASSERT_EQUAL(bs_scheduler_next(scheduler, w)->model, N_MODELS - 1);
  bs_scheduler_free(&scheduler);
  scheduler = new_scheduler(units, 0, 3);
  CU_ASSERT_PTR_NULL(bs_scheduler_next(scheduler, 2));
  bs_scheduler_free(&scheduler);
}

/* A worker that cannot open a model gets its units no more, and keeps nobody from them. */
static void a_barred_model_goes_to_others(void) {
  bs_error err = {0};
  bs_unit units[N_UNITS];
  make_units(units);
  bs_scheduler *scheduler = new_scheduler(units, N_UNITS, 2);
  CU_ASSERT_EQUAL(bs_scheduler_next(scheduler, 0)->model, N_MODELS - 1);
  BS_TEST_OK(bs_scheduler_bar(scheduler, 0, N_MODELS - 1, &err), err);
  const bs_unit *unit;
  size_t n = 0;
  for (; (unit = bs_scheduler_next(scheduler, 0)) != NULL; n++)
    CU_ASSERT_NOT_EQUAL(unit->model, N_MODELS - 1);
  CU_ASSERT_EQUAL(n, (N_MODELS - 1) * UNITS_EACH);
  CU_ASSERT_EQUAL(bs_scheduler_n_left(scheduler), UNITS_EACH - 1);
  for (n = 0; n < 5; n++)
    CU_ASSERT_PTR_NOT_NULL(bs_scheduler_next(scheduler, 1));
  while (bs_scheduler_drop(scheduler, N_MODELS - 1) != NULL)
    n++;
  CU_ASSERT_EQUAL(n, UNITS_EACH - 1);
  CU_ASSERT_EQUAL(bs_scheduler_n_left(scheduler), 0);
  CU_ASSERT_PTR_NULL(bs_scheduler_next(scheduler, 1));
  bs_scheduler_free(&scheduler);
}

/* Every example is handed out once, in pieces that do not get larger, nor smaller than asked for.
 */
static void pieces_cover_everything(void) {
  enum { N = 3, EXAMPLES = 1000, SMALLEST = 8, LARGEST = 40, N_WORKERS = 7 };
  bs_unit units[N];
  unsigned char given[N][EXAMPLES] = {0};
  for (uint32_t m = 0; m < N; m++)
    units[m] = (bs_unit){.model = m, .task = 5, .shots = 3, .n = EXAMPLES, .cost = 1000.0};
  bs_scheduler *scheduler = new_scheduler(units, N, N_WORKERS);
  const double smallest_costs[N] = {SMALLEST, SMALLEST, SMALLEST}, load_costs[N] = {0};
  bs_scheduler_split(scheduler, &(bs_scheduler_limits){.largest_cost = LARGEST,
                                                       .smallest_costs = smallest_costs,
                                                       .load_costs = load_costs});
  const bs_unit *unit;
  size_t n_units = 0, n_examples = 0;
  double cost = 0, least = EXAMPLES;
  for (size_t w = 0; (unit = bs_scheduler_next(scheduler, w)) != NULL; w = (w + 1) % N_WORKERS) {
    CU_ASSERT_TRUE_FATAL(unit->model < N && unit->first + unit->n <= EXAMPLES);
    CU_ASSERT_TRUE(unit->task == 5 && unit->shots == 3);
    CU_ASSERT_TRUE(unit->n >= SMALLEST);
    CU_ASSERT_DOUBLE_EQUAL(unit->cost, (double)unit->n, 1e-9);
    for (uint32_t i = 0; i < unit->n; i++)
      given[unit->model][unit->first + i]++;
    if (n_units == 0)
      CU_ASSERT_EQUAL(unit->n, LARGEST);
    if (unit->cost < least)
      least = unit->cost;
    CU_ASSERT_TRUE(n_units > 0 || bs_scheduler_has_plenty(scheduler, 0));
    n_units++;
    n_examples += unit->n;
    cost += unit->cost;
  }
  CU_ASSERT_FALSE(bs_scheduler_has_plenty(scheduler, 0));
  CU_ASSERT_EQUAL(n_examples, N * EXAMPLES);
  CU_ASSERT_DOUBLE_EQUAL(cost, N * 1000.0, 1e-6);
  CU_ASSERT_TRUE(least < 2 * SMALLEST);
  for (size_t m = 0; m < N; m++)
    for (size_t i = 0; i < EXAMPLES; i++)
      CU_ASSERT_EQUAL_FATAL(given[m][i], 1);
  CU_ASSERT_EQUAL(bs_scheduler_n_left(scheduler), 0);
  bs_scheduler_free(&scheduler);
}

static void no_loading_for_a_crumb(void) {
  bs_unit units[] = {{.model = 0, .n = 1, .cost = 100},
                     {.model = 0, .n = 1, .cost = 100},
                     {.model = 1, .n = 1, .cost = 10},
                     {.model = 1, .n = 1, .cost = 10},
                     {.model = 1, .n = 1, .cost = 10}};
  const double load_costs[N_MODELS] = {1, 50, 1}, smallest_costs[N_MODELS] = {1, 1, 1};
  bs_scheduler *scheduler = new_scheduler(units, 5, 3);
  bs_scheduler_split(scheduler, &(bs_scheduler_limits){.smallest_costs = smallest_costs,
                                                       .load_costs = load_costs});
  CU_ASSERT_EQUAL(bs_scheduler_next(scheduler, 0)->model, 0);
  CU_ASSERT_EQUAL(bs_scheduler_next(scheduler, 1)->model, 1); /* somebody has to */
  CU_ASSERT_EQUAL(bs_scheduler_next(scheduler, 0)->model, 0);
  CU_ASSERT_PTR_NULL(bs_scheduler_next(scheduler, 0)); /* two crumbs are left, loading costs more */
  CU_ASSERT_PTR_NULL(bs_scheduler_next(scheduler, 2));
  CU_ASSERT_TRUE(bs_scheduler_n_left(scheduler) > 0);
  bs_scheduler_lose(scheduler, 1); /* who held the model: now another must load it */
  CU_ASSERT_EQUAL(bs_scheduler_next(scheduler, 2)->model, 1);
  CU_ASSERT_EQUAL(bs_scheduler_next(scheduler, 2)->model, 1);
  CU_ASSERT_EQUAL(bs_scheduler_n_left(scheduler), 0);
  bs_scheduler_free(&scheduler);
}

/* Finishes a unit at a speed. */
static void learn(bs_scheduler *scheduler, size_t worker, const bs_unit *unit, double speed) {
  if (unit != NULL)
    bs_scheduler_learn(scheduler, worker, unit, unit->cost / speed);
}

/* Two workers of which one is ten times slower: it gets smaller pieces and no second one to wait,
   and at the end none at all, which the other has. */
static void a_slow_worker_gets_less(void) {
  enum { EXAMPLES = 4000, N_WORKERS = 4, SLOW = 3 };
  bs_unit units[] = {{.model = 0, .n = EXAMPLES, .cost = EXAMPLES}};
  const double smallest_costs[N_MODELS] = {10, 10, 10}, load_costs[N_MODELS] = {0};
  bs_scheduler *scheduler = new_scheduler(units, 1, N_WORKERS);
  bs_scheduler_split(scheduler, &(bs_scheduler_limits){.smallest_costs = smallest_costs,
                                                       .load_costs = load_costs});
  double fast = 0, slow = 0, left = EXAMPLES;
  bool refused = false;
  for (size_t turn = 0; bs_scheduler_n_left(scheduler) > 0 && turn < 10000; turn++) {
    size_t w = turn % N_WORKERS;
    const bs_unit *unit = bs_scheduler_next(scheduler, w);
    if (unit == NULL) {
      CU_ASSERT_EQUAL(w, SLOW); /* the others get whatever there is */
      refused = true;
      continue;
    }
    left -= unit->cost;
    if (turn >= 2 * N_WORKERS && left > EXAMPLES / 4.0) {
      fast = w == SLOW ? fast : unit->cost;
      slow = w == SLOW ? unit->cost : slow;
      CU_ASSERT_TRUE(fast == 0 || slow == 0 || slow < fast / 2);
    }
    learn(scheduler, w, unit, w == SLOW ? 0.1 : 1);
  }
  CU_ASSERT_EQUAL(bs_scheduler_n_left(scheduler), 0);
  CU_ASSERT_TRUE(refused && fast > 0 && slow > 0);
  bs_scheduler_free(&scheduler);
}

/* The same worker, once the others are gone: there is nobody to leave the work to. */
static void a_slow_worker_alone_does_the_rest(void) {
  enum { EXAMPLES = 400, SLOW = 1 };
  bs_unit units[] = {{.model = 0, .n = EXAMPLES, .cost = EXAMPLES}};
  const double smallest_costs[N_MODELS] = {10, 10, 10}, load_costs[N_MODELS] = {0};
  bs_scheduler *scheduler = new_scheduler(units, 1, 2);
  bs_scheduler_split(scheduler, &(bs_scheduler_limits){.smallest_costs = smallest_costs,
                                                       .load_costs = load_costs});
  const bs_unit *unit = NULL;
  for (size_t turn = 0; turn == 0 || unit != NULL; turn++)
    for (size_t w = 0; w < 2 && (turn == 0 || unit != NULL); w++) {
      unit = bs_scheduler_next(scheduler, w);
      learn(scheduler, w, unit, w == SLOW ? 0.1 : 1);
    }
  CU_ASSERT_TRUE(bs_scheduler_n_left(scheduler) > 0); /* it was refused what is left */
  bs_scheduler_lose(scheduler, 0);
  while (bs_scheduler_next(scheduler, SLOW) != NULL)
    continue;
  CU_ASSERT_EQUAL(bs_scheduler_n_left(scheduler), 0);
  bs_scheduler_free(&scheduler);
}

/* Whatever speeds are told, nothing is left when everybody asks again and again. */
static void nobody_starves(void) {
  bs_unit units[N_UNITS];
  make_units(units);
  const double smallest_costs[N_MODELS] = {1, 1, 1}, load_costs[N_MODELS] = {5, 50, 500};
  for (unsigned seed = 1; seed <= 200; seed++) {
    size_t n_workers = 1 + seed % 7;
    bs_scheduler *scheduler = new_scheduler(units, N_UNITS, n_workers);
    bs_scheduler_split(scheduler, &(bs_scheduler_limits){.smallest_costs = smallest_costs,
                                                         .load_costs = load_costs});
    unsigned random = seed;
    double cost = 0, whole = 0;
    for (size_t i = 0; i < N_UNITS; i++)
      whole += units[i].cost;
    for (size_t turn = 0; bs_scheduler_n_left(scheduler) > 0 && turn < 100000; turn++) {
      random = random * 1103515245U + 12345U;
      size_t w = (random >> 16) % n_workers;
      const bs_unit *unit = bs_scheduler_next(scheduler, w);
      cost += unit != NULL ? unit->cost : 0;
      static const double speeds[] = {1, 0.1, 30, 1e-9, 1e9, 2, 0.5};
      learn(scheduler, w, unit, speeds[(random >> 24) % 7]);
      if ((random >> 8) % 50 == 0)
        bs_scheduler_lose(scheduler, (w + 1) % n_workers);
    }
    CU_ASSERT_EQUAL(bs_scheduler_n_left(scheduler), 0);
    CU_ASSERT_DOUBLE_EQUAL(cost, whole, 1e-6 * whole);
    bs_scheduler_free(&scheduler);
  }
}

/* Of two models that need workers alike, the one that somebody on the node has loaded. */
static void a_node_keeps_to_its_models(void) {
  bs_unit units[] = {{.model = 0, .n = 100000, .cost = 1e6},
                     {.model = 1, .n = 100000, .cost = 1e6}};
  const double smallest_costs[N_MODELS] = {1, 1, 1}, load_costs[N_MODELS] = {10, 10, 10},
               warm_load_costs[N_MODELS] = {1, 1, 1};
  for (int told = 0; told < 2; told++) {
    enum { N_WORKERS = 512, PER_NODE = 8 };
    bool there[N_WORKERS / PER_NODE][2] = {{false}};
    size_t n_loads = 0, n_workers_of[2] = {0};
    bs_scheduler *scheduler = new_scheduler(units, 2, N_WORKERS);
    bs_scheduler_split(scheduler, &(bs_scheduler_limits){.smallest_costs = smallest_costs,
                                                         .load_costs = load_costs,
                                                         .warm_load_costs = warm_load_costs});
    for (size_t w = 0; told && w < N_WORKERS; w++)
      bs_scheduler_place(scheduler, w, w / PER_NODE);
    for (size_t w = 0; w < N_WORKERS; w++) {
      const bs_unit *unit = bs_scheduler_next(scheduler, w);
      CU_ASSERT_PTR_NOT_NULL_FATAL(unit);
      n_loads += !there[w / PER_NODE][unit->model];
      there[w / PER_NODE][unit->model] = true;
      n_workers_of[unit->model]++;
    }
    CU_ASSERT_TRUE(n_workers_of[0] > N_WORKERS / 3 && n_workers_of[1] > N_WORKERS / 3);
    /* Of the 128 pairs of a node and a model. */
    CU_ASSERT_TRUE(told ? n_loads < 100 : n_loads == 2 * N_WORKERS / PER_NODE);
    bs_scheduler_free(&scheduler);
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"every unit is given once", every_unit_once},
      {"a worker stays with its model", a_worker_stays_with_its_model},
      {"workers share by cost", workers_share_by_cost},
      {"a barred model goes to others", a_barred_model_goes_to_others},
      {"pieces cover everything once and taper", pieces_cover_everything},
      {"no loading for a crumb", no_loading_for_a_crumb},
      {"a slow worker gets less", a_slow_worker_gets_less},
      {"a slow worker alone does the rest", a_slow_worker_alone_does_the_rest},
      {"nobody starves", nobody_starves},
      {"a node keeps to its models", a_node_keeps_to_its_models},
  };
  return bs_test_main("scheduler", tests, sizeof tests / sizeof *tests);
}
