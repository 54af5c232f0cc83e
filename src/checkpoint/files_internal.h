/* The weight files of a model's folder. */
#ifndef BIGSWEEP_CHECKPOINT_FILES_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_FILES_INTERNAL_H

#include "base/file_internal.h"
#include "base/name_list_internal.h"
#include "checkpoint/safetensors_internal.h"

typedef struct bs_weight_files {
  struct bs_gguf *gguf; /* of a GGUF file: owns the maps; NULL for a folder */
  bs_file_map *maps;
  size_t n_maps, capacity;
  bs_name_list names;     /* of the maps' files in the folder */
  bs_tensor_list tensors; /* sorted by name */
  bool index_is_left_out; /* an index and its shards stand beside model.safetensors */
} bs_weight_files;

/* Maps model.safetensors (as transformers does where both are there), else the shards of
   model.safetensors.index.json, and reads their headers. Pickle files alone are BS_ERR_UNSUPPORTED.
   On an error `files` is to be closed all the same. */
bs_status bs_weight_files_open(bs_weight_files *files, const char *dir, bs_error *err);
/* The same of a GGUF file and its splits. */
bs_status bs_weight_files_open_gguf(bs_weight_files *files, const char *path, bs_error *err);
/* Bytes in front of the tensors of file i. */
size_t bs_weight_files_header(const bs_weight_files *files, size_t i);
void bs_weight_files_close(bs_weight_files *files);

/* The files beside the weights that scores depend on, where they are there; ends with NULL. */
extern const char *const bs_model_texts[];
/* Whether file i of them counts in this folder: the older forms of a tokenizer do where
   tokenizer.json is absent. */
bs_status bs_model_text_counts(const char *dir, size_t i, bool *counts, bs_error *err);

/* An adapter beside a whole model: transformers would apply it. */
bs_status bs_folder_refuse_adapter(const char *dir, bs_error *err);

bool bs_ends_with(const char *text, const char *end);

#endif
