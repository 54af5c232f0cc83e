/* Which examples several models have in common, and the mean over repeats. */
#include <math.h>
#include <stdio.h>

#include "analysis/example_matrix_internal.h"
#include "analysis/outcomes_internal.h"
#include "bigsweep/analysis.h"
#include "harness.h"

enum { MODELS = 4, EXAMPLES = 6 };

/* Model 1 lacks a row of example 2, model 2 has no value of example 4, model 3 none at all. */
static double value_of(uint32_t model, uint32_t example) {
  return model == 3 || (model == 2 && example == 4) ? (double)NAN : 10. * model + example;
}

/* The first scale has three repeats, of which the last one (model 3) is without values. */
static bs_tables *make_results(void) {
  bs_error err = {0};
  bs_tables *results = NULL;
  static const char *const metrics[] = {"other", "exact_str_match"};
  static const double scales[MODELS] = {1, 1, 10, 1}, seeds[MODELS] = {1, 2, NAN, 3};
  BS_TEST_OK(bs_tables_new(&results, metrics, 2, &err), err);
  for (uint32_t k = 0; k < MODELS; k++) {
    char name[8];
    snprintf(name, sizeof name, "m%u", (unsigned)k);
    bs_model_row model = {.name = name,
                          .family = "f",
                          .architecture = "A",
                          .path = name,
                          .scale = scales[k],
                          .seed = seeds[k]};
    BS_TEST_OK(bs_tables_add_model(results, &model, &err), err);
  }
  bs_task_row task = {.name = "t",
                      .preferred_metric = "exact_str_match",
                      .keywords = "",
                      .variant = "",
                      .metrics = "exact_str_match",
                      .stop_string = "",
                      .output_regex = "",
                      .high_score = 1,
                      .human_average = NAN,
                      .human_best = NAN,
                      .examples = EXAMPLES};
  BS_TEST_OK(bs_tables_add_task(results, &task, &err), err);
  for (uint32_t k = 0; k < MODELS; k++)
    for (uint32_t j = 0; j < EXAMPLES; j++) {
      if (k == 1 && j == 2)
        continue;
      bs_example_row row = {.model = k,
                            .shots = 5,
                            .example = j,
                            .target_logprob = NAN,
                            .prediction = "",
                            .generated = ""};
      const double values[] = {-1, value_of(k, j)};
      BS_TEST_OK(bs_tables_add_example(results, &row, NULL, NULL, values, &err), err);
    }
  return results;
}

static void common_examples(void) {
  bs_error err = {0};
  bs_tables *results = make_results();
  bs_example_index index;
  BS_TEST_OK(bs_example_index_make(&index, results, &err), err);
  CU_ASSERT_EQUAL(index.n_groups, MODELS);
  CU_ASSERT_PTR_NULL(bs_example_index_find(&index, 0, 0, 4));
  const bs_example_column column = {results, bs_tables_column(results, "exact_str_match")};
  const bs_example_source source = {0, 5, bs_example_column_value, &column};
  bs_example_matrix matrix = {0};
  const uint32_t models[] = {1, 3, 2}, points[] = {0, 0, 1};
  BS_TEST_OK(bs_example_matrix_gather(&matrix, &index, &source, models, points, 3, &err), err);
  static const uint32_t common[] = {0, 1, 3, 5};
  CU_ASSERT_EQUAL_FATAL(matrix.n, 4);
  CU_ASSERT_EQUAL_FATAL(matrix.n_models, 2);
  CU_ASSERT_TRUE(matrix.models[0] == 1 && matrix.models[1] == 2);
  for (size_t j = 0; j < 4; j++) {
    CU_ASSERT_EQUAL(matrix.examples[j], common[j]);
    CU_ASSERT_EQUAL(results->examples[matrix.rows[j]].example, common[j]);
    CU_ASSERT_EQUAL(results->examples[matrix.rows[j]].model, 1);
    CU_ASSERT_EQUAL(matrix.values[2 * j], 10 + common[j]);
    CU_ASSERT_EQUAL(matrix.values[2 * j + 1], 20 + common[j]);
  }
  /* Nothing is left of the first point: nothing can be compared. */
  const uint32_t empty[] = {3, 0}, apart[] = {0, 1};
  BS_TEST_OK(bs_example_matrix_gather(&matrix, &index, &source, empty, apart, 2, &err), err);
  CU_ASSERT_EQUAL(matrix.n, 0);
  BS_TEST_OK(bs_example_matrix_gather(&matrix, &index, &source, NULL, NULL, 0, &err), err);
  CU_ASSERT_EQUAL(matrix.n, 0);
  bs_example_matrix_average(&matrix);
  CU_ASSERT_EQUAL(matrix.n_models, 0);
  bs_example_matrix_free(&matrix);
  bs_example_index_free(&index);
  bs_tables_free(&results);
}

static void means_over_repeats(void) {
  bs_error err = {0};
  bs_tables *results = make_results();
  bs_analysis *analysis = NULL;
  BS_TEST_OK(bs_analysis_from_tables(&analysis, results, &err), err);
  CU_ASSERT_EQUAL_FATAL(bs_analysis_tables(analysis)->n_linearity > 0, true);
  size_t n_points;
  const bs_scale_point *curve = bs_analysis_curve(analysis, 0, &n_points);
  CU_ASSERT_EQUAL_FATAL(n_points, 2);
  bs_example_index index;
  BS_TEST_OK(bs_example_index_make(&index, results, &err), err);
  const bs_example_column column = {results, bs_tables_column(results, "exact_str_match")};
  const bs_example_source source = {0, 5, bs_example_column_value, &column};
  bs_example_matrix matrix = {0};
  BS_TEST_OK(bs_example_matrix_of_curve(&matrix, &index, &source, analysis, curve, n_points, &err),
             err);
  CU_ASSERT_EQUAL_FATAL(matrix.n, 4);
  CU_ASSERT_EQUAL_FATAL(matrix.n_models, 3);
  CU_ASSERT_TRUE(matrix.points[0] == 0 && matrix.points[1] == 0 && matrix.points[2] == 1);
  bs_example_matrix_average(&matrix);
  CU_ASSERT_EQUAL_FATAL(matrix.n_models, 2);
  CU_ASSERT_TRUE(matrix.models[0] == 0 && matrix.models[1] == 2);
  CU_ASSERT_TRUE(matrix.points[0] == 0 && matrix.points[1] == 1);
  for (size_t j = 0; j < matrix.n; j++) {
    CU_ASSERT_EQUAL(matrix.values[2 * j], 5 + matrix.examples[j]);
    CU_ASSERT_EQUAL(matrix.values[2 * j + 1], 20 + matrix.examples[j]);
  }
  bs_example_matrix_free(&matrix);
  bs_example_index_free(&index);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"the examples that models have in common", common_examples},
      {"means over repeats", means_over_repeats},
  };
  return bs_test_main("example matrix", tests, sizeof tests / sizeof *tests);
}
