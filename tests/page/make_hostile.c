/* Writes a results file whose names, questions and answers mean no good, of any size, for the tests
   of the page; and to measure pages with. usage: make_hostile OUT.h5 TASKS MODELS EXAMPLES */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/philox_internal.h"
#include "bigsweep/store.h"
#include "bigsweep/tables.h"

static const char *const METRICS[] = {"exact_str_match", "multiple_choice_grade"};
enum { N_METRICS = 2, N_CHOICES = 4, N_FAMILIES = 3, BYTES = 400 };

/* What stands in front of every text of the first task. */
static const char EVIL[] = "</script><img src=x onerror=alert(1)><!--\"'`${alert(2)}&lt;"
                           "\xE2\x80\xA8\xE2\x80\xAE";

typedef struct sizes {
  uint32_t tasks, models, examples;
} sizes;

static const char *evil(uint32_t task) { return task == 0 ? EVIL : ""; }

static bs_status add_models(bs_tables *results, const sizes *of, bs_error *err) {
  bs_status status = BS_OK;
  for (uint32_t k = 0; status == BS_OK && k < of->models; k++) {
    char name[BYTES], family[BYTES];
    uint32_t step = k / N_FAMILIES;
    snprintf(name, sizeof name, "model-%u%s", (unsigned)k, k == 1 ? EVIL : "");
    snprintf(family, sizeof family, "family-%u%s", (unsigned)(k % N_FAMILIES),
             k % N_FAMILIES == 1 ? EVIL : "");
    bs_model_row model = {.name = name,
                          .family = family,
                          .architecture = "A",
                          .axis = "parameters",
                          .group = k % N_FAMILIES == 0 ? "dense" : "sparse",
                          .path = name,
                          .parameters = 1000000U << step,
                          .scale = 1e6 * pow(2, step),
                          .seed = NAN};
    status = bs_tables_add_model(results, &model, err);
  }
  return status;
}

static bool is_choice(uint32_t task) { return task % 2 == 0; }

static bs_status add_example_texts(bs_tables *results, uint32_t task, uint32_t example,
                                   bs_error *err) {
  char text[BYTES];
  snprintf(text, sizeof text, "%sWhat is %u of %u?\nA:", evil(task), (unsigned)example,
           (unsigned)task);
  bs_status status = bs_tables_add_input(
      results, &(bs_input_row){.task = task, .example = example, .query = text}, err);
  snprintf(text, sizeof text, "%sanswer %u", evil(task), (unsigned)example);
  if (status == BS_OK)
    status = bs_tables_add_target(
        results, &(bs_target_row){.task = task, .example = example, .text = text}, err);
  for (uint32_t i = 0; status == BS_OK && is_choice(task) && i < N_CHOICES; i++) {
    snprintf(text, sizeof text, "%schoice %u of %u", evil(task), (unsigned)i, (unsigned)example);
    status = bs_tables_add_choice_text(
        results,
        &(bs_choice_text_row){
            .task = task, .example = example, .choice = i, .text = text, .target_score = i == 1},
        err);
  }
  return status;
}

static bs_status add_tasks(bs_tables *results, const sizes *of, bs_error *err) {
  bs_status status = BS_OK;
  for (uint32_t i = 0; status == BS_OK && i < of->tasks; i++) {
    char name[BYTES];
    snprintf(name, sizeof name, "task_%u%s", (unsigned)i, evil(i));
    bs_task_row task = {.name = name,
                        .preferred_metric = METRICS[is_choice(i)],
                        .metrics = METRICS[is_choice(i)],
                        .keywords = i % 3 == 0 ? "logical reasoning,non-English" : "arithmetic",
                        .low_score = is_choice(i) ? 1. / N_CHOICES : 0,
                        .high_score = 1,
                        .human_average = i % 2 == 0 ? .8 : (double)NAN,
                        .human_best = i % 2 == 0 ? .95 : (double)NAN,
                        .examples = of->examples};
    status = bs_tables_add_task(results, &task, err);
    for (uint32_t j = 0; status == BS_OK && j < of->examples; j++)
      status = add_example_texts(results, i, j, err);
  }
  return status;
}

/* Answers that get better with size, by a different amount for each task. */
static bs_status add_example(bs_tables *results, const sizes *of, uint32_t model, uint32_t task,
                             uint32_t example, bs_error *err) {
  uint64_t at = ((uint64_t)model * of->tasks + task) * of->examples + example;
  double steps = ceil((double)of->models / N_FAMILIES), step = model / N_FAMILIES + 1;
  double p = .1 + .85 * pow(step / steps, 1 + task % 5);
  bool is_right = bs_philox_uniform(1, at) < p;
  char said[BYTES];
  bs_choice_row choices[N_CHOICES];
  for (uint32_t i = 0; i < N_CHOICES; i++)
    choices[i] = (bs_choice_row){.choice = i,
                                 .tokens = 2,
                                 .logprob = -1 - 4 * bs_philox_uniform(2 + i, at),
                                 .target_score = i == 1};
  choices[is_right ? 1 : 2].logprob = -.5;
  snprintf(said, sizeof said, "%s%s %u", evil(task),
           is_right ? (is_choice(task) ? "choice 1 of" : "answer") : "wrong", (unsigned)example);
  bs_example_row row = {.model = model,
                        .task = task,
                        .example = example,
                        .prompt_tokens = 20,
                        .target_logprob = is_choice(task) ? choices[1].logprob : -2 / p,
                        .prediction = said,
                        .generated = is_choice(task) ? "" : said,
                        .n_choices = is_choice(task) ? N_CHOICES : 0};
  double values[N_METRICS] = {NAN, NAN};
  values[is_choice(task)] = is_right;
  return bs_tables_add_example(results, &row, choices, NULL, values, err);
}

static bs_status make(const char *path, const sizes *of, bs_error *err) {
  bs_tables *results = NULL;
  bs_status status = bs_tables_new(&results, METRICS, N_METRICS, err);
  if (status == BS_OK)
    status = add_models(results, of, err);
  if (status == BS_OK)
    status = add_tasks(results, of, err);
  for (uint32_t k = 0; k < of->models; k++)
    for (uint32_t i = 0; i < of->tasks; i++)
      for (uint32_t j = 0; status == BS_OK && j < of->examples; j++)
        status = add_example(results, of, k, i, j, err);
  if (status == BS_OK)
    status = bs_store_write(path, results, NULL, err);
  bs_tables_free(&results);
  return status;
}

int main(int argc, char **argv) {
  sizes of = {0};
  uint32_t *const fields[] = {&of.tasks, &of.models, &of.examples};
  for (int i = 0; argc == 5 && i < 3; i++)
    *fields[i] = (uint32_t)strtoul(argv[i + 2], NULL, 10);
  if (of.tasks == 0 || of.models == 0 || of.examples == 0) {
    fprintf(stderr, "usage: make_hostile OUT.h5 TASKS MODELS EXAMPLES\n");
    return 2;
  }
  bs_error err = {0};
  if (make(argv[1], &of, &err) != BS_OK)
    fprintf(stderr, "make_hostile: %s\n", err.message);
  return err.status == BS_OK ? 0 : 1;
}
