/* Forecasts of the curves of tables and results: against reference values, and what is refused. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "bigsweep/forecast.h"
#include "harness.h"
#include "synthetic.h"

static const char HEAD[] = "family,model,scale,task,metric,shots,value\n";

/* Lines of a task whose scores are known at sizes 1e6, 4e6, 16e6, ... */
static void add_curve(bs_text *to, const char *task, const char *metric, const double *scores,
                      size_t n) {
  bs_error err = {0};
  for (size_t k = 0; k < n; k++)
    BS_TEST_OK(bs_text_printf(to, &err, "f,m%zu,%.17g,%s,%s,0,%.17g\n", k, 1e6 * pow(4, (double)k),
                              task, metric, scores[k]),
               err);
}

static bs_text table_of(const char *task, const char *metric, const double *scores, size_t n) {
  bs_error err = {0};
  bs_text text = {0};
  BS_TEST_OK(bs_text_append_string(&text, HEAD, &err), err);
  add_curve(&text, task, metric, scores, n);
  return text;
}

static bs_analysis *forecast_of(const char *text, const bs_forecast_request *request) {
  bs_error err = {0};
  bs_analysis *analysis = from_text(text);
  BS_TEST_OK(bs_analysis_forecast(analysis, NULL, request, &err), err);
  return analysis;
}

static const bs_forecast_row *row_of(const bs_analysis *analysis, const char *task, double scale) {
  const bs_tables *tables = bs_analysis_tables(analysis);
  for (size_t i = 0; i < tables->n_forecasts; i++)
    if (strcmp(tables->forecasts[i].task, task) == 0 &&
        (isnan(scale) || fabs(tables->forecasts[i].scale / scale - 1) < 1e-9))
      return &tables->forecasts[i];
  CU_FAIL_FATAL("there is no such forecast");
  return NULL;
}

static const double RISING[] = {.26, .31, .35, .42, .47, .55, .6, .64};

static void the_next_size_is_one_step_away(void) {
  bs_text text = table_of("t", "acc", RISING, 8);
  bs_analysis *analysis = forecast_of(text.data, &(bs_forecast_request){0});
  const bs_tables *tables = bs_analysis_tables(analysis);
  CU_ASSERT_EQUAL_FATAL(tables->n_forecasts, 1);
  const bs_forecast_row *row = &tables->forecasts[0];
  CU_ASSERT_DOUBLE_EQUAL(row->scale / (1e6 * pow(4, 8)), 1, 1e-12);
  CU_ASSERT_STRING_EQUAL(row->method, "median4");
  CU_ASSERT_STRING_EQUAL(row->reason, "");
  CU_ASSERT_TRUE(row->forecast > .62 && row->forecast < .76);
  CU_ASSERT_TRUE(row->low80 < row->forecast && row->forecast < row->high80);
  CU_ASSERT_TRUE(isnan(row->observed));
  bs_analysis_free(&analysis);
  bs_text_free(&text);
}

/* A metric of another unit, or one that falls, is the same curve. */
static void units_do_not_matter(void) {
  double hundredfold[8], falling[8];
  enum { N = 4 };
  for (size_t k = 0; k < 8; k++) {
    hundredfold[k] = 100 * RISING[k];
    falling[k] = 1 - RISING[k];
  }
  bs_text texts[] = {table_of("t", "acc", RISING, 8), table_of("t", "bleu", hundredfold, 8),
                     table_of("t", "calibration_multiple_choice_brier_score", falling, 8),
                     table_of("t", BS_AGGREGATE_METRIC, hundredfold, 8)};
  bs_analysis *of[N];
  const bs_forecast_row *rows[N];
  for (size_t i = 0; i < N; i++) {
    of[i] = forecast_of(texts[i].data, &(bs_forecast_request){0});
    rows[i] = row_of(of[i], "t", NAN);
  }
  CU_ASSERT_DOUBLE_EQUAL(rows[1]->forecast, 100 * rows[0]->forecast, 1e-6);
  CU_ASSERT_DOUBLE_EQUAL(rows[1]->low80, 100 * rows[0]->low80, 1e-6);
  CU_ASSERT_DOUBLE_EQUAL(rows[2]->forecast, 1 - rows[0]->forecast, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(rows[2]->low80, 1 - rows[0]->high80, 1e-9);
  CU_ASSERT_TRUE(rows[2]->low80 < rows[2]->high80);
  CU_ASSERT_EQUAL(rows[3]->forecast, rows[1]->forecast);
  CU_ASSERT_EQUAL(rows[3]->high80, rows[1]->high80);
  for (size_t i = 0; i < N; i++) {
    bs_analysis_free(&of[i]);
    bs_text_free(&texts[i]);
  }
}

static void what_cannot_be_forecast_is_refused(void) {
  static const double LOW[] = {-3, -2.5, -2, -1.8, -1.5, -1.4, -1.3, -1.2};
  static const double LARGE[] = {30, 35, 40, 41, 42, 44, 45, 46};
  static const struct {
    const char *metric;
    const double *scores;
    size_t n;
    const char *reason;
  } CASES[] = {
      {"log_likelihood", LOW, 8, "without two ends"},
      {"bpb", RISING, 8, "without two ends"},
      {"edit", LOW, 8, "outside 0 to 1"},
      {"score", LARGE, 8, "range is not known"},
      {"exact_str_match", LARGE, 8, "outside the metric's range"},
      {BS_AGGREGATE_METRIC, LOW, 8, "outside the metric's range, which is 0 to 100"},
      {"acc", RISING, 2, "fewer than three sizes"},
      {"acc", RISING, 3, "no earlier forecast to calibrate on: 3 sizes; 4 are needed"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    bs_text text = table_of("t", CASES[i].metric, CASES[i].scores, CASES[i].n);
    bs_analysis *analysis = forecast_of(text.data, &(bs_forecast_request){0});
    const bs_forecast_row *row = row_of(analysis, "t", NAN);
    CU_ASSERT_TRUE(isnan(row->forecast) && isnan(row->low80) && isnan(row->high80));
    if (strstr(row->reason, CASES[i].reason) == NULL) {
      printf("\n    %s: \"%s\"", CASES[i].metric, row->reason);
      CU_FAIL("another reason was expected");
    }
    bs_analysis_free(&analysis);
    bs_text_free(&text);
  }
}

/* A chance in percent, or one that leaves nothing to gain, is no chance of this metric. */
static void a_chance_out_of_range_is_refused(void) {
  static const struct {
    double chance;
    bool is_refused;
  } CASES[] = {{0, false}, {.25, false}, {1, true}, {25, true}, {-.1, true}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    bs_error err = {0};
    bs_text text = {0};
    BS_TEST_OK(bs_text_printf(&text, &err, "family,model,scale,task,metric,shots,value,chance\n"),
               err);
    for (size_t k = 0; k < 8; k++)
      BS_TEST_OK(bs_text_printf(&text, &err, "f,m%zu,%zu,t,acc,0,%g,%g\n", k, (size_t)1000 << 2 * k,
                                .3 + .05 * (double)k, CASES[i].chance),
                 err);
    bs_analysis *analysis = forecast_of(text.data, &(bs_forecast_request){0});
    const bs_forecast_row *row = row_of(analysis, "t", NAN);
    CU_ASSERT_EQUAL(isnan(row->forecast), CASES[i].is_refused);
    CU_ASSERT_STRING_EQUAL(
        row->reason, CASES[i].is_refused ? "the chance is not within the metric's range" : "");
    bs_analysis_free(&analysis);
    bs_text_free(&text);
  }
}

/* What turns once may turn again. In a back-test the forecast stands beside the reason. */
static void turning_curves_are_refused(void) {
  static const struct {
    double scores[8];
    const char *reason;
  } CASES[] = {
      {{.6, .5, .4, .3, .3, .4, .5, .6}, "a U"},
      {{.3, .4, .5, .6, .6, .5, .4, .3}, "an inverted U"},
      {{.3, .6, .3, .6, .3, .6, .3, .6}, "irregular"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    bs_error err = {0};
    bs_text text = {0};
    BS_TEST_OK(bs_text_printf(&text, &err, "family,model,scale,task,metric,shots,value,stderr,n\n"),
               err);
    for (size_t k = 0; k < 8; k++)
      BS_TEST_OK(bs_text_printf(&text, &err, "f,m%zu,%zu,t,acc,0,%g,.01,1000\n", k,
                                (size_t)1000 << 2 * k, CASES[i].scores[k]),
                 err);
    bs_analysis *analysis = forecast_of(text.data, &(bs_forecast_request){0});
    const bs_forecast_row *row = row_of(analysis, "t", NAN);
    CU_ASSERT_TRUE(isnan(row->forecast));
    CU_ASSERT_PTR_NOT_NULL(strstr(row->reason, CASES[i].reason));
    bs_analysis_free(&analysis);
    analysis = forecast_of(text.data, &(bs_forecast_request){.n_held = 1});
    row = row_of(analysis, "t", NAN);
    CU_ASSERT_TRUE(isfinite(row->forecast));
    CU_ASSERT_TRUE(row->reason[0] != '\0');
    CU_ASSERT_EQUAL(row->observed, CASES[i].scores[7]);
    bs_analysis_free(&analysis);
    bs_text_free(&text);
  }
}

static void sizes_are_asked_for(void) {
  bs_error err = {0};
  bs_text text = table_of("t", "acc", RISING, 8);
  double last = 1e6 * pow(4, 7);
  const double at[] = {last * 2, last * 10, last * 11, last, last * 5000};
  bs_analysis *analysis = forecast_of(text.data, &(bs_forecast_request){.at = at, .n_at = 5});
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_forecasts, 5);
  CU_ASSERT_STRING_EQUAL(row_of(analysis, "t", at[0])->method, "median4");
  CU_ASSERT_STRING_EQUAL(row_of(analysis, "t", at[1])->method, "median4");
  CU_ASSERT_STRING_EQUAL(row_of(analysis, "t", at[2])->method, "laws");
  CU_ASSERT_TRUE(isfinite(row_of(analysis, "t", at[2])->high80));
  CU_ASSERT_STRING_EQUAL(row_of(analysis, "t", at[3])->reason, "not beyond the largest size");
  CU_ASSERT_TRUE(isnan(row_of(analysis, "t", at[3])->forecast));
  CU_ASSERT_PTR_NOT_NULL(strstr(row_of(analysis, "t", at[4])->reason, "over such a distance"));
  const bs_forecast_request wrong[] = {{.n_held = 1, .at = at, .n_at = 1},
                                       {.at = (const double[]){0}, .n_at = 1},
                                       {.at = (const double[]){NAN}, .n_at = 1},
                                       {.at = (const double[]){INFINITY}, .n_at = 1}};
  for (size_t i = 0; i < 4; i++)
    BS_TEST_FAILS(bs_analysis_forecast(analysis, NULL, &wrong[i], &err), BS_ERR_USAGE, err,
                  i == 0 ? "held out" : "above 0");
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_forecasts, 5);
  bs_analysis_free(&analysis);
  bs_text_free(&text);
}

/* More sizes held out than there are, or than leave three. */
static void held_out_sizes_are_forecast(void) {
  bs_text text = table_of("t", "acc", RISING, 8);
  for (size_t n_held = 1; n_held <= 10; n_held++) {
    bs_analysis *analysis = forecast_of(text.data, &(bs_forecast_request){.n_held = n_held});
    const bs_tables *tables = bs_analysis_tables(analysis);
    CU_ASSERT_EQUAL(tables->n_forecasts, n_held < 8 ? n_held : 8);
    for (size_t i = 0; i < tables->n_forecasts; i++) {
      const bs_forecast_row *row = &tables->forecasts[i];
      CU_ASSERT_EQUAL(row->observed, RISING[8 - tables->n_forecasts + i]);
      CU_ASSERT_EQUAL(isfinite(row->forecast), n_held <= 5);
      if (n_held > 5)
        CU_ASSERT_PTR_NOT_NULL(strstr(row->reason, "fewer than three sizes are left"));
    }
    bs_analysis_free(&analysis);
  }
  bs_text_free(&text);
}

static void means_over_tasks(void) {
  double slower[8];
  for (size_t k = 0; k < 8; k++)
    slower[k] = RISING[k] / 2;
  bs_text text = table_of("t", "acc", RISING, 8);
  add_curve(&text, "u", "acc", slower, 8);
  bs_analysis *analysis = forecast_of(text.data, &(bs_forecast_request){.n_held = 1});
  const bs_forecast_row *mean = row_of(analysis, BS_ALL_TASKS, NAN);
  const bs_forecast_row *t = row_of(analysis, "t", NAN), *u = row_of(analysis, "u", NAN);
  CU_ASSERT_DOUBLE_EQUAL(mean->forecast, (t->forecast + u->forecast) / 2, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(mean->observed, (t->observed + u->observed) / 2, 1e-12);
  CU_ASSERT_TRUE(mean->low80 < mean->forecast && mean->forecast < mean->high80);
  bs_analysis_free(&analysis);
  add_curve(&text, "v", "acc", RISING, 5); /* at other sizes */
  analysis = forecast_of(text.data, &(bs_forecast_request){0});
  CU_ASSERT_PTR_NOT_NULL(strstr(row_of(analysis, BS_ALL_TASKS, NAN)->reason, "same sizes"));
  CU_ASSERT_PTR_NOT_NULL(strstr(row_of(analysis, "v", NAN)->reason, "no earlier forecast"));
  bs_analysis_free(&analysis);
  bs_text_free(&text);
}

/* Compute is the axis where it is known of all models; of runs of one size it tells which is the
   larger one. */
static void compute_is_the_axis(void) {
  bs_error err = {0};
  bs_text text = {0}, without = {0};
  BS_TEST_OK(bs_text_printf(&text, &err,
                            "family,model,scale,tokens,compute,task,metric,shots,value"
                            "\n"),
             err);
  BS_TEST_OK(bs_text_append_string(&without, HEAD, &err), err);
  for (size_t k = 0; k < 8; k++) {
    size_t scale = 1000 * (1 + 2 * (k / 4)), tokens = 20 * scale << k % 4;
    BS_TEST_OK(bs_text_printf(&text, &err, "f,m%zu,%zu,%zu,%zu,t,acc,0,%g\n", k, scale, tokens,
                              6 * scale * tokens, RISING[k]),
               err);
    BS_TEST_OK(bs_text_printf(&without, &err, "f,m%zu,%zu,t,acc,0,%g\n", k, scale, RISING[k]), err);
  }
  bs_analysis *analysis = forecast_of(text.data, &(bs_forecast_request){.n_held = 1});
  const bs_forecast_row *row = row_of(analysis, "t", NAN);
  CU_ASSERT_EQUAL(row->scale, 6. * 3000 * 20 * 3000 * 8);
  CU_ASSERT_TRUE(isfinite(row->low80));
  bs_analysis_free(&analysis);
  analysis = forecast_of(without.data, &(bs_forecast_request){0});
  CU_ASSERT_PTR_NOT_NULL(strstr(row_of(analysis, "t", NAN)->reason, "several models of one size"));
  bs_analysis_free(&analysis);
  bs_text_free(&text);
  bs_text_free(&without);
}

static void faults_of_the_further_columns(void) {
  static const struct {
    const char *lines, *message;
  } CASES[] = {
      {"f,m,1,-5,1,.2,t,acc,0,.5\n", "line 2: column tokens: expected a number above 0"},
      {"f,m,1,5,x,.2,t,acc,0,.5\n", "line 2: column compute: expected a number, found \"x\""},
      {"f,m,1,5,1,.2,t,acc,0,.5\nf,m,1,5,2,.2,u,acc,0,.5\n",
       "line 3: column compute: model \"m\" has 2 here and 1 before"},
      {"f,m,1,5,1,.25,t,acc,0,.5\nf,n,1,5,1,.5,t,acc,0,.5\n",
       "line 3: column chance: acc of task \"t\" has 0.5 here and 0.25 before"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    bs_error err = {0};
    bs_analysis *analysis = NULL;
    bs_text text = {0};
    BS_TEST_OK(bs_text_printf(&text, &err,
                              "family,model,scale,tokens,compute,chance,task,metric,shots,value\n"
                              "%s",
                              CASES[i].lines),
               err);
    const char *path = bs_test_write("bad.csv", text.data, text.n_bytes);
    BS_TEST_FAILS(bs_analysis_from_csv(&analysis, path, &err), BS_ERR_INPUT, err, CASES[i].message);
    CU_ASSERT_PTR_NULL(analysis);
    bs_text_free(&text);
  }
}

static const cJSON *at(const cJSON *object, const char *key) {
  return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* A suite of the reference file as a table. */
static bs_text table_of_golden(const cJSON *suite) {
  bs_error err = {0};
  bs_text text = {0};
  int n_tasks = cJSON_GetArraySize(at(suite, "tasks"));
  int n_models = cJSON_GetArraySize(at(suite, "ln_compute"));
  BS_TEST_OK(bs_text_printf(&text, &err,
                            "family,model,scale,compute,chance,task,metric,shots,value,stderr\n"),
             err);
  for (int t = 0; t < n_tasks; t++)
    for (int k = 0; k < n_models; k++) {
      const cJSON *error = cJSON_GetArrayItem(cJSON_GetArrayItem(at(suite, "stderr"), t), k);
      BS_TEST_OK(
          bs_text_printf(
              &text, &err, "f,m%d,%d,%.17g,%.17g,%s,acc,0,%.17g,", k, 1 + k,
              exp(cJSON_GetArrayItem(at(suite, "ln_compute"), k)->valuedouble),
              cJSON_GetArrayItem(at(suite, "chance"), t)->valuedouble,
              cJSON_GetArrayItem(at(suite, "tasks"), t)->valuestring,
              cJSON_GetArrayItem(cJSON_GetArrayItem(at(suite, "scores"), t), k)->valuedouble),
          err);
      BS_TEST_OK(cJSON_IsNumber(error) ? bs_text_printf(&text, &err, "%.17g\n", error->valuedouble)
                                       : bs_text_append_string(&text, "\n", &err),
                 err);
    }
  return text;
}

static size_t check_golden(const cJSON *suite) {
  static const double TOLERANCE = 1e-9;
  bs_text text = table_of_golden(suite);
  size_t n_held = (size_t)at(suite, "horizon")->valueint, n_checked = 0;
  bs_analysis *analysis = forecast_of(text.data, &(bs_forecast_request){.n_held = n_held});
  const cJSON *median = at(suite, "median4"), *width = at(median, "half_width_80");
  double scale =
      exp(cJSON_GetArrayItem(at(suite, "ln_compute"), at(suite, "target")->valueint)->valuedouble);
  for (int t = 0; t < cJSON_GetArraySize(at(suite, "tasks")); t++) {
    const bs_forecast_row *row =
        row_of(analysis, cJSON_GetArrayItem(at(suite, "tasks"), t)->valuestring, scale);
    double wanted = cJSON_GetArrayItem(at(median, "forecast"), t)->valuedouble;
    CU_ASSERT_STRING_EQUAL(row->method, "median4");
    n_checked++;
    CU_ASSERT_DOUBLE_EQUAL(row->forecast, wanted, TOLERANCE);
    if (cJSON_IsNumber(width)) {
      CU_ASSERT_DOUBLE_EQUAL(row->low80, fmax(0, wanted - width->valuedouble), TOLERANCE);
      CU_ASSERT_DOUBLE_EQUAL(row->high80, fmin(1, wanted + width->valuedouble), TOLERANCE);
    } else {
      CU_ASSERT_PTR_NOT_NULL(strstr(row->reason, "no earlier forecast"));
    }
  }
  bs_analysis_free(&analysis);
  bs_text_free(&text);
  return n_checked;
}

static void published_suites(void) {
  if (!bs_test_have_data("curves/goldens/forecast.json"))
    return;
  bs_text text = bs_test_read(bs_test_data("curves/goldens/forecast.json"));
  cJSON *json = cJSON_ParseWithLength(text.data, text.n_bytes);
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  size_t n_checked = 0;
  const cJSON *each;
  cJSON_ArrayForEach(each, at(json, "cases")) n_checked += check_golden(each);
  CU_ASSERT_EQUAL(n_checked, 2 * 36 + 2 * 33 + 4 * 7 + 4 * 6);
  cJSON_Delete(json);
  bs_text_free(&text);
}

/* The largest OPT and BLOOM from the smaller ones: a part of tests/statistics/backtest.py, within
   the bounds that docs/statistics.md promises. */
static void published_results_are_foretold(void) {
  if (!bs_test_have_data("curves/opt-bloom/table.csv"))
    return;
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  BS_TEST_OK(
      bs_analysis_scores_from_csv(&analysis, bs_test_data("curves/opt-bloom/table.csv"), &err),
      err);
  BS_TEST_OK(bs_analysis_forecast(analysis, NULL, &(bs_forecast_request){.n_held = 1}, &err), err);
  const bs_tables *tables = bs_analysis_tables(analysis);
  size_t n = 0, n_held = 0;
  double error = 0, largest = 0;
  for (size_t i = 0; i < tables->n_forecasts; i++) {
    const bs_forecast_row *row = &tables->forecasts[i];
    if (row->reason[0] != '\0' || strcmp(row->task, BS_ALL_TASKS) == 0)
      continue;
    n++;
    error += fabs(row->forecast - row->observed);
    largest = fmax(largest, fabs(row->forecast - row->observed));
    n_held += row->low80 <= row->observed && row->observed <= row->high80;
  }
  CU_ASSERT_EQUAL(n, 130);
  CU_ASSERT_TRUE(error / (double)n <= .032);
  CU_ASSERT_TRUE(largest <= .1);
  CU_ASSERT_TRUE(n_held >= 75 * n / 100 && n_held <= 90 * n / 100);
  bs_analysis_free(&analysis);
}

static void forecasts_of_results(void) {
  bs_tables *results = synthetic_results((synthetic_size){6, 4, 2, 12}, false);
  bs_analysis *analysis = of_results(results);
  const bs_tables *tables = bs_analysis_tables(analysis);
  CU_ASSERT_TRUE(tables->n_forecasts > 0);
  CU_ASSERT_EQUAL(tables->n_forecasts, tables->n_linearity);
  for (size_t i = 0; i < tables->n_forecasts; i++) {
    const bs_forecast_row *row = &tables->forecasts[i];
    CU_ASSERT_STRING_EQUAL(row->task, tables->linearity[i].task);
    CU_ASSERT_STRING_EQUAL(row->metric, tables->linearity[i].metric);
    CU_ASSERT_STRING_EQUAL(row->family, tables->linearity[i].family);
    CU_ASSERT_EQUAL(row->reason[0] == '\0', isfinite(row->forecast));
    CU_ASSERT_TRUE(isnan(row->high80) || row->high80 <= 100);
  }
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"the next size is one step away", the_next_size_is_one_step_away},
      {"units do not matter", units_do_not_matter},
      {"what cannot be forecast is refused", what_cannot_be_forecast_is_refused},
      {"a chance out of range is refused", a_chance_out_of_range_is_refused},
      {"turning curves are refused", turning_curves_are_refused},
      {"sizes are asked for", sizes_are_asked_for},
      {"held-out sizes are forecast", held_out_sizes_are_forecast},
      {"means over tasks", means_over_tasks},
      {"compute is the axis", compute_is_the_axis},
      {"faults of the further columns", faults_of_the_further_columns},
      {"published suites", published_suites},
      {"published results are foretold", published_results_are_foretold},
      {"forecasts of results", forecasts_of_results},
  };
  return bs_test_main("forecasts", tests, sizeof tests / sizeof *tests);
}
