/* Model checkpoints: folders as they are downloaded from Hugging Face, config.json and
 *.safetensors, and GGUF files. Files are mapped read-only; every length and offset in them is
 *checked before use. */
#ifndef BIGSWEEP_CHECKPOINT_H
#define BIGSWEEP_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Element types of the safetensors format; X(enum, name in the file, bytes per element). */
#define BS_DTYPE_LIST(X)                                                                           \
  X(BS_DTYPE_BOOL, "BOOL", 1)                                                                      \
  X(BS_DTYPE_U8, "U8", 1)                                                                          \
  X(BS_DTYPE_I8, "I8", 1)                                                                          \
  X(BS_DTYPE_I16, "I16", 2)                                                                        \
  X(BS_DTYPE_U16, "U16", 2)                                                                        \
  X(BS_DTYPE_F16, "F16", 2)                                                                        \
  X(BS_DTYPE_BF16, "BF16", 2)                                                                      \
  X(BS_DTYPE_I32, "I32", 4)                                                                        \
  X(BS_DTYPE_U32, "U32", 4)                                                                        \
  X(BS_DTYPE_F32, "F32", 4)                                                                        \
  X(BS_DTYPE_F64, "F64", 8)                                                                        \
  X(BS_DTYPE_I64, "I64", 8)                                                                        \
  X(BS_DTYPE_U64, "U64", 8)

/* Types of GGUF files whose elements are stored in blocks; X(NAME). */
#define BS_BLOCK_DTYPE_LIST(X)                                                                     \
  X(Q4_0)                                                                                          \
  X(Q4_1)                                                                                          \
  X(Q5_0)                                                                                          \
  X(Q5_1)                                                                                          \
  X(Q8_0)                                                                                          \
  X(Q2_K)                                                                                          \
  X(Q3_K)                                                                                          \
  X(Q4_K)                                                                                          \
  X(Q5_K)                                                                                          \
  X(Q6_K)                                                                                          \
  X(IQ2_XXS)                                                                                       \
  X(IQ2_XS)                                                                                        \
  X(IQ3_XXS)                                                                                       \
  X(IQ1_S)                                                                                         \
  X(IQ4_NL)                                                                                        \
  X(IQ3_S)                                                                                         \
  X(IQ2_S)                                                                                         \
  X(IQ4_XS)                                                                                        \
  X(IQ1_M)                                                                                         \
  X(TQ1_0)                                                                                         \
  X(TQ2_0)                                                                                         \
  X(MXFP4)

typedef enum bs_dtype {
#define BS_DTYPE_ENUM(id, name, bytes) id,
#define BS_BLOCK_DTYPE_ENUM(name) BS_DTYPE_##name,
  BS_DTYPE_LIST(BS_DTYPE_ENUM) BS_BLOCK_DTYPE_LIST(BS_BLOCK_DTYPE_ENUM)
#undef BS_DTYPE_ENUM
#undef BS_BLOCK_DTYPE_ENUM
      BS_DTYPES
} bs_dtype;

BS_API const char *bs_dtype_name(bs_dtype dtype);
/* Bytes of an element; 0 for types in blocks. */
BS_API size_t bs_dtype_bytes(bs_dtype dtype);
/* Elements of a block, 1 for other types; and bytes of n elements, which are whole blocks. */
BS_API size_t bs_dtype_block(bs_dtype dtype);
BS_API size_t bs_dtype_size(bs_dtype dtype, size_t n);

enum { BS_TENSOR_MAX_DIMS = 8 };

/* A tensor of a checkpoint; everything is borrowed until the checkpoint is freed. */
typedef struct bs_tensor {
  const char *name;
  bs_dtype dtype;
  size_t n_dims; /* 0 is a scalar */
  uint64_t shape[BS_TENSOR_MAX_DIMS];
  const void *data; /* n_bytes bytes, row-major, little-endian; may be unaligned */
  size_t n_bytes;
} bs_tensor;

typedef struct bs_checkpoint bs_checkpoint;

/* BS_OK for a folder that holds config.json and for a GGUF file; else the error says what the path
   seems to be (nothing, a name on the Hub, a folder of the Hub's cache, an adapter, a folder with a
   GGUF file) and what to give in its place. */
BS_API bs_status bs_checkpoint_check_folder(const char *dir, bs_error *err);

/* Versions of transformers, by what they make of files that they do not agree about
   (docs/models.md): how far yarn and longrope stretch, and what experts beyond their capacity do.
 */
typedef enum bs_reading {
  BS_READING_DEFAULT, /* of capacity that of 4.52; where the rest differs the model is refused */
  BS_READING_4_52,
  BS_READING_5_0
} bs_reading;
/* "default", "4.52" or "5.0"; BS_ERR_USAGE lists them. */
BS_API bs_status bs_reading_parse(bs_reading *out, const char *name, bs_error *err);
BS_API const char *bs_reading_name(bs_reading reading);

/* Opens a GGUF file (a path that ends in ".gguf") with its splits, or a folder: config.json, then
   model.safetensors, or model.safetensors.index.json and its shards. Checks that the architecture
   is known (else BS_ERR_UNSUPPORTED, the known ones listed), that config.json has no key that would
   change the scores but is not implemented (docs/models.md), that the architecture has a place for
   every tensor of the files, that every tensor it needs is there in the shape that follows from
   config.json, and that a folder with pickle files alone (pytorch_model.bin,
   *.pt) is refused with the reason. */
BS_API bs_status bs_checkpoint_open(bs_checkpoint **out, const char *dir, bs_error *err);
/* The same in a reading other than the default one. */
BS_API bs_status bs_checkpoint_open_as(bs_checkpoint **out, const char *dir, bs_reading reading,
                                       bs_error *err);
BS_API void bs_checkpoint_free(bs_checkpoint **checkpoint);

/* A tensor by name, or NULL. */
BS_API const bs_tensor *bs_checkpoint_tensor(const bs_checkpoint *checkpoint, const char *name);
BS_API size_t bs_checkpoint_n_tensors(const bs_checkpoint *checkpoint);
/* Tensors in order of name. */
BS_API const bs_tensor *bs_checkpoint_tensor_at(const bs_checkpoint *checkpoint, size_t i);

/* Returns to the system the memory that reading a tensor (NULL: all tensors) has taken. The tensor
 * stays readable: its pages are read from the file again. */
BS_API void bs_checkpoint_release_pages(const bs_checkpoint *checkpoint, const bs_tensor *tensor);

/* Reads all weights (with OpenMP's threads) and returns their memory to the system. BS_ERR_INPUT
   names the tensor and the element of the first one that is NaN or infinite; buffers without effect
   are not checked. */
BS_API bs_status bs_checkpoint_check_finite(const bs_checkpoint *checkpoint, bs_error *err);

/* What a model is, for tables and plans. Strings borrowed until the checkpoint is freed. */
typedef struct bs_model_info {
  const char *architecture;          /* "LlamaForCausalLM" */
  uint64_t parameters;               /* tied weights once, buffers not counted */
  uint64_t non_embedding_parameters; /* without token and learned position tables and without an
                                        untied output head's matrix */
  uint64_t encoder_parameters; /* of non_embedding_parameters: those that a context goes through
                                  and an answer does not, of experts the chosen ones; 0: there is no
                                  encoder */
  uint64_t active_parameters;  /* those that a token goes through: of n experts the chosen ones; as
                                  parameters where there are no experts */
  size_t n_layers, d_model, vocab_size; /* layers of encoder and decoder together */
  size_t max_positions;                 /* longest context in tokens */
  bool has_encoder;         /* a context goes to an encoder, answers to a decoder that sees it; each
                               of the two may have max_positions tokens */
  int32_t decoder_start;    /* the id that a decoder with an encoder begins with */
  bs_dtype weights_dtype;   /* of the largest share of the elements */
  uint64_t weights_bytes;   /* in the files */
  const char *quantization; /* of a GGUF file the name of weights_dtype, "Q4_K"; NULL: a folder */
} bs_model_info;

BS_API void bs_checkpoint_info(const bs_checkpoint *checkpoint, bs_model_info *info);

/* Remarks for the user on what was read, such as keys of config.json that nothing here knows; one
   line each, without a newline; borrowed until the checkpoint is freed. */
BS_API size_t bs_checkpoint_n_notes(const bs_checkpoint *checkpoint);
BS_API const char *bs_checkpoint_note(const bs_checkpoint *checkpoint, size_t i);

/* SHA-256 of the content that scores depend on: for each of config.json, generation_config.json
   (its EOS ids replace those of config.json), tokenizer.json,
   tokenizer_config.json, special_tokens_map.json (where they exist) and the safetensors files in
   order of name, the line
   "<sha256 of the file>  <file name>\n", hashed together. `hex` receives 64 digits and NUL. Reads
   all files; needs no parsed checkpoint. */
BS_API bs_status bs_checkpoint_sha256(const char *dir, char hex[65], bs_error *err);

/* Tells copies of a folder apart without reading all weights. Appends a line
   "<64 hex digits>  <file name>\n" for each file that scores depend on and that is there: of a text
   the SHA-256 of its content; of a safetensors file that of its size, its header and four blocks of
   each tensor (the first, the last and two between), so that another model, training step or
   precision is always noticed, but a single changed weight usually is not. */
BS_API bs_status bs_checkpoint_fingerprints(const char *dir, bs_text *lines, bs_error *err);
/* BS_ERR_INPUT where the folder has other fingerprints than these; names the first file that
 * differs, is missing or is extra. */
BS_API bs_status bs_checkpoint_check_copy(const char *dir, const char *fingerprints, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
