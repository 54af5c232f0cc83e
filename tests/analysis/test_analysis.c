#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/analysis.h"
#include "bigsweep/metric.h"
#include "bigsweep/statistics.h"
#include "bigsweep/store.h"
#include "harness.h"
#include "synthetic.h"

#define CLOSE(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-12)

static void linearity_by_hand(void) {
  bs_linearity of = bs_linearity_of((double[]){1, 2, 3, 4}, 4); /* a straight line */
  CU_ASSERT_EQUAL(of.n, 4);
  CLOSE(of.improvement, 3);
  CLOSE(of.linearity, 3);
  CLOSE(of.breakthroughness, 3);
  CLOSE(of.linearity_per_step, 1);
  of = bs_linearity_of((double[]){0, 0, 0, 1, 1.25}, 5); /* a jump: squares 0 0 1 0.0625 */
  CLOSE(of.improvement, 1.25);
  CLOSE(of.root_mean_square, sqrt(1.0625 / 4));
  CLOSE(of.root_median_square, sqrt(0.03125));
  CLOSE(of.linearity, 1.25 / sqrt(1.0625 / 4));
  CLOSE(of.breakthroughness, 1.25 / sqrt(0.03125));
  of = bs_linearity_of((double[]){5, 3, 1, 2}, 4); /* falling: the largest comes first */
  CLOSE(of.improvement, -4);
  CLOSE(of.root_median_square, 2);
  CLOSE(of.linearity, -4 / sqrt(3));
  CLOSE(of.breakthroughness, -2);
  of = bs_linearity_of((double[]){0, 1, 0, 1}, 4); /* the first place on a tie */
  CLOSE(of.improvement, 1);
  of = bs_linearity_of((double[]){1, 0, 1, 0}, 4);
  CLOSE(of.improvement, -1);
}

static void undefined_is_nan(void) {
  bs_linearity of = bs_linearity_of((double[]){2, 2, 2}, 3); /* constant */
  CU_ASSERT_EQUAL(of.improvement, 0);
  CU_ASSERT_EQUAL(of.root_mean_square, 0);
  CU_ASSERT_TRUE(isnan(of.linearity) && isnan(of.breakthroughness));
  CU_ASSERT_TRUE(isnan(of.linearity_per_step));
  of = bs_linearity_of((double[]){0, 0, 0, 1}, 4); /* one step: the median is 0, the mean is not */
  CLOSE(of.linearity, sqrt(3));
  CU_ASSERT_TRUE(isnan(of.breakthroughness));
  of = bs_linearity_of((double[]){1, 2}, 2);
  CLOSE(of.improvement, 1);
  CU_ASSERT_TRUE(isnan(of.linearity) && isnan(of.breakthroughness));
  of = bs_linearity_of((double[]){7}, 1);
  CU_ASSERT_EQUAL(of.n, 1);
  CU_ASSERT_EQUAL(of.improvement, 0);
  CU_ASSERT_TRUE(isnan(of.root_mean_square) && isnan(of.linearity));
  of = bs_linearity_of(NULL, 0);
  CU_ASSERT_TRUE(of.n == 0 && isnan(of.improvement) && isnan(of.linearity));
  of = bs_linearity_of((double[]){1, NAN, 2, 3}, 4);
  CU_ASSERT_TRUE(of.n == 4 && isnan(of.improvement) && isnan(of.linearity));
  of = bs_linearity_of((double[]){1, 2, INFINITY}, 3);
  CU_ASSERT_TRUE(isnan(of.improvement) && isnan(of.linearity));
  of = bs_linearity_of((double[]){-1e300, 1e300, -1e300}, 3); /* squares overflow */
  CU_ASSERT_TRUE(isnan(of.linearity) && isnan(of.breakthroughness));
  double many[200];
  for (size_t i = 0; i < 200; i++)
    many[i] = (double)i;
  of = bs_linearity_of(many, 200);
  CLOSE(of.linearity_per_step, 1);
  CLOSE(of.breakthroughness, 199);
}

static bs_analysis *from_text(const char *text) {
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  BS_TEST_OK(bs_analysis_from_csv(&analysis, bs_test_write("scores.csv", text, strlen(text)), &err),
             err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(analysis);
  return analysis;
}

static void table_of_any_form(void) {
  bs_analysis *analysis =
      from_text("\xEF\xBB\xBFnote,value,\"shots\",metric,task,scale,model,family,n\r\n"
                "x,0.5,0,acc,\"a, \"\"b\"\"\r\nc\",2e6,m2,f,10\r\n"
                "\r\n"
                ",0.25,0,acc,\"a, \"\"b\"\"\r\nc\",1000000,m1,f,\r\n"
                "y,,0,acc,plain,1e6,m1,f,7\r\n"
                "y,1,3,acc,\"a, \"\"b\"\"\r\nc\",1e6,m1,f,7");
  CU_ASSERT_EQUAL_FATAL(bs_analysis_tables(analysis)->n_scores, 4);
  const bs_score_row *scores = bs_analysis_tables(analysis)->scores;
  CU_ASSERT_EQUAL(scores[0].value, 0.5);
  CU_ASSERT_EQUAL(scores[0].n, 10);
  CU_ASSERT_TRUE(isnan(scores[0].standard_error));
  CU_ASSERT_EQUAL(scores[1].n, 0);
  CU_ASSERT_TRUE(isnan(scores[2].value));
  CU_ASSERT_STRING_EQUAL(bs_analysis_task(analysis, scores[0].task), "a, \"b\"\r\nc");
  CU_ASSERT_EQUAL(bs_analysis_scale(analysis, scores[0].model), 2e6);
  CU_ASSERT_STRING_EQUAL(bs_analysis_model(analysis, scores[3].model), "m1");
  CU_ASSERT_PTR_NULL(bs_analysis_model(analysis, 2));
  CU_ASSERT_TRUE(isnan(bs_analysis_scale(analysis, 2)));
  CU_ASSERT_EQUAL_FATAL(bs_analysis_tables(analysis)->n_linearity, 3);
  size_t n = 0;
  const bs_scale_point *points = bs_analysis_curve(analysis, 0, &n);
  CU_ASSERT_EQUAL_FATAL(n, 2);
  CU_ASSERT_EQUAL(points[0].value, 0.25);
  CU_ASSERT_EQUAL(points[1].scale, 2e6);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->linearity[1].shots, 3);
  CU_ASSERT_PTR_NULL(bs_analysis_curve(analysis, 3, &n));
  bs_analysis_free(&analysis);
  CU_ASSERT_PTR_NULL(analysis);
  bs_analysis_free(&analysis);
}

static void faults_of_a_table_are_placed(void) {
#define HEAD "family,model,scale,task,metric,shots,value\n"
  static const struct {
    const char *text, *message;
  } CASES[] = {
      {"", "empty: expected a header"},
      {"\n\n", "empty: expected a header"},
      {"family,model,scale,task,metric,shots\n", "line 1: no column \"value\""},
      {"family,model,scale,task,metrik,shots,value\n",
       "line 1: no column \"metric\" (is \"metrik\" meant?)"},
      {"family,model,scale,task,metric,shots,value,task\n", "two columns are called \"task\""},
      {HEAD "f,m,1,t,acc,0\n", "line 2: 6 fields, the header has 7"},
      {HEAD "f,m,1,t,acc,0,1\n\nf,m,1,t,acc,0,1,2\n", "line 4: 8 fields, the header has 7"},
      {HEAD "f,m,one,t,acc,0,1\n", "line 2: column scale: expected a number, found \"one\""},
      {HEAD "f,m,0,t,acc,0,1\n", "line 2: column scale: expected a number above 0"},
      {HEAD "f,m,nan,t,acc,0,1\n", "column scale: expected a number"},
      {HEAD "f,m,1,t,acc,0,1\nf,m,1,t,acc,1.5,1\n",
       "line 3: column shots: expected a whole number, found \"1.5\""},
      {HEAD "f,m,1,t,acc,-1,1\n", "column shots: expected a whole number"},
      {HEAD "f,m,1,t,acc,99999999999999999999,1\n", "column shots: expected a whole number"},
      {HEAD "f,m,1,t,acc,4294967296,1\n", "column shots: expected a whole number"},
      {HEAD "f,m,1,t,acc,0,0x1p3\n", "column value: expected a number, found \"0x1p3\""},
      {HEAD "f,m,1,t,acc,0, 1\n", "column value: expected a number"},
      {HEAD "f,m,1,t,acc,0,inf\n", "column value: expected a number"},
      {HEAD "f,m,1,t,acc,0,1e999\n", "column value: expected a number"},
      {HEAD "f,m,1,t,acc,0,1e\n", "column value: expected a number"},
      {HEAD "f,,1,t,acc,0,1\n", "line 2: column model: expected a name"},
      {HEAD "f,m,1,t,acc,0,1\nf,m,2,t,acc,1,1\n",
       "line 3: column scale: model \"m\" has 2 here and 1 before"},
      {HEAD "f,m,1,t,acc,0,1\nf,m,1,u,acc,0,1\nf,m,1,t,acc,0,2\n",
       "line 4: the score of \"m\" on \"t\", acc, 0 shots stands in line 2 already"},
      {HEAD "f,m,1,\"t\nu,acc,0,1\n", "line 2: field 4: the quote is never closed"},
      {HEAD "f,m,1,\"t\nu\"v,acc,0,1\n", "line 3: field 4: expected a comma"},
      {HEAD "f,m,1,t\"u,acc,0,1\n", "line 2: field 4: a quote inside"},
      {HEAD "f,m,1,t\xFF,acc,0,1\n", "line 2: field 4: not UTF-8"},
      {"family,model,scale,task,metric,shots,value,stderr\nf,m,1,t,acc,0,1,-1\n",
       "column stderr: expected a number not below 0"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    bs_error err = {0};
    bs_analysis *analysis = NULL;
    const char *path = bs_test_write("bad.csv", CASES[i].text, strlen(CASES[i].text));
    BS_TEST_FAILS(bs_analysis_from_csv(&analysis, path, &err), BS_ERR_INPUT, err, CASES[i].message);
    CU_ASSERT_PTR_NULL(analysis);
  }
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  BS_TEST_FAILS(bs_analysis_from_csv(&analysis, bs_test_path("none.csv"), &err), BS_ERR_IO, err,
                "No such file");
#undef HEAD
}

/* Cut anywhere and with any byte changed, a table is read or refused, never more. */
static void any_bytes_are_survived(void) {
  static const char TEXT[] = "family,model,scale,task,metric,shots,value,stderr\r\n"
                             "f,\"m,\"\"1\",1e3,t\xC3\xA9,acc,0,0.5,0.1\r\nf,m2,2e3,t,acc,0,1,\n";
  for (size_t n = 0; n < sizeof TEXT; n++) {
    bs_error err = {0};
    bs_analysis *analysis = NULL;
    bs_status status = bs_analysis_from_csv(&analysis, bs_test_write("cut.csv", TEXT, n), &err);
    CU_ASSERT_EQUAL(status == BS_OK, analysis != NULL);
    CU_ASSERT_EQUAL(status == BS_OK, err.message[0] == '\0');
    bs_analysis_free(&analysis);
  }
  static const char BYTES[] = {'"', ',', '\n', '\r', '\0', (char)0xFF, '9'};
  char changed[sizeof TEXT - 1];
  for (size_t at = 0; at < sizeof changed; at++)
    for (size_t k = 0; k < sizeof BYTES; k++) {
      bs_error err = {0};
      bs_analysis *analysis = NULL;
      memcpy(changed, TEXT, sizeof changed);
      changed[at] = BYTES[k];
      bs_status status = bs_analysis_from_csv(
          &analysis, bs_test_write("changed.csv", changed, sizeof changed), &err);
      CU_ASSERT_EQUAL(status == BS_OK, analysis != NULL);
      bs_analysis_free(&analysis);
    }
}

static bool equal_or_empty(const char *field, double value) {
  if (field[0] == '\0')
    return isnan(value);
  double expected = strtod(field, NULL);
  return fabs(value - expected) <= 1e-12 * fmax(1, fabs(expected));
}

/* The expected file has no quotes: split at commas. */
static size_t split(char *line, char *fields[8]) {
  size_t n = 0;
  line[strcspn(line, "\r\n")] = '\0';
  for (char *at = line; at != NULL && n < 8; n++) {
    fields[n] = at;
    at = strchr(at, ',');
    if (at != NULL)
      *at++ = '\0';
  }
  return n;
}

static const bs_linearity_row *find_row(const bs_analysis *analysis, char *const *fields) {
  const bs_linearity_row *rows = bs_analysis_tables(analysis)->linearity;
  for (size_t i = 0; i < bs_analysis_tables(analysis)->n_linearity; i++)
    if (strcmp(rows[i].family, fields[0]) == 0 &&
        rows[i].shots == (uint32_t)strtoul(fields[1], NULL, 10) &&
        strcmp(rows[i].task, fields[2]) == 0 && strcmp(rows[i].metric, fields[3]) == 0)
      return &rows[i];
  return NULL;
}

static void published_results_are_reproduced(void) {
  if (!bs_test_have_data("pythia-evals/evals.csv"))
    return;
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  BS_TEST_OK(bs_analysis_from_csv(&analysis, bs_test_data("pythia-evals/evals.csv"), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(analysis);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_scores, 4800);
  CU_ASSERT_EQUAL(bs_analysis_n_models(analysis), 16);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_linearity, 600);
  FILE *expected = fopen(bs_test_data("pythia-evals/expected_linearity.csv"), "r");
  CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
  char line[1024], *fields[8];
  CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, expected));
  size_t n_rows = 0, n_good = 0;
  while (fgets(line, sizeof line, expected) != NULL && split(line, fields) == 8) {
    const bs_linearity_row *row = find_row(analysis, fields);
    n_rows++;
    n_good += row != NULL && row->n == strtoul(fields[4], NULL, 10) &&
              equal_or_empty(fields[5], row->improvement) &&
              equal_or_empty(fields[6], row->linearity) &&
              equal_or_empty(fields[7], row->breakthroughness);
  }
  CU_ASSERT_EQUAL(n_rows, 308);
  CU_ASSERT_EQUAL(n_good, 308);
  fclose(expected);
  bs_analysis_free(&analysis);
}

static bs_text printed(const bs_analysis *analysis, bool csv) {
  bs_error err = {0};
  const char *path = bs_test_path("printed");
  FILE *to = fopen(path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(to);
  BS_TEST_OK(
      csv ? bs_analysis_print_csv(analysis, to, &err) : bs_analysis_print(analysis, to, &err), err);
  fclose(to);
  return bs_test_read(path);
}

static void tables_are_printed(void) {
  bs_analysis *analysis =
      from_text("family,model,scale,task,metric,shots,value,stderr,n,preferred_metric\n"
                "f,a,3200,\"t,1\",acc,0,0.125,0.0125,40,acc\n"
                "f,b,70426624,\"t,1\",acc,0,0.25,0.01,40,acc\n"
                "f,c,1.4e9,\"t,1\",acc,0,0.375,,50,acc\n"
                "f,a,3200,\"t,1\",log_likelihood,0,-120.5,1.5,40,acc\n"
                "g\xC3\xA9,a,1e12,t2,bleu,2,12.5,,,\n");
  bs_text text = printed(analysis, false);
  static const char EXPECTED[] =
      "family f\n"
      "models: a (3.2K), b (70.4M), c (1.4B)\n"
      "task  shots  metric              n          3.2K         70.4M   1.4B      I      L      B\n"
      "t,1       0  acc *           40-50  0.125 ±0.013  0.250 ±0.010  0.375  0.250  2.000  2.000\n"
      "          0  log_likelihood     40   -120.5 ±1.5                           -      -      -\n"
      "\n"
      "family gé\n"
      "models: a (1T)\n"
      "task  shots  metric  n     1T  I  L  B\n"
      "t2        2  bleu    -  12.50  -  -  -\n"
      "\n* preferred metric;";
  CU_ASSERT_EQUAL(strncmp(text.data, EXPECTED, strlen(EXPECTED)), 0);
  if (strncmp(text.data, EXPECTED, strlen(EXPECTED)) != 0)
    printf("\n%s", text.data);
  bs_text_free(&text);
  text = printed(analysis, true);
  CU_ASSERT_STRING_EQUAL(text.data,
                         "family,shots,task,metric,n,improvement,linearity,breakthroughness,"
                         "root_mean_square,root_median_square,linearity_per_step\n"
                         "f,0,\"t,1\",acc,3,0.25,2,2,0.125,0.125,1\n"
                         "f,0,\"t,1\",log_likelihood,1,0,,,,,\n"
                         "g\xC3\xA9,2,t2,bleu,1,0,,,,,\n");
  bs_text_free(&text);
  bs_analysis_free(&analysis);
}

static void a_full_disk_is_told(void) {
  bs_error err = {0};
  bs_analysis *analysis = from_text("family,model,scale,task,metric,shots,value\nf,a,1,t,m,0,1\n");
  FILE *full = fopen("/dev/full", "w");
  if (full != NULL) {
    BS_TEST_FAILS(bs_analysis_print(analysis, full, &err), BS_ERR_IO, err, "No space left");
    fclose(full);
  }
  bs_analysis_free(&analysis);
}

static const bs_score_row *score_of(const bs_analysis *analysis, uint32_t model, uint32_t task,
                                    uint32_t shots, const char *metric) {
  const bs_score_row *rows = bs_analysis_tables(analysis)->scores;
  for (size_t i = 0; i < bs_analysis_tables(analysis)->n_scores; i++)
    if (rows[i].model == model && rows[i].task == task && rows[i].shots == shots &&
        strcmp(rows[i].metric, metric) == 0)
      return &rows[i];
  return NULL;
}

/* Every task as its file has it, without human scores. */
static bs_tables *plain_results(synthetic_size size) {
  bs_tables *results = synthetic_results(size, false);
  for (size_t i = 0; i < results->n_tasks; i++) {
    results->tasks[i].variant = "";
    results->tasks[i].human_average = results->tasks[i].human_best = NAN;
  }
  return results;
}

static bs_analysis *of_results(const bs_tables *results) {
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  BS_TEST_OK(bs_analysis_from_tables(&analysis, results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(analysis);
  return analysis;
}

static void scores_are_means_of_columns(void) {
  bs_tables *results = plain_results((synthetic_size){5, 4, 2, 60});
  bs_analysis *analysis = of_results(results);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_scores, 5 * 4 * 2 * 2);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_linearity, (4 * 2 + 1) * 2); /* and all tasks */
  double sum = 0, squares = 0;
  size_t first = ((3 * 4 + 1) * 2 + 1) * 60; /* model 3, task 1, 1 shot */
  for (size_t i = 0; i < 60; i++)
    sum += results->metric_values[(first + i) * SYNTHETIC_METRICS];
  for (size_t i = 0; i < 60; i++) {
    double d = results->metric_values[(first + i) * SYNTHETIC_METRICS] - sum / 60;
    squares += d * d;
  }
  const bs_score_row *score = score_of(analysis, 3, 1, 1, "exact_str_match");
  CU_ASSERT_PTR_NOT_NULL_FATAL(score);
  CLOSE(score->value, sum / 60);
  CLOSE(score->standard_error, sqrt(squares / 59 / 60));
  CU_ASSERT_EQUAL(score->n, 60);
  CU_ASSERT_PTR_NULL(score_of(analysis, 3, 1, 1, "multiple_choice_grade"));
  CU_ASSERT_STRING_EQUAL(bs_analysis_preferred_metric(analysis, 1), "exact_str_match");
  size_t n = 0;
  const bs_scale_point *points = bs_analysis_curve(analysis, 0, &n);
  CU_ASSERT_EQUAL_FATAL(n, 5);
  CU_ASSERT_EQUAL(points[4].value, score_of(analysis, 4, 0, 0, "multiple_choice_grade")->value);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* Corpus metrics and metrics without a column are computed from choices, targets and texts. */
static void outcomes_are_rebuilt(void) {
  bs_tables *results = synthetic_results((synthetic_size){3, 2, 1, 50}, false);
  results->tasks[0].metrics = "expected_calibration_error,calibration_multiple_choice_brier_score,"
                              "multiple_choice_grade";
  results->tasks[1].metrics = "exact_str_match,bleu";
  results->tasks[1].output_regex = ""; /* the target is the first line, cut by the stop string */
  results->tasks[1].stop_string = "\n";
  bs_analysis *analysis = of_results(results);
  for (uint32_t model = 0; model < 3; model++) {
    bs_error err = {0};
    bs_outcome outcomes[50];
    double logprobs[50][4], targets[50][4];
    size_t first = model * 100;
    for (size_t i = 0; i < 50; i++) {
      const bs_example_row *row = &results->examples[first + i];
      for (size_t k = 0; k < 4; k++) {
        logprobs[i][k] = results->choices[row->first_choice + k].logprob;
        targets[i][k] = results->choices[row->first_choice + k].target_score;
      }
      outcomes[i] =
          (bs_outcome){.n_choices = 4, .choice_logprobs = logprobs[i], .target_scores = targets[i]};
    }
    static const char *const NAMES[] = {"expected_calibration_error",
                                        "calibration_multiple_choice_brier_score"};
    for (size_t i = 0; i < 2; i++) {
      bs_estimate estimate;
      BS_TEST_OK(bs_metric_evaluate(bs_metric_find(NAMES[i]), outcomes, 50, &estimate, &err), err);
      const bs_score_row *score = score_of(analysis, model, 0, 0, NAMES[i]);
      CU_ASSERT_PTR_NOT_NULL_FATAL(score);
      CU_ASSERT_TRUE(isfinite(score->value) && score->value > 0);
      CU_ASSERT_EQUAL(score->value, estimate.value);
      CU_ASSERT_EQUAL(score->n, 50);
    }
  }
  /* texts: of the model that is always right, every prediction ends where the target does, but for
     the newline that the stop string keeps or drops; a wrong one has another number */
  const bs_score_row *poor = score_of(analysis, 0, 1, 0, "bleu");
  const bs_score_row *good = score_of(analysis, 2, 1, 0, "bleu");
  CU_ASSERT_PTR_NOT_NULL_FATAL(poor);
  CU_ASSERT_PTR_NOT_NULL_FATAL(good);
  CU_ASSERT_TRUE(good->value > 95 && poor->value < 80);
  CU_ASSERT_EQUAL(good->n, 50);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* Normalised scores, and their means over tasks and over the subtasks of one. */
static void normalised_scores_are_averaged(void) {
  bs_tables *results = plain_results((synthetic_size){2, 4, 2, 40});
  results->tasks[1].name = "parent:x";
  results->tasks[2].name = "parent:y";
  results->tasks[3].preferred_metric = "log_likelihood"; /* has no low score: counts nowhere */
  results->tasks[3].low_score = NAN;
  bs_analysis *analysis = of_results(results);
  double y[3], error[3];
  for (uint32_t task = 0; task < 3; task++) {
    const bs_task_row *row = &results->tasks[task];
    const bs_score_row *score = score_of(analysis, 1, task, 1, row->preferred_metric);
    CU_ASSERT_PTR_NOT_NULL_FATAL(score);
    y[task] = 100 * (score->value - row->low_score) / (row->high_score - row->low_score);
    error[task] = 100 * score->standard_error / (row->high_score - row->low_score);
    CLOSE(score->normalized, y[task]);
    CU_ASSERT_TRUE(isnan(score_of(analysis, 1, task, 1, "log_likelihood")->normalized));
  }
  CU_ASSERT_TRUE(isnan(score_of(analysis, 1, 3, 1, "log_likelihood")->normalized));
  CU_ASSERT_EQUAL_FATAL(bs_analysis_tables(analysis)->n_aggregates, 2 * 2 * 2);
  const bs_aggregate_row *all = &bs_analysis_tables(analysis)->aggregates[6], *parent = all + 1;
  CU_ASSERT_EQUAL(all->model, 1);
  CU_ASSERT_EQUAL(all->shots, 1);
  CU_ASSERT_STRING_EQUAL(all->tasks, BS_ALL_TASKS);
  CU_ASSERT_STRING_EQUAL(parent->tasks, "parent");
  CU_ASSERT_EQUAL(parent->n, 2);
  CLOSE(parent->value, (y[1] + y[2]) / 2);
  CLOSE(parent->standard_error, sqrt(error[1] * error[1] + error[2] * error[2]) / 2);
  CU_ASSERT_EQUAL(all->n, 2); /* the first task and the parent */
  CLOSE(all->value, (y[0] + parent->value) / 2);
  bs_text text = printed(analysis, false);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "(all tasks)"));
  bs_text_free(&text);
  bs_analysis_free(&analysis);
  /* a model without a score for one of the tasks has no mean over them; 40 rows each */
  memmove(results->examples + 40, results->examples + 80,
          (results->n_examples - 80) * sizeof *results->examples);
  memmove(results->metric_values + 40 * SYNTHETIC_METRICS,
          results->metric_values + 80 * SYNTHETIC_METRICS,
          (results->n_examples - 80) * SYNTHETIC_METRICS * sizeof(double));
  size_t n_gone = results->examples[40].first_choice - 40 * 4;
  memmove(results->choices + 160, results->choices + 160 + n_gone,
          (results->n_choices - 160 - n_gone) * sizeof *results->choices);
  results->n_choices -= n_gone;
  results->n_examples -= 40;
  for (size_t i = 0, next = 0, next_sample = 0; i < results->n_examples; i++) {
    results->examples[i].first_choice = next;
    for (size_t k = 0; k < results->examples[i].n_choices; k++)
      results->choices[next++].row = i;
    for (size_t k = 0; k < results->examples[i].n_samples; k++)
      results->samples[next_sample++].row = i;
  }
  analysis = of_results(results);
  CU_ASSERT_EQUAL_FATAL(bs_analysis_tables(analysis)->n_aggregates, 2 * 2 * 2);
  CU_ASSERT_TRUE(isnan(bs_analysis_tables(analysis)->aggregates[2].value)); /* model 0, 1 shot */
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->aggregates[2].n, 2);
  CU_ASSERT_TRUE(isfinite(bs_analysis_tables(analysis)->aggregates[0].value));
  CU_ASSERT_TRUE(isfinite(bs_analysis_tables(analysis)->aggregates[3].value));
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

static void unfit_results_are_refused(void) {
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  bs_tables *results = synthetic_results((synthetic_size){2, 3, 1, 4}, true);
  BS_TEST_FAILS(bs_analysis_from_tables(&analysis, results, &err), BS_ERR_INPUT, err,
                "not in order");
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  results->tasks[1].metrics = "no_such_metric";
  BS_TEST_FAILS(bs_analysis_from_tables(&analysis, results, &err), BS_ERR_INPUT, err,
                "task addition: metric \"no_such_metric\" is neither known");
  results->tasks[1].metrics = "log_likelihood,log_likelihood";
  BS_TEST_FAILS(bs_analysis_from_tables(&analysis, results, &err), BS_ERR_INPUT, err,
                "lists metric \"log_likelihood\" twice");
  results->tasks[1].metrics = "bleu";
  results->tasks[1].output_regex = "(";
  BS_TEST_FAILS(bs_analysis_from_tables(&analysis, results, &err), BS_ERR_INPUT, err,
                "task addition");
  CU_ASSERT_PTR_NULL(analysis);
  bs_tables_free(&results);
  BS_TEST_OK(bs_tables_new(&results, NULL, 0, &err), err);
  analysis = of_results(results);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_scores, 0);
  bs_text text = printed(analysis, false);
  CU_ASSERT_STRING_EQUAL(text.data, "no scores\n");
  bs_text_free(&text);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* Written, read, analysed again: the same file, byte for byte. */
static void analysis_is_a_function_of_the_rows(void) {
  bs_error err = {0};
  bs_tables *results = synthetic_results((synthetic_size){4, 3, 2, 30}, true);
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  bs_analysis *analysis = of_results(results);
  BS_TEST_OK(bs_store_write(bs_test_path("a.h5"), results, bs_analysis_tables(analysis), &err),
             err);
  bs_tables *back = NULL;
  BS_TEST_OK(bs_store_read(&back, bs_test_path("a.h5"), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  bs_analysis *again = of_results(back);
  BS_TEST_OK(bs_store_write(bs_test_path("b.h5"), back, bs_analysis_tables(again), &err), err);
  bs_text a = bs_test_read(bs_test_path("a.h5")), b = bs_test_read(bs_test_path("b.h5"));
  CU_ASSERT_TRUE(a.n_bytes == b.n_bytes && memcmp(a.data, b.data, a.n_bytes) == 0);
  bs_text_free(&a);
  bs_text_free(&b);
  bs_analysis_free(&again);
  bs_analysis_free(&analysis);
  bs_tables_free(&back);
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"linearity by hand", linearity_by_hand},
      {"undefined is NaN", undefined_is_nan},
      {"a table of any form", table_of_any_form},
      {"faults of a table are placed", faults_of_a_table_are_placed},
      {"any bytes are survived", any_bytes_are_survived},
      {"published results are reproduced", published_results_are_reproduced},
      {"tables are printed", tables_are_printed},
      {"a full disk is told", a_full_disk_is_told},
      {"scores are means of columns", scores_are_means_of_columns},
      {"outcomes are rebuilt", outcomes_are_rebuilt},
      {"normalised scores are averaged", normalised_scores_are_averaged},
      {"unfit results are refused", unfit_results_are_refused},
      {"analysis is a function of the rows", analysis_is_a_function_of_the_rows},
  };
  return bs_test_main("analysis", tests, sizeof tests / sizeof *tests);
}
