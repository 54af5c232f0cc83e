/* Calls of the program as its users make them, and what they gave. */
#ifndef BIGSWEEP_TESTS_PROGRAM_CALLING_H
#define BIGSWEEP_TESTS_PROGRAM_CALLING_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/json.h"

/* What a call gave. */
typedef struct outcome {
  int code;
  bs_text out, err;
} outcome;

/* Runs "bigsweep <arguments>" through a shell with `input` as its standard input. */
outcome run(const char *input, const char *format, ...) __attribute__((format(printf, 2, 3)));
void outcome_free(outcome *o);

/* Line i of a text, parsed as JSON; the caller frees it. */
bs_json *json_line(const bs_text *text, size_t i);
/* Whether a text has this part; one that is missing is printed with the text. */
bool has(const bs_text *text, const char *part);
/* The folder of a model of the ladder; valid until the next call. */
const char *ladder(const char *size);

#endif
