/* Series of models that one entry of a configuration stands for. */
#ifndef BIGSWEEP_CONFIG_SERIES_INTERNAL_H
#define BIGSWEEP_CONFIG_SERIES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/error.h"

/* What a placeholder stands for: {step} digits, {tokens} an amount such as 4B, {quantization} any
   text. */
typedef enum bs_series_mark {
  BS_MARK_STEP,
  BS_MARK_TOKENS,
  BS_MARK_QUANTIZATION,
  BS_N_MARKS
} bs_series_mark;

typedef struct bs_series_member {
  char *given_path;        /* the path with the placeholders filled in */
  char *component;         /* the component of it that had them */
  char *texts[BS_N_MARKS]; /* what each took; NULL: not in the path */
  double step, tokens;     /* NaN: not in the path */
} bs_series_member;

/* Initialise with {0}. */
typedef struct bs_series {
  bs_series_member *members; /* by step, tokens and name */
  size_t n;
  char *folder; /* the name of the folder that they lie in */
} bs_series;

bool bs_path_is_series(const char *path);

/* Finds what `given`, relative to the folder `base`, matches. BS_ERR_INPUT: nothing matches (the
   message says what is there), placeholders in two components, one step twice. `series` is the
   caller's to free, also after an error. */
bs_status bs_series_expand(bs_series *series, const char *base, const char *given, bs_error *err);
void bs_series_free(bs_series *series);

/* `text` with the member's values for its placeholders; free with free(). */
char *bs_series_fill_in(const char *text, const bs_series_member *member, bs_error *err);

#endif
