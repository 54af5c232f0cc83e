/* Which examples the intervals of a curve are made of, and where they come from without examples.
 */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "analyses.h"
#include "base/philox_internal.h"
#include "base/text_internal.h"
#include "bigsweep/statistics.h"
#include "harness.h"

enum { MODELS = 5, POINTS = 4, EXAMPLES = 40, MISSING = 7 };

/* The metric of example j under model k. */
static double score(size_t k, size_t j) {
  return bs_philox_uniform(3, k * EXAMPLES + j) < .15 + .2 * (double)k;
}

/* Four scales, the last one with two repeats; model 1 has no row of one example. */
static bs_tables *make_results(void) {
  bs_error err = {0};
  bs_tables *results = NULL;
  static const char *const metrics[] = {"exact_str_match"};
  BS_TEST_OK(bs_tables_new(&results, metrics, 1, &err), err);
  for (uint32_t k = 0; k < MODELS; k++) {
    char name[8];
    snprintf(name, sizeof name, "m%u", (unsigned)k);
    bs_model_row model = {.name = name,
                          .family = "f",
                          .architecture = "A",
                          .path = name,
                          .scale = k < POINTS ? pow(10, (double)k) : pow(10, POINTS - 1),
                          .seed = k + 1 < POINTS ? (double)NAN : (double)k};
    BS_TEST_OK(bs_tables_add_model(results, &model, &err), err);
  }
  bs_task_row task = {.name = "t",
                      .preferred_metric = "exact_str_match",
                      .keywords = "",
                      .variant = "",
                      .metrics = "exact_str_match",
                      .stop_string = "",
                      .output_regex = "",
                      .low_score = 0,
                      .high_score = 1,
                      .human_average = NAN,
                      .human_best = NAN,
                      .examples = EXAMPLES};
  BS_TEST_OK(bs_tables_add_task(results, &task, &err), err);
  for (uint32_t k = 0; k < MODELS; k++)
    for (uint32_t j = 0; j < EXAMPLES; j++) {
      if (k == 1 && j == MISSING)
        continue;
      bs_example_row row = {
          .model = k, .example = j, .target_logprob = NAN, .prediction = "", .generated = ""};
      double value = score(k, j);
      BS_TEST_OK(bs_tables_add_example(results, &row, NULL, NULL, &value, &err), err);
    }
  return results;
}

/* The first eight bytes of the hash of TASK/METRIC/SHOTS. */
static uint64_t seed_of(const char *name) {
  unsigned char digest[32];
  bs_error err = {0};
  BS_TEST_OK(bs_sha256(name, strlen(name), digest, &err), err);
  uint64_t seed = 0;
  for (size_t i = 8; i-- > 0;)
    seed = seed << 8 | digest[i];
  return seed;
}

static const bs_linearity_row *row_of(const bs_analysis *analysis, const char *task) {
  for (size_t i = 0; i < bs_analysis_tables(analysis)->n_linearity; i++)
    if (strcmp(bs_analysis_tables(analysis)->linearity[i].task, task) == 0)
      return &bs_analysis_tables(analysis)->linearity[i];
  CU_FAIL_FATAL("no such row");
  return NULL;
}

static void examples_that_all_models_have(void) {
  bs_error err = {0};
  bs_tables *results = make_results();
  bs_analysis *analysis = NULL;
  BS_TEST_OK(bs_analysis_from_tables(&analysis, results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(analysis);
  const size_t n_seeds[POINTS] = {1, 1, 1, 2};
  double scores[EXAMPLES * MODELS];
  size_t n = 0;
  for (size_t j = 0; j < EXAMPLES; j++) {
    if (j == MISSING)
      continue;
    for (size_t k = 0; k < MODELS; k++)
      scores[n * MODELS + k] = score(k, j);
    n++;
  }
  bs_curve expected;
  BS_TEST_OK(bs_curve_from_repeats(&expected, scores, n_seeds, n, POINTS, (bs_clusters){0},
                                   seed_of("t/exact_str_match/0"), &err),
             err);
  const bs_linearity_row *row = row_of(analysis, "t");
  CU_ASSERT_EQUAL(row->n, POINTS);
  CU_ASSERT_EQUAL(row->linearity_low, expected.linearity.low);
  CU_ASSERT_EQUAL(row->linearity_high, expected.linearity.high);
  CU_ASSERT_EQUAL(row->breakthroughness_low, expected.breakthroughness.low);
  CU_ASSERT_EQUAL(row->shape_p, expected.shape_p);
  CU_ASSERT_EQUAL(row->seed_deviation, expected.seed_deviation);
  CU_ASSERT_DOUBLE_EQUAL(row->seed_deviation,
                         bs_analysis_curve(analysis, 0, &n)[3].standard_deviation, .02);
  CU_ASSERT_STRING_EQUAL(row->shape, bs_shape_name(expected.shape));
  CU_ASSERT_EQUAL(row->improvement_low, expected.improvement.low);
  CU_ASSERT_TRUE(row->improvement_low < row->improvement);
  /* A mean over tasks has no examples of its own: it goes by its points' errors. */
  const bs_linearity_row *mean = row_of(analysis, BS_ALL_TASKS);
  CU_ASSERT_STRING_EQUAL(mean->metric, BS_AGGREGATE_METRIC);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

static void errors_of_a_table(void) {
  bs_error err = {0};
  bs_analysis *analysis =
      from_text("family,model,scale,task,metric,shots,value,stderr,n\n"
                "f,a,1,t,acc,0,.2,.03,200\nf,b,10,t,acc,0,.2,.03,200\nf,c,100,t,acc,0,.2,.03,100\n"
                "f,d,1000,t,acc,0,.8,.03,200\nf,e,10000,t,acc,0,.8,.03,200\n"
                "f,a,1,u,acc,0,.2,.03,200\nf,b,10,u,acc,0,.3,,200\nf,c,100,u,acc,0,.4,.03,100\n");
  const double y[] = {.2, .2, .2, .8, .8}, errors[] = {.03, .03, .03, .03, .03};
  bs_curve expected;
  BS_TEST_OK(bs_curve_from_errors(&expected, y, errors, NULL, 5, 100, seed_of("t/acc/0"), &err),
             err);
  const bs_linearity_row *row = row_of(analysis, "t");
  CU_ASSERT_EQUAL(row->linearity_low, expected.linearity.low);
  CU_ASSERT_EQUAL(row->breakthroughness_low, expected.breakthroughness.low);
  CU_ASSERT_STRING_EQUAL(row->shape, "breakthrough");
  /* Half of the rise lies between 100 and 1000. */
  CU_ASSERT_TRUE(row->half_rise_scale > 250 && row->half_rise_scale < 400);
  CU_ASSERT_TRUE(row->half_rise_scale_low <= row->half_rise_scale);
  CU_ASSERT_TRUE(row->half_rise_scale_high >= row->half_rise_scale);
  /* One error is not known: nothing is said of that curve but what its scores are. */
  row = row_of(analysis, "u");
  CU_ASSERT_DOUBLE_EQUAL(row->linearity, 2, 1e-9);
  CU_ASSERT_TRUE(isnan(row->linearity_low) && isnan(row->shape_p));
  CU_ASSERT_TRUE(isnan(row->half_rise_scale));
  CU_ASSERT_STRING_EQUAL(row->shape, "");
  bs_analysis_free(&analysis);
}

static void no_curve_no_interval(void) {
  bs_analysis *analysis = from_text("family,model,scale,task,metric,shots,value,stderr,n\n"
                                    "f,a,1,t,acc,0,.2,.03,200\nf,b,10,t,acc,0,.3,.03,200\n"
                                    "f,c,10,t,acc,0,.5,.03,100\nf,d,100,t,acc,0,.5,.03,100\n"
                                    "g,a,1,u,acc,0,.2,.03,200\n");
  const bs_linearity_row *row = row_of(analysis, "t"); /* two models of one scale */
  CU_ASSERT_TRUE(isnan(row->improvement_low) && isnan(row->sign_share));
  CU_ASSERT_STRING_EQUAL(row->shape, "");
  row = row_of(analysis, "u"); /* one model */
  CU_ASSERT_TRUE(isnan(row->improvement_low));
  CU_ASSERT_STRING_EQUAL(row->shape, "");
  bs_analysis_free(&analysis);
}

typedef struct told {
  size_t n_calls, n_curves;
} told;

static void count_calls(void *user, size_t n_done, size_t n_curves) {
  told *t = user;
  CU_ASSERT_EQUAL(n_done, ++t->n_calls);
  t->n_curves = n_curves;
}

/* More curves than threads, of unlike shapes. */
static bs_tables *make_many(void) {
  bs_error err = {0};
  bs_tables *results = make_results();
  for (uint32_t i = 1; i < 12; i++) {
    char name[8];
    snprintf(name, sizeof name, "t%u", (unsigned)i);
    bs_task_row task = results->tasks[0];
    task.name = name;
    BS_TEST_OK(bs_tables_add_task(results, &task, &err), err);
  }
  for (uint32_t k = 0; k < MODELS; k++)
    for (uint32_t i = 1; i < 12; i++)
      for (uint32_t j = 0; j < EXAMPLES; j++) {
        bs_example_row row = {.model = k,
                              .task = i,
                              .example = j,
                              .target_logprob = NAN,
                              .prediction = "",
                              .generated = ""};
        double value = score(k * i % MODELS, j + i);
        BS_TEST_OK(bs_tables_add_example(results, &row, NULL, NULL, &value, &err), err);
      }
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  return results;
}

static void same_for_any_number_of_threads(void) {
  bs_error err = {0};
  bs_tables *results = make_many();
  bs_analysis *analyses[2] = {NULL};
  for (int i = 0; i < 2; i++) {
    told t = {0};
    omp_set_num_threads(i == 0 ? 1 : 5);
    BS_TEST_OK(bs_analysis_from_tables_telling(&analyses[i], results, count_calls, &t, &err), err);
    CU_ASSERT_EQUAL(t.n_calls, t.n_curves);
    CU_ASSERT_EQUAL(t.n_curves, bs_analysis_tables(analyses[i])->n_linearity);
  }
  const bs_tables *one = bs_analysis_tables(analyses[0]), *five = bs_analysis_tables(analyses[1]);
  CU_ASSERT_EQUAL_FATAL(one->n_linearity, five->n_linearity);
  CU_ASSERT_TRUE(one->n_linearity > 12);
  for (size_t i = 0; i < one->n_linearity; i++) {
    bs_linearity_row a = one->linearity[i], b = five->linearity[i];
    CU_ASSERT_STRING_EQUAL(a.task, b.task);
    CU_ASSERT_STRING_EQUAL(a.shape, b.shape);
    a.family = a.task = a.metric = a.shape = b.family = b.task = b.metric = b.shape = NULL;
#define SAME(type, name, rules) CU_ASSERT_EQUAL(memcmp(&a.name, &b.name, sizeof a.name), 0);
    BS_LINEARITY_COLUMNS(SAME)
#undef SAME
  }
  bs_analysis_free(&analyses[0]);
  bs_analysis_free(&analyses[1]);
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"the examples that all models have", examples_that_all_models_have},
      {"the errors of a table", errors_of_a_table},
      {"no curve, no interval", no_curve_no_interval},
      {"the same for any number of threads", same_for_any_number_of_threads},
  };
  return bs_test_main("intervals of curves", tests, sizeof tests / sizeof *tests);
}
