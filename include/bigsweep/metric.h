/* Metrics: what a model gave for an example becomes a number. Each metric is a row of one table. */
#ifndef BIGSWEEP_METRIC_H
#define BIGSWEEP_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a choice stands for. In a question about bias (Parrish et al. 2022, arXiv:2110.08193),
   unless it says otherwise. */
typedef enum bs_choice_role {
  BS_ROLE_NONE,
  BS_ROLE_UNKNOWN,  /* "cannot be told"; the right one where the context is ambiguous */
  BS_ROLE_BIASED,   /* agrees with the stereotype */
  BS_ROLE_UNBIASED, /* goes against it */
  BS_ROLE_CONTROL,  /* of an example that repeats the one before it with the prompt that this is
                       compared with (the Inverse Scaling Prize's "logodds") */
  BS_N_ROLES
} bs_choice_role;

/* What one example gives a metric to work with; everything borrowed for the call. */
typedef struct bs_outcome {
  size_t example;                /* its number in the task; ascending, those that failed left out */
  size_t n_choices;              /* 0: not multiple choice */
  const double *choice_logprobs; /* [n_choices] log P(choice | prompt), summed over tokens */
  const double *target_scores;   /* [n_choices] */
  const char *const *choice_texts; /* [n_choices]; NULL: not known */
  const uint32_t *choice_tokens;   /* [n_choices]; NULL: not known */
  const uint32_t *choice_roles;    /* [n_choices] bs_choice_role; NULL: all BS_ROLE_NONE */
  bool is_vote;               /* the log-probabilities are logarithms of shares of votes, ... */
  size_t voted;               /* ... which this choice has won */
  const char *prediction;     /* generated text after post-processing; NULL: none */
  const char *const *targets; /* [n_targets] accepted answers */
  size_t n_targets;
  double target_logprob; /* NaN: none */
  const char *answer;    /* the right answer whose log-probability that is; NULL: not known */
  size_t answer_tokens;  /* of it; 0: not known or none */
  bool has_greedy;       /* whether the next is known */
  size_t greedy_tokens;  /* of its tokens those that are the most likely one after the right ones */
  bool has_token_edits;  /* whether the next is known */
  size_t token_edits;    /* between prediction and nearest target, in tokens of the model */
} bs_outcome;

/* A value over examples, its standard error and the number of examples. An undefined value is NaN.
 */
typedef struct bs_estimate {
  double value, standard_error;
  size_t n;
} bs_estimate;

enum bs_metric_needs {
  BS_NEEDS_CHOICES = 1,
  BS_NEEDS_TEXT = 2, /* prediction and targets */
  BS_NEEDS_TARGET_LOGPROB = 4,
  BS_NEEDS_CHOICE_TEXTS = 8,
  BS_NEEDS_CHOICE_TOKENS = 16,
  BS_NEEDS_ANSWER = 32,
  BS_NEEDS_ANSWER_TOKENS = 64,
  BS_NEEDS_GREEDY_TOKENS = 128,
  BS_NEEDS_CHOICE_ROLES = 256,
  BS_NEEDS_TOKEN_EDITS = 512,
  BS_NEEDS_MODEL_LOGPROBS = 4096 /* of the choices, as the model gives them: no shares of votes */
};

/* All that is known about a metric. */
typedef struct bs_metric {
  const char *name;
  /* (optional) A name that asks for several metrics at once, of which this is one: "rouge". */
  const char *alias;
  bool leads_alias;        /* where a single metric is wanted, the alias means this one */
  const char *definition;  /* one line */
  const char *source;      /* who defined it */
  unsigned needs;          /* bs_metric_needs, all of them */
  bool is_always_computed; /* for every task that has what it needs; else only where it is listed */
  bool higher_is_better;
  bool is_variant; /* of another metric: kept in the file, left out of tables for people */
  /* The scores that count as 0 and as 100 when scores are normalised. A low of NaN: there is none,
     and so no normalised score. */
  double low_score, high_score;
  bool low_is_chance; /* of a task, low is what a uniform guess gets on it (bs_task_chance) */
  /* (optional) The value of one example that has what the metric needs. NaN: undefined. */
  double (*example)(const bs_outcome *outcome);
  /* (optional) The value over all examples. NULL: the mean of the examples' values with its
     standard error. `influences` as for bs_metric_influences. */
  bs_status (*corpus)(const bs_outcome *outcomes, size_t n, bs_estimate *out, double *influences,
                      bs_error *err);
} bs_metric;

/* Room for all metrics, in arrays of a fixed size: no more are ever built in. */
enum { BS_MOST_METRICS = 64 };
BS_API size_t bs_metric_count(void);
BS_API const bs_metric *bs_metric_at(size_t i);
/* By its own name (no alias), or NULL. */
BS_API const bs_metric *bs_metric_find(const char *name);
/* Whether `name` asks for the metric: it is the metric's own name or its alias. */
BS_API bool bs_metric_is_named(const bs_metric *metric, const char *name);
/* The same of any of names[n]. */
BS_API bool bs_metric_is_listed(const bs_metric *metric, const char *const *names, size_t n);
/* The single metric that a name or an alias means, or NULL. */
BS_API const bs_metric *bs_metric_meant(const char *name);
/* BS_OK for the name or the alias of a metric. BS_ERR_USAGE suggests the nearest name, or says why
   the metric is not computed. */
BS_API bs_status bs_metric_name_check(const char *name, bs_error *err);
/* What a named metric needs of a task, in words; static. */
BS_API const char *bs_metric_needed(const char *name);
/* Why a metric that BIG-bench knows is not computed here (BLEURT needs a model), or NULL. */
BS_API const char *bs_metric_unsupported_reason(const char *name);

/* What the examples of a task have, any of them. */
typedef struct bs_answer_kinds {
  bool choices;
  bool targets; /* accepted texts */
  bool roles;   /* of choices, other than BS_ROLE_NONE */
} bs_answer_kinds;
/* Whether such examples have what the metric needs, as far as the task decides it. */
BS_API bool bs_metric_suits(const bs_metric *metric, bs_answer_kinds has);
/* Whether any of the names asks for a metric over generated text. */
BS_API bool bs_metrics_need_text(const char *const *names, size_t n);
/* Whether text is generated for a task with such examples that lists these names: where there are
   accepted texts, and either no choices or a listed metric over text. */
BS_API bool bs_metrics_generate(const char *const *listed, size_t n_listed, bs_answer_kinds has);
/* The metrics of a task with such examples, in the table's order: those that it lists (unknown
   names do not count) and those that are always computed. On input, metrics[] has room for
   bs_metric_count() of them. On output, the first ones are filled; returns how many. */
BS_API size_t bs_metrics_of_kinds(const char *const *listed, size_t n_listed, bs_answer_kinds has,
                                  const bs_metric **metrics);
/* Whether the metric can be computed where answers behind several reasonings are voted on
   (bs_task.n_samples with an answer_prompt): it needs no log-probability that a single text has.
   Other metrics are not among such a task's. */
BS_API bool bs_metric_takes_votes(const bs_metric *metric);

/* Value over examples; outcomes whose example value is NaN do not count. */
BS_API bs_status bs_metric_evaluate(const bs_metric *metric, const bs_outcome *outcomes, size_t n,
                                    bs_estimate *out, bs_error *err);

/* The same, and how much each example moves the value: influences[n] (optional), NaN for an example
   that does not count. They sum to 0 over the m examples that do, and
   standard_error = sqrt(sum of influence^2 / (m (m - 1))). The influence on a mean is the distance
   from it; on a corpus metric it is (m - 1) times (the mean of the values without one example, less
   the value without this one), which is what the delete-one jackknife adds up. Values of several
   models on the same examples have their common error from the sums of their influences. */
BS_API bs_status bs_metric_influences(const bs_metric *metric, const bs_outcome *outcomes, size_t n,
                                      bs_estimate *out, double *influences, bs_error *err);

/* Mean and its standard error (sample standard deviation with n - 1, two passes, over sqrt n; NaN
   for n < 2) over the values that are not NaN. */
BS_API bs_estimate bs_mean(const double *values, size_t n);

/* Index of the most probable choice; ties by SHA-256 of the values' little-endian float64 bytes as
   a big-endian integer mod the number of tied ones. n > 0. */
BS_API size_t bs_best_choice(const double *logprobs, size_t n);

/* Appends to `out` generated text as BIG-bench compares it: at most max_length code points (0:
   all); cut after the first stop_string unless that is at the very start; then the first match of
   output_regex, a Python expression (its group when it has one), empty when nothing matches. NULL
   or "" for stop_string or output_regex: none. BS_ERR_INPUT: text that is not UTF-8, a bad
   expression, or one with several groups; BS_ERR_LIMIT: one that backtracks without end. */
BS_API bs_status bs_postprocess(const char *generated, size_t n_bytes, size_t max_length,
                                const char *stop_string, const char *output_regex, bs_text *out,
                                bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
