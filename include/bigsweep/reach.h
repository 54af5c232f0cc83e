/* Accepted answers that can never match: the check applies post-processing to each accepted answer,
 * as if a model had written it exactly. */
#ifndef BIGSWEEP_REACH_H
#define BIGSWEEP_REACH_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/tables.h"
#include "bigsweep/task.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How generated text is cut before it is compared, in this order. Strings are borrowed. */
typedef struct bs_cut {
  const char *end_mark;     /* the text ends before it; NULL or "": none */
  size_t max_length;        /* code points; 0: all */
  const char *stop_string;  /* see bs_postprocess */
  const char *output_regex; /* see bs_postprocess */
} bs_cut;

typedef enum bs_cut_step {
  BS_CUT_END_MARK,
  BS_CUT_LENGTH,
  BS_CUT_STOP,
  BS_CUT_REGEX,
  BS_N_CUT_STEPS
} bs_cut_step;

/* What surrounds an answer where output_regex takes it out of a longer text. */
typedef struct bs_surroundings {
  bool is_made,
      is_known; /* whether a text was looked for; whether output_regex accepts the one found */
  bs_text before, after;
} bs_surroundings;

/* Examples that have no accepted answer that counts, for one reason, and the first of them. */
typedef struct bs_unmatched {
  size_t n, first;
  char *answer, *left; /* owned; the first example's first answer, and what is left of it */
} bs_unmatched;

/* A count over examples. Initialise with bs_reach_begin. */
typedef struct bs_reach {
  bs_cut cut;
  bool has_numbers;     /* answers are compared as numbers, too */
  size_t n;             /* examples with accepted answers */
  bs_unmatched lost;    /* no accepted answer survives the cut */
  bs_unmatched numbers; /* with has_numbers: after the cut no accepted answer is a number that is
                           within a tenth of an accepted one */
  bs_unmatched blank; /* an accepted answer is empty: any text that is cut to nothing matches it */
  bs_unmatched decomposed; /* no accepted answer is in Unicode's normal form C, which is what models
                              write */
  size_t by_step[BS_N_CUT_STEPS]; /* of the lost examples: those whose first answer this step would
                                     change by itself */
  bool has_lines;                 /* a lost answer has several lines */
  size_t longest;                 /* code points of the longest answer that max_length cuts */
  size_t n_untold; /* examples for which no text around the answer was found that output_regex
                      accepts */
  char *too_slow;  /* owned; why the count was given up; NULL: it was not */
  bs_surroundings around;
} bs_reach;

/* The cut is borrowed until bs_reach_free. */
BS_API void bs_reach_begin(bs_reach *reach, const bs_cut *cut, bool has_numbers);
/* Counts one example. An answer survives when the cut leaves of it a text that equals an accepted
   answer of the example, white space at the ends aside. Where output_regex finds nothing in the
   answer alone, it is applied to the answer inside the shortest text that the expression describes
   ("the answer is ANSWER"). */
BS_API bs_status bs_reach_add(bs_reach *reach, size_t example, const char *const *targets,
                              size_t n_targets, bs_error *err);
BS_API void bs_reach_free(bs_reach *reach);

/* Counts the first n_examples of a task (0: all). A task that generates no answers has none to
 * count. */
BS_API bs_status bs_reach_of_task(bs_reach *out, const bs_task *task, size_t n_examples,
                                  bs_error *err);

/* Receives one sentence at a time, with the task's name in front. */
typedef void (*bs_reach_notice)(void *user, const char *message);
/* Reports each kind of unmatched answers that occurs, with an example and how to mend it. */
BS_API bs_status bs_reach_tell(const bs_reach *reach, const char *task, bs_reach_notice notice,
                               void *user, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
