/* Laws for forecasts far ahead: against made-up runs that follow a law, and against reference
   values for the OLMo ladder that another implementation computed. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_internal.h"
#include "bigsweep/forecast.h"
#include "harness.h"
#include "statistics/least_squares_internal.h"

enum { MOST_RUNS = 32, MOST_POINTS = 600 };

/* Runs with their arrays. */
typedef struct ladder {
  bs_runs runs;
  double compute[MOST_RUNS], parameters[MOST_RUNS], tokens[MOST_RUNS];
  double losses[MOST_RUNS], scores[MOST_RUNS];
  double point_losses[MOST_POINTS], point_scores[MOST_POINTS];
  char names[MOST_RUNS][32];
} ladder;

static void ladder_connect(ladder *of) {
  bs_runs *runs = &of->runs;
  runs->compute = of->compute;
  runs->parameters = of->parameters;
  runs->tokens = of->tokens;
  runs->losses = of->losses;
  runs->scores = of->scores;
  runs->point_losses = of->point_losses;
  runs->point_scores = of->point_scores;
}

static double forecast_of(bs_law law, const bs_runs *runs) {
  bs_error err = {0};
  double forecast = NAN;
  BS_TEST_OK(bs_law_forecast(law, runs, &forecast, &err), err);
  return forecast;
}

static double score_at(double loss) { return 1 - .75 / (1 + exp(-5 * (loss - .9))); }

static void runs_that_follow_a_law(void) {
  static ladder of;
  ladder_connect(&of);
  of.runs.n = 8;
  of.runs.chance = .25;
  for (size_t i = 0; i < 8; i++) {
    of.compute[i] = 1e18 * pow(4, (double)i);
    of.parameters[i] = 1e8 * pow(2, (double)i);
    of.tokens[i] = 2e9 * pow(2, (double)i);
    of.losses[i] = .3 + 1.2 * pow(of.compute[i] / 1e18, -.2);
    of.scores[i] = score_at(of.losses[i]);
  }
  of.runs.target_compute = 1e18 * pow(4, 10);
  of.runs.target_parameters = 1e8 * pow(2, 10);
  of.runs.target_tokens = 2e9 * pow(2, 10);
  double truth = score_at(.3 + 1.2 * pow(4, -2));
  CU_ASSERT_DOUBLE_EQUAL(forecast_of(BS_LAW_TWO_STEPS_COMPUTE, &of.runs), truth, .01);
  CU_ASSERT_DOUBLE_EQUAL(forecast_of(BS_LAW_TWO_STEPS_COMPUTE_TO_ONE, &of.runs), truth, .01);
  CU_ASSERT_DOUBLE_EQUAL(forecast_of(BS_LAW_TWO_STEPS_TOKENS, &of.runs), truth, .01);
  for (size_t i = 0; i < 8; i++)
    of.scores[i] = 1 - .6 * pow(of.compute[i] / 1e18, -.1) - .05;
  CU_ASSERT_DOUBLE_EQUAL(forecast_of(BS_LAW_ERROR_POWER, &of.runs), .95 - .6 * pow(4, -1), 1e-6);
  for (size_t i = 0; i < 8; i++)
    of.scores[i] = .25 + .75 * exp(-2 * pow(of.compute[i] / 1e18, -.1));
  CU_ASSERT_DOUBLE_EQUAL(forecast_of(BS_LAW_LOG_POWER, &of.runs), .25 + .75 * exp(-2 * pow(4, -1)),
                         1e-6);
  of.runs.tokens = NULL;
  CU_ASSERT_TRUE(isnan(forecast_of(BS_LAW_TWO_STEPS_TOKENS, &of.runs)));
  of.runs.losses = NULL;
  CU_ASSERT_TRUE(isnan(forecast_of(BS_LAW_TWO_STEPS_COMPUTE, &of.runs)));
  CU_ASSERT_FALSE(isnan(forecast_of(BS_LAW_LOGISTIC, &of.runs)));
  of.runs.n = 2;
  CU_ASSERT_TRUE(isnan(forecast_of(BS_LAW_LOGISTIC, &of.runs)));
}

static void coefficients_are_not_negative(void) {
  const double one[] = {1, 1, 1, 1}, ramp[] = {0, 1, 2, 3}, twice[] = {2, 2, 2, 2};
  const double *columns[] = {one, ramp, twice};
  double b[3], room[12];
  const double rising[] = {1, 3, 5, 7};
  CU_ASSERT_DOUBLE_EQUAL(bs_nonnegative_least_squares(columns, 2, rising, 4, b, room), 0, 1e-20);
  CU_ASSERT_DOUBLE_EQUAL(b[0], 1, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(b[1], 2, 1e-12);
  const double falling[] = {7, 5, 3, 1}; /* its slope would be negative: the mean alone is best */
  CU_ASSERT_DOUBLE_EQUAL(bs_nonnegative_least_squares(columns, 2, falling, 4, b, room), 20, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(b[0], 4, 1e-12);
  CU_ASSERT_EQUAL(b[1], 0);
  CU_ASSERT_DOUBLE_EQUAL(bs_nonnegative_least_squares(columns, 3, rising, 4, b, room), 0, 1e-20);
  const double below[] = {-1, -1, -1, -1};
  CU_ASSERT_TRUE(isinf(bs_nonnegative_least_squares(columns, 1, below, 4, b, room)));
  CU_ASSERT_EQUAL(b[0], 0);
}

/* Columns of the shared tables. */
enum { FAMILY, MODEL, SCALE, TOKENS, COMPUTE, TASK, METRIC, SHOTS, VALUE };

static double cell(const bs_csv *csv, size_t column) {
  return strtod(bs_csv_field(csv, column), NULL);
}

static bool is(const bs_csv *csv, size_t column, const char *text) {
  return strcmp(bs_csv_field(csv, column), text) == 0;
}

/* Ratios of tokens to parameters that are learnt from, and sizes up to a limit. */
static bool is_learnt(const bs_csv *csv, double limit) {
  static const char *const ratios[] = {"ladder-1xC", "ladder-2xC", "ladder-5xC", "ladder-10xC"};
  for (size_t i = 0; i < 4; i++)
    if (is(csv, FAMILY, ratios[i]))
      return cell(csv, SCALE) <= limit;
  return false;
}

/* The place of a run among those there, in ascending order of compute; a new one is put there. */
static size_t run_of(ladder *of, const bs_csv *csv) {
  size_t at = 0, n = of->runs.n;
  double compute = cell(csv, COMPUTE);
  while (at < n && of->compute[at] < compute)
    at++;
  if (at < n && of->compute[at] == compute)
    return at;
  for (size_t i = n; i > at; i--) {
    of->compute[i] = of->compute[i - 1];
    of->parameters[i] = of->parameters[i - 1];
    of->tokens[i] = of->tokens[i - 1];
    of->losses[i] = of->losses[i - 1];
    of->scores[i] = of->scores[i - 1];
    memcpy(of->names[i], of->names[i - 1], sizeof of->names[i]);
  }
  of->runs.n++;
  of->compute[at] = compute;
  of->parameters[at] = cell(csv, SCALE);
  of->tokens[at] = cell(csv, TOKENS);
  snprintf(of->names[at], sizeof of->names[at], "%s", bs_csv_field(csv, MODEL));
  return at;
}

static void read_runs(ladder *of, const bs_text *table, const char *task, double limit,
                      const char *target) {
  bs_csv csv = {.name = "table.csv", .text = table->data, .n_bytes = table->n_bytes};
  bs_error err = {0};
  while (bs_csv_next(&csv, &err) == BS_OK && csv.n_fields > 0) {
    if (!is(&csv, TASK, task))
      continue;
    bool is_loss = is(&csv, METRIC, "bpb"), is_score = is(&csv, METRIC, "accuracy");
    if (is(&csv, FAMILY, target) || is(&csv, MODEL, target)) {
      of->runs.target_compute = cell(&csv, COMPUTE);
      of->runs.target_parameters = cell(&csv, SCALE);
      of->runs.target_tokens = cell(&csv, TOKENS);
    } else if (is_learnt(&csv, limit) && (is_loss || is_score)) {
      size_t at = run_of(of, &csv);
      *(is_loss ? &of->losses[at] : &of->scores[at]) = cell(&csv, VALUE);
    }
  }
  bs_csv_free(&csv);
}

/* Loss and score of one moment stand in neighbouring rows of steps.csv, the loss first. */
static void read_points(ladder *of, const bs_text *steps, const char *task) {
  bs_csv csv = {.name = "steps.csv", .text = steps->data, .n_bytes = steps->n_bytes};
  bs_error err = {0};
  while (bs_csv_next(&csv, &err) == BS_OK && csv.n_fields > 0) {
    bool is_known = false;
    for (size_t i = 0; i < of->runs.n; i++)
      is_known = is_known || is(&csv, FAMILY, of->names[i]);
    if (!is_known || !is(&csv, TASK, task))
      continue;
    CU_ASSERT_TRUE_FATAL(of->runs.n_points < MOST_POINTS);
    if (is(&csv, METRIC, "bpb"))
      of->point_losses[of->runs.n_points] = cell(&csv, VALUE);
    else if (is(&csv, METRIC, "accuracy"))
      of->point_scores[of->runs.n_points++] = cell(&csv, VALUE);
  }
  bs_csv_free(&csv);
}

static double chance_of(const char *task) {
  return strcmp(task, "piqa_val") == 0 ? .5 : strcmp(task, "csqa_val") == 0 ? .2 : .25;
}

typedef struct golden_law {
  bs_law law;
  const char *key;
} golden_law;

static const golden_law GOLDEN_LAWS[] = {
    {BS_LAW_TWO_STEPS_COMPUTE, "2step FLOPs"},
    {BS_LAW_TWO_STEPS_TOKENS, "2step ND"},
    {BS_LAW_TWO_STEPS_COMPUTE_TO_ONE, "2step FLOPs top1"},
    {BS_LAW_TWO_STEPS_TOKENS_TO_ONE, "2step ND top1"},
    {BS_LAW_ERROR_POWER, "1step error power"},
    {BS_LAW_LOG_POWER, "1step -ln Q power"},
};

/* The golden's key ends in the nominal size of the largest model that is learnt from. */
static double limit_of(const char *key) {
  double nominal = strtod(strrchr(key, ' ') + 1, NULL);
  return nominal < 1e9 ? 1e9 : nominal < 4e9 ? 2e9 : 4e9;
}

/* The shared trajectories lack one task: it has no loss on the way to compare. */
static bool is_comparable(const ladder *of, bs_law law) {
  return law == BS_LAW_ERROR_POWER || law == BS_LAW_LOG_POWER || of->runs.n_points > 0;
}

static size_t check_target(const cJSON *target, const bs_text *table, const bs_text *steps) {
  static const double TOLERANCE = 1e-9;
  char name[64];
  snprintf(name, sizeof name, "%s", target->string);
  *strrchr(name, ' ') = '\0';
  size_t n_checked = 0;
  const cJSON *task;
  cJSON_ArrayForEach(task, cJSON_GetObjectItemCaseSensitive(target, "2step FLOPs")) {
    static ladder of;
    memset(&of, 0, sizeof of);
    ladder_connect(&of);
    read_runs(&of, table, task->string, limit_of(target->string), name);
    read_points(&of, steps, task->string);
    of.runs.chance = chance_of(task->string);
    for (size_t i = 0; i < sizeof GOLDEN_LAWS / sizeof *GOLDEN_LAWS; i++) {
      if (!is_comparable(&of, GOLDEN_LAWS[i].law))
        continue;
      const cJSON *law = cJSON_GetObjectItemCaseSensitive(target, GOLDEN_LAWS[i].key);
      const cJSON *expected = cJSON_GetObjectItemCaseSensitive(law, task->string);
      double wanted = cJSON_GetObjectItemCaseSensitive(expected, "forecast")->valuedouble;
      double got = forecast_of(GOLDEN_LAWS[i].law, &of.runs);
      n_checked++;
      if (fabs(got - wanted) <= TOLERANCE)
        continue;
      printf("\n    %s, %s, %s: %.12g, expected %.12g", target->string, task->string,
             GOLDEN_LAWS[i].key, got, wanted);
      CU_FAIL("differs from the reference");
    }
  }
  return n_checked;
}

static void olmo_ladder(void) {
  if (!bs_test_have_data("curves/goldens/olmo.json"))
    return;
  bs_text text = bs_test_read(bs_test_data("curves/goldens/olmo.json"));
  bs_text table = bs_test_read(bs_test_data("curves/olmo-ladder/table.csv"));
  bs_text steps = bs_test_read(bs_test_data("curves/olmo-ladder/steps.csv"));
  cJSON *json = cJSON_ParseWithLength(text.data, text.n_bytes);
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  size_t n_checked = 0;
  const cJSON *target;
  cJSON_ArrayForEach(target, cJSON_GetObjectItemCaseSensitive(json, "targets")) n_checked +=
      check_target(target, &table, &steps);
  CU_ASSERT_EQUAL(n_checked, 11 * (4 * 6 + 2));
  cJSON_Delete(json);
  bs_text_free(&text);
  bs_text_free(&table);
  bs_text_free(&steps);
}

int main(void) {
  static const bs_test tests[] = {
      {"runs that follow a law", runs_that_follow_a_law},
      {"coefficients are not negative", coefficients_are_not_negative},
      {"the OLMo ladder", olmo_ladder},
  };
  return bs_test_main("laws", tests, sizeof tests / sizeof *tests);
}
