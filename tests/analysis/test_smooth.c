/* Sharp metrics beside smooth ones: which curves are set side by side, what is said of them, and
   what is printed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyses.h"
#include "bigsweep/statistics.h"
#include "harness.h"

enum { MODELS = 8 };

static const double JUMP[] = {.02, .02, .02, .02, .05, .9, .95, .95};
static const double LINE[] = {-8, -7, -6, -5, -4, -3, -2, -1};
static const double LATE[] = {-8, -8, -8, -8, -7.9, -2, -1.8, -1.8};
static const double EDITS[] = {7, 6, 5, 4, 3, 2, 1, 0};
static const double STEADY[] = {.1, .2, .3, .4, .5, .6, .7, .8};
static const double FALLING[] = {8, 8, 8, 8, 7.9, 2, 1.8, 1.8};

typedef struct series {
  const char *task, *metric, *preferred;
  const double *y;
  double error;
} series;

static bs_analysis *analysis_of(const series *all, size_t n) {
  bs_error err = {0};
  bs_text text = {0};
  BS_TEST_OK(
      bs_text_append_string(
          &text, "family,model,scale,task,metric,shots,value,stderr,n,preferred_metric\n", &err),
      err);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < MODELS; k++)
      BS_TEST_OK(bs_text_printf(&text, &err, "f,m%zu,%g,%s,%s,0,%g,%g,500,%s\n", k,
                                pow(10, (double)k), all[i].task, all[i].metric, all[i].y[k],
                                all[i].error, all[i].preferred),
                 err);
  bs_analysis *analysis = from_text(text.data);
  bs_text_free(&text);
  return analysis;
}

static const bs_smooth_row *row_of(const bs_analysis *analysis, const char *task,
                                   const char *smooth) {
  const bs_tables *tables = bs_analysis_tables(analysis);
  for (size_t i = 0; i < tables->n_smooth; i++)
    if (strcmp(tables->smooth[i].task, task) == 0 &&
        strcmp(tables->smooth[i].smooth_metric, smooth) == 0)
      return &tables->smooth[i];
  return NULL;
}

static void expect(const bs_analysis *analysis, const char *task, const char *smooth,
                   const char *verdict) {
  const bs_smooth_row *row = row_of(analysis, task, smooth);
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  CU_ASSERT_STRING_EQUAL(row->verdict, verdict);
}

static bs_analysis *side_by_side(void) {
  static const series ALL[] = {
      {"gone", "exact_str_match", "exact_str_match", JUMP, .01},
      {"gone", "log_likelihood", "exact_str_match", LINE, .05},
      {"gone", "token_edit_distance", "exact_str_match", EDITS, .05},
      {"stays", "multiple_choice_grade", "multiple_choice_grade", JUMP, .01},
      {"stays", "log_likelihood", "multiple_choice_grade", LATE, .05},
      {"stays", "calibration_multiple_choice_brier_score", "multiple_choice_grade", FALLING, .05},
      {"unsure", "exact_str_match", "bleu", JUMP, .01}, /* bleu is not sharp */
      {"unsure", "log_likelihood", "bleu", LINE, 2},
      {"unsure", "token_edit_distance", "bleu", LINE, .05}, /* gets worse as matches rise */
      {"unsure", "bleu", "bleu", LINE, .05},
      {"none", "exact_str_match", "exact_str_match", STEADY, .01},
      {"none", "log_likelihood", "exact_str_match", LATE, .05},
      {"alone", "bleu", "bleu", STEADY, .01},
      {"alone", "log_likelihood", "bleu", LATE, .05},
      {"vague", "exact_str_match", "exact_str_match", JUMP, NAN},
      {"vague", "log_likelihood", "exact_str_match", LATE, .05},
  };
  return analysis_of(ALL, sizeof ALL / sizeof *ALL);
}

static void verdicts(void) {
  bs_analysis *analysis = side_by_side();
  const bs_tables *tables = bs_analysis_tables(analysis);
  expect(analysis, "gone", "log_likelihood", "gone");
  expect(analysis, "gone", "token_edit_distance", "gone");
  expect(analysis, "stays", "log_likelihood", "stays");
  expect(analysis, "stays", "calibration_multiple_choice_brier_score", "stays");
  expect(analysis, "unsure", "log_likelihood", "undetermined");
  expect(analysis, "unsure", "token_edit_distance", "undetermined");
  expect(analysis, "none", "log_likelihood", "no breakthrough");
  CU_ASSERT_EQUAL(tables->n_smooth, 7); /* none for "alone", none without a shape */
  for (size_t i = 0; i < tables->n_smooth; i++) {
    const bs_smooth_row *row = &tables->smooth[i];
    const bs_linearity_row *sharp = &tables->linearity[row->curve];
    const bs_linearity_row *smooth = &tables->linearity[row->smooth_curve];
    CU_ASSERT_STRING_EQUAL(sharp->task, row->task);
    CU_ASSERT_STRING_EQUAL(sharp->metric, row->metric);
    CU_ASSERT_STRING_EQUAL(sharp->shape, row->shape);
    CU_ASSERT_STRING_EQUAL(smooth->task, row->task);
    CU_ASSERT_STRING_EQUAL(smooth->metric, row->smooth_metric);
    CU_ASSERT_STRING_EQUAL(smooth->shape, row->smooth_shape);
    CU_ASSERT_EQUAL(sharp->jump_share_low, row->jump_share_low);
    CU_ASSERT_EQUAL(smooth->breakthroughness_low, row->smooth_breakthroughness_low);
    CU_ASSERT_EQUAL(smooth->jump_share, row->smooth_jump_share);
  }
  const bs_smooth_row *row = row_of(analysis, "gone", "log_likelihood");
  CU_ASSERT_DOUBLE_EQUAL(row->smooth_jump_share, 2. / 7, 1e-12);
  CU_ASSERT_TRUE(row->jump_share_low > .8 && row->smooth_jump_share_high < .4);
  bs_analysis_free(&analysis);
}

static void what_is_printed(void) {
  bs_analysis *analysis = side_by_side();
  bs_text text = printed(analysis, false);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "breakthroughs under smooth metrics"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "  gone, 0 shots, exact_str_match: breakthrough (97 %)\n"
                                           "    gone under log_likelihood (29 %), "
                                           "token_edit_distance (29 %)\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(
      text.data, "    stays under log_likelihood (98 %), calibration_multiple_choice_brier"));
  CU_ASSERT_PTR_NULL(strstr(text.data, "  none, 0 shots"));
  bs_text_free(&text);
  bs_analysis_free(&analysis);
  static const series STEADY_ALONE[] = {{"none", "exact_str_match", "exact_str_match", STEADY, .01},
                                        {"none", "log_likelihood", "exact_str_match", LATE, .05}};
  analysis = analysis_of(STEADY_ALONE, 2);
  text = printed(analysis, false);
  CU_ASSERT_PTR_NULL(strstr(text.data, "smooth metrics"));
  bs_text_free(&text);
  bs_analysis_free(&analysis);
}

static bs_verdict verdict(bs_shape sharp, bs_shape smooth, double change, double low, double high,
                          bool is_mirrored) {
  bs_smooth_course course = {smooth, change, {low, high}, is_mirrored};
  return bs_breakthrough_verdict(sharp, &course);
}

static void the_rule(void) {
  const bs_shape up = BS_SHAPE_BREAKTHROUGH, down = BS_SHAPE_INVERSE_BREAKTHROUGH;
  CU_ASSERT_EQUAL(verdict(BS_SHAPE_GROWTH, up, 1, .6, .9, false), BS_VERDICT_NONE);
  CU_ASSERT_EQUAL(verdict(BS_SHAPE_UNDEFINED, up, 1, .6, .9, false), BS_VERDICT_NONE);
  CU_ASSERT_EQUAL(verdict(up, BS_SHAPE_GROWTH, 1, .3, .49, false), BS_VERDICT_GONE);
  CU_ASSERT_EQUAL(verdict(up, BS_SHAPE_IRREGULAR, 1, .3, .49, false), BS_VERDICT_GONE);
  CU_ASSERT_EQUAL(verdict(up, BS_SHAPE_INVERSE, -1, .3, .49, false), BS_VERDICT_UNDETERMINED);
  CU_ASSERT_EQUAL(verdict(up, BS_SHAPE_INVERSE, -1, .3, .49, true), BS_VERDICT_GONE);
  CU_ASSERT_EQUAL(verdict(down, BS_SHAPE_INVERSE, -1, .3, .49, false), BS_VERDICT_GONE);
  CU_ASSERT_EQUAL(verdict(down, BS_SHAPE_GROWTH, 1, .3, .49, true), BS_VERDICT_GONE);
  CU_ASSERT_EQUAL(verdict(up, BS_SHAPE_GROWTH, 1, .3, .51, false), BS_VERDICT_UNDETERMINED);
  CU_ASSERT_EQUAL(verdict(up, up, 1, .45, .8, false), BS_VERDICT_STAYS);
  CU_ASSERT_EQUAL(verdict(up, down, -1, .6, .8, false), BS_VERDICT_UNDETERMINED);
  CU_ASSERT_EQUAL(verdict(up, down, -1, .6, .8, true), BS_VERDICT_STAYS);
  CU_ASSERT_EQUAL(verdict(down, down, -1, .6, .8, false), BS_VERDICT_STAYS);
  CU_ASSERT_EQUAL(verdict(up, BS_SHAPE_IRREGULAR, 1, .6, .8, false), BS_VERDICT_STAYS);
  CU_ASSERT_EQUAL(verdict(up, BS_SHAPE_FLAT, 1, NAN, NAN, false), BS_VERDICT_UNDETERMINED);
  CU_ASSERT_EQUAL(verdict(up, BS_SHAPE_UNDEFINED, NAN, NAN, NAN, false), BS_VERDICT_UNDETERMINED);
  CU_ASSERT_STRING_EQUAL(bs_verdict_name(BS_VERDICT_GONE), "gone");
  CU_ASSERT_STRING_EQUAL(bs_verdict_name((bs_verdict)99), "");
}

int main(void) {
  static const bs_test tests[] = {
      {"the rule", the_rule},
      {"verdicts on curves", verdicts},
      {"what is printed", what_is_printed},
  };
  return bs_test_main("sharp and smooth metrics", tests, sizeof tests / sizeof *tests);
}
