#include "synthetic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tables/tables_internal.h"

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
                        .active_parameters = 3000ULL << (2 * i % 40),
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

const bs_provenance synthetic_provenance = {.config = "{\"name\": \"\xC3\xA9\"}",
                                            .created = "2024-01-02T03:04:05Z",
                                            .commit = "0123abc",
                                            .isa = "avx2",
                                            .protocol = "ff"};

void synthetic_write(const char *path, bs_tables *results) {
  bs_error err = {0};
  BS_TEST_OK(bs_tables_set_provenance(results, &synthetic_provenance, &err), err);
  BS_TEST_OK(bs_store_write(path, results, NULL, &err), err);
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

static bool fields_differ(const bs_column *column, const void *a, const void *b) {
  double x, y;
  switch (column->kind) {
  case BS_COLUMN_F64:
    memcpy(&x, (const char *)a + column->offset, sizeof x);
    memcpy(&y, (const char *)b + column->offset, sizeof y);
    return !same(x, y);
  case BS_COLUMN_STRING:
  case BS_COLUMN_HEX:
    return strcmp(bs_field_string(column, a), bs_field_string(column, b)) != 0;
  default:
    return bs_field_number(column, a) != bs_field_number(column, b);
  }
}

/* SIZE_MAX where the numbers of rows differ. */
static size_t table_differences(const bs_tables *a, const bs_tables *b, bs_table_id id) {
  const bs_table_schema *schema = &bs_schemas[id];
  size_t n, n_of_b, n_differ = 0;
  const char *rows = bs_table_rows(a, id, &n), *rows_of_b = bs_table_rows(b, id, &n_of_b);
  if (n != n_of_b)
    return SIZE_MAX;
  for (size_t i = 0; i < n * schema->n_columns; i++) {
    size_t at = i / schema->n_columns * schema->row_bytes;
    n_differ += fields_differ(&schema->columns[i % schema->n_columns], rows + at, rows_of_b + at);
  }
  return n_differ;
}

static unsigned ranges_differ(const bs_example_row *a, const bs_example_row *b) {
  return a->first_choice != b->first_choice || a->n_choices != b->n_choices ||
         a->first_sample != b->first_sample || a->n_samples != b->n_samples;
}

size_t synthetic_differences(const bs_tables *a, const bs_tables *b) {
  size_t n_differ = 0;
  for (int id = 0; id < BS_N_TABLES; id++) {
    size_t n = table_differences(a, b, (bs_table_id)id);
    if (n == SIZE_MAX)
      return SIZE_MAX;
    n_differ += n;
  }
  if (a->n_metrics != b->n_metrics)
    return SIZE_MAX;
  for (size_t i = 0; i < a->n_metrics; i++)
    n_differ += strcmp(a->metric_names[i], b->metric_names[i]) != 0;
  for (size_t i = 0; i < a->n_examples; i++)
    n_differ += ranges_differ(&a->examples[i], &b->examples[i]);
  for (size_t i = 0; i < a->n_examples * a->n_metrics; i++)
    n_differ += !same(a->metric_values[i], b->metric_values[i]);
  return n_differ;
}

void synthetic_equal(const bs_tables *a, const bs_tables *b) {
  CU_ASSERT_EQUAL(synthetic_differences(a, b), 0);
}
