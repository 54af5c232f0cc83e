/* UTF-8, white space, near-miss suggestions, guesses of formats, SHA-256. */
#ifndef BIGSWEEP_BASE_TEXT_INTERNAL_H
#define BIGSWEEP_BASE_TEXT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/error.h"
#include "bigsweep/helpers.h"

/* Decodes the code point at text[0..n): returns its length in bytes (1..4) and sets *code_point; 0
   when the bytes are not UTF-8 (overlong forms, surrogates and values past U+10FFFF are refused) or
   n is 0. */
size_t bs_utf8_decode(const char *text, size_t n, uint32_t *code_point);
/* Writes the UTF-8 form (1..4 bytes) of a valid code point and returns its length. */
size_t bs_utf8_encode(uint32_t code_point, char out[4]);

/* What Python's str.strip and str.split take for white space. */
bool bs_is_space(uint32_t code_point);
/* The length of text[0..n_bytes) without the white space at its end. UTF-8. */
size_t bs_trimmed_bytes(const char *text, size_t n_bytes);
/* The length of the white space at its beginning. */
size_t bs_leading_space_bytes(const char *text, size_t n_bytes);

/* Whether a name stands among names that are separated by commas ("a,b"). */
bool bs_list_has(const char *list, const char *name);
bool bs_list_has_bytes(const char *list, const char *name, size_t n_bytes);
/* What a file seems to be whose content is not of the expected kind: "it is a Git LFS pointer: …",
   the whole message behind the file's name; "" when it looks like nothing known. */
const char *bs_guess_format(const char *bytes, size_t n);

/* SHA-256 of bytes, raw and as 64 hex digits with NUL. */
bs_status bs_sha256(const void *bytes, size_t n_bytes, unsigned char digest[32], bs_error *err);
void bs_hex(const unsigned char *bytes, size_t n, char *hex);
/* Of a file's content, streamed. */
bs_status bs_sha256_file(const char *path, char hex[65], bs_error *err);

#endif
