#include "small_results.h"

#include <math.h>
#include <stdlib.h>

#include "bigsweep/evaluate.h"

enum { N_MODELS = 2, N_TASKS = 3, N_EXAMPLES = 2 };

const bs_run_row bs_fuzz_small_run = {
    .n_examples = N_EXAMPLES, .seconds = 1.5, .host = "node", .failure = ""};

static void must(bs_status status) {
  if (status != BS_OK)
    abort();
}

static void add_models_and_tasks(bs_tables *to) {
  static const bs_model_row models[N_MODELS] = {
      {.name = "small", .family = "f", .architecture = "a", .path = "s", .scale = 1000},
      {.name = "large", .family = "f", .architecture = "a", .path = "l", .scale = 9000}};
  static const bs_task_row tasks[N_TASKS] = {
      {.name = "choose",
       .preferred_metric = "multiple_choice_grade",
       .metrics = "multiple_choice_grade,brier_score,calibration_error",
       .high_score = 1,
       .human_average = 0.5,
       .human_best = 1,
       .steps = 1,
       .task_prefix = "Well. ",
       .separator = "\n",
       .listed_metrics = "bleu",
       .examples = N_EXAMPLES},
      {.name = "write:part",
       .preferred_metric = "exact_str_match",
       .metrics = "exact_str_match,bleu,rouge1",
       .keywords = "arithmetic",
       .output_regex = "[0-9]+",
       .high_score = 1,
       .human_average = NAN,
       .human_best = NAN,
       .steps = 1,
       .task_prefix = "Well. ",
       .separator = "\n",
       .listed_metrics = "bleu",
       .examples = N_EXAMPLES},
      {.name = "write:part@steps",
       .variant = "steps",
       .preferred_metric = "exact_str_match",
       .metrics = "exact_str_match",
       .stop_string = "\n",
       .high_score = 1,
       .human_average = NAN,
       .human_best = NAN,
       .steps = 2,
       .n_samples = 2,
       .temperature = 1,
       .top_p = 1,
       .examples = N_EXAMPLES}};
  for (size_t i = 0; i < N_MODELS; i++)
    must(bs_tables_add_model(to, &models[i], NULL));
  for (size_t i = 0; i < N_TASKS; i++)
    must(bs_tables_add_task(to, &tasks[i], NULL));
}

static void add_targets(bs_tables *to) {
  for (uint32_t task = 0; task < N_TASKS; task++)
    for (uint32_t example = 0; example < N_EXAMPLES; example++)
      for (uint32_t k = 0; k < (task == 0 ? 2 : 1); k++) {
        const char *text = k == 0 ? "7" : "12";
        const bs_target_row target = {.task = task, .example = example, .text = text};
        const bs_choice_text_row choice = {
            .task = task, .example = example, .choice = k, .text = text};
        must(task == 0 ? bs_tables_add_choice_text(to, &choice, NULL)
                       : bs_tables_add_target(to, &target, NULL));
      }
}

static void add_inputs(bs_tables *to) {
  for (uint32_t task = 0; task < N_TASKS; task++)
    for (uint32_t example = 0; example < N_EXAMPLES + (task == 1); example++) {
      const bs_input_row input = {.task = task,
                                  .example = example,
                                  .query = "Q: 3 + 4?\nA:",
                                  .input_start = 3,
                                  .input_bytes = 6,
                                  .identity = example + 1,
                                  .answer = example < N_EXAMPLES ? "" : "7"};
      must(bs_tables_add_input(to, &input, NULL));
    }
}

static void add_example(bs_tables *to, uint32_t model, uint32_t task, uint32_t example) {
  static const bs_choice_row choices[] = {
      {.choice = 0, .tokens = 1, .logprob = -1},
      {.choice = 1, .tokens = 2, .logprob = -2, .target_score = 1}};
  static const bs_sample_row samples[] = {
      {.sample = 0, .reasoning = "since", .generated = "7.", .answer = "7"},
      {.sample = 1, .reasoning = "", .generated = "8", .answer = "8"}};
  const bs_example_row row = {.model = model,
                              .task = task,
                              .example = example,
                              .target_logprob = -1,
                              .prompt_tokens = 9,
                              .prediction = "7",
                              .generated = task == 0 ? "" : "7 it is",
                              .n_choices = task == 0 ? 2 : 0,
                              .n_samples = task == 2 ? 2 : 0};
  double values[256];
  for (size_t k = 0; k < to->n_metrics; k++)
    values[k] = (model + example + k) % 3 == 0 ? NAN : 0.5 * (double)(k % 3);
  must(bs_tables_add_example(to, &row, choices, samples, values, NULL));
}

bs_tables *bs_fuzz_small_results(void) {
  bs_tables *to = NULL;
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  must(bs_tables_new(&to, names, n_metrics, NULL));
  add_models_and_tasks(to);
  add_inputs(to);
  add_targets(to);
  for (uint32_t model = 0; model < N_MODELS; model++)
    for (uint32_t task = 0; task < N_TASKS; task++)
      for (uint32_t example = 0; example < N_EXAMPLES; example++)
        add_example(to, model, task, example);
  return to;
}
