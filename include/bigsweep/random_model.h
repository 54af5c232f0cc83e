/* Checkpoints of random weights, for measuring speed and memory at any size. */
#ifndef BIGSWEEP_RANDOM_MODEL_H
#define BIGSWEEP_RANDOM_MODEL_H

#include "bigsweep/checkpoint.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The shape of a model; d_model / n_heads is the size of a head, d_ff the width of one expert where
   there are experts. */
typedef struct bs_random_model {
  const char *family; /* "llama", "gptneox", "gpt2", "mixtral" (8 experts, 2 a token), "olmoe"
                         (64, 8), "t5" (an encoder and a decoder of n_layers each, gated), "switch"
                         (the same without a gate; every second layer has 8 experts, 1 a token) */
  size_t n_layers, d_model, d_ff, n_heads;
  size_t n_kv_heads; /* of "llama", "mixtral", "olmoe"; n_heads elsewhere */
  size_t vocab_size, max_positions;
  bs_dtype store; /* F32, F16 or BF16 */
  uint64_t seed;
} bs_random_model;

/* Bytes of its safetensors file. BS_ERR_USAGE names what is wrong with the shape. */
BS_API bs_status bs_random_model_bytes(const bs_random_model *model, uint64_t *bytes,
                                       bs_error *err);

/* Writes config.json and model.safetensors into an existing folder that has neither. Elements of a
   matrix are normal with variance 1 / inputs (65,536 quantiles, drawn by a hash of seed, tensor and
   index), norms are 1, biases small; the same for the same model, whatever the number of threads.
   There is no end-of-text token. BS_ERR_LIMIT with both numbers when the file system is too full;
   what was written is removed on an error. */
BS_API bs_status bs_random_model_write(const bs_random_model *model, const char *dir,
                                       bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
