/* The parts of showing examples. */
#ifndef BIGSWEEP_REPORT_EXAMPLES_INTERNAL_H
#define BIGSWEEP_REPORT_EXAMPLES_INTERNAL_H

#include "base/writer_internal.h"
#include "bigsweep/prompt.h"
#include "bigsweep/report.h"

typedef enum bs_answer_verdict {
  BS_ANSWER_NOT_KNOWN,
  BS_ANSWER_WRONG,
  BS_ANSWER_RIGHT
} bs_answer_verdict;

/* Example row `row`'s. */
bs_answer_verdict bs_example_verdict(const bs_tables *results, size_t row);
/* The value of a metric's column; NaN where there is none. */
double bs_example_value(const bs_tables *results, size_t row, const char *metric);
/* The probabilities of its choices among each other: probabilities[n_choices]. */
void bs_example_probabilities(const bs_tables *results, size_t row, double *probabilities);

/* An example with the rows of the models that have it, in their order. */
typedef struct bs_shown_example {
  uint32_t task, shots, example;
  const size_t *rows; /* [n_rows] of /examples */
  size_t n_rows;
  const bs_input_row *input; /* NULL: the file has no questions */
  const bs_choice_text_row *choices;
  size_t n_choices;
  const bs_target_row *targets;
  size_t n_targets;
} bs_shown_example;

/* The examples that the options ask for, in order of task, shots and example. */
typedef struct bs_found_examples {
  bs_shown_example *all;
  size_t n;
  size_t *rows;
} bs_found_examples;
bs_status bs_examples_find(bs_found_examples *out, const bs_tables *results,
                           const bs_examples_options *options, bs_error *err);
void bs_found_examples_free(bs_found_examples *found);

/* Makes the prompts of one example after another; {0} to begin with, but for the results. */
typedef struct bs_prompt_maker {
  const bs_tables *results;
  struct bs_task *task;
  bs_prompter *prompter;
  uint32_t seed, task_row, shots;
} bs_prompt_maker;
/* Appends the prompt of row `row` of /examples, with as many shots as it was shown. */
bs_status bs_prompt_maker_append(bs_prompt_maker *maker, size_t row, bs_text *prompt,
                                 bs_error *err);
void bs_prompt_maker_free(bs_prompt_maker *maker);

/* Text for a terminal: what would move its cursor, change its colours or turn its writing round is
   written as \x1b or \u{202e}, bytes that are no UTF-8 as \xff; line ends stay, or become blanks
   where `on_one_line`. */
void bs_plain_append(bs_writer *w, const char *text, size_t n_bytes, bool on_one_line);
/* The same in lines of at most `width` characters where words allow it, each behind `indent`
   blanks; the text's own line ends stay. */
bs_status bs_plain_wrap(bs_writer *w, const char *text, size_t n_bytes, size_t indent, size_t width,
                        bs_error *err);
/* Columns of a line of text as bs_plain_append prints it. */
size_t bs_text_columns(const char *text);
/* At most `most` characters on one line, with "…" at the end of what is longer. */
bs_status bs_plain_cut(bs_writer *w, const char *text, size_t most, bs_error *err);

bs_status bs_example_write_text(bs_writer *w, const bs_tables *results,
                                const bs_shown_example *shown, const bs_examples_options *options,
                                bs_prompt_maker *prompts, bs_error *err);
bs_status bs_example_write_json(bs_writer *w, const bs_tables *results,
                                const bs_shown_example *shown, const bs_examples_options *options,
                                bs_prompt_maker *prompts, bs_error *err);

#endif
