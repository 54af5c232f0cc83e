/* Every table of the file: its group, its columns, and the field of the row struct that each column
   holds. docs and readers follow this list; a new column is a line here. */
#include <assert.h>

#include "bigsweep/store.h"
#include "store/hdf5_internal.h"

static_assert(sizeof(size_t) == sizeof(uint64_t), "size_t columns are stored as 64-bit integers");

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TABLE(place, list, type) TABLE_WITH(place, list, type, NULL)
#define TABLE_WITH(place, list, type, names)                                                       \
  {                                                                                                \
    .path = (place), .columns = (list), .n_columns = COUNT(list), .row_bytes = sizeof(type),       \
    .later = (names)                                                                               \
  }

#define MODEL(field) offsetof(bs_model_row, field)
static const bs_column MODELS[] = {
    {"name", BS_COLUMN_STRING, MODEL(name)},
    {"family", BS_COLUMN_STRING, MODEL(family)},
    {"architecture", BS_COLUMN_STRING, MODEL(architecture)},
    {"parameters", BS_COLUMN_U64, MODEL(parameters)},
    {"non_embedding_parameters", BS_COLUMN_U64, MODEL(non_embedding_parameters)},
    {"scale", BS_COLUMN_F64, MODEL(scale)},
    {"seed", BS_COLUMN_F64, MODEL(seed)},
    {"path", BS_COLUMN_STRING, MODEL(path)},
    {"sha256", BS_COLUMN_HEX, MODEL(sha256)},
};
static const char *const LATER_OF_MODELS[] = {"seed", NULL};
const bs_table bs_table_models = TABLE_WITH("/models", MODELS, bs_model_row, LATER_OF_MODELS);

#define TASK(field) offsetof(bs_task_row, field)
static const bs_column TASKS[] = {
    {"name", BS_COLUMN_STRING, TASK(name)},
    {"variant", BS_COLUMN_STRING, TASK(variant)},
    {"preferred_metric", BS_COLUMN_STRING, TASK(preferred_metric)},
    {"metrics", BS_COLUMN_STRING, TASK(metrics)},
    {"low_score", BS_COLUMN_F64, TASK(low_score)},
    {"high_score", BS_COLUMN_F64, TASK(high_score)},
    {"human_average", BS_COLUMN_F64, TASK(human_average)},
    {"human_best", BS_COLUMN_F64, TASK(human_best)},
    {"examples", BS_COLUMN_U64, TASK(examples)},
    {"keywords", BS_COLUMN_STRING, TASK(keywords)},
    {"stop_string", BS_COLUMN_STRING, TASK(stop_string)},
    {"output_regex", BS_COLUMN_STRING, TASK(output_regex)},
    {"max_length", BS_COLUMN_U64, TASK(max_length)},
    {"sha256", BS_COLUMN_HEX, TASK(sha256)},
};
static const char *const LATER_OF_TASKS[] = {"variant", "human_average", "human_best", NULL};
const bs_table bs_table_tasks = TABLE_WITH("/tasks", TASKS, bs_task_row, LATER_OF_TASKS);

#define TARGET(field) offsetof(bs_target_row, field)
static const bs_column TARGETS[] = {
    {"task", BS_COLUMN_U32, TARGET(task)},
    {"example", BS_COLUMN_U32, TARGET(example)},
    {"text", BS_COLUMN_STRING, TARGET(text)},
};
const bs_table bs_table_targets = TABLE("/targets", TARGETS, bs_target_row);

static const bs_column CHOICE_TEXTS[] = {
    {"task", BS_COLUMN_U32, TARGET(task)},     {"example", BS_COLUMN_U32, TARGET(example)},
    {"choice", BS_COLUMN_U32, TARGET(choice)}, {"text", BS_COLUMN_STRING, TARGET(text)},
    {"role", BS_COLUMN_U32, TARGET(role)},
};
static const char *const LATER_OF_CHOICE_TEXTS[] = {"role", NULL};
const bs_table bs_table_choice_texts =
    TABLE_WITH("/choice_texts", CHOICE_TEXTS, bs_target_row, LATER_OF_CHOICE_TEXTS);

#define EXAMPLE(field) offsetof(bs_example_row, field)
static const bs_column EXAMPLES[] = {
    {"model", BS_COLUMN_U32, EXAMPLE(model)},
    {"task", BS_COLUMN_U32, EXAMPLE(task)},
    {"shots", BS_COLUMN_U32, EXAMPLE(shots)},
    {"example", BS_COLUMN_U32, EXAMPLE(example)},
    {"prompt_tokens", BS_COLUMN_U32, EXAMPLE(prompt_tokens)},
    {"truncated_tokens", BS_COLUMN_U32, EXAMPLE(truncated_tokens)},
    {"border", BS_COLUMN_U32, EXAMPLE(border)},
    {BS_SHOTS_SHOWN, BS_COLUMN_U32, EXAMPLE(shots_shown)},
    {"target_logprob", BS_COLUMN_F64, EXAMPLE(target_logprob)},
    {"prediction", BS_COLUMN_STRING, EXAMPLE(prediction)},
    {"generated", BS_COLUMN_STRING, EXAMPLE(generated)},
};
static const char *const LATER_OF_EXAMPLES[] = {"border", BS_SHOTS_SHOWN, NULL};
const bs_table bs_table_examples =
    TABLE_WITH("/examples", EXAMPLES, bs_example_row, LATER_OF_EXAMPLES);

#define CHOICE(field) offsetof(bs_choice_row, field)
static const bs_column CHOICES[] = {
    {"row", BS_COLUMN_U64, CHOICE(row)},
    {"choice", BS_COLUMN_U32, CHOICE(choice)},
    {"tokens", BS_COLUMN_U32, CHOICE(tokens)},
    {"logprob", BS_COLUMN_F64, CHOICE(logprob)},
    {"target_score", BS_COLUMN_F64, CHOICE(target_score)},
};
const bs_table bs_table_choices = TABLE("/choices", CHOICES, bs_choice_row);

#define SAMPLE(field) offsetof(bs_sample_row, field)
static const bs_column SAMPLES[] = {
    {"row", BS_COLUMN_U64, SAMPLE(row)},
    {"sample", BS_COLUMN_U32, SAMPLE(sample)},
    {"reasoning", BS_COLUMN_STRING, SAMPLE(reasoning)},
    {"generated", BS_COLUMN_STRING, SAMPLE(generated)},
    {"answer", BS_COLUMN_STRING, SAMPLE(answer)},
};
const bs_table bs_table_samples = TABLE("/samples", SAMPLES, bs_sample_row);

#define SKIPPED_ROW(field) offsetof(bs_skipped_row, field)
static const bs_column SKIPPED[] = {
    {"model", BS_COLUMN_U32, SKIPPED_ROW(model)},
    {"task", BS_COLUMN_U32, SKIPPED_ROW(task)},
    {"shots", BS_COLUMN_U32, SKIPPED_ROW(shots)},
    {"example", BS_COLUMN_U32, SKIPPED_ROW(example)},
    {"prompt_tokens", BS_COLUMN_U32, SKIPPED_ROW(prompt_tokens)},
};
const bs_table bs_table_skipped = TABLE("/skipped", SKIPPED, bs_skipped_row);

#define SCORE(field) offsetof(bs_score_row, field)
static const bs_column SCORES[] = {
    {"model", BS_COLUMN_U32, SCORE(model)}, {"task", BS_COLUMN_U32, SCORE(task)},
    {"shots", BS_COLUMN_U32, SCORE(shots)}, {"metric", BS_COLUMN_STRING, SCORE(metric)},
    {"value", BS_COLUMN_F64, SCORE(value)}, {"stderr", BS_COLUMN_F64, SCORE(standard_error)},
    {"n", BS_COLUMN_U64, SCORE(n)},         {"normalized", BS_COLUMN_F64, SCORE(normalized)},
};
const bs_table bs_table_scores = TABLE("/scores", SCORES, bs_score_row);

#define AGGREGATE(field) offsetof(bs_aggregate_row, field)
static const bs_column AGGREGATES[] = {
    {"model", BS_COLUMN_U32, AGGREGATE(model)},
    {"shots", BS_COLUMN_U32, AGGREGATE(shots)},
    {"tasks", BS_COLUMN_STRING, AGGREGATE(tasks)},
    {"value", BS_COLUMN_F64, AGGREGATE(value)},
    {"stderr", BS_COLUMN_F64, AGGREGATE(standard_error)},
    {"n", BS_COLUMN_U64, AGGREGATE(n)},
};
const bs_table bs_table_aggregates = TABLE("/analysis/aggregates", AGGREGATES, bs_aggregate_row);

#define SPREAD(field) offsetof(bs_spread_row, field)
static const bs_column VARIANTS[] = {
    {"model", BS_COLUMN_U32, SPREAD(model)},
    {"task", BS_COLUMN_STRING, SPREAD(task)},
    {"shots", BS_COLUMN_U32, SPREAD(shots)},
    {"metric", BS_COLUMN_STRING, SPREAD(metric)},
    {"n", BS_COLUMN_U64, SPREAD(n)},
    {"mean", BS_COLUMN_F64, SPREAD(mean)},
    {"minimum", BS_COLUMN_F64, SPREAD(minimum)},
    {"maximum", BS_COLUMN_F64, SPREAD(maximum)},
    {"range", BS_COLUMN_F64, SPREAD(range)},
    {"standard_deviation", BS_COLUMN_F64, SPREAD(standard_deviation)},
    {"minimum_variant", BS_COLUMN_STRING, SPREAD(minimum_variant)},
    {"maximum_variant", BS_COLUMN_STRING, SPREAD(maximum_variant)},
};
const bs_table bs_table_variants = TABLE("/analysis/variants", VARIANTS, bs_spread_row);

#define HUMAN(field) offsetof(bs_human_row, field)
static const bs_column HUMANS[] = {
    {"task", BS_COLUMN_STRING, HUMAN(task)},
    {"metric", BS_COLUMN_STRING, HUMAN(metric)},
    {"average", BS_COLUMN_F64, HUMAN(average)},
    {"best", BS_COLUMN_F64, HUMAN(best)},
    {"normalized_average", BS_COLUMN_F64, HUMAN(normalized_average)},
    {"normalized_best", BS_COLUMN_F64, HUMAN(normalized_best)},
    {"n", BS_COLUMN_U64, HUMAN(n)},
};
const bs_table bs_table_human = TABLE("/analysis/human", HUMANS, bs_human_row);

#define PROMPT(field) offsetof(bs_prompt_row, field)
static const bs_column PROMPTS[] = {
    {"model", BS_COLUMN_U32, PROMPT(model)},
    {"task", BS_COLUMN_U32, PROMPT(task)},
    {"shots", BS_COLUMN_U32, PROMPT(shots)},
    {"prompts", BS_COLUMN_U64, PROMPT(of.prompts)},
    {"truncated", BS_COLUMN_U64, PROMPT(of.truncated)},
    {"fewer_shots", BS_COLUMN_U64, PROMPT(of.fewer_shots)},
    {"skipped", BS_COLUMN_U64, PROMPT(of.skipped)},
    {"border", BS_COLUMN_U64, PROMPT(of.border)},
};
const bs_table bs_table_prompts = TABLE("/analysis/prompts", PROMPTS, bs_prompt_row);

#define LINEARITY(field) offsetof(bs_linearity_row, field)
static const bs_column LINEARITIES[] = {
    {"family", BS_COLUMN_STRING, LINEARITY(family)},
    {"task", BS_COLUMN_STRING, LINEARITY(task)},
    {"metric", BS_COLUMN_STRING, LINEARITY(metric)},
    {"shots", BS_COLUMN_U32, LINEARITY(shots)},
    {"n", BS_COLUMN_U64, LINEARITY(of.n)},
    {"improvement", BS_COLUMN_F64, LINEARITY(of.improvement)},
    {"linearity", BS_COLUMN_F64, LINEARITY(of.linearity)},
    {"breakthroughness", BS_COLUMN_F64, LINEARITY(of.breakthroughness)},
    {"root_mean_square", BS_COLUMN_F64, LINEARITY(of.root_mean_square)},
    {"root_median_square", BS_COLUMN_F64, LINEARITY(of.root_median_square)},
    {"linearity_per_step", BS_COLUMN_F64, LINEARITY(of.linearity_per_step)},
    {"shared_scales", BS_COLUMN_U64, LINEARITY(shared_scales)},
    {"improvement_low", BS_COLUMN_F64, LINEARITY(curve.improvement.low)},
    {"improvement_high", BS_COLUMN_F64, LINEARITY(curve.improvement.high)},
    {"improvement_corrected", BS_COLUMN_F64, LINEARITY(curve.improvement_corrected)},
    {"linearity_low", BS_COLUMN_F64, LINEARITY(curve.linearity.low)},
    {"linearity_high", BS_COLUMN_F64, LINEARITY(curve.linearity.high)},
    {"linearity_corrected", BS_COLUMN_F64, LINEARITY(curve.linearity_corrected)},
    {"breakthroughness_low", BS_COLUMN_F64, LINEARITY(curve.breakthroughness.low)},
    {"breakthroughness_high", BS_COLUMN_F64, LINEARITY(curve.breakthroughness.high)},
    {"sign_share", BS_COLUMN_F64, LINEARITY(curve.sign_share)},
    {"shape", BS_COLUMN_STRING, LINEARITY(shape)},
    {"shape_p", BS_COLUMN_F64, LINEARITY(curve.shape_p)},
    {"half_rise_scale", BS_COLUMN_F64, LINEARITY(half_rise_scale)},
    {"half_rise_scale_low", BS_COLUMN_F64, LINEARITY(half_rise_scale_interval.low)},
    {"half_rise_scale_high", BS_COLUMN_F64, LINEARITY(half_rise_scale_interval.high)},
};
const bs_table bs_table_linearity = TABLE("/analysis/linearity", LINEARITIES, bs_linearity_row);

#define POINT(field) offsetof(bs_scale_point, field)
static const bs_column POINTS[] = {
    {"curve", BS_COLUMN_U64, POINT(curve)},
    {"model", BS_COLUMN_U32, POINT(model)},
    {"models", BS_COLUMN_U32, POINT(n_models)},
    {"scale", BS_COLUMN_F64, POINT(scale)},
    {"value", BS_COLUMN_F64, POINT(value)},
    {"stderr", BS_COLUMN_F64, POINT(standard_error)},
    {"standard_deviation", BS_COLUMN_F64, POINT(standard_deviation)},
    {"n", BS_COLUMN_U64, POINT(n)},
};
const bs_table bs_table_points = TABLE("/analysis/points", POINTS, bs_scale_point);

#define UNIT(field) offsetof(bs_run_row, field)
static const bs_column UNITS[] = {
    {"model", BS_COLUMN_U32, UNIT(model)},
    {"task", BS_COLUMN_U32, UNIT(task)},
    {"shots", BS_COLUMN_U32, UNIT(shots)},
    {"first_example", BS_COLUMN_U32, UNIT(first_example)},
    {"n_examples", BS_COLUMN_U32, UNIT(n_examples)},
    {"rank", BS_COLUMN_U32, UNIT(rank)},
    {"attempts", BS_COLUMN_U32, UNIT(attempts)},
    {"seconds", BS_COLUMN_F64, UNIT(seconds)},
    {"tokens_asked", BS_COLUMN_U64, UNIT(tokens_asked)},
    {"tokens_computed", BS_COLUMN_U64, UNIT(tokens_computed)},
    {"host", BS_COLUMN_STRING, UNIT(host)},
    {"failure", BS_COLUMN_STRING, UNIT(failure)},
};
static const char *const LATER_OF_UNITS[] = {"tokens_asked", "tokens_computed", NULL};
const bs_table bs_table_units = TABLE_WITH("/run/units", UNITS, bs_run_row, LATER_OF_UNITS);

#define PROVENANCE(field) offsetof(bs_provenance, field)
static const bs_column PROVENANCES[] = {
    {"config", BS_COLUMN_STRING, PROVENANCE(config)},
    {"created", BS_COLUMN_STRING, PROVENANCE(created)},
    {"commit", BS_COLUMN_STRING, PROVENANCE(commit)},
    {"compiler", BS_COLUMN_STRING, PROVENANCE(compiler)},
    {"isa", BS_COLUMN_STRING, PROVENANCE(isa)},
    {"dtype", BS_COLUMN_STRING, PROVENANCE(dtype)},
    {"host", BS_COLUMN_STRING, PROVENANCE(host)},
    {"protocol", BS_COLUMN_STRING, PROVENANCE(protocol)},
};
const bs_table bs_table_provenance = TABLE("/", PROVENANCES, bs_provenance);
