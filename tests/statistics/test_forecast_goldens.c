/* Forecasts against reference values that another implementation computed: the 12 suites of the
   shared file curves/goldens/forecast.json. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/forecast.h"
#include "harness.h"

static const double TOLERANCE = 1e-9;

static const cJSON *at(const cJSON *object, const char *key) {
  return cJSON_GetObjectItemCaseSensitive(object, key);
}

static double number_of(const cJSON *item) {
  return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static double *numbers_of(const cJSON *array, size_t *n) {
  *n = (size_t)cJSON_GetArraySize(array);
  double *values = calloc(*n + 1, sizeof *values);
  CU_ASSERT_PTR_NOT_NULL_FATAL(values);
  size_t i = 0;
  const cJSON *each;
  cJSON_ArrayForEach(each, array) values[i++] = number_of(each);
  return values;
}

/* Rows of one length, one behind the other. */
static double *rows_of(const cJSON *rows, size_t n_columns) {
  size_t n = (size_t)cJSON_GetArraySize(rows);
  double *values = calloc(n * n_columns, sizeof *values);
  CU_ASSERT_PTR_NOT_NULL_FATAL(values);
  for (size_t i = 0; i < n * n_columns; i++)
    values[i] = number_of(
        cJSON_GetArrayItem(cJSON_GetArrayItem(rows, (int)(i / n_columns)), (int)(i % n_columns)));
  return values;
}

static void check(const char *suite, const char *method, const char *what, double got,
                  double expected) {
  if (isnan(expected) ? isnan(got) : fabs(got - expected) <= TOLERANCE)
    return;
  printf("\n    %s, %s: %s is %.12g, expected %.12g", suite, method, what, got, expected);
  CU_FAIL("differs from the reference");
}

static void check_method(const cJSON *expected, const bs_suite *suite, const char *key,
                         const char *name) {
  bs_error err = {0};
  const char *title = at(expected, "suite")->valuestring;
  const bs_forecast_method *method = bs_forecast_method_find(name);
  CU_ASSERT_PTR_NOT_NULL_FATAL(method);
  size_t last = (size_t)at(expected, "last")->valueint, n_residuals, n;
  size_t target = (size_t)at(expected, "target")->valueint;
  double *got = calloc(suite->n_tasks, sizeof *got), half_width;
  CU_ASSERT_PTR_NOT_NULL_FATAL(got);
  BS_TEST_OK(method->forecast(suite, last + 1, suite->x[target], got, &err), err);
  double *forecasts = numbers_of(at(at(expected, key), "forecast"), &n);
  CU_ASSERT_EQUAL_FATAL(n, suite->n_tasks);
  for (size_t t = 0; t < n; t++)
    check(title, name, cJSON_GetArrayItem(at(expected, "tasks"), (int)t)->valuestring, got[t],
          forecasts[t]);
  BS_TEST_OK(bs_forecast_half_width(suite, last + 1, (size_t)at(expected, "horizon")->valueint,
                                    method, &half_width, NULL, &n_residuals, &err),
             err);
  check(title, name, "half width", half_width, number_of(at(at(expected, key), "half_width_80")));
  CU_ASSERT_EQUAL(n_residuals, (size_t)at(at(expected, key), "calibration_residuals")->valueint);
  free(got);
  free(forecasts);
}

static void suites(void) {
  if (!bs_test_have_data("curves/goldens/forecast.json"))
    return;
  bs_text text = bs_test_read(bs_test_data("curves/goldens/forecast.json"));
  cJSON *json = cJSON_ParseWithLength(text.data, text.n_bytes);
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  size_t n_cases = 0;
  const cJSON *each;
  cJSON_ArrayForEach(each, at(json, "cases")) {
    bs_suite suite = {0};
    double *x = numbers_of(at(each, "ln_compute"), &suite.n_models);
    double *chance = numbers_of(at(each, "chance"), &suite.n_tasks);
    double *scores = rows_of(at(each, "scores"), suite.n_models);
    double *errors = rows_of(at(each, "stderr"), suite.n_models);
    suite.x = x;
    suite.chance = chance;
    suite.scores = scores;
    suite.errors = errors;
    check_method(each, &suite, "half", "half");
    check_method(each, &suite, "trend", "trend");
    check_method(each, &suite, "logisticW", "logistic");
    check_method(each, &suite, "shapes", "shapes");
    check_method(each, &suite, "median4", "median4");
    free(x);
    free(chance);
    free(scores);
    free(errors);
    n_cases++;
  }
  CU_ASSERT_EQUAL(n_cases, 12);
  cJSON_Delete(json);
  bs_text_free(&text);
}

int main(void) {
  static const bs_test tests[] = {{"suites of published and own results", suites}};
  return bs_test_main("forecast goldens", tests, sizeof tests / sizeof *tests);
}
