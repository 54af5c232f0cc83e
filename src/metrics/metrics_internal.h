/* What the metrics and the evaluator share. */
#ifndef BIGSWEEP_METRICS_METRICS_INTERNAL_H
#define BIGSWEEP_METRICS_METRICS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "bigsweep/metric.h"

/* The rows of the table, each beside its arithmetic. */
extern const bs_metric bs_metric_exact_str_match;
extern const bs_metric bs_metric_multiple_choice_grade;
extern const bs_metric bs_metric_brier_score;
extern const bs_metric bs_metric_calibration_error;
extern const bs_metric bs_metric_bleu;
extern const bs_metric bs_metric_rouge1;
extern const bs_metric bs_metric_rouge2;
extern const bs_metric bs_metric_rouge_lsum;
extern const bs_metric bs_metric_log_likelihood;
extern const bs_metric bs_metric_case_insensitive_str_match;
extern const bs_metric bs_metric_numeric_match;
extern const bs_metric bs_metric_weighted_probabilities;
extern const bs_metric bs_metric_sequence_f1;
extern const bs_metric bs_metric_macro_f1;
extern const bs_metric bs_metric_grade_by_bytes;
extern const bs_metric bs_metric_grade_by_characters;
extern const bs_metric bs_metric_grade_by_tokens;
extern const bs_metric bs_metric_likelihood_per_byte;
extern const bs_metric bs_metric_likelihood_per_character;
extern const bs_metric bs_metric_likelihood_per_word;
extern const bs_metric bs_metric_likelihood_per_token;
extern const bs_metric bs_metric_token_accuracy;
extern const bs_metric bs_metric_edit_distance;
extern const bs_metric bs_metric_token_edit_distance;
extern const bs_metric bs_metric_weighted_log_probabilities;
extern const bs_metric bs_metric_classification_loss;
extern const bs_metric bs_metric_logodds;
extern const bs_metric bs_metric_logodds_difference;
extern const bs_metric bs_metric_absolute_logodds_difference;
extern const bs_metric bs_metric_accuracy_amb;
extern const bs_metric bs_metric_accuracy_disamb;
extern const bs_metric bs_metric_amb_bias_score;
extern const bs_metric bs_metric_disamb_bias_score;

/* What is voted on. Texts are equal as bs_texts_match tells, and those of white space alone do not
   count unless there are no others. Choices are equal byte by byte, and all count. */
typedef enum bs_ballot_kind { BS_VOTE_OF_TEXTS, BS_VOTE_OF_CHOICES } bs_ballot_kind;
/* The most frequent of answers[n], n > 0; of equally frequent ones the one that comes first.
 *winner: the number of the first that gives it; *share: of all n those that do. */
bs_status bs_vote(const char *const *answers, size_t n, bs_ballot_kind kind, size_t *winner,
                  double *share, bs_error *err);
/* logprobs[n_choices]: the logarithm of the share of choices[n] (each below n_choices) that is this
   one; minus infinity for none. */
void bs_vote_logprobs(const size_t *choices, size_t n, size_t n_choices, double *logprobs);
/* The choice that an outcome stands for: the one that won the vote, else the most probable one
   (bs_best_choice). */
size_t bs_outcome_choice(const bs_outcome *outcome);
/* Leaves out of metrics[n] those that a vote over texts and choices does not give, and returns how
   many stay. */
size_t bs_metrics_of_votes(const bs_metric **metrics, size_t n);

/* Whether the outcome has what the metric needs. */
bool bs_metric_applies(const bs_metric *metric, const bs_outcome *outcome);

/* Standard error by the delete-one jackknife from the n values without one of the examples: NaN for
   n < 2. */
double bs_jackknife_error(const double *without, size_t n);
/* The influences of the examples whose values[n_counted] without them are given (see
   bs_metric_influences). On input influences[n] is NaN for the examples that do not count;
   NULL: nothing to do. */
void bs_jackknife_influences(const double *without, size_t n_counted, double *influences, size_t n);
/* Notes whether example `i` counts, in influences that bs_jackknife_influences fills later (NULL:
   nothing to do); returns `counts`. */
bool bs_influence_note(double *influences, size_t i, bool counts);
/* Of values[n], to which NaN do not count, the distances from their mean. */
void bs_mean_influences(const double *values, size_t n, double *influences);

/* The largest of the choices' log-probabilities and the sum of exp(l - largest), so that a choice's
   probability among them is exp(l - largest) / sum. False when there is no distribution (all
   impossible, or not a number). */
bool bs_choice_normaliser(const bs_outcome *outcome, double *largest, double *sum);

/* Levenshtein (1966): the fewest insertions, deletions and replacements between two sequences; NaN
   for such as are too long or when out of memory. */
double bs_levenshtein(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b);

/* Appends the text in lower case as Python's str.lower gives it (full mapping, final sigma).
   BS_ERR_INPUT: not UTF-8. */
bs_status bs_text_lower(const char *text, bs_text *lower, bs_error *err);
/* Code points, and runs of what is not white space. UTF-8. */
size_t bs_count_characters(const char *text);
size_t bs_count_words(const char *text);

/* A text without the white space at its ends (bs_is_space), as a part of it. */
typedef struct bs_stripped {
  const char *bytes; /* borrowed; no NUL behind them */
  size_t n_bytes;
} bs_stripped;
bs_stripped bs_strip(const char *text);
/* By bytes, as strcmp orders texts. */
int bs_stripped_compare(bs_stripped a, bs_stripped b);
/* How generated text is compared with an accepted answer everywhere: every byte but for the white
   space at the ends. */
bool bs_texts_match(const char *a, const char *b);
/* The bytes of the first n_characters code points, or n_bytes when there are no more. UTF-8. */
size_t bs_utf8_head_bytes(const char *text, size_t n_bytes, size_t n_characters);

/* BLEU's tokenization "intl": punctuation and symbols cut off by Unicode category; appends words
   with one space between two. */
bs_status bs_tokenize_intl(const char *text, bs_text *words, bs_error *err);

/* Appends the shortest text that a regular expression describes: what stands before the part that
   bs_postprocess takes out (the group, or the match), a part that it takes out, and what stands
   behind. A guess, which its caller checks. *is_known false: the expression is beyond it. */
bs_status bs_regex_sample(const char *regex, bs_text *before, bs_text *inside, bs_text *behind,
                          bool *is_known, bs_error *err);

/* Whether bs_postprocess gives the same for `text` whatever follows it. False when in doubt. */
bool bs_prediction_settled(const char *text, size_t n_bytes, size_t max_length,
                           const char *stop_string, const char *output_regex);

#endif
