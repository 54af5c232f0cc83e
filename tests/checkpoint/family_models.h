/* A small model of each family: its config.json as members that a test may change, and weights. */
#ifndef BIGSWEEP_TESTS_FAMILY_MODELS_H
#define BIGSWEEP_TESTS_FAMILY_MODELS_H

#include <stddef.h>

typedef struct config_member {
  const char *key, *value; /* JSON text; NULL: absent */
} config_member;

enum { FAMILY_MEMBERS = 26, FAMILY_TENSORS = 40 };

typedef struct family_model {
  const char *architecture;
  config_member members[FAMILY_MEMBERS]; /* beside architectures and model_type */
  /* For each key that the family obeys, a value that must change what is computed or be refused. */
  config_member probes[FAMILY_MEMBERS];
  /* "NAME:rows,columns" of V (10 tokens), D (8), F (32), T (24 = 3 D), P (20), Q (22), K (4), H
     (16), N (2), O (1);
     "%zu" in the name stands for each of the 2 layers. */
  const char *tensors[FAMILY_TENSORS];
} family_model;

extern const family_model family_models[];
extern const size_t n_family_models;

/* Writes the weights into a fresh folder `name`; returns its path. */
const char *make_family_weights(const family_model *model, const char *name);
/* Writes config.json: the members, with `changes` (n of them) in place of those of the same key or
   behind the others. */
void write_family_config(const family_model *model, const char *folder,
                         const config_member *changes, size_t n);

#endif
