/* Curves of sharp metrics beside those of smooth ones on the same answers: whether a breakthrough
   is one of the models, or of the metric. */
#include <string.h>

#include "analysis/analysis_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/metric.h"

/* Metrics that see an answer as right or wrong, and the stages before that. Of choices: the chain
   from log-probability to accuracy (Schaeffer et al. 2024, arXiv:2406.04391). Of text: how likely
   the answer was, and how far what was written is from it (Schaeffer et al. 2023,
   arXiv:2304.15004). */
static const char *const CHOICES[] = {"multiple_choice_grade", "multiple_choice_grade_per_byte",
                                      "multiple_choice_grade_per_char",
                                      "multiple_choice_grade_per_token", NULL};
static const char *const CHAIN[] = {"log_likelihood", "answer_probability", "choice_probability",
                                    "calibration_multiple_choice_brier_score", NULL};
static const char *const MATCHES[] = {"exact_str_match", "case_insensitive_str_match",
                                      "numeric_match_with_0_1_relative_error", NULL};
static const char *const NEAR_MATCHES[] = {"log_likelihood",          "answer_probability",
                                           "per_token_accuracy",      "token_edit_distance",
                                           "character_edit_distance", NULL};
static const struct {
  const char *const *sharp, *const *smooth;
} KINDS[] = {{MATCHES, NEAR_MATCHES}, {CHOICES, CHAIN}};
enum { N_KINDS = sizeof KINDS / sizeof *KINDS };

/* The curves of one family, task and number of shots: linearity rows [first, end). */
typedef struct bundle {
  const bs_linearity_row *rows;
  size_t first, end;
} bundle;

/* SIZE_MAX: there is none. */
static size_t find_curve(const bundle *of, const char *metric) {
  for (size_t i = of->first; i < of->end; i++)
    if (strcmp(of->rows[i].metric, metric) == 0)
      return i;
  return SIZE_MAX;
}

static bool is_among(const char *const *names, const char *name) {
  for (; *names != NULL; names++)
    if (strcmp(*names, name) == 0)
      return true;
  return false;
}

/* The curve of the sharp metric, and the smooth ones that belong to it. */
static size_t find_sharp(const bundle *of, const char *preferred, const char *const **smooth) {
  for (size_t k = 0; k < N_KINDS; k++)
    if (is_among(KINDS[k].sharp, preferred)) {
      *smooth = KINDS[k].smooth;
      return find_curve(of, preferred);
    }
  for (size_t k = 0; k < N_KINDS; k++)
    for (const char *const *name = KINDS[k].sharp; *name != NULL; name++) {
      size_t found = find_curve(of, *name);
      *smooth = KINDS[k].smooth;
      if (found != SIZE_MAX)
        return found;
    }
  return SIZE_MAX;
}

static bs_shape shape_named(const char *name) {
  for (bs_shape shape = BS_SHAPE_FLAT; shape <= BS_SHAPE_IRREGULAR; shape++)
    if (strcmp(bs_shape_name(shape), name) == 0)
      return shape;
  return BS_SHAPE_UNDEFINED;
}

static bool higher_is_better(const char *metric) {
  const bs_metric *known = bs_metric_find(metric);
  return known == NULL || known->higher_is_better;
}

static bs_smooth_row compare(const bs_analysis *analysis, size_t sharp, size_t smooth) {
  const bs_linearity_row *a = &analysis->tables->linearity[sharp];
  const bs_linearity_row *b = &analysis->tables->linearity[smooth];
  size_t n;
  const bs_scale_point *points = bs_analysis_curve(analysis, smooth, &n);
  bs_smooth_course course = {.shape = shape_named(b->shape),
                             .change = points[n - 1].value - points[0].value,
                             .jump = {b->jump_share_low, b->jump_share_high},
                             .is_mirrored =
                                 higher_is_better(a->metric) != higher_is_better(b->metric)};
  return (bs_smooth_row){
      .family = a->family,
      .task = a->task,
      .shots = a->shots,
      .metric = a->metric,
      .smooth_metric = b->metric,
      .verdict = bs_verdict_name(bs_breakthrough_verdict(shape_named(a->shape), &course)),
      .shape = a->shape,
      .breakthroughness = a->breakthroughness,
      .breakthroughness_low = a->breakthroughness_low,
      .breakthroughness_high = a->breakthroughness_high,
      .jump_share = a->jump_share,
      .jump_share_low = a->jump_share_low,
      .jump_share_high = a->jump_share_high,
      .smooth_shape = b->shape,
      .smooth_breakthroughness = b->breakthroughness,
      .smooth_breakthroughness_low = b->breakthroughness_low,
      .smooth_breakthroughness_high = b->breakthroughness_high,
      .smooth_jump_share = b->jump_share,
      .smooth_jump_share_low = b->jump_share_low,
      .smooth_jump_share_high = b->jump_share_high,
      .curve = sharp,
      .smooth_curve = smooth};
}

/* Curves without a shape, of one or two models say, can break through nowhere. */
static void add_bundle(bs_analysis *analysis, const bundle *of, const char *preferred) {
  const char *const *smooth = NULL;
  size_t sharp = find_sharp(of, preferred, &smooth);
  if (sharp == SIZE_MAX || shape_named(of->rows[sharp].shape) == BS_SHAPE_UNDEFINED)
    return;
  for (; *smooth != NULL; smooth++) {
    size_t partner = find_curve(of, *smooth);
    if (partner != SIZE_MAX)
      analysis->tables->smooth[analysis->tables->n_smooth++] = compare(analysis, sharp, partner);
  }
}

static bool same_bundle(const bs_analysis *analysis, size_t i, size_t k) {
  const bs_linearity_row *rows = analysis->tables->linearity;
  return rows[i].family == rows[k].family && rows[i].shots == rows[k].shots &&
         analysis->linearity_task[i] == analysis->linearity_task[k];
}

bs_status bs_analysis_smooth(bs_analysis *analysis, bs_error *err) {
  size_t n = analysis->tables->n_linearity;
  analysis->tables->smooth = bs_array_new(n, sizeof *analysis->tables->smooth, err);
  if (analysis->tables->smooth == NULL)
    return BS_ERR_MEMORY;
  for (size_t first = 0, end; first < n; first = end) {
    for (end = first + 1; end < n && same_bundle(analysis, first, end);)
      end++;
    uint32_t task = analysis->linearity_task[first];
    const bundle of = {analysis->tables->linearity, first, end};
    if (task != UINT32_MAX)
      add_bundle(analysis, &of, analysis->tasks[task].preferred_metric);
  }
  return BS_OK;
}
