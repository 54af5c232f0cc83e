/* Which models make one point of a curve, and what the point's errors are; against values by hand.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "bigsweep/metric.h"
#include "bigsweep/store.h"
#include "harness.h"
#include "synthetic.h"

#define CLOSE(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-12)

/* The row of a family, task and metric at 0 shots, with its points. */
static const bs_linearity_row *row_of(const bs_analysis *analysis, const char *family,
                                      const char *task, const char *metric,
                                      const bs_scale_point **points, size_t *n) {
  const bs_linearity_row *rows = bs_analysis_tables(analysis)->linearity;
  for (size_t i = 0; i < bs_analysis_tables(analysis)->n_linearity; i++)
    if (strcmp(rows[i].family, family) == 0 && strcmp(rows[i].task, task) == 0 &&
        strcmp(rows[i].metric, metric) == 0 && rows[i].shots == 0) {
      *points = bs_analysis_curve(analysis, i, n);
      return &rows[i];
    }
  CU_FAIL_FATAL("no such row");
  return NULL;
}

static char told[8][512];
static size_t n_told;

static void note(void *user, const char *message) {
  (void)user;
  if (n_told < 8)
    snprintf(told[n_told++], sizeof told[0], "%s", message);
}

static void tell(const bs_analysis *analysis) {
  bs_error err = {0};
  n_told = 0;
  BS_TEST_OK(bs_analysis_tell_shared_scales(analysis, note, NULL, &err), err);
}

static void different_models_stay_apart(void) {
  bs_analysis *analysis = from_text("family,model,scale,task,metric,shots,value,stderr,n\n"
                                    "f,a,1,t,acc,0,0.1,0.01,10\nf,base,3,t,acc,0,0.8,0.03,10\n"
                                    "f,tuned,3,t,acc,0,0.4,0.04,30\nf,b,2,t,acc,0,0.2,0.01,10\n"
                                    "g,a,1,t,acc,0,0,0.01,10\ng,b,2,t,acc,0,1,0.01,10\n"
                                    "g,c,3,t,acc,0,2,0.01,10\n");
  const bs_scale_point *points;
  size_t n = 0;
  const bs_linearity_row *row = row_of(analysis, "f", "t", "acc", &points, &n);
  CU_ASSERT_EQUAL(row->shared_scales, 1);
  CU_ASSERT_EQUAL(row->n, 3); /* scales */
  CU_ASSERT_TRUE(isnan(row->improvement) && isnan(row->linearity));
  CU_ASSERT_TRUE(isnan(row->breakthroughness) && isnan(row->root_mean_square));
  CU_ASSERT_TRUE(isnan(row->root_median_square) && isnan(row->linearity_per_step));
  CU_ASSERT_EQUAL_FATAL(n, 4);
  const double values[] = {0.1, 0.2, 0.8, 0.4}, errors[] = {0.01, 0.01, 0.03, 0.04};
  static const char *const NAMES[] = {"a", "b", "base", "tuned"};
  for (size_t i = 0; i < 4; i++) {
    CU_ASSERT_EQUAL(points[i].value, values[i]);
    CU_ASSERT_EQUAL(points[i].standard_error, errors[i]);
    CU_ASSERT_EQUAL(points[i].n_models, 1);
    CU_ASSERT_TRUE(isnan(points[i].standard_deviation));
    CU_ASSERT_STRING_EQUAL(bs_analysis_model(analysis, points[i].model), NAMES[i]);
  }
  CU_ASSERT_EQUAL(points[3].n, 30);
  row = row_of(analysis, "g", "t", "acc", &points, &n);
  CU_ASSERT_EQUAL(row->shared_scales, 0);
  CLOSE(row->linearity, 2);
  tell(analysis);
  CU_ASSERT_EQUAL_FATAL(n_told, 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(told[0], "family \"f\" has different models of the same scale: "
                                         "base and tuned (3). "));
  CU_ASSERT_PTR_NOT_NULL(strstr(told[0], "\"seed\""));
  bs_analysis_free(&analysis);
}

/* The curve of one task would be made of base and tuned by turns, where one of them has no score.
 */
static void a_family_is_mixed_for_all_of_its_tasks(void) {
  bs_analysis *analysis =
      from_text("family,model,scale,task,metric,shots,value\n"
                "f,a,1,t,acc,0,0\nf,b,2,t,acc,0,1\nf,c,3,t,acc,0,2\nf,c-tuned,3,u,acc,0,2\n"
                "f,a,1,u,acc,0,0\nf,b,2,u,acc,0,1\n");
  const bs_scale_point *points;
  size_t n;
  CU_ASSERT_TRUE(isnan(row_of(analysis, "f", "t", "acc", &points, &n)->linearity));
  CU_ASSERT_TRUE(isnan(row_of(analysis, "f", "u", "acc", &points, &n)->linearity));
  bs_analysis_free(&analysis);
}

static void repeats_of_a_table_are_averaged(void) {
  bs_analysis *analysis = from_text("family,model,scale,task,metric,shots,value,stderr,n,seed\n"
                                    "f,a,1,t,acc,0,0.1,0.01,10,7\nf,c1,3,t,acc,0,0.8,0.03,10,1\n"
                                    "f,c2,3,t,acc,0,0.4,0.04,30,2\nf,b,2,t,acc,0,0.2,0.01,10,\n");
  const bs_scale_point *points;
  size_t n = 0;
  const bs_linearity_row *row = row_of(analysis, "f", "t", "acc", &points, &n);
  CU_ASSERT_EQUAL_FATAL(n, 3);
  CU_ASSERT_EQUAL(row->shared_scales, 0);
  CLOSE(row->improvement, 0.5);
  CLOSE(points[2].value, 0.6);
  /* the same examples: the errors may go all the same way; independent ones would give 0.025 */
  CLOSE(points[2].standard_error, 0.035);
  CLOSE(points[2].standard_deviation, 0.4 / sqrt(2));
  CU_ASSERT_EQUAL(points[2].n, 30); /* not 40 */
  CU_ASSERT_EQUAL(points[2].n_models, 2);
  CU_ASSERT_STRING_EQUAL(bs_analysis_model(analysis, points[2].model), "c1");
  CU_ASSERT_EQUAL(bs_analysis_seed(analysis, 0), 7);
  CU_ASSERT_TRUE(isnan(bs_analysis_seed(analysis, 3)));
  CU_ASSERT_TRUE(isnan(bs_analysis_seed(analysis, 4)));
  tell(analysis);
  CU_ASSERT_EQUAL(n_told, 0);
  bs_analysis_free(&analysis);
  /* one name for all seeds; one without an error, one without a score */
  analysis = from_text("seed,family,model,scale,task,metric,shots,value,stderr\n"
                       "0,f,m,5,t,acc,0,0.25,0.1\n1,f,m,5,t,acc,0,0.5,\n2,f,m,5,t,acc,0,,0.1\n");
  row_of(analysis, "f", "t", "acc", &points, &n);
  CU_ASSERT_EQUAL_FATAL(n, 1);
  CLOSE(points[0].value, 0.375);
  CU_ASSERT_TRUE(isnan(points[0].standard_error));
  CU_ASSERT_EQUAL(points[0].n_models, 2);
  CLOSE(points[0].standard_deviation, 0.25 / sqrt(2));
  CU_ASSERT_EQUAL(bs_analysis_n_models(analysis), 3);
  bs_analysis_free(&analysis);
}

/* Half-told repeats are none. */
static void what_is_no_repeat_stays_apart(void) {
  static const struct {
    const char *rows, *message;
    size_t n_points;
  } CASES[] = {
      /* one seed twice: which of the two would be averaged with c? */
      {"f,a,1,t,acc,0,1,1\nf,b,1,t,acc,0,2,1\nf,c,1,t,acc,0,3,2\n", "a, b and c (1)", 3},
      /* two repeats, and a model that is none */
      {"f,a,1,t,acc,0,1,1\nf,b,1,t,acc,0,2,2\nf,c,1,t,acc,0,3,\n", "a, b and c (1)", 2},
      {"f,a,1,t,acc,0,1,\nf,b,1,t,acc,0,2,2\nf,c,2,t,acc,0,3,3\nf,d,2,t,acc,0,3,3\n",
       "b and a (1); c and d (2)", 4},
      {"f,a,1,t,acc,0,1,NaN\nf,b,1,t,acc,0,2,NA\n", "a and b (1)", 2},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    char text[512];
    snprintf(text, sizeof text, "family,model,scale,task,metric,shots,value,seed\n%s",
             CASES[i].rows);
    bs_analysis *analysis = from_text(text);
    const bs_scale_point *points;
    size_t n = 0;
    const bs_linearity_row *row = row_of(analysis, "f", "t", "acc", &points, &n);
    CU_ASSERT_EQUAL(n, CASES[i].n_points);
    CU_ASSERT_TRUE(row->shared_scales > 0 && isnan(row->improvement));
    tell(analysis);
    CU_ASSERT_EQUAL_FATAL(n_told, 1);
    if (strstr(told[0], CASES[i].message) == NULL)
      printf("\n    %s", told[0]);
    CU_ASSERT_PTR_NOT_NULL(strstr(told[0], CASES[i].message));
    bs_analysis_free(&analysis);
  }
}

static void faults_of_seeds_are_placed(void) {
  static const struct {
    const char *rows, *message;
  } CASES[] = {
      {"f,m,1,t,acc,0,1,x\n", "line 2: column seed: expected a whole number, found \"x\""},
      {"f,m,1,t,acc,0,1,-1\n", "column seed: expected a whole number"},
      {"f,m,1,t,acc,0,1,9007199254740993\n", "column seed: expected a whole number"},
      {"f,m,1,t,acc,0,1,1\nf,m,2,t,acc,0,1,2\n",
       "line 3: column scale: model \"m\" has 2 here and 1 before"},
      {"f,m,1,t,acc,0,1,1\nf,m,1,t,acc,0,1,2\nf,m,1,t,acc,0,2,1\n",
       "line 4: the score of \"m\" on \"t\", acc, 0 shots stands in line 2 already"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    char text[512];
    bs_error err = {0};
    bs_analysis *analysis = NULL;
    snprintf(text, sizeof text, "family,model,scale,task,metric,shots,value,seed\n%s",
             CASES[i].rows);
    const char *path = bs_test_write("bad.csv", text, strlen(text));
    BS_TEST_FAILS(bs_analysis_from_csv(&analysis, path, &err), BS_ERR_INPUT, err, CASES[i].message);
    CU_ASSERT_PTR_NULL(analysis);
  }
}

static void long_lists_are_cut(void) {
  char text[4096] = "family,model,scale,task,metric,shots,value\n";
  for (int scale = 1; scale <= 6; scale++)
    for (int k = 0; k < (scale == 1 ? 9 : 2); k++) {
      size_t n = strlen(text);
      snprintf(text + n, sizeof text - n, "f,m%d-%d,%d,t,acc,0,1\n", scale, k, scale);
    }
  bs_analysis *analysis = from_text(text);
  tell(analysis);
  CU_ASSERT_PTR_NOT_NULL(strstr(told[0], "m1-0, m1-1, m1-2, m1-3, m1-4 and 4 others (1); m2-0 and "
                                         "m2-1 (2); "));
  CU_ASSERT_PTR_NOT_NULL(strstr(told[0], "(4); and at 2 more scales. "));
  bs_analysis_free(&analysis);
}

enum { MODELS = 3, EXAMPLES = 4 };

/* Three models of one family and scale on tasks of the same four examples; NaN: the example has
   failed. */
static bs_tables *graded(const double values[][MODELS][EXAMPLES], size_t n_tasks,
                         const double seeds[MODELS]) {
  static const char *const COLUMNS[] = {"multiple_choice_grade"};
  bs_error err = {0};
  bs_tables *results = NULL;
  BS_TEST_OK(bs_tables_new(&results, COLUMNS, 1, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  for (uint32_t m = 0; m < MODELS; m++) {
    static const char *const NAMES[] = {"x", "y", "z"};
    bs_model_row row = {.name = NAMES[m], .family = "f", .scale = 100, .seed = seeds[m]};
    BS_TEST_OK(bs_tables_add_model(results, &row, &err), err);
  }
  for (uint32_t t = 0; t < n_tasks; t++) {
    bs_task_row row = {.name = t == 0 ? "t" : "u",
                       .preferred_metric = COLUMNS[0],
                       .metrics = COLUMNS[0],
                       .low_score = 0.5,
                       .high_score = 1,
                       .human_average = NAN,
                       .human_best = NAN};
    BS_TEST_OK(bs_tables_add_task(results, &row, &err), err);
  }
  for (uint32_t m = 0; m < MODELS; m++)
    for (uint32_t t = 0; t < n_tasks; t++)
      for (uint32_t i = 0; i < EXAMPLES; i++) {
        bs_example_row row = {.model = m, .task = t, .example = i, .target_logprob = NAN};
        if (!isnan(values[t][m][i]))
          BS_TEST_OK(bs_tables_add_example(results, &row, NULL, NULL, &values[t][m][i], &err), err);
      }
  return results;
}

static void repeats_share_their_examples(void) {
  /* means by example: 1, 1, 2/3, 0: mean 2/3, squares 1/9 + 1/9 + 0 + 4/9 = 2/3 */
  static const double T[1][MODELS][EXAMPLES] = {{{1, 1, 0, 0}, {1, 1, 1, 0}, {1, 1, 1, 0}}};
  bs_tables *results = graded(T, 1, (double[]){3, 1, 2});
  bs_analysis *analysis = of_results(results);
  const bs_scale_point *points;
  size_t n = 0;
  const bs_linearity_row *row = row_of(analysis, "f", "t", "multiple_choice_grade", &points, &n);
  CU_ASSERT_EQUAL_FATAL(n, 1);
  CU_ASSERT_EQUAL(row->n, 1);
  CLOSE(points[0].value, 2.0 / 3);
  CLOSE(points[0].standard_error, sqrt(2.0 / 3 / 12));
  CLOSE(points[0].standard_deviation, sqrt((1.0 / 36 + 2.0 / 144) / 2)); /* of 1/2, 3/4, 3/4 */
  CU_ASSERT_EQUAL(points[0].n, 4);                                       /* not 12 */
  CU_ASSERT_EQUAL(points[0].n_models, 3);
  CU_ASSERT_EQUAL(points[0].model, 0);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_scores, 3); /* each repeat's own score is kept */
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* n_s examples of each of S repeats: sqrt(n / (n - 1) sum of (sum over s of d_si / n_s)^2) / S. */
static void failed_examples_weigh_in_what_is_there(void) {
  static const double T[1][MODELS][EXAMPLES] = {
      {{1, 1, 0, 0}, {1, NAN, 0, NAN}, {NAN, NAN, NAN, NAN}}};
  bs_tables *results = graded(T, 1, (double[]){3, 1, 2});
  bs_analysis *analysis = of_results(results);
  const bs_scale_point *points;
  size_t n = 0;
  row_of(analysis, "f", "t", "multiple_choice_grade", &points, &n);
  CU_ASSERT_EQUAL_FATAL(n, 1);
  CLOSE(points[0].value, 0.5);
  /* influences / n_s: 1/8 + 1/4, 1/8, -1/8 - 1/4, -1/8 */
  CLOSE(points[0].standard_error, sqrt(4.0 / 3 * 2 * (9.0 / 64 + 1.0 / 64)) / 2);
  CU_ASSERT_EQUAL(points[0].n, 4);
  CU_ASSERT_EQUAL(points[0].n_models, 2);
  CU_ASSERT_EQUAL(points[0].standard_deviation, 0);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

static void seeds_decide_in_results_too(void) {
  static const double T[1][MODELS][EXAMPLES] = {{{1, 1, 0, 0}, {1, 1, 1, 0}, {0, 0, 0, 0}}};
  bs_tables *results = graded(T, 1, (double[]){NAN, NAN, NAN});
  bs_analysis *analysis = of_results(results);
  const bs_scale_point *points;
  size_t n = 0;
  CU_ASSERT_EQUAL(row_of(analysis, "f", "t", "multiple_choice_grade", &points, &n)->shared_scales,
                  1);
  CU_ASSERT_EQUAL_FATAL(n, 3);
  CU_ASSERT_EQUAL(points[0].value, 0.5);
  CU_ASSERT_EQUAL(points[1].value, 0.75);
  CU_ASSERT_EQUAL(points[2].value, 0);
  CLOSE(points[1].standard_error, sqrt(0.75 / 12));
  CU_ASSERT_EQUAL(points[1].n, 4);
  const bs_linearity_row *means =
      row_of(analysis, "f", BS_ALL_TASKS, BS_AGGREGATE_METRIC, &points, &n);
  CU_ASSERT_EQUAL(n, 3); /* means over tasks are never mixed either */
  CU_ASSERT_EQUAL(means->shared_scales, 1);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
  results = graded(T, 1, (double[]){1, 2, NAN});
  analysis = of_results(results);
  row_of(analysis, "f", "t", "multiple_choice_grade", &points, &n);
  CU_ASSERT_EQUAL_FATAL(n, 2);
  CU_ASSERT_EQUAL(points[0].value, 0.625);
  /* means by example: 1, 1, 1/2, 0; taken as independent it would be sqrt(1.75 / 12) / 2 */
  CLOSE(points[0].standard_error, sqrt(0.6875 / 12));
  CU_ASSERT_EQUAL(points[1].model, 2);
  CU_ASSERT_EQUAL(points[1].value, 0);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* Over tasks the common errors are independent; over repeats they never are. */
static void means_over_tasks_share_examples_within_each(void) {
  static const double T[2][MODELS][EXAMPLES] = {{{1, 1, 0, 0}, {1, 1, 1, 0}, {1, 1, 1, 0}},
                                                {{1, 1, 1, 1}, {1, 1, 1, 0}, {1, 0, 1, 1}}};
  bs_tables *results = graded(T, 2, (double[]){3, 1, 2});
  bs_analysis *analysis = of_results(results);
  const bs_scale_point *points;
  size_t n = 0;
  row_of(analysis, "f", BS_ALL_TASKS, BS_AGGREGATE_METRIC, &points, &n);
  CU_ASSERT_EQUAL_FATAL(n, 1);
  /* u: means by example 1, 2/3, 1, 2/3: mean 5/6, squares 4/36. Normalised: 200 (y - 1/2). */
  CLOSE(points[0].value, 200 * ((2.0 / 3 + 5.0 / 6) / 2 - 0.5));
  CLOSE(points[0].standard_error, 200 * sqrt(2.0 / 3 / 12 + 1.0 / 9 / 12) / 2);
  /* the repeats' means: 50, 50, 50 */
  CU_ASSERT_DOUBLE_EQUAL(points[0].standard_deviation, 0, 1e-9);
  CU_ASSERT_EQUAL(points[0].n, 2);
  CU_ASSERT_EQUAL(points[0].n_models, 3);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* Metrics over all examples at once: the delete-one jackknife of the mean over the repeats. */
static void corpus_metrics_share_their_examples(void) {
  enum { N = 30 };
  bs_error err = {0};
  bs_tables *results = synthetic_results((synthetic_size){2, 1, 1, N}, false);
  results->tasks[0].metrics = "expected_calibration_error";
  for (size_t m = 0; m < 2; m++) {
    results->models[m].scale = 5;
    results->models[m].seed = (double)m;
  }
  bs_analysis *analysis = of_results(results);
  const bs_scale_point *points;
  size_t n = 0;
  row_of(analysis, "ladder", "facts", "expected_calibration_error", &points, &n);
  CU_ASSERT_EQUAL_FATAL(n, 1);
  double without[N] = {0}, value = 0, mean = 0, squares = 0;
  const bs_metric *metric = bs_metric_find("expected_calibration_error");
  for (size_t m = 0; m < 2; m++) {
    double logprobs[N][4], targets[N][4];
    bs_outcome all[N], rest[N];
    bs_estimate estimate;
    for (size_t i = 0; i < N; i++) {
      const bs_choice_row *choices = bs_tables_choices(results, m * N + i);
      for (size_t k = 0; k < 4; k++) {
        logprobs[i][k] = choices[k].logprob;
        targets[i][k] = choices[k].target_score;
      }
      all[i] =
          (bs_outcome){.n_choices = 4, .choice_logprobs = logprobs[i], .target_scores = targets[i]};
    }
    BS_TEST_OK(bs_metric_evaluate(metric, all, N, &estimate, &err), err);
    value += estimate.value / 2;
    for (size_t i = 0; i < N; i++) {
      memcpy(rest, all, i * sizeof *rest);
      memcpy(rest + i, all + i + 1, (N - i - 1) * sizeof *rest);
      BS_TEST_OK(bs_metric_evaluate(metric, rest, N - 1, &estimate, &err), err);
      without[i] += estimate.value / 2;
    }
  }
  for (size_t i = 0; i < N; i++)
    mean += without[i] / N;
  for (size_t i = 0; i < N; i++)
    squares += (without[i] - mean) * (without[i] - mean);
  CU_ASSERT_DOUBLE_EQUAL(points[0].value, value, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(points[0].standard_error, sqrt((N - 1.0) / N * squares), 1e-10);
  CU_ASSERT_TRUE(points[0].standard_error > 0.001);
  CU_ASSERT_EQUAL(points[0].n, N);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

static void starts_with(const bs_text *text, const char *expected) {
  bool same = strncmp(text->data, expected, strlen(expected)) == 0;
  if (!same)
    printf("\n%s", text->data);
  CU_ASSERT_TRUE(same);
}

static void tables_name_models(void) {
  bs_analysis *analysis =
      from_text("family,model,scale,task,metric,shots,value,stderr,n,seed\n"
                "f,small,3200,t,acc,0,0.125,0.0125,40,\n"
                "f,base,4150000,t,acc,0,0.25,0.01,40,\nf,tuned,4150000,t,acc,0,0.5,0.01,40,\n"
                "g,s1,4150000,t,acc,0,0.25,0.01,40,1\ng,s2,4150000,t,acc,0,0.5,0.03,40,2\n"
                "g,big,9000000,t,acc,0,0.75,,40,1\ng,s1,4150000,u,acc,0,0.25,0.01,40,1\n");
  bs_text text = printed(analysis, false);
  starts_with(&text,
              "family f\n"
              "models: small (3.2K), base (4.15M), tuned (4.15M)\n"
              "different models of one scale stand beside each other: I, L and B are undefined\n"
              "task  shots  metric   n          3.2K          base         tuned  I  L  B\n"
              "t         0  acc     40  0.125 ±0.013  0.250 ±0.010  0.500 ±0.010  -  -  -\n"
              "\n"
              "family g\n"
              "models: s1 + s2 (4.15M), big (9M)\n"
              "task  shots  metric   n                    4.15M     9M      I  L  B\n"
              "t         0  acc     40  0.375 ±0.020 [2: 0.177]  0.750  0.375  -  -\n"
              "u         0  acc     40      0.250 ±0.010 [1: -]             -  -  -\n");
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "[k: s]"));
  bs_text_free(&text);
  bs_analysis_free(&analysis);
}

/* What is written is read back with its seeds, and analysed again to the same bytes. */
static void seeds_are_kept_in_files(void) {
  static const double T[1][MODELS][EXAMPLES] = {{{1, 1, 0, 0}, {1, 1, 1, 0}, {0, 0, 0, 0}}};
  bs_error err = {0};
  bs_tables *results = graded(T, 1, (double[]){1, 2, NAN});
  bs_analysis *analysis = of_results(results);
  BS_TEST_OK(bs_store_write(bs_test_path("a.h5"), results, bs_analysis_tables(analysis), &err),
             err);
  bs_tables *back = NULL;
  BS_TEST_OK(bs_store_read(&back, bs_test_path("a.h5"), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  CU_ASSERT_EQUAL(back->models[1].seed, 2);
  CU_ASSERT_TRUE(isnan(back->models[2].seed));
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
      {"different models stay apart", different_models_stay_apart},
      {"a family is mixed for all of its tasks", a_family_is_mixed_for_all_of_its_tasks},
      {"repeats of a table are averaged", repeats_of_a_table_are_averaged},
      {"what is no repeat stays apart", what_is_no_repeat_stays_apart},
      {"faults of seeds are placed", faults_of_seeds_are_placed},
      {"long lists are cut", long_lists_are_cut},
      {"repeats share their examples", repeats_share_their_examples},
      {"failed examples weigh in what is there", failed_examples_weigh_in_what_is_there},
      {"seeds decide in results, too", seeds_decide_in_results_too},
      {"means over tasks share examples within each", means_over_tasks_share_examples_within_each},
      {"corpus metrics share their examples", corpus_metrics_share_their_examples},
      {"tables name models", tables_name_models},
      {"seeds are kept in files", seeds_are_kept_in_files},
  };
  return bs_test_main("repeats", tests, sizeof tests / sizeof *tests);
}
