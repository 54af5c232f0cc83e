/* Which keys of config.json matter: for every family each key is obeyed, harmless or refused. A key
   that would change what the model computes and is not read would give wrong scores silently. */
#ifndef BIGSWEEP_CHECKPOINT_KEYS_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_KEYS_INTERNAL_H

#include "checkpoint/family_internal.h"

enum { BS_KEY_NEUTRALS = 3 };

/* A key that is refused unless its value is neutral, that is, changes nothing. null, [] and {} are
   neutral unless the rule says otherwise. */
struct bs_key_rule {
  const char *key;                      /* may begin or end with '*' */
  const char *neutral[BS_KEY_NEUTRALS]; /* further neutral values, as JSON text */
  /* Further neutral values that depend on other keys (optional). */
  bool (*is_neutral)(const bs_reader *reader, const cJSON *value);
  bool null_counts; /* null is not neutral: Python takes it as false, or stops at it */
  const char *why;  /* what the key does, and where it comes from */
};

typedef enum bs_key_use {
  BS_KEY_OBEYED,
  BS_KEY_HARMLESS, /* changes nothing that is computed here */
  BS_KEY_REFUSED,  /* by a rule */
  BS_KEY_ALIAS,    /* another family's name for an obeyed key: they must agree */
  BS_KEY_SUSPECT,  /* unknown, with a name that speaks of what is computed: refused */
  BS_KEY_UNKNOWN,  /* told to the user by name */
} bs_key_use;

/* *rule is set for BS_KEY_REFUSED, else NULL. */
bs_key_use bs_key_use_of(const bs_family *family, const char *key, const bs_key_rule **rule);

/* Fails the reader at the first key that is refused or contradicts its other name; appends the
   unknown ones to reader->notes. */
void bs_keys_check(bs_reader *reader);

/* The tables that all families share, NULL-terminated. A name may begin or end with '*'. */
extern const char *const bs_keys_obeyed_by_all[];
extern const char *const bs_keys_harmless_to_all[];
extern const bs_key_rule bs_keys_refused_by_all[]; /* ends with key NULL */
/* Parts of names that speak of what is computed; '_' in front: at the beginning of a word. */
extern const char *const bs_key_suspect_parts[];

enum { BS_KEY_GROUP_NAMES = 8 };
/* Names that families have for one thing; each ends with NULL, the list with an empty group. */
extern const char *const bs_key_groups[][BS_KEY_GROUP_NAMES];

/* Rules that only some families have. */
bool bs_key_is_hidden_size(const bs_reader *reader, const cJSON *value);
bool bs_key_is_four_hidden_sizes(const bs_reader *reader, const cJSON *value);
/* Whether an auto_map names these Python modules (ended by NULL) and tokenizers alone. */
bool bs_key_names_modules(const cJSON *value, const char *const *modules);

#endif
