/* Status codes and the error object that every fallible call of the library fills. */
#ifndef BIGSWEEP_ERROR_H
#define BIGSWEEP_ERROR_H

#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One list gives the enum and its strings. */
#define BS_STATUS_LIST(X)                                                                          \
  X(BS_OK, "ok")                                                                                   \
  X(BS_ERR_USAGE, "wrong usage or configuration")                                                  \
  X(BS_ERR_INPUT, "bad input")                                                                     \
  X(BS_ERR_UNSUPPORTED, "not supported")                                                           \
  X(BS_ERR_IO, "input/output error")                                                               \
  X(BS_ERR_MEMORY, "out of memory")                                                                \
  X(BS_ERR_LIMIT, "limit exceeded")                                                                \
  X(BS_ERR_STOPPED, "stopped early")                                                               \
  X(BS_ERR_PROTOCOL, "message protocol error")                                                     \
  X(BS_ERR_INTERNAL, "internal error")

typedef enum bs_status {
#define BS_STATUS_ENUM(name, text) name,
  BS_STATUS_LIST(BS_STATUS_ENUM)
#undef BS_STATUS_ENUM
} bs_status;

/* A fixed English text for a status. Never NULL; static storage. */
BS_API const char *bs_status_text(bs_status status);

enum { BS_ERROR_MESSAGE_BYTES = 1024 };

/* The first error of a call chain. Initialise with `bs_error err = {0};` (status BS_OK). The
   message names the file, the key or the line, what was expected and what was found. */
typedef struct bs_error {
  bs_status status;
  char message[BS_ERROR_MESSAGE_BYTES];
} bs_error;

/* Records `status` with a printf-style message unless `err` already holds an error; `err` may be
   NULL. Returns `status`, so that `return bs_error_set(err, ...)` reads well. A message that is too
   long is cut at a character border and ends in "...". It is always UTF-8: quoted bytes that are
   not valid become "?", and U+0000 becomes "\0". */
BS_API bs_status bs_error_set(bs_error *err, bs_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " in front of the message that `err` holds (no effect on an empty or NULL `err`).
   For adding the file to an error that a parser of text reported. */
BS_API void bs_error_prefix(bs_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Gives the error that `err` holds another status (no effect on an empty or NULL `err`) and returns
   `status`: for a caller that knows whose fault the error is. */
BS_API bs_status bs_error_recast(bs_error *err, bs_status status);

/* Forgets the error, so that the object can be used again; `err` may be NULL. */
BS_API void bs_error_clear(bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
