/* Growable arrays that calls append to: text (bytes, UTF-8 unless said otherwise) and token ids.
   Initialise with {0}; free with the matching call. Reuse by setting n_bytes or n to 0. */
#ifndef BIGSWEEP_BUFFER_H
#define BIGSWEEP_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `data` has n_bytes bytes and is NUL-terminated whenever it is not NULL; it may hold NUL bytes. */
typedef struct bs_text {
  char *data;
  size_t n_bytes;
  size_t capacity;
} bs_text;

/* Makes room for `n_more` bytes and the terminating NUL. BS_ERR_MEMORY leaves the text as it was.
 */
BS_API bs_status bs_text_reserve(bs_text *text, size_t n_more, bs_error *err);
BS_API bs_status bs_text_append(bs_text *text, const char *bytes, size_t n_bytes, bs_error *err);
/* Appends a NUL-terminated string. */
BS_API bs_status bs_text_append_string(bs_text *text, const char *string, bs_error *err);
BS_API bs_status bs_text_printf(bs_text *text, bs_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
BS_API void bs_text_free(bs_text *text);

/* The ending of a regular noun behind a number: "" for one, else "s". */
BS_API const char *bs_plural(uint64_t n);

typedef struct bs_tokens {
  int32_t *ids;
  size_t n;
  size_t capacity;
} bs_tokens;

BS_API bs_status bs_tokens_append(bs_tokens *tokens, const int32_t *ids, size_t n, bs_error *err);
BS_API bs_status bs_tokens_push(bs_tokens *tokens, int32_t id, bs_error *err);
BS_API void bs_tokens_free(bs_tokens *tokens);

#ifdef __cplusplus
}
#endif

#endif
