/* Python's regular expressions (module re, as of 3.11, over str) for PCRE2. Every construct is read
   as Python's parser reads it and spelled out for PCRE2 anew, so that nothing means what the other
   engine would take it for; what Python refuses, and what has no equal, is refused with the reason.

   Source of the syntax: the documentation of Python's module re. Unicode classes are those of the
   PCRE2 that is linked (its \p{L}, \p{N}, \p{Nd}). */
#ifndef BIGSWEEP_METRICS_PYTHON_REGEX_INTERNAL_H
#define BIGSWEEP_METRICS_PYTHON_REGEX_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"

/* Appends the PCRE2 pattern that matches what the Python pattern does, to be compiled with
   PCRE2_UTF | PCRE2_UCP and PCRE2_NEWLINE_LF. *n_groups is the number of capturing groups.
   BS_ERR_INPUT: not an expression of Python's, or one that cannot be had, with byte and reason. */
bs_status bs_python_regex_translate(const char *pattern, bs_text *out, size_t *n_groups,
                                    bs_error *err);

/* What the source files of the translation share. */

typedef enum bs_python_flag {
  BS_PYTHON_ASCII = 1,
  BS_PYTHON_IGNORE_CASE = 2,
  BS_PYTHON_MULTILINE = 4,
  BS_PYTHON_DOT_ALL = 8,
  BS_PYTHON_VERBOSE = 16,
  BS_PYTHON_UNICODE = 32, /* the default of str: says so explicitly */
} bs_python_flag;

enum { BS_PYTHON_MAX_GROUPS = 100 };

/* Code points that a part of an expression takes at least and at most. */
typedef struct bs_python_width {
  uint64_t low, high;
} bs_python_width;

typedef struct bs_python_group {
  const char *name; /* in the pattern; NULL: none */
  size_t n_name;
  bs_python_width width;
  bool is_open; /* its end has not been read */
} bs_python_group;

typedef struct bs_python_regex {
  const char *in;
  size_t n, at;
  bs_text *out;
  bs_error *err;
  bs_status status;
  unsigned flags;                                   /* where the parser is */
  bs_python_group groups[BS_PYTHON_MAX_GROUPS + 1]; /* from 1 */
  size_t n_groups;
  size_t lookbehind_groups; /* groups over this number are of the look-behind; SIZE_MAX: in none */
  size_t depth;
} bs_python_regex;

/* Records the first fault, at byte `at`. */
void bs_python_fault(bs_python_regex *r, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void bs_python_put(bs_python_regex *r, const char *string);

/* The character at r->at (the end is not reached), consumed. */
uint32_t bs_python_character(bs_python_regex *r);

/* Whether the case of letters is left to PCRE2: with ASCII it is spelled out. */
bool bs_python_leaves_case(const bs_python_regex *r);

/* Appends an expression that matches one character that stands for itself. */
void bs_python_put_character(bs_python_regex *r, uint32_t c);

/* An escape of one character at r->at (behind the backslash at `start`), consumed. False, nothing
   consumed, when it is none: a class, a position, a group. */
bool bs_python_character_escape(bs_python_regex *r, size_t start, bool in_class, uint32_t *c);

/* The inside of a class for \d, \s, \w under the flags of now, NULL for another letter. */
const char *bs_python_category(const bs_python_regex *r, char letter);

/* A class at r->at (behind its bracket), consumed: appends an expression of one character. */
void bs_python_class(bs_python_regex *r);

#endif
