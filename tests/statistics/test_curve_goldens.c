/* Intervals and shapes against reference values that another implementation computed: the 58 cases
   of the shared folder curves/goldens. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox_internal.h"
#include "bigsweep/statistics.h"
#include "harness.h"

/* Absolute, or relative above 1. */
static const double TOLERANCE = 1e-9;

static double number_of(const cJSON *item) {
  if (cJSON_IsNumber(item))
    return item->valuedouble;
  if (cJSON_IsString(item))
    return strcmp(item->valuestring, "-inf") == 0 ? -INFINITY : INFINITY;
  return NAN;
}

static bool is_close(double got, double expected) {
  if (isnan(expected) || isinf(expected))
    return isnan(expected) ? isnan(got) : got == expected;
  return fabs(got - expected) <= TOLERANCE * fmax(1, fabs(expected));
}

static void check(const char *of, const char *what, double got, const cJSON *expected) {
  double wanted = number_of(expected);
  if (!is_close(got, wanted)) {
    printf("\n    %s: %s is %.17g, expected %.17g", of, what, got, wanted);
    CU_FAIL("differs from the reference");
  }
}

static void check_interval(const char *of, const char *what, bs_interval got,
                           const cJSON *expected) {
  check(of, what, got.low, cJSON_GetArrayItem(expected, 0));
  check(of, what, got.high, cJSON_GetArrayItem(expected, 1));
}

static const cJSON *at(const cJSON *object, const char *key) {
  return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* scores[n][m]; frees them. */
static void check_case(const cJSON *expected, const char *name, double *scores, size_t n,
                       size_t m) {
  bs_error err = {0};
  bs_curve curve;
  uint64_t seed = strtoull(at(expected, "seed")->valuestring, NULL, 10);
  BS_TEST_OK(bs_curve_from_examples(&curve, scores, n, m, seed, &err), err);
  check(name, "I", curve.of.improvement, at(expected, "I"));
  check(name, "L", curve.of.linearity, at(expected, "L"));
  /* The reference divides by a median step of 0; undefined is NaN here. */
  if (!isinf(number_of(at(expected, "B"))))
    check(name, "B", curve.of.breakthroughness, at(expected, "B"));
  else
    CU_ASSERT_TRUE(isnan(curve.of.breakthroughness) && curve.of.root_median_square == 0);
  check(name, "root mean square", curve.of.root_mean_square, at(expected, "root_mean_square"));
  check(name, "share of I's sign", curve.sign_share, at(expected, "same_sign"));
  check(name, "undefined", (double)curve.n_undefined, at(expected, "undefined"));
  const cJSON *corrected = at(expected, "corrected"), *interval = at(expected, "interval");
  check(name, "I corrected", curve.improvement_corrected, at(corrected, "I"));
  check(name, "L corrected", curve.linearity_corrected, at(corrected, "L"));
  check_interval(name, "I's interval", curve.improvement, at(interval, "I"));
  check_interval(name, "L's interval", curve.linearity, at(interval, "L"));
  check_interval(name, "B's interval", curve.breakthroughness, at(interval, "B"));
  check(name, "p", curve.shape_p, at(expected, "p"));
  CU_ASSERT_STRING_EQUAL(bs_shape_name(curve.shape), at(expected, "curve")->valuestring);
  if (strcmp(bs_shape_name(curve.shape), at(expected, "curve")->valuestring) != 0)
    printf("\n    %s: %s, expected %s", name, bs_shape_name(curve.shape),
           at(expected, "curve")->valuestring);
  free(scores);
}

static cJSON *open_json(const char *relative) {
  if (!bs_test_have_data(relative))
    return NULL;
  bs_text text = bs_test_read(bs_test_data(relative));
  cJSON *json = cJSON_ParseWithLength(text.data, text.n_bytes);
  bs_text_free(&text);
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  return json;
}

static void small_cases(void) {
  cJSON *json = open_json("curves/goldens/small.json");
  size_t n_cases = 0;
  const cJSON *each;
  cJSON_ArrayForEach(each, at(json, "cases")) {
    const cJSON *models = at(each, "scores");
    size_t m = (size_t)cJSON_GetArraySize(models);
    size_t n = (size_t)cJSON_GetArraySize(cJSON_GetArrayItem(models, 0));
    double *scores = calloc(n * m, sizeof *scores);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scores);
    for (size_t k = 0; k < m; k++)
      for (size_t j = 0; j < n; j++)
        scores[j * m + k] =
            cJSON_GetArrayItem(cJSON_GetArrayItem(models, (int)k), (int)j)->valuedouble;
    check_case(each, at(each, "name")->valuestring, scores, n, m);
    n_cases++;
  }
  CU_ASSERT_TRUE(json == NULL || n_cases == 8);
  cJSON_Delete(json);
}

/* The rows of examples.csv that begin with `prefix`: family,task,metric,shots,example,m0..m7. */
static double *read_examples(const bs_text *csv, const char *prefix, size_t m, size_t *n) {
  double *scores = calloc(m * 1000, sizeof *scores);
  CU_ASSERT_PTR_NOT_NULL_FATAL(scores);
  *n = 0;
  const char *line = csv->data;
  for (; line != NULL && *n < 1000; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (strncmp(line, prefix, strlen(prefix)) != 0)
      continue;
    const char *cell = strchr(line + strlen(prefix), ',');
    for (size_t k = 0; k < m; k++) {
      char *end;
      scores[*n * m + k] = strtod(cell + 1, &end);
      cell = end;
    }
    ++*n;
  }
  return scores;
}

static void ladder_cases(void) {
  cJSON *json = open_json("curves/goldens/ladder.json");
  bs_text csv = {0};
  if (json != NULL)
    csv = bs_test_read(bs_test_data("curves/ladder-examples/examples.csv"));
  size_t n_cases = 0;
  const cJSON *each;
  cJSON_ArrayForEach(each, at(json, "cases")) {
    char prefix[256];
    snprintf(prefix, sizeof prefix, "%s,%s,%s,%d,", at(each, "family")->valuestring,
             at(each, "task")->valuestring, at(each, "metric")->valuestring,
             at(each, "shots")->valueint);
    size_t n, m = (size_t)at(each, "models")->valueint;
    double *scores = read_examples(&csv, prefix, m, &n);
    CU_ASSERT_EQUAL(n, (size_t)at(each, "n")->valueint);
    check_case(each, prefix, scores, n, m);
    n_cases++;
  }
  CU_ASSERT_TRUE(json == NULL || n_cases == 50);
  bs_text_free(&csv);
  cJSON_Delete(json);
}

static void stream(void) {
  cJSON *json = open_json("curves/goldens/philox.json");
  if (json == NULL)
    return;
  uint32_t counter[4], key[2], words[4];
  for (int i = 0; i < 4; i++)
    counter[i] = (uint32_t)cJSON_GetArrayItem(at(json, "counter"), i)->valuedouble;
  for (int i = 0; i < 2; i++)
    key[i] = (uint32_t)cJSON_GetArrayItem(at(json, "key"), i)->valuedouble;
  bs_philox(counter, key, words);
  for (int i = 0; i < 4; i++)
    CU_ASSERT_EQUAL(words[i], (uint32_t)cJSON_GetArrayItem(at(json, "words"), i)->valuedouble);
  cJSON_Delete(json);
}

int main(void) {
  static const bs_test tests[] = {
      {"the random stream", stream},
      {"made-up curves: ties, constants, few models, real scores", small_cases},
      {"curves of the ladder", ladder_cases},
  };
  return bs_test_main("curve goldens", tests, sizeof tests / sizeof *tests);
}
