#include "synthetic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

const char *const synthetic_metrics[SYNTHETIC_METRICS] = {
    "exact_str_match", "multiple_choice_grade", "log_likelihood"};

/* Uniform in [0, 1): the finaliser of splitmix64 over the four numbers. */
static double noise(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  const uint32_t parts[] = {a, b, c, d};
  uint64_t x = 0;
  for (size_t i = 0; i < 4; i++) {
    x += parts[i] + 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    x ^= x >> 31;
  }
  return (double)(x >> 11) / 9007199254740992.0;
}

static void add_models(bs_tables *to, uint32_t n) {
  bs_error err = {0};
  char name[64], path[64];
  for (uint32_t i = 0; i < n; i++) {
    snprintf(name, sizeof name, "ladder-%u", i);
    snprintf(path, sizeof path, "../models/ladder-%u", i);
    bs_model_row row = {.name = name,
                        .family = "ladder",
                        .architecture = "LlamaForCausalLM",
                        .path = path,
                        .parameters = 3000ULL << (2 * i % 40),
                        .non_embedding_parameters = 1000ULL << (2 * i % 40),
                        .scale = (double)(3000ULL << (2 * i % 40))};
    snprintf(row.sha256, sizeof row.sha256, "%064x", i + 1);
    BS_TEST_OK(bs_tables_add_model(to, &row, &err), err);
  }
}

/* Kinds by turns: multiple choice that grows, text that breaks through, a flat one. */
static void add_tasks(bs_tables *to, synthetic_size size) {
  bs_error err = {0};
  static const char *const NAMES[] = {"facts", "addition", "chance"};
  char name[64];
  for (uint32_t i = 0; i < size.n_tasks; i++) {
    bool text = i % 3 == 1;
    snprintf(name, sizeof name, i < 3 ? "%s" : "%s_%u", NAMES[i % 3], i);
    bs_task_row row = {.name = name,
                       .preferred_metric = text ? "exact_str_match" : "multiple_choice_grade",
                       .keywords = "arithmetic,zero-shot",
                       .variant = text ? "steps" : "",
                       .metrics = text ? "exact_str_match,log_likelihood"
                                       : "multiple_choice_grade,log_likelihood",
                       .stop_string = text ? "\n" : "",
                       .output_regex = text ? "[^\\.]+" : "",
                       .max_length = 128,
                       .low_score = text ? 0 : 0.25,
                       .high_score = 1,
                       .human_average = text ? 0.5 + i : NAN,
                       .human_best = text ? NAN : 0.75,
                       .examples = size.n_examples};
    snprintf(row.sha256, sizeof row.sha256, "%064x", 0xabcU + i);
    BS_TEST_OK(bs_tables_add_task(to, &row, &err), err);
  }
}

static double ability(uint32_t kind, uint32_t model, uint32_t n_models) {
  double x = n_models > 1 ? (double)model / (n_models - 1) : 0;
  return kind == 0 ? 0.25 + 0.6 * x : kind == 1 ? 1 / (1 + exp(-25 * (x - 0.75))) : 0.25;
}

static void add_example(bs_tables *to, synthetic_size size, uint32_t model, uint32_t task,
                        uint32_t shots, uint32_t example) {
  bs_error err = {0};
  bool text = task % 3 == 1;
  double p = ability(task % 3, model, size.n_models) + 0.03 * shots;
  double u = noise(model, task, shots, example);
  bool right = u < p;
  bs_choice_row choices[4];
  double smooth = log(0.02 + 0.97 * p) - noise(task, model, example, shots);
  for (uint32_t k = 0; k < 4; k++)
    choices[k] = (bs_choice_row){.choice = k,
                                 .tokens = 1 + k,
                                 .logprob = (k == 0) == right ? smooth : smooth - 1 - k,
                                 .target_score = k == 0};
  char generated[64];
  snprintf(generated, sizeof generated, "%u and \xC3\xA9 more\nrest", right ? example : 0);
  bs_example_row row = {.model = model,
                        .task = task,
                        .shots = shots,
                        .example = example,
                        .prompt_tokens = 30 + example % 7,
                        .truncated_tokens = example % 5 == 0,
                        .border = example % 3,
                        .shots_shown = shots - (shots > 0 && example % 4 == 0),
                        .target_logprob = smooth,
                        .prediction = text    ? "a prediction"
                                      : right ? "yes"
                                              : "no, \xE4\xBD\xA0",
                        .generated = text ? generated : "",
                        .n_choices = text ? 0 : 4,
                        .n_samples = text ? example % 4 : 0};
  char reasoning[64];
  snprintf(reasoning, sizeof reasoning, "since %u is \xE4\xBD\xA0\n", example);
  const bs_sample_row samples[3] = {
      {.sample = 0, .reasoning = reasoning, .generated = "7.", .answer = "7"},
      {.sample = 1, .reasoning = "", .generated = generated, .answer = ""},
      {.sample = 2, .reasoning = reasoning, .generated = "", .answer = "\xC3\xA9"}};
  double values[SYNTHETIC_METRICS] = {text ? right : NAN, text ? NAN : right, smooth};
  BS_TEST_OK(bs_tables_add_example(to, &row, choices, samples, values, &err), err);
}

/* A step through 0 .. n - 1 that visits all, far from in order. */
static size_t stride_for(size_t n) {
  for (size_t stride = n / 3 + 7;; stride++) {
    size_t a = stride, b = n;
    while (b != 0) {
      size_t rest = a % b;
      a = b;
      b = rest;
    }
    if (a == 1)
      return stride;
  }
}

bs_tables *synthetic_results(synthetic_size size, bool shuffled) {
  bs_error err = {0};
  bs_tables *to = NULL;
  BS_TEST_OK(bs_tables_new(&to, synthetic_metrics, SYNTHETIC_METRICS, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(to);
  add_models(to, size.n_models);
  add_tasks(to, size);
  for (uint32_t task = 0; task < size.n_tasks; task++)
    for (uint32_t i = 0; i < size.n_examples; i++) {
      char text[32];
      uint32_t example = shuffled ? size.n_examples - 1 - i : i;
      snprintf(text, sizeof text, "%u and \xC3\xA9 more", example);
      bs_target_row row = {
          .task = shuffled ? size.n_tasks - 1 - task : task, .example = example, .text = text};
      BS_TEST_OK(bs_tables_add_target(to, &row, &err), err);
    }
  size_t n = (size_t)size.n_models * size.n_tasks * size.n_shots * size.n_examples;
  size_t stride = shuffled ? stride_for(n) : 1;
  for (size_t i = 0, at = 0; i < n; i++, at = (at + stride) % n) {
    size_t rest = at / size.n_examples;
    add_example(to, size, (uint32_t)(rest / size.n_shots / size.n_tasks),
                (uint32_t)(rest / size.n_shots % size.n_tasks), (uint32_t)(rest % size.n_shots),
                (uint32_t)(at % size.n_examples));
  }
  /* Left out: behind the last example, so that /examples is whole. */
  for (uint32_t i = 0; i < 2 * size.n_models; i++) {
    uint32_t number = shuffled ? 2 * size.n_models - 1 - i : i;
    bs_skipped_row row = {.model = number / 2,
                          .shots = number % 2,
                          .example = size.n_examples + number,
                          .prompt_tokens = 1000 + number};
    BS_TEST_OK(bs_tables_add_skipped(to, &row, &err), err);
  }
  return to;
}

static bool same(double a, double b) { return (isnan(a) && isnan(b)) || a == b; }

static unsigned differ_models(const bs_model_row *a, const bs_model_row *b) {
  return strcmp(a->name, b->name) != 0 || strcmp(a->family, b->family) != 0 ||
         strcmp(a->architecture, b->architecture) != 0 || strcmp(a->path, b->path) != 0 ||
         a->parameters != b->parameters ||
         a->non_embedding_parameters != b->non_embedding_parameters || !same(a->scale, b->scale) ||
         strcmp(a->sha256, b->sha256) != 0;
}

static unsigned differ_tasks(const bs_task_row *a, const bs_task_row *b) {
  return strcmp(a->name, b->name) != 0 || strcmp(a->preferred_metric, b->preferred_metric) != 0 ||
         strcmp(a->keywords, b->keywords) != 0 || strcmp(a->metrics, b->metrics) != 0 ||
         strcmp(a->stop_string, b->stop_string) != 0 ||
         strcmp(a->output_regex, b->output_regex) != 0 || a->max_length != b->max_length ||
         !same(a->low_score, b->low_score) || !same(a->high_score, b->high_score) ||
         !same(a->human_average, b->human_average) || !same(a->human_best, b->human_best) ||
         strcmp(a->variant, b->variant) != 0 || a->examples != b->examples ||
         strcmp(a->sha256, b->sha256) != 0;
}

static unsigned differ_examples(const bs_example_row *a, const bs_example_row *b) {
  return a->model != b->model || a->task != b->task || a->shots != b->shots ||
         a->example != b->example || !same(a->target_logprob, b->target_logprob) ||
         a->prompt_tokens != b->prompt_tokens || a->truncated_tokens != b->truncated_tokens ||
         a->border != b->border || a->shots_shown != b->shots_shown ||
         strcmp(a->prediction, b->prediction) != 0 || strcmp(a->generated, b->generated) != 0 ||
         a->first_choice != b->first_choice || a->n_choices != b->n_choices ||
         a->first_sample != b->first_sample || a->n_samples != b->n_samples;
}

static unsigned differ_samples(const bs_sample_row *a, const bs_sample_row *b) {
  return a->row != b->row || a->sample != b->sample || strcmp(a->reasoning, b->reasoning) != 0 ||
         strcmp(a->generated, b->generated) != 0 || strcmp(a->answer, b->answer) != 0;
}

static unsigned differ_skipped(const bs_skipped_row *a, const bs_skipped_row *b) {
  return a->model != b->model || a->task != b->task || a->shots != b->shots ||
         a->example != b->example || a->prompt_tokens != b->prompt_tokens;
}

static unsigned differ_choices(const bs_choice_row *a, const bs_choice_row *b) {
  return a->row != b->row || a->choice != b->choice || a->tokens != b->tokens ||
         !same(a->logprob, b->logprob) || !same(a->target_score, b->target_score);
}

size_t synthetic_differences(const bs_tables *a, const bs_tables *b) {
  if (a->n_models != b->n_models || a->n_tasks != b->n_tasks || a->n_targets != b->n_targets ||
      a->n_examples != b->n_examples || a->n_choices != b->n_choices ||
      a->n_samples != b->n_samples || a->n_skipped != b->n_skipped || a->n_metrics != b->n_metrics)
    return SIZE_MAX;
  size_t n_differ = 0;
  for (size_t i = 0; i < a->n_metrics; i++)
    n_differ += strcmp(a->metric_names[i], b->metric_names[i]) != 0;
  for (size_t i = 0; i < a->n_models; i++)
    n_differ += differ_models(&a->models[i], &b->models[i]);
  for (size_t i = 0; i < a->n_tasks; i++)
    n_differ += differ_tasks(&a->tasks[i], &b->tasks[i]);
  for (size_t i = 0; i < a->n_targets; i++)
    n_differ += a->targets[i].task != b->targets[i].task ||
                a->targets[i].example != b->targets[i].example ||
                a->targets[i].is_choice != b->targets[i].is_choice ||
                a->targets[i].choice != b->targets[i].choice ||
                a->targets[i].role != b->targets[i].role ||
                strcmp(a->targets[i].text, b->targets[i].text) != 0;
  for (size_t i = 0; i < a->n_examples; i++)
    n_differ += differ_examples(&a->examples[i], &b->examples[i]);
  for (size_t i = 0; i < a->n_choices; i++)
    n_differ += differ_choices(&a->choices[i], &b->choices[i]);
  for (size_t i = 0; i < a->n_samples; i++)
    n_differ += differ_samples(&a->samples[i], &b->samples[i]);
  for (size_t i = 0; i < a->n_skipped; i++)
    n_differ += differ_skipped(&a->skipped[i], &b->skipped[i]);
  for (size_t i = 0; i < a->n_examples * a->n_metrics; i++)
    n_differ += !same(a->metric_values[i], b->metric_values[i]);
  return n_differ;
}

void synthetic_equal(const bs_tables *a, const bs_tables *b) {
  CU_ASSERT_EQUAL(synthetic_differences(a, b), 0);
}
