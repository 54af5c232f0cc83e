/* Runs on a virtual clock: how well work is balanced, and that a plan's units are those of a run.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "made.h"
#include "stage.h"

/* A sixteenth of the tasks: the whole sweep is for tests/sweep/simulate. */
enum { N_TASKS = 10 };

static made_sweep *new_sweep(uint64_t seed) {
  made_sweep *sweep = made_sweep_new(seed, N_TASKS);
  CU_ASSERT_PTR_NOT_NULL_FATAL(sweep);
  return sweep;
}

static bs_simulation_result simulate(const bs_simulation *s, const made_sweep *sweep) {
  bs_error err = {0};
  bs_simulation_result result = {0};
  BS_TEST_OK(bs_simulate(s, &sweep->plan, &result, &err), err);
  if (s->noise == 0 && s->n_deaths == 0) /* nothing lost, nothing twice */
    CU_ASSERT_DOUBLE_EQUAL(result.work_seconds * sweep->rates[0] / sweep->total_cost, 1, 1e-9);
  return result;
}

static void well_balanced(void) {
  for (uint64_t seed = 1; seed <= 2; seed++) {
    made_sweep *sweep = new_sweep(seed);
    bs_simulation plain = made_simulation(sweep, 63);
    CU_ASSERT_TRUE(simulate(&plain, sweep).efficiency >= 0.98);
    bs_simulation disturbed = plain;
    disturbed.noise = 0.3;
    disturbed.n_stragglers = 4;
    disturbed.straggler_factor = 3;
    bs_simulation_result r = simulate(&disturbed, sweep);
    CU_ASSERT_TRUE(r.efficiency >= 0.95);
    CU_ASSERT_EQUAL(r.n_lost, 0);
    CU_ASSERT_TRUE(r.seconds > r.perfect_seconds);
    made_sweep_free(sweep);
  }
}

/* The coordinator finds out by the lease, and others do what the dead had. */
static void deaths_cost_little(void) {
  made_sweep *sweep = new_sweep(1);
  bs_simulation deaths = made_simulation(sweep, 63);
  deaths.n_deaths = 6;
  bs_simulation_result r = simulate(&deaths, sweep);
  CU_ASSERT_TRUE(r.n_lost > 0 && r.n_lost <= 2 * 6);
  CU_ASSERT_TRUE(r.efficiency >= 0.95 && r.efficiency < 1);
  CU_ASSERT_TRUE(r.seconds > r.perfect_seconds);
  bs_simulation patient = deaths;
  patient.lease_seconds = 1e5; /* nobody is missed before all else is done */
  CU_ASSERT_TRUE(simulate(&patient, sweep).seconds > 1e5);
  made_sweep_free(sweep);
}

static void models_are_loaded_rarely(void) {
  made_sweep *sweep = new_sweep(1);
  bs_simulation s = made_simulation(sweep, 15);
  CU_ASSERT_TRUE(simulate(&s, sweep).n_loads <= 15 * MADE_MODELS);
  s = made_simulation(sweep, 127);
  bs_simulation_result many = simulate(&s, sweep);
  CU_ASSERT_TRUE(many.n_loads <= 127 * MADE_MODELS);
  CU_ASSERT_TRUE(many.loading_share < 0.02);
  made_sweep_free(sweep);
}

static void nodes_share_their_memory(void) {
  made_sweep *sweep = new_sweep(1);
  bs_simulation s = made_simulation(sweep, 127), unknown;
  s.workers_per_node = 16;
  unknown = s;
  unknown.nodes_unknown = true;
  bs_simulation_result by_node = simulate(&s, sweep), without = simulate(&unknown, sweep);
  CU_ASSERT_TRUE(by_node.loading_share <= without.loading_share);
  CU_ASSERT_TRUE(by_node.efficiency >= 0.95);
  made_sweep_free(sweep);
}

static void the_same_every_time(void) {
  made_sweep *sweep = new_sweep(5);
  bs_simulation s = made_simulation(sweep, 31);
  s.noise = 0.3;
  s.n_deaths = 3;
  bs_simulation_result a = simulate(&s, sweep), b = simulate(&s, sweep);
  a.decision_seconds = b.decision_seconds = 0; /* measured */
  CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof a), 0);
  made_sweep_free(sweep);
}

static void all_die(void) {
  bs_error err = {0};
  made_sweep *sweep = new_sweep(1);
  bs_simulation s = made_simulation(sweep, 1);
  s.n_deaths = 1;
  s.expected_seconds = 1;
  bs_simulation_result result;
  BS_TEST_FAILS(bs_simulate(&s, &sweep->plan, &result, &err), BS_ERR_INTERNAL, err,
                "before its work");
  made_sweep_free(sweep);
}

static bool same_unit(const bs_unit *a, const bs_unit *b) {
  return a->model == b->model && a->task == b->task && a->shots == b->shots &&
         a->first == b->first && a->n == b->n && a->cost == b->cost;
}

/* Units in the order in which they were handed out. */
typedef struct given_units {
  bs_unit all[4096];
  size_t workers[4096], n;
} given_units;

static void note(void *user, size_t worker, const bs_unit *unit) {
  given_units *to = user;
  CU_ASSERT_FATAL(to->n < sizeof to->all / sizeof *to->all);
  to->workers[to->n] = worker;
  to->all[to->n++] = *unit;
}

/* The sends of a run, with a note of its units. */
typedef struct noting {
  mailboxes boxes;
  given_units *given;
} noting;

static bs_status post_and_note(void *user, size_t worker, const bs_text *message, bs_error *err) {
  noting *n = user;
  bs_assignment work;
  if (bs_decode_unit(message, &work, NULL) == BS_OK)
    note(n->given, worker, &work.unit);
  return post(&n->boxes, worker, message, err);
}

/* A real run of the plan, with rows, messages and files; workers take the time that the rate says.
 */
static void run_for_real(const world *w, size_t n_workers, double rate, given_units *given) {
  bs_error err = {0};
  noting n = {.boxes = {.failing_example = NO_FAILURE, .rate = rate}, .given = given};
  bs_coordinator *c = NULL;
  bs_text message = {0};
  double free_at[MAX_WORKERS] = {0}, now = 0;
  static unsigned n_runs; /* each begins anew, with an output of its own */
  char name[32];
  snprintf(name, sizeof name, "real%u.h5", n_runs++);
  BS_TEST_OK(bs_coordinator_new(&c, &w->plan, bs_test_path(name), n_workers, post_and_note, &n,
                                NULL, &err),
             err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(c);
  for (size_t i = 0; i < n_workers; i++) {
    char host[8];
    snprintf(host, sizeof host, "n%zu", i);
    BS_TEST_OK(bs_encode_hello(&message, &(bs_hello){.host = host, .isas = "x"}, &err), err);
    BS_TEST_OK(bs_coordinator_handle(c, i, &message, now, &err), err);
  }
  while (!bs_coordinator_is_over(c)) {
    /* The worker that is done with its first unit before the others. */
    size_t first = MAX_WORKERS;
    bs_assignment work = {0}, next;
    double earliest = INFINITY;
    for (size_t i = 0; i < n_workers; i++) {
      if (n.boxes.n_units[i] == 0)
        continue;
      BS_TEST_OK(bs_decode_unit(&n.boxes.unit[i][0], &next, &err), err);
      if (free_at[i] + next.unit.cost / rate < earliest) {
        earliest = free_at[i] + next.unit.cost / rate;
        first = i;
      }
    }
    CU_ASSERT_FATAL(first < MAX_WORKERS);
    now = free_at[first] = earliest;
    CU_ASSERT_FATAL(take_unit(&n.boxes, first, &work));
    bool was_idle[MAX_WORKERS];
    for (size_t i = 0; i < n_workers; i++)
      was_idle[i] = n.boxes.n_units[i] == 0;
    answer_unit(&n.boxes, &work.unit, &message);
    BS_TEST_OK(bs_coordinator_handle(c, first, &message, now, &err), err);
    for (size_t i = 0; i < n_workers; i++)
      if (was_idle[i] && free_at[i] < now)
        free_at[i] = now;
  }
  free_boxes(&n.boxes);
  bs_text_free(&message);
  bs_coordinator_free(&c);
}

/* Costs that differ enough for no two workers to be done at the same instant; as large as those of
   real models, so that units are cut. */
static void make_costs(world *w, double each) {
  for (uint32_t m = 0; m < 2; m++) {
    w->models[m].smallest_cost = each * (1 + m);
    w->models[m].load_cost = 2 * each;
  }
  for (size_t i = 0; i < w->plan.n_units; i++)
    w->units[i].cost =
        each * w->units[i].n * (1 + w->units[i].model) * (1 + 0.37 * sin((double)(i + 1)));
}

/* A unit costs no more than the limit, or than the smallest one that is worth while, and a rest
   that is smaller than that. */
static double most_cost(const world *w, const bs_unit *unit) {
  double smallest = w->models[unit->model].smallest_cost + unit->cost / unit->n;
  return fmax(BS_LARGEST_UNIT_COST, smallest) + smallest;
}

static void a_plans_units_are_those_of_a_run(void) {
  static const double rates[] = {1e12, 1e12}, none[] = {0, 0};
  static given_units planned, real;
  const double costs[] = {1e9, 3e11, 4e12}; /* of an example: the limit is 6e12 */
  for (size_t n_workers = 1; n_workers <= MAX_WORKERS; n_workers++)
    for (size_t k = 0; k < sizeof costs / sizeof *costs; k++) {
      world w;
      bs_error err = {0};
      bs_simulation_result result;
      world_new(&w);
      make_costs(&w, costs[k]);
      planned.n = real.n = 0;
      bs_simulation s = {.n_workers = n_workers,
                         .rates = rates,
                         .load_seconds = none,
                         .given = note,
                         .user = &planned};
      BS_TEST_OK(bs_simulate(&s, &w.plan, &result, &err), err);
      run_for_real(&w, n_workers, rates[0], &real);
      CU_ASSERT_TRUE(real.n >= w.plan.n_units);
      CU_ASSERT_EQUAL(planned.n, real.n);
      size_t n_equal = 0;
      for (size_t i = 0; i < planned.n && i < real.n; i++)
        n_equal +=
            planned.workers[i] == real.workers[i] && same_unit(&planned.all[i], &real.all[i]);
      if (n_equal != real.n)
        printf("\n    %zu workers, examples of %g: %zu of %zu units are the same", n_workers,
               costs[k], n_equal, real.n);
      CU_ASSERT_EQUAL(n_equal, real.n);
      for (size_t i = 0; i < real.n; i++)
        CU_ASSERT_TRUE(real.all[i].cost <= most_cost(&w, &real.all[i]));
      world_free(&w);
    }
}

int main(void) {
  static const bs_test tests[] = {
      {"at least 95 % of the perfect balance", well_balanced},
      {"deaths cost little", deaths_cost_little},
      {"models are loaded rarely", models_are_loaded_rarely},
      {"nodes share their memory", nodes_share_their_memory},
      {"the same every time", the_same_every_time},
      {"the end of all workers is told", all_die},
      {"a plan's units are those of a run", a_plans_units_are_those_of_a_run},
  };
  return bs_test_main("simulation", tests, sizeof tests / sizeof *tests);
}
