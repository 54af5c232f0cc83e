/* Regular expressions of tokenizer.json. They are written for Oniguruma in its Ruby syntax (the
   engine of the tokenizers library); here they are translated to PCRE2, which runs them. */
#ifndef BIGSWEEP_TOKENIZER_REGEX_INTERNAL_H
#define BIGSWEEP_TOKENIZER_REGEX_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/json.h"

typedef struct bs_regex bs_regex;

/* A character class for Rust's \w (Unicode): what its regex engine calls a word character. */
#define BS_REGEX_RUST_WORD "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}"

/* Translates a pattern (n_bytes bytes of UTF-8); BS_ERR_INPUT tells what cannot be. */
bs_status bs_regex_translate(const char *pattern, size_t n_bytes, bs_text *out, bs_error *err);

/* Compiles a pattern in Oniguruma's syntax found at `item`, which an error names. */
bs_status bs_regex_new(bs_regex **out, const char *pattern, size_t n_bytes, const bs_json *json,
                       const cJSON *item, bs_error *err);
/* Compiles a pattern of our own, in PCRE2's syntax. */
bs_status bs_regex_new_own(bs_regex **out, const char *pattern, bs_error *err);
void bs_regex_free(bs_regex **regex);

/* One caller's walk over the matches in a text. Initialise with {0}. */
typedef struct bs_matches {
  const bs_regex *regex; /* borrowed until bs_matches_free */
  void *data, *context;  /* PCRE2's */
  const char *text;
  size_t n_bytes, at;
  size_t last_end; /* of the last match, SIZE_MAX before the first */
} bs_matches;

bs_status bs_matches_open(bs_matches *matches, const bs_regex *regex, bs_error *err);
/* Starts on a text (UTF-8, borrowed while it is walked). */
void bs_matches_begin(bs_matches *matches, const char *text, size_t n_bytes);
/* The next match, leftmost and after the last one; *found is false at the end. An empty match right
   behind the last one is passed over. BS_ERR_LIMIT when the pattern takes too many steps. */
bs_status bs_matches_next(bs_matches *matches, bool *found, size_t *start, size_t *end,
                          bs_error *err);
void bs_matches_free(bs_matches *matches);

#endif
