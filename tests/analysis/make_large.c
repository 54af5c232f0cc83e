/* Writes a results file of any size with drawn scores, to measure how long its analysis takes. Not
   a test. usage: make_large OUT.h5 TASKS SHOTS SCALES SEEDS EXAMPLES */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/philox_internal.h"
#include "bigsweep/store.h"
#include "bigsweep/tables.h"

static const char *const METRICS[] = {"exact_str_match", "full_norm_str_match",
                                      "multiple_choice_grade", "multiple_choice_brier_score"};
enum { N_METRICS = 4 };

typedef struct sizes {
  uint32_t tasks, shots, scales, seeds, examples;
} sizes;

static bs_status add_models(bs_tables *results, const sizes *of, bs_error *err) {
  bs_status status = BS_OK;
  for (uint32_t k = 0; status == BS_OK && k < of->scales * of->seeds; k++) {
    char name[32];
    snprintf(name, sizeof name, "m%u", (unsigned)k);
    bs_model_row model = {.name = name,
                          .family = "f",
                          .architecture = "A",
                          .path = name,
                          .scale = 1e6 * pow(2, k / of->seeds),
                          .seed = of->seeds > 1 ? k % of->seeds : (double)NAN};
    status = bs_tables_add_model(results, &model, err);
  }
  return status;
}

static bs_status add_tasks(bs_tables *results, const sizes *of, bs_error *err) {
  bs_status status = BS_OK;
  for (uint32_t i = 0; status == BS_OK && i < of->tasks; i++) {
    char name[32];
    snprintf(name, sizeof name, "t%u", (unsigned)i);
    bs_task_row task = {.name = name,
                        .preferred_metric = METRICS[0],
                        .keywords = "",
                        .variant = "",
                        .metrics = "exact_str_match,full_norm_str_match,multiple_choice_grade,"
                                   "multiple_choice_brier_score",
                        .stop_string = "",
                        .output_regex = "",
                        .high_score = 1,
                        .human_average = NAN,
                        .human_best = NAN,
                        .examples = of->examples};
    status = bs_tables_add_task(results, &task, err);
  }
  return status;
}

/* Binary scores, and one real one, that rise with scale by a different amount for each task. */
static bs_status add_examples(bs_tables *results, const sizes *of, uint32_t model, uint32_t task,
                              uint32_t shots, bs_error *err) {
  double p = .1 + .8 * (model / of->seeds + 1) / of->scales * (task + 1) / of->tasks;
  bs_status status = BS_OK;
  for (uint32_t j = 0; status == BS_OK && j < of->examples; j++) {
    uint64_t at = ((uint64_t)model * of->tasks + task) * of->shots + shots;
    double values[N_METRICS];
    for (uint64_t i = 0; i < N_METRICS; i++)
      values[i] = bs_philox_uniform(i, at * of->examples + j) < p;
    values[3] = p * bs_philox_uniform(3, at * of->examples + j);
    bs_example_row row = {.model = model,
                          .task = task,
                          .shots = shots,
                          .example = j,
                          .target_logprob = NAN,
                          .prediction = "",
                          .generated = ""};
    status = bs_tables_add_example(results, &row, NULL, NULL, values, err);
  }
  return status;
}

static bs_status make(const char *path, const sizes *of, bs_error *err) {
  bs_tables *results = NULL;
  bs_status status = bs_tables_new(&results, METRICS, N_METRICS, err);
  if (status == BS_OK)
    status = add_models(results, of, err);
  if (status == BS_OK)
    status = add_tasks(results, of, err);
  for (uint32_t k = 0; k < of->scales * of->seeds; k++)
    for (uint32_t i = 0; i < of->tasks; i++)
      for (uint32_t shots = 0; status == BS_OK && shots < of->shots; shots++)
        status = add_examples(results, of, k, i, shots, err);
  if (status == BS_OK)
    status = bs_store_write(path, results, NULL, err);
  bs_tables_free(&results);
  return status;
}

int main(int argc, char **argv) {
  sizes of = {0};
  uint32_t *const fields[] = {&of.tasks, &of.shots, &of.scales, &of.seeds, &of.examples};
  for (int i = 0; argc == 7 && i < 5; i++)
    *fields[i] = (uint32_t)strtoul(argv[i + 2], NULL, 10);
  if (of.tasks == 0 || of.shots == 0 || of.scales == 0 || of.seeds == 0 || of.examples == 0) {
    fprintf(stderr, "usage: make_large OUT.h5 TASKS SHOTS SCALES SEEDS EXAMPLES\n");
    return 2;
  }
  bs_error err = {0};
  if (make(argv[1], &of, &err) != BS_OK)
    fprintf(stderr, "make_large: %s\n", err.message);
  return err.status == BS_OK ? 0 : 1;
}
