/* Statuses as text, and error messages that are valid UTF-8 and fit. */
#include "bigsweep/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text_internal.h"

const char *bs_status_text(bs_status status) {
  switch (status) {
#define BS_STATUS_CASE(name, text)                                                                 \
  case name:                                                                                       \
    return text;
    BS_STATUS_LIST(BS_STATUS_CASE)
#undef BS_STATUS_CASE
  }
  return "unknown status";
}

/* Ends a cut message in "..." without leaving half a UTF-8 character before it. */
static void mark_cut(char *message) {
  size_t end = BS_ERROR_MESSAGE_BYTES - 4;
  while (end > 0 && ((unsigned char)message[end] & 0xC0) == 0x80)
    end--;
  memcpy(message + end, "...", 4);
}

/* Messages quote files, so anything may be in them; they go into JSON and HDF5, which take UTF-8
   alone. U+0000, which stands as C0 80 in the strings of documents (json.c), becomes "\0", what is
   no character, as half of one that a format cut, "?". */
static void make_utf8(char *message) {
  uint32_t code_point;
  for (size_t at = 0, n = strlen(message), length; at < n; at += length) {
    length = bs_utf8_decode(message + at, n - at, &code_point);
    if (length > 0)
      continue;
    bool is_nul = memcmp(message + at, "\xC0\x80", 2) == 0;
    length = is_nul ? 2 : 1;
    memcpy(message + at, is_nul ? "\\0" : "?", length);
  }
}

bs_status bs_error_set(bs_error *err, bs_status status, const char *format, ...) {
  if (err == NULL || err->status != BS_OK)
    return status;
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(err->message, sizeof err->message, format, arguments);
  va_end(arguments);
  if (n >= BS_ERROR_MESSAGE_BYTES)
    mark_cut(err->message);
  make_utf8(err->message);
  err->status = status;
  return status;
}

void bs_error_prefix(bs_error *err, const char *format, ...) {
  if (err == NULL || err->status == BS_OK)
    return;
  char message[2 * BS_ERROR_MESSAGE_BYTES + 4];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(message, BS_ERROR_MESSAGE_BYTES, format, arguments);
  va_end(arguments);
  size_t at = n < 0 ? 0 : n >= BS_ERROR_MESSAGE_BYTES ? BS_ERROR_MESSAGE_BYTES - 1 : (size_t)n;
  snprintf(message + at, sizeof message - at, ": %s", err->message);
  size_t length = strlen(message);
  size_t kept = length < sizeof err->message ? length : sizeof err->message - 1;
  memcpy(err->message, message, kept);
  err->message[kept] = '\0';
  if (kept < length)
    mark_cut(err->message);
  make_utf8(err->message);
}

bs_status bs_error_recast(bs_error *err, bs_status status) {
  if (err != NULL && err->status != BS_OK)
    err->status = status;
  return status;
}

void bs_error_clear(bs_error *err) {
  if (err == NULL)
    return;
  err->status = BS_OK;
  err->message[0] = '\0';
}
