/* The text behind a parsed JSON document. cJSON keeps neither positions nor how a number was
   written; walking its tree and the text together gives both in one pass. */
#ifndef BIGSWEEP_TASKS_SOURCE_INTERNAL_H
#define BIGSWEEP_TASKS_SOURCE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "bigsweep/json.h"

/* A place in the text, with its line (from 1). The text is known to be what cJSON has parsed. */
typedef struct bs_source {
  const char *text;
  size_t n, at, line;
} bs_source;

bs_source bs_source_start(const bs_json *json);
void bs_source_skip_space(bs_source *source);
/* Past the string at the cursor. */
void bs_source_skip_string(bs_source *source);
/* Past the value at the cursor, of whatever kind. */
void bs_source_skip_value(bs_source *source);
/* Past one byte of punctuation. */
void bs_source_skip_mark(bs_source *source);
/* The number at the cursor: its length in bytes, 0 when it is not one that JSON allows (cJSON also
   takes "01" and "1."). The cursor moves past it in any case. */
size_t bs_source_number(bs_source *source, bool *is_integer);

/* A member of an object or an element of an array: the node and where its value stands. */
typedef struct bs_member {
  const cJSON *node;
  bs_source value;
} bs_member;

/* The members of the object (or array) `node` whose text begins at `source`; free with free(). */
bs_status bs_source_members(bs_source source, const cJSON *node, bs_member **members, size_t *n,
                            bs_error *err);

#endif
