/* A GGUF file as a model: told in the terms of a folder, so that families read both alike. Its
   metadata become the keys of a config.json, its tensors get the names that the family's files
   have; what is laid out otherwise is put right in the blueprint. */
#ifndef BIGSWEEP_CHECKPOINT_GGUF_MODEL_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_GGUF_MODEL_INTERNAL_H

#include "checkpoint/family_internal.h"
#include "gguf/gguf_internal.h"

typedef enum bs_gguf_key_kind {
  BS_GGUF_KEY_SIZE,   /* a whole number */
  BS_GGUF_KEY_NUMBER, /* written with the fewest digits that give the same f32 */
  BS_GGUF_KEY_BOOL,
  BS_GGUF_KEY_READ,  /* obeyed in some other way (gguf_config.c) */
  BS_GGUF_KEY_LABEL, /* without effect on scores */
} bs_gguf_key_kind;

/* A key behind "ARCHITECTURE." and the key of config.json that it becomes. */
typedef struct bs_gguf_key {
  const char *key, *name;
  bs_gguf_key_kind kind;
  bool required;
  const char *fallback; /* another key behind "ARCHITECTURE.", whose value stands in; or NULL */
} bs_gguf_key;

/* A tensor without ".weight" and what the family calls it. With '*' it is the matrices of all
   experts, whose number '*' stands for. */
typedef struct bs_gguf_name {
  const char *name, *place;
} bs_gguf_name;

/* What general.architecture stands for. A row of gguf_architectures.c. */
typedef struct bs_gguf_architecture {
  const char *name;
  const char *marker;                /* NULL, or a tensor that the files of this row have; the row
                                        without one comes behind it */
  const char *architecture;          /* of config.json */
  const char *constants;             /* members of config.json that the file does not say */
  const bs_gguf_key *keys;           /* beside those of all; ended by key NULL */
  const bs_gguf_name *stack, *layer; /* full names of the stack's tensors, and those behind "blk.N."
                                        and what stands behind `layers` and the number; ended by
                                        name NULL */
  const char *layers;                /* "model.layers" */
  /* NULL, or an encoder's, "enc.blk.N."; `layer` is then the decoder's, "dec.blk.N." */
  const bs_gguf_name *encoder_layer;
  const char *encoder_layers;
  bool neighbours; /* rows of q and k are permuted: dimensions 2 i and 2 i + 1 are rotated together
                    */
  bool splits_qkv; /* attn_qkv, where the file has it, is q, k and v of the family's files */
} bs_gguf_architecture;

extern const bs_gguf_architecture bs_gguf_architectures[]; /* ends with name NULL */
extern const bs_gguf_key bs_gguf_keys_of_all[];

/* The tensor of that name in the file, or NULL. */
const bs_gguf_tensor *bs_gguf_find_tensor(const bs_gguf *gguf, const char *name);

/* The row of the file's general.architecture; BS_ERR_UNSUPPORTED lists those that are known. */
bs_status bs_gguf_architecture_of(const bs_gguf_architecture **out, const bs_gguf *gguf,
                                  bs_error *err);

/* gguf_config.c: the metadata as a config.json. Keys of the architecture that are not known are
   BS_ERR_UNSUPPORTED: they may change the scores. */
bs_status bs_gguf_config(bs_json **out, const bs_gguf *gguf, bs_error *err);

/* gguf_tensors.c: the tensors under the family's names, borrowing the file's data. */
bs_status bs_gguf_tensors(bs_tensor_list *list, const bs_gguf *gguf, bs_error *err);

/* Puts right in a description what a GGUF file lays out otherwise. */
void bs_gguf_settle(bs_reader *reader, bs_blueprint *blueprint);

#endif
