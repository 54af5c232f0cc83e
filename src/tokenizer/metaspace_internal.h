/* "Metaspace", which is a pre-tokenizer and a decoder: spaces as a visible mark. */
#ifndef BIGSWEEP_TOKENIZER_METASPACE_INTERNAL_H
#define BIGSWEEP_TOKENIZER_METASPACE_INTERNAL_H

#include "bigsweep/buffer.h"
#include "bigsweep/json.h"

/* Before which pieces a mark is put that the text does not have. */
typedef enum bs_prepend_scheme {
  BS_PREPEND_ALWAYS,
  BS_PREPEND_FIRST, /* the one at the start of the input */
  BS_PREPEND_NEVER,
} bs_prepend_scheme;

typedef struct bs_metaspace_options {
  bs_prepend_scheme scheme;
  bool split; /* marks begin pieces */
} bs_metaspace_options;

/* Reads the newer form (prepend_scheme, split) and the older one (add_prefix_space). */
bs_status bs_metaspace_parse(bs_metaspace_options *options, bs_text *mark, const bs_json *json,
                             const cJSON *item, bs_error *err);

#endif
