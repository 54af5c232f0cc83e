/* The kinds of rotary scaling ("rope_type"): how each changes the frequencies. */
#ifndef BIGSWEEP_CHECKPOINT_ROPE_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_ROPE_INTERNAL_H

#include "checkpoint/family_internal.h"

/* One set of angles on its way from config.json. */
typedef struct bs_rope {
  bs_reader *reader;
  bs_blueprint *blueprint;
  bs_angles *angles;   /* with theta^(-2 i / d) as frequencies and factor 1 */
  const cJSON *object; /* rope_scaling or rope_parameters, or NULL */
  const char *key;     /* which of them */
  double theta;
  size_t default_original; /* the family's original_max_position_embeddings; 0: none */
} bs_rope;

enum { BS_ROPE_MEMBERS = 8 };

typedef struct bs_rope_kind {
  const char *name;
  void (*apply)(const bs_rope *rope);   /* NULL: nothing is changed */
  const char *members[BS_ROPE_MEMBERS]; /* that it reads beside those that every kind may have */
} bs_rope_kind;

extern const bs_rope_kind bs_rope_kinds[]; /* the plain one first; ends with name NULL */

#endif
