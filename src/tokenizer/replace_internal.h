/* "Replace", which is a normalizer and a decoder: every match of a string or a regular expression
   gives way to a fixed text. And the pattern itself, which "Split" has too. */
#ifndef BIGSWEEP_TOKENIZER_REPLACE_INTERNAL_H
#define BIGSWEEP_TOKENIZER_REPLACE_INTERNAL_H

#include "bigsweep/buffer.h"
#include "bigsweep/json.h"
#include "tokenizer/regex_internal.h"

/* Initialise with {0}. */
typedef struct bs_pattern {
  bs_text literal; /* of a {"String": ...}, when regex is NULL */
  bs_regex *regex;
} bs_pattern;

/* Reads {"String": "..."} or {"Regex": "..."} under `key` of `item`. */
bs_status bs_pattern_parse(bs_pattern *pattern, const bs_json *json, const cJSON *item,
                           const char *key, bs_error *err);
void bs_pattern_free(bs_pattern *pattern);

/* A walk over a pattern's matches in a text. Initialise with {0}; calls as of bs_matches. */
typedef struct bs_pattern_walk {
  const bs_pattern *pattern;
  bs_matches matches;
  const char *text;
  size_t n_bytes, at;
} bs_pattern_walk;

bs_status bs_pattern_walk_open(bs_pattern_walk *walk, const bs_pattern *pattern, bs_error *err);
void bs_pattern_walk_begin(bs_pattern_walk *walk, const char *text, size_t n_bytes);
bs_status bs_pattern_walk_next(bs_pattern_walk *walk, bool *found, size_t *start, size_t *end,
                               bs_error *err);
void bs_pattern_walk_free(bs_pattern_walk *walk);

bs_status bs_replace_parse(void **state, const bs_json *json, const cJSON *item, bs_error *err);
void bs_replace_release(void *state);
/* Appends `text` with the matches replaced. */
bs_status bs_replace_text(const void *state, const char *text, size_t n_bytes, bs_text *out,
                          bs_error *err);

#endif
