/* JSON documents: cJSON underneath, with what it lacks: strings that hold U+0000, line numbers in
   messages, repeated keys (the last wins, as in Python), typed access with clear errors. */
#ifndef BIGSWEEP_JSON_H
#define BIGSWEEP_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A parsed document. Iterate with cJSON_ArrayForEach (linear); bs_json_get walks linearly. */
typedef struct bs_json {
  cJSON *root;
  char *name;   /* of the file, for messages */
  char *source; /* the text, for line numbers */
  size_t n_bytes;
  size_t first; /* where root begins in the text */
} bs_json;

/* Parses n_bytes bytes (UTF-8, checked). An error names `name`, line and column. */
BS_API bs_status bs_json_parse(bs_json **out, const char *text, size_t n_bytes, const char *name,
                               bs_error *err);
/* The same for a part of a file that begins on line first_line (from 1); errors name lines of the
   file. bs_json_line and bs_json_fault count from the part's beginning. */
BS_API bs_status bs_json_parse_part(bs_json **out, const char *text, size_t n_bytes,
                                    const char *name, size_t first_line, bs_error *err);
/* Why `text` stops being JSON at byte `offset`: a comment, a comma behind the last element, YAML,
 * ... Static storage. */
BS_API const char *bs_json_why_not(const char *text, size_t offset);
/* Reads and parses a file of at most max_bytes (0: 1 GiB). */
BS_API bs_status bs_json_load(bs_json **out, const char *path, size_t max_bytes, bs_error *err);
BS_API void bs_json_free(bs_json **json);

/* The line (from 1) on which `item`, a node of the document, begins; 0 when it cannot be told. */
BS_API size_t bs_json_line(const bs_json *json, const cJSON *item);

/* A member of the document as a document of its own, borrowed from it: it is not freed. Lines are
   those of the whole file. */
BS_API bs_json bs_json_inner(const bs_json *json, cJSON *member);

/* Fills `path` with the JSON path of a node ("examples[3].target_scores"); "$" is the root. */
BS_API bs_status bs_json_path(const bs_json *json, const cJSON *item, bs_text *path, bs_error *err);

/* Sets BS_ERR_INPUT: "FILE: line N: PATH: message". */
BS_API bs_status bs_json_fault(const bs_json *json, const cJSON *item, bs_error *err,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Member of an object by key, the last of repeated ones; NULL when absent or not an object. */
BS_API cJSON *bs_json_get(const cJSON *object, const char *key);

/* The bytes of a string node; *n_bytes counts U+0000 too. Decodes in place what bs_json_parse
   encoded. Plain NUL-terminated use of item->valuestring is fine where U+0000 ends the text or is
   refused. */
BS_API const char *bs_json_string(const cJSON *item, size_t *n_bytes);

/* Typed members: `required` decides whether absence (or null) is an error; otherwise *out stays as
   it was. Errors as bs_json_fault. The string is borrowed until the document is freed. */
BS_API bs_status bs_json_get_string(const bs_json *json, const cJSON *object, const char *key,
                                    bool required, const char **out, bs_error *err);
BS_API bs_status bs_json_get_double(const bs_json *json, const cJSON *object, const char *key,
                                    bool required, double *out, bs_error *err);
/* A whole number within [low, high]. */
BS_API bs_status bs_json_get_integer(const bs_json *json, const cJSON *object, const char *key,
                                     bool required, int64_t low, int64_t high, int64_t *out,
                                     bs_error *err);
BS_API bs_status bs_json_get_bool(const bs_json *json, const cJSON *object, const char *key,
                                  bool required, bool *out, bs_error *err);

/* BS_ERR_INPUT for a member that is not among known[n] (the nearest known one is suggested) and for
 * a key that stands twice. */
BS_API bs_status bs_json_known_keys(const bs_json *json, const cJSON *object,
                                    const char *const *known, size_t n, bs_error *err);

/* Appends a JSON string literal, quotes included; U+0000 and control characters escaped. `bytes`
   must be UTF-8. */
BS_API bs_status bs_json_append_string(bs_text *to, const char *bytes, size_t n_bytes,
                                       bs_error *err);
/* Appends a number that reads back to the same double; NaN and infinities become null. */
BS_API bs_status bs_json_append_double(bs_text *to, double value, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
