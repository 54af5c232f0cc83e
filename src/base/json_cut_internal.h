/* A JSON document whose longest lists are left out of its tree. */
#ifndef BIGSWEEP_BASE_JSON_CUT_INTERNAL_H
#define BIGSWEEP_BASE_JSON_CUT_INTERNAL_H

#include "base/json_reader_internal.h"
#include "bigsweep/json.h"

enum { BS_JSON_MAX_CUTS = 2 };

/* What is left out: members of a member of the root, {"model": {"vocab": …, "merges": …}}. */
typedef struct bs_json_cut_names {
  const char *object;
  const char *members[BS_JSON_MAX_CUTS];
  size_t n;
} bs_json_cut_names;

/* A list or object that was left out: text[start..end) with its brackets. */
typedef struct bs_json_cut_member {
  size_t start, end; /* end is 0: the member is none of both, or not there */
  size_t n_elements; /* at most */
  bool was_read;     /* a reader has gone over it */
} bs_json_cut_member;

typedef struct bs_json_cut {
  bs_json *json; /* what is left: such a member stands in it as an empty list or object, and lines
                    are those of the text */
  const char *name, *text; /* borrowed */
  size_t n_bytes;
  bs_json_cut_names names;
  bs_json_cut_member members[BS_JSON_MAX_CUTS];
} bs_json_cut;

/* Parses all but the members that `names` says. Errors are those of bs_json_parse; a fault in a
   member is found by whoever reads it, or by bs_json_cut_check. */
bs_status bs_json_cut_parse(bs_json_cut *cut, const char *text, size_t n_bytes, const char *name,
                            const bs_json_cut_names *names, bs_error *err);
void bs_json_cut_free(bs_json_cut *cut);
/* A reader behind the opening bracket of member i; false where it does not begin with `open`. Free
   the reader's `decoded`. */
bool bs_json_cut_begin(bs_json_cut *cut, size_t i, char open, bs_json_reader *reader);
/* BS_ERR_INPUT: the text is no JSON (in what was left out). It is parsed as a whole. */
bs_status bs_json_cut_check(const bs_json_cut *cut, bs_error *err);
/* Says why a reader is broken. */
bs_status bs_json_cut_broken(const bs_json_cut *cut, const bs_json_reader *reader, bs_error *err);
/* As bs_json_fault, at an element of member i. */
bs_status bs_json_cut_fault(const bs_json_cut *cut, size_t i, size_t element, bs_error *err,
                            const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
