/* What comes of opening a model with a config.json that was changed: what is computed, written out
   as text, or a refusal; and the rule that a change of one key has to keep to. */
#ifndef BIGSWEEP_TESTS_KEY_OUTCOME_H
#define BIGSWEEP_TESTS_KEY_OUTCOME_H

#include <stdbool.h>

#include "checkpoint/keys_internal.h"

enum { N_KEY_VALUES = 16 };

/* Values that a key may get; NULL: absent. */
extern const char *const key_values[N_KEY_VALUES];

/* What came of opening a folder. */
typedef struct outcome {
  bs_text text;  /* of the blueprint; empty when refused */
  bs_text notes; /* one a line */
  bs_error err;  /* of a refusal */
} outcome;

outcome outcome_open(const char *folder);
void outcome_free(outcome *found);

bool outcome_is_refused(const outcome *found);
bool outcome_is_same(const outcome *found, const outcome *base);
/* Whether the refusal, or else a note, speaks of `key`. */
bool outcome_names(const outcome *found, const char *key);

/* Fails the test: `key` with `value` should have been `expected`. */
void outcome_complain(const bs_family *family, const char *key, const char *value,
                      const outcome *found, const char *expected);
/* Checks what came of giving one key another value against what the tables say of it; `base` is the
   outcome without the change. */
void outcome_check(const bs_family *family, const char *key, const char *value,
                   const outcome *found, const outcome *base);

#endif
