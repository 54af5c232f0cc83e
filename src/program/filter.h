/* Filters: one JSON object per line in, one per line out, in the same order. */
#ifndef BIGSWEEP_PROGRAM_FILTER_H
#define BIGSWEEP_PROGRAM_FILTER_H

#include "bigsweep/backend.h"
#include "bigsweep/json.h"
#include "program/command.h"

/* A line on its way through. The handler fills `answer` (a JSON object without newline) or `error`.
 */
typedef struct filter_item {
  bs_json *json; /* NULL when the line is not a JSON object; `error` is set then */
  bs_error error;
  bs_text answer;
} filter_item;

/* Handles the items that have no error yet. An error returned ends the filter. */
typedef bs_status (*filter_handler)(void *user, filter_item *items, size_t n, bs_error *err);

/* Reads stdin to its end, in batches of at most max_batch lines; a batch ends early when no further
   line is there yet, so that a filter can be talked to line by line. Returns the exit code. */
int filter_run(const bs_command *command, size_t max_batch, filter_handler handler, void *user);

/* Calls `one` for each item without an error. */
typedef bs_status (*filter_one)(void *user, const bs_json *json, bs_text *answer, bs_error *err);
bs_status filter_each(filter_one one, void *user, filter_item *items, size_t n);

/* The text of a member that must be a string; its bytes may hold U+0000. Borrowed from the
 * document. */
bs_status get_text(const bs_json *json, const char *key, const char **text, size_t *n_bytes,
                   bs_error *err);
/* A member that must be a list of token ids; appended to `ids`. */
bs_status get_ids(const bs_json *json, const char *key, bs_tokens *ids, bs_error *err);
/* The member "border": "joint" (default) or "separate". */
bs_status get_border(const bs_json *json, bs_border *border, bs_error *err);
/* Appends "[1,2,3]". */
bs_status append_ids(bs_text *to, const int32_t *ids, size_t n, bs_error *err);

#endif
