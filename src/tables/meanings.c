/* What the values of each column mean and in which unit they are, as a file tells its readers. */
#include <string.h>

#include "tables/schema_internal.h"

/* No table of its own: the column of that name of any table, unless an entry above says more. */
#define ANY BS_N_TABLES
#define OF_METRIC "unit of the metric"
#define OF_AXIS "unit of the axis"
#define PERCENT "1/100"
#define NO_UNIT ""

typedef struct entry {
  int table;
  const char *column;
  bs_column_meaning is;
} entry;

static const entry ENTRIES[] = {
    {BS_TABLE_MODELS, "name", {NO_UNIT, "name of the model"}},
    {BS_TABLE_MODELS, "family", {NO_UNIT, "models of one family make a curve"}},
    {BS_TABLE_MODELS, "scale", {OF_AXIS, "place of the model on the axis"}},
    {BS_TABLE_MODELS, "tokens", {"tokens", "of its training"}},
    {BS_TABLE_MODELS, "wrap", {NO_UNIT, "around prompts: its name or its parts; empty: none"}},
    {BS_TABLE_MODELS, "sha256", {NO_UNIT, "of config.json, tokenizer files, weights, and wrap"}},
    {ANY, "architecture", {NO_UNIT, "architecture as the checkpoint names it"}},
    {ANY, "parameters", {"parameters", "all, tied weights once"}},
    {ANY, "non_embedding_parameters", {"parameters", "all but embeddings"}},
    {ANY, "active_parameters", {"parameters", "those that a token goes through"}},
    {ANY, "seed", {"1", "seed of the training; NaN: not given"}},
    {ANY, "axis", {NO_UNIT, "what the scale is"}},
    {ANY, "step", {"steps", "of the training; NaN: not given"}},
    {ANY, "compute", {"FLOPs", "of the training; NaN: not given"}},
    {ANY, "group", {NO_UNIT, "dense, sparse, or as configured"}},
    {ANY, "tuning", {NO_UNIT, "base, instruct, or as configured; empty: not given"}},
    {ANY, "series", {NO_UNIT, "training, quantization, or as configured; empty: none"}},
    {ANY, "quantization", {NO_UNIT, "type of the weights' blocks; empty: none"}},
    {ANY, "path", {NO_UNIT, "of the checkpoint, as configured"}},

    {BS_TABLE_TASKS, "name", {NO_UNIT, "name of the task; with a variant, @ and its name behind"}},
    {BS_TABLE_TASKS, "examples", {"examples", "distinct ones in the task"}},
    {BS_TABLE_TASKS, "wrap", {NO_UNIT, "around prompts whatever the model's; empty: the model's"}},
    {BS_TABLE_TASKS, "sha256", {NO_UNIT, "of the task's file"}},
    {ANY, "variant", {NO_UNIT, "how the task is put; empty: as its file has it"}},
    {ANY, "preferred_metric", {NO_UNIT, "the metric that the task goes by"}},
    {ANY, "metrics", {NO_UNIT, "computed for the task, separated by commas"}},
    {ANY, "low_score", {OF_METRIC, "lowest score of the preferred metric, or that of a guess"}},
    {ANY, "high_score", {OF_METRIC, "highest score of the preferred metric"}},
    {ANY, "human_average", {OF_METRIC, "mean score of people; NaN: not known"}},
    {ANY, "human_best", {OF_METRIC, "best score of people; NaN: not known"}},
    {ANY, "keywords", {NO_UNIT, "of the task, separated by commas"}},
    {ANY, "stop_string", {NO_UNIT, "generated text is cut at it; empty: none"}},
    {ANY, "output_regex", {NO_UNIT, "its first match in generated text counts; empty: none"}},
    {ANY, "max_length", {"characters", "generated text is cut after them"}},
    {ANY, "task_prefix", {NO_UNIT, "text that every prompt begins with"}},
    {ANY, "separator", {NO_UNIT, "text between the shots of a prompt"}},
    {ANY, "listed_metrics", {NO_UNIT, "of the task's file and the configuration"}},
    {ANY, "steps", {"1", "2: a reasoning, then the answer; else 1"}},
    {ANY, "reasoning_prompt", {NO_UNIT, "text behind a prompt that asks for reasoning"}},
    {ANY, "reasoning_stop", {NO_UNIT, "ends the reasoning; empty: none"}},
    {ANY, "answer_prompt", {NO_UNIT, "text behind the reasoning that asks for the answer"}},
    {ANY, "max_new_tokens", {"tokens", "of a generation; 0: as the protocol says"}},
    {ANY, "n_samples", {"samples", "drawn for an example; 0: one greedy answer"}},
    {ANY, "temperature", {"1", "of the samples"}},
    {ANY, "top_p", {"1", "share of probability that samples are drawn from"}},

    {ANY, "query", {NO_UNIT, "the question as it stands in a prompt"}},
    {ANY, "input_start", {"bytes", "of the query before the example's own text"}},
    {ANY, "input_bytes", {"bytes", "of the query that are the example's own text"}},
    {ANY, "identity", {"1", "equal for examples that are equal: no shots of each other"}},
    {BS_TABLE_INPUTS, "answer", {NO_UNIT, "of a question that is shown and never asked"}},

    {ANY, "example", {"1", "number among the task's distinct examples, from 0"}},
    {ANY, "choice", {"1", "number among the example's choices, from 0"}},
    {BS_TABLE_TARGETS, "text", {NO_UNIT, "an accepted answer"}},
    {BS_TABLE_CHOICE_TEXTS, "text", {NO_UNIT, "the choice"}},
    {ANY, "role", {"1", "what the choice stands for in a question about bias; 0: nothing"}},

    {ANY, "shots", {"examples", "shown before the question"}},
    {ANY, "cluster", {"1", "equal for examples that hang together; 0: stands alone"}},
    {ANY, "prompt_tokens", {"tokens", "of the prompt as encoded"}},
    {ANY, "truncated_tokens", {"tokens", "cut from the prompt's left"}},
    {BS_TABLE_EXAMPLES, "border", {"answers", "encoded apart from the prompt"}},
    {ANY, "shots_shown", {"examples", "in the prompt: fewer than shots where it was too long"}},
    {ANY, "target_logprob", {"nats", "log-probability of the right answer; NaN: none"}},
    {ANY, "prediction", {NO_UNIT, "the chosen choice, or the text as it is compared"}},
    {ANY, "generated", {NO_UNIT, "the text as it was generated; empty: none"}},

    {ANY, "row", {"row of /examples", "the example that it belongs to"}},
    {BS_TABLE_CHOICES, "tokens", {"tokens", "of the choice"}},
    {ANY, "logprob", {"nats", "log-probability of the choice, summed over its tokens"}},
    {ANY, "target_score", {"1", "the task's score for the choice"}},
    {ANY, "sample", {"1", "number of the sample, from 0"}},
    {ANY, "reasoning", {NO_UNIT, "text before the answer; empty: none"}},
    {ANY, "answer", {NO_UNIT, "the chosen choice, or the text as it is compared"}},

    {BS_TABLE_SCORES, "n", {"examples", "that the score is the mean of"}},
    {ANY, "n_clusters", {"clusters", "of examples that hang together"}},
    {ANY, "normalized", {PERCENT, "between low and high score; NaN: not the preferred metric"}},

    {BS_TABLE_LINEARITY, "n", {"scales", "points of the curve"}},
    {ANY, "improvement", {OF_METRIC, "I = sign(argmax - argmin) (max - min)"}},
    {ANY, "improvement_low", {OF_METRIC, "lower end of the 95 % interval of I"}},
    {ANY, "improvement_high", {OF_METRIC, "upper end of the 95 % interval of I"}},
    {ANY, "improvement_corrected", {OF_METRIC, "I less what noise adds"}},
    {ANY, "linearity", {"1", "L = I / root mean square of the steps"}},
    {ANY, "linearity_low", {"1", "lower end of the 95 % interval of L"}},
    {ANY, "linearity_high", {"1", "upper end of the 95 % interval of L"}},
    {ANY, "linearity_corrected", {"1", "L less what noise adds"}},
    {ANY, "linearity_per_step", {"1", "L / (n - 1): 1 on a straight line"}},
    {ANY, "breakthroughness", {"1", "B = I / root median square of the steps"}},
    {ANY, "breakthroughness_low", {"1", "lower end of the 95 % interval of B"}},
    {ANY, "breakthroughness_high", {"1", "upper end of the 95 % interval of B"}},
    {ANY, "root_mean_square", {OF_METRIC, "of the steps between neighbouring scales"}},
    {ANY, "root_median_square", {OF_METRIC, "of the steps between neighbouring scales"}},
    {ANY, "shared_scales", {"scales", "of several models that are not repeats of each other"}},
    {ANY, "sign_share", {"1", "share of resampled curves whose I has the same sign"}},
    {ANY, "shape", {NO_UNIT, "shape of the curve; empty: not known"}},
    {ANY, "shape_p", {"1", "p value of a flat curve"}},
    {ANY, "half_rise_scale", {OF_AXIS, "where a breakthrough passes half of its rise"}},
    {ANY, "half_rise_scale_low", {OF_AXIS, "lower end of its 95 % interval"}},
    {ANY, "half_rise_scale_high", {OF_AXIS, "upper end of its 95 % interval"}},
    {ANY, "jump_share", {"1", "largest share of the change within two neighbouring steps"}},
    {ANY, "jump_share_low", {"1", "lower end of its 95 % interval"}},
    {ANY, "jump_share_high", {"1", "upper end of its 95 % interval"}},
    {ANY, "seed_deviation", {OF_METRIC, "standard deviation over seeds; NaN: no repeats"}},

    {BS_TABLE_POINTS, "curve", {"row of /analysis/linearity", "the curve of the point"}},
    {BS_TABLE_POINTS, "n", {"examples", "distinct ones; of a mean over tasks: tasks"}},
    {ANY, "models", {"models", "that the point is the mean of"}},
    {BS_TABLE_POINTS, "standard_deviation", {OF_METRIC, "of the repeats' scores; NaN: one model"}},
    {BS_TABLE_AGGREGATES, "tasks", {NO_UNIT, "which tasks the mean is over"}},
    {BS_TABLE_AGGREGATES, "value", {PERCENT, "mean of the tasks' normalised scores"}},
    {BS_TABLE_AGGREGATES, "stderr", {PERCENT, "standard error, the tasks' errors independent"}},
    {BS_TABLE_AGGREGATES, "n", {"tasks", "that the mean is over"}},

    {BS_TABLE_SPREADS, "task", {NO_UNIT, "name of the task, without @VARIANT"}},
    {BS_TABLE_SPREADS, "n", {"variants", "of the task"}},
    {ANY, "mean", {OF_METRIC, "of the scores over the variants"}},
    {ANY, "minimum", {OF_METRIC, "lowest score of a variant"}},
    {ANY, "maximum", {OF_METRIC, "highest score of a variant"}},
    {ANY, "range", {OF_METRIC, "highest less lowest score"}},
    {ANY, "standard_deviation", {OF_METRIC, "of the scores over the variants (n - 1)"}},
    {ANY, "minimum_variant", {NO_UNIT, "variant of the lowest score"}},
    {ANY, "maximum_variant", {NO_UNIT, "variant of the highest score"}},

    {ANY, "average", {OF_METRIC, "mean score of people; NaN: not known"}},
    {ANY, "best", {OF_METRIC, "best score of people; NaN: not known"}},
    {ANY, "normalized_average", {PERCENT, "mean score of people between low and high score"}},
    {ANY, "normalized_best", {PERCENT, "best score of people between low and high score"}},
    {BS_TABLE_HUMANS, "n", {"tasks", "that the mean is over; 1: a task"}},

    {ANY, "prompts", {"prompts", "all, those left out among them"}},
    {ANY, "truncated", {"prompts", "cut on their left"}},
    {ANY, "fewer_shots", {"prompts", "shown with fewer shots"}},
    {ANY, "skipped", {"prompts", "left out"}},
    {ANY, "border", {"prompts", "of which a token spans the border to an answer"}},

    {BS_TABLE_SMOOTH, "metric", {NO_UNIT, "the sharp metric"}},
    {ANY, "smooth_metric", {NO_UNIT, "the smooth metric"}},
    {ANY, "verdict", {NO_UNIT, "what becomes of a breakthrough under the smooth metric"}},
    {ANY, "smooth_shape", {NO_UNIT, "shape under the smooth metric"}},
    {ANY, "smooth_breakthroughness", {"1", "B under the smooth metric"}},
    {ANY, "smooth_breakthroughness_low", {"1", "lower end of its 95 % interval"}},
    {ANY, "smooth_breakthroughness_high", {"1", "upper end of its 95 % interval"}},
    {ANY, "smooth_jump_share", {"1", "jump share under the smooth metric"}},
    {ANY, "smooth_jump_share_low", {"1", "lower end of its 95 % interval"}},
    {ANY, "smooth_jump_share_high", {"1", "upper end of its 95 % interval"}},
    {ANY, "curve", {"row of /analysis/linearity", "the curve of the sharp metric"}},
    {ANY, "smooth_curve", {"row of /analysis/linearity", "the curve of the smooth metric"}},

    {ANY, "kind", {NO_UNIT, "families or variants"}},
    {BS_TABLE_COMPARISONS, "family", {NO_UNIT, "of the variants; empty: families are compared"}},
    {ANY, "first", {NO_UNIT, "the first family or variant"}},
    {ANY, "second", {NO_UNIT, "the second family or variant"}},
    {BS_TABLE_COMPARISONS, "task", {NO_UNIT, "without @VARIANT; (all tasks): the mean over them"}},
    {ANY, "preferred", {"1", "1: the metric is the one that the task goes by"}},
    {BS_TABLE_COMPARISONS, "n", {"examples", "that both answered; of the mean over tasks: tasks"}},
    {ANY, "scale_low", {OF_AXIS, "smallest scale that both reach"}},
    {ANY, "scale_high", {OF_AXIS, "largest scale that both reach"}},
    {ANY, "difference", {OF_METRIC, "first less second at equal scale"}},
    {BS_TABLE_COMPARISONS, "stderr", {OF_METRIC, "standard error of the difference"}},
    {ANY, "difference_low", {OF_METRIC, "lower end of its 95 % interval"}},
    {ANY, "difference_high", {OF_METRIC, "upper end of its 95 % interval"}},
    {ANY, "p", {"1", "p value of no difference"}},
    {ANY, "p_holm", {"1", "p corrected for the number of tasks (Holm)"}},
    {ANY, "p_false_discovery", {"1", "p corrected for the number of tasks (false discovery rate)"}},
    {ANY, "ratio", {"1", "the second's scales must be larger by it to match"}},
    {ANY, "ratio_low", {"1", "lower end of its 95 % interval"}},
    {ANY, "ratio_high", {"1", "upper end of its 95 % interval"}},
    {ANY, "wins", {"tasks", "on which the first scores more"}},
    {ANY, "losses", {"tasks", "on which the first scores less"}},
    {ANY, "ties", {"tasks", "on which both score the same"}},
    {ANY, "sign_p", {"1", "p value of the sign test"}},

    {ANY, "low", {"1", "lower end of the bin of confidences"}},
    {ANY, "high", {"1", "upper end of the bin of confidences"}},
    {ANY, "accuracy", {"1", "share of right answers"}},
    {ANY, "confidence", {"1", "mean probability of the chosen choice"}},
    {BS_TABLE_RELIABILITY, "n", {"answers", "in the bin"}},
    {BS_TABLE_CALIBRATION, "n", {"answers", "to multiple choice"}},
    {ANY, "brier", {"1", "Brier score"}},
    {ANY, "brier_low", {"1", "lower end of its 95 % interval"}},
    {ANY, "brier_high", {"1", "upper end of its 95 % interval"}},
    {ANY, "calibration_error", {"1", "expected calibration error"}},
    {ANY, "calibration_error_low", {"1", "lower end of its 95 % interval"}},
    {ANY, "calibration_error_high", {"1", "upper end of its 95 % interval"}},
    {ANY, "calibration_error_corrected", {"1", "calibration error less what noise adds"}},
    {BS_TABLE_CALIBRATION_SLOPES, "n", {"scales", "that the slope is over"}},
    {ANY, "slope", {"1", "of the metric over ln(scale)"}},
    {ANY, "slope_low", {"1", "lower end of its 95 % interval"}},
    {ANY, "slope_high", {"1", "upper end of its 95 % interval"}},
    {ANY, "slope_corrected", {"1", "slope less what noise adds"}},

    {ANY, "method", {NO_UNIT, "of the forecast; empty: none could be used"}},
    {BS_TABLE_FORECASTS, "scale", {OF_AXIS, "the size that is forecast"}},
    {ANY, "forecast", {OF_METRIC, "expected score; NaN: none"}},
    {ANY, "low80", {OF_METRIC, "lower end of the 80 % interval"}},
    {ANY, "high80", {OF_METRIC, "upper end of the 80 % interval"}},
    {ANY, "observed", {OF_METRIC, "score at that size; NaN: not known"}},
    {ANY, "reason", {NO_UNIT, "why there is no forecast; empty: there is one"}},

    {ANY, "first_example", {"1", "number of the unit's first example"}},
    {ANY, "n_examples", {"examples", "of the unit"}},
    {ANY, "rank", {"1", "MPI rank that did the unit"}},
    {ANY, "attempts", {"attempts", "until the unit was done"}},
    {ANY, "seconds", {"s", "that the unit took"}},
    {ANY, "tokens_asked", {"tokens", "of all prompts and answers"}},
    {ANY, "tokens_computed", {"tokens", "that went through the model"}},
    {ANY, "host", {NO_UNIT, "that did the unit"}},
    {ANY, "failure", {NO_UNIT, "why the unit failed; empty: it is done"}},

    {ANY, "family", {NO_UNIT, "name of the family of models"}},
    {ANY, "task", {NO_UNIT, "name of a task, or of a mean over tasks"}},
    {ANY, "metric", {NO_UNIT, "name of the metric"}},
    {ANY, "scale", {OF_AXIS, "place of the models on the axis"}},
    {ANY, "value", {OF_METRIC, "the score"}},
    {ANY, "stderr", {OF_METRIC, "standard error of the score"}},
};

bs_column_meaning bs_table_meaning(bs_table_id id, const bs_column *column) {
  if ((column->rules & BS_MODEL_INDEX) != 0)
    return (bs_column_meaning){"row of /models", "the model"};
  if ((column->rules & BS_TASK_INDEX) != 0)
    return (bs_column_meaning){"row of /tasks", "the task"};
  for (size_t i = 0; i < sizeof ENTRIES / sizeof *ENTRIES; i++)
    if ((ENTRIES[i].table == (int)id || ENTRIES[i].table == ANY) &&
        strcmp(ENTRIES[i].column, column->name) == 0)
      return ENTRIES[i].is;
  if (id == BS_TABLE_EXAMPLES)
    return (bs_column_meaning){OF_METRIC, "value of this metric; NaN: it does not apply"};
  return (bs_column_meaning){"", ""};
}
