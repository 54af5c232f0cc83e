/* Writes the synthetic ladder to the first file it is told, one with variants, subtasks and human
   scores to the second, one with repeats and with different models of one scale to the third, and
   one with two families to the fourth, for tests of what reads results files. */
#include <math.h>
#include <stdio.h>

#include "bigsweep/analysis.h"
#include "harness.h"
#include "synthetic.h"

static const char *plain_path, *ways_path, *repeats_path, *families_path;

static void write_file(const char *path, bs_tables *results) {
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  const bs_run_row run = {.n_examples = 100, .attempts = 1, .seconds = 1.5, .host = "node1"};
  const bs_provenance provenance = {.config = "{\"name\": \"\xC3\xA9\"}", .host = "node1"};
  BS_TEST_OK(bs_analysis_from_tables(&analysis, results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(analysis);
  BS_TEST_OK(bs_tables_add_run(results, &run, &err), err);
  BS_TEST_OK(bs_tables_set_provenance(results, &provenance, &err), err);
  BS_TEST_OK(bs_store_write(path, results, bs_analysis_tables(analysis), &err), err);
  bs_analysis_free(&analysis);
}

static void write_ladder(void) {
  bs_tables *results = synthetic_results((synthetic_size){8, 3, 2, 100}, false);
  for (size_t i = 0; i < results->n_tasks; i++) {
    results->tasks[i].variant = "";
    results->tasks[i].human_average = results->tasks[i].human_best = NAN;
  }
  write_file(plain_path, results);
  bs_tables_free(&results);
}

/* The kinds of synthetic tasks by turns: choices that grow, text that breaks through, chance. */
static void write_ways(void) {
  static const struct {
    const char *name, *variant;
    double average, best;
  } TASKS[] = {
      {"facts", "", 0.8, 0.95},
      {"sums:two", "", 0.5, 0.9},
      {"facts@letters", "letters", 0.8, 0.95},
      {"facts@quiz", "quiz", 0.8, 0.95},
      {"sums:two@steps", "steps", 0.5, 0.9},
      {"signs", "", NAN, NAN},
      {"sums:three", "", 0.7, NAN},
  };
  enum { N = sizeof TASKS / sizeof *TASKS };
  bs_tables *results = synthetic_results((synthetic_size){8, N, 2, 100}, false);
  for (size_t i = 0; i < N; i++) {
    results->tasks[i].name = TASKS[i].name;
    results->tasks[i].variant = TASKS[i].variant;
    results->tasks[i].human_average = TASKS[i].average;
    results->tasks[i].human_best = TASKS[i].best;
  }
  write_file(ways_path, results);
  bs_tables_free(&results);
}

/* Every second model is of another family, at twice the scale. */
static void write_families(void) {
  bs_tables *results = synthetic_results((synthetic_size){8, 6, 2, 100}, false);
  for (size_t i = 0; i < 8; i++) {
    results->models[i].family = i % 2 == 0 ? "dense" : "sparse";
    results->models[i].scale = (i % 2 == 0 ? 1000 : 2000) * pow(4, (double)(i / 2));
    results->models[i].seed = NAN;
  }
  for (size_t i = 0; i < results->n_tasks; i++) {
    results->tasks[i].variant = "";
    results->tasks[i].human_average = results->tasks[i].human_best = NAN;
  }
  results->tasks[0].metrics = "multiple_choice_grade,log_likelihood,expected_calibration_error";
  write_file(families_path, results);
  bs_tables_free(&results);
}

/* "twins" has two repeats of its smallest model; "mixed" has two models of that scale. */
static void write_repeats(void) {
  bs_tables *results = synthetic_results((synthetic_size){8, 3, 2, 100}, false);
  for (size_t i = 0; i < 8; i++) {
    bs_model_row *row = &results->models[i];
    size_t rank = i % 4;
    row->family = i < 4 ? "twins" : "mixed";
    row->scale = rank < 2 ? 1000 : 1000 * (double)rank;
    row->seed = i < 4 ? (double)rank : NAN;
  }
  results->tasks[1].variant = "";
  results->tasks[2].name = "facts@letters";
  results->tasks[2].variant = "letters";
  for (size_t i = 0; i < 3; i++)
    results->tasks[i].human_average = results->tasks[i].human_best = NAN;
  write_file(repeats_path, results);
  bs_tables_free(&results);
}

int main(int n_arguments, char **arguments) {
  if (n_arguments != 5) {
    fprintf(stderr, "usage: %s PLAIN.h5 WAYS.h5 REPEATS.h5 FAMILIES.h5\n", arguments[0]);
    return 2;
  }
  plain_path = arguments[1];
  ways_path = arguments[2];
  repeats_path = arguments[3];
  families_path = arguments[4];
  const bs_test tests[] = {{"write the ladder", write_ladder},
                           {"write the ways", write_ways},
                           {"write the repeats", write_repeats},
                           {"write the families", write_families}};
  return bs_test_main("make_results", tests, 4);
}
