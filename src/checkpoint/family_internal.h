/* Model families: a source file and a row of the table each. A family reads config.json and binds
   the tensors it needs; the first fault sticks, so that the code of a family reads straight on and
   asks for the status once. */
#ifndef BIGSWEEP_CHECKPOINT_FAMILY_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_FAMILY_INTERNAL_H

#include "base/name_list_internal.h"
#include "bigsweep/json.h"
#include "checkpoint/blueprint_internal.h"
#include "checkpoint/safetensors_internal.h"

typedef struct bs_reader bs_reader;
typedef struct bs_key_rule bs_key_rule; /* keys_internal.h */

typedef struct bs_family {
  const char *architecture; /* "architectures" of config.json */
  const char *model_type;   /* stands in where config.json names no architecture */
  /* Names that older files have for the same kind of model (optional). */
  const char *older_architecture;
  const char *const *older_types; /* ended by NULL */
  void (*describe)(bs_reader *reader, bs_blueprint *blueprint);
  /* NULL, or describes the encoder that the stack of describe(), which is called before, sees. */
  void (*describe_encoder)(bs_reader *reader, bs_blueprint *blueprint);
  /* Ends of names of tensors that are buffers of no effect, NULL-terminated; with a '.' at the end
     their beginnings, of parts that texts do not go through. */
  const char *const *ignored;
  /* Keys of config.json beside those of all families (keys_internal.h): those that describe() reads
     and those of no effect, NULL-terminated; rules for those that are refused, ended by key NULL.
     A key stands in one of the three. */
  const char *const *obeyed, *const *harmless;
  const bs_key_rule *refused;
} bs_family;

const bs_family *bs_family_find(const char *architecture, const char *model_type);
bool bs_family_has_type(const bs_family *family, const char *model_type);
/* The family of row i of the table, NULL behind the last. */
const bs_family *bs_family_at(size_t i);
/* "A, B, C" of all architectures. */
bs_status bs_family_names(bs_text *names, bs_error *err);

/* The families, in the order in which messages name them. The row of ROW(x) is `bs_family_x`: a new
   family is its source file, family_NAME.c, and a line here. */
#define BS_FAMILY_TABLE(ROW)                                                                       \
  ROW(llama)                                                                                       \
  ROW(gptneox)                                                                                     \
  ROW(gpt2)                                                                                        \
  ROW(qwen2)                                                                                       \
  ROW(qwen3)                                                                                       \
  ROW(mistral)                                                                                     \
  ROW(opt)                                                                                         \
  ROW(bloom)                                                                                       \
  ROW(gptj)                                                                                        \
  ROW(gptneo)                                                                                      \
  ROW(phi)                                                                                         \
  ROW(phi3)                                                                                        \
  ROW(smollm3)                                                                                     \
  ROW(xglm)                                                                                        \
  ROW(gemma)                                                                                       \
  ROW(gemma2)                                                                                      \
  ROW(gemma3)                                                                                      \
  ROW(gemma3_whole)                                                                                \
  ROW(t5)                                                                                          \
  ROW(t5_old)                                                                                      \
  ROW(mt5)                                                                                         \
  ROW(switch_transformers)                                                                         \
  ROW(falcon)                                                                                      \
  ROW(granite)                                                                                     \
  ROW(olmo)                                                                                        \
  ROW(olmo2)                                                                                       \
  ROW(mpt)                                                                                         \
  ROW(stablelm)                                                                                    \
  ROW(mixtral)                                                                                     \
  ROW(qwen2_moe)                                                                                   \
  ROW(qwen3_moe)                                                                                   \
  ROW(olmoe)

#define BS_FAMILY_DECLARE(name) extern const bs_family bs_family_##name;
BS_FAMILY_TABLE(BS_FAMILY_DECLARE)
#undef BS_FAMILY_DECLARE

/* A tensor that a family's describe() asks for. */
typedef struct bs_needed_tensor {
  const char *name;
  bs_slot slot;
  bool is_bias;
  size_t n_dims; /* 1 or 2 */
  uint64_t shape[2];
  size_t n_in; /* of a matrix, however it is stored */
} bs_needed_tensor;

/* What a family's describe() works with. */
struct bs_reader {
  const bs_json *config;
  const struct bs_gguf *gguf; /* the file that the model is, or NULL for a folder */
  const char *dir;
  bs_reading reading;
  const bs_family *family;
  const bs_tensor_list *tensors;
  bool *used; /* [tensors->n] */
  uint64_t parameters;
  uint64_t encoder_parameters; /* of these */
  bs_name_list *notes;         /* remarks for the user are added */
  /* NULL, or what is told of each tensor in order instead of looking for it, for a checkpoint that
     is yet to be written. */
  void (*plan)(void *context, const bs_needed_tensor *needed);
  void *plan_context;
  int32_t decoder_start; /* describe() sets it where there is an encoder; else -1 */
  int32_t eos;           /* where config.json has no eos_token_id; -1: none */
  bs_status status;      /* sticks */
  bs_error *err;
};

/* Largest sizes that config.json may ask for; they keep products of a few within 64 bits. */
enum { BS_MAX_WIDTH = 1 << 24, BS_MAX_LAYERS = 1 << 14, BS_MAX_EXPERTS = 1 << 12 };

/* Members of config.json. null counts as absent for sizes, as false for booleans (as in Python),
   and is refused where transformers stops at it: for numbers, strings and activations. */
bool bs_model_config_has(const bs_reader *reader, const char *key);
/* A whole number of 1 .. BS_MAX_WIDTH; `fallback` 0: the key is required. */
size_t bs_model_config_size(bs_reader *reader, const char *key, size_t fallback);
/* As bs_model_config_size for a key that has other names, which bs_keys_check has found to agree:
   `names` ends with NULL, the first one is the required one. */
size_t bs_model_config_size_of(bs_reader *reader, const char *const *names);
/* Heads that share the width evenly, each with keys and values of its own: n_kv_heads and head_dim,
   from d_model and n_heads. The keys of both name them in the error. */
void bs_model_config_heads(bs_reader *reader, bs_blueprint *blueprint, const char *heads,
                           const char *width);
/* Heads of keys and values that several of n_heads share: num_key_value_heads; absent: `fallback`
   (0: n_heads), null: n_heads. */
void bs_model_config_kv_heads(bs_reader *reader, bs_blueprint *blueprint, size_t fallback);
double bs_model_config_positive(bs_reader *reader, const char *key, double fallback);
bool bs_model_config_bool(bs_reader *reader, const char *key, bool fallback);
bs_activation bs_model_config_activation(bs_reader *reader, const char *key, const char *fallback);
/* The activation of a name that stands in the value of `key`. */
bs_activation bs_reader_activation(bs_reader *reader, const char *key, const char *name);
const char *bs_model_config_string(bs_reader *reader, const char *key, const char *fallback);
/* A token id of the vocabulary; `fallback` -1: the key is required. */
int32_t bs_model_config_token(bs_reader *reader, const char *key, size_t vocab_size,
                              int32_t fallback);
/* Fails the reader with BS_ERR_UNSUPPORTED or BS_ERR_INPUT at `key`. */
void bs_reader_fail(bs_reader *reader, bs_status status, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Adds a remark for the user. */
void bs_reader_note(bs_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Where a family's rotary settings stand beside rope_theta, partial_rotary_factor, rope_scaling and
   rope_parameters, and what it has where they are absent. */
typedef struct bs_rotary_source {
  const char *theta;                    /* in place of rope_theta beside the object; or NULL */
  const char *old_theta, *old_fraction; /* other names, or NULL */
  double default_theta;                 /* 0: 10000 */
  double default_fraction;              /* of a head's dimensions */
  size_t n_rotary;                      /* 0: by the fraction */
  size_t default_original;              /* original_max_position_embeddings; 0: none */
  const char *layers; /* the kind of layers whose settings are meant: rope_parameters has some for
                         each kind; NULL: it may not */
  bool plain;         /* rope_scaling is not meant for them */
} bs_rotary_source;

/* Reads rotary settings into n_angles and angles[set]. max_positions is set before; a kind of
   scaling may raise it. */
void bs_model_config_rotary(bs_reader *reader, bs_blueprint *blueprint, size_t set,
                            const bs_rotary_source *source);
/* angles[set] = theta^(-i / n_angles). */
void bs_reader_angles(bs_reader *reader, bs_blueprint *blueprint, size_t set, double theta,
                      size_t n_angles);
/* The keys that bs_model_config_rotary reads for every family. */
#define BS_ROTARY_KEYS                                                                             \
  "rope_theta", "rope_scaling", "rope_parameters", "original_max_position_embeddings"

typedef enum bs_alibi_kind { BS_ALIBI_BLOOM, BS_ALIBI_MPT } bs_alibi_kind;

/* Positions by ALiBi: slopes from 2^(-8 / n) down (Bloom, Falcon), or MPT's, of bias_max in place
   of 8 and chosen otherwise where the heads are no power of two. `scale` multiplies them. */
void bs_reader_alibi(bs_reader *reader, bs_blueprint *blueprint, bs_alibi_kind kind,
                     double bias_max, double scale);
/* Sinusoidal positions that no tensor holds; `width` is the key of d_model. */
void bs_reader_sinusoids(bs_reader *reader, bs_blueprint *blueprint, const char *width);

/* Sets every layer's window from sliding_window, layer_types and, with has_switch,
   use_sliding_window and max_window_layers. A key that is absent has transformers' default, null
   means no window. Without the switch all layers have the window, and layer_types that say
   otherwise are refused: transformers leaves them out there. */
void bs_model_config_windows(bs_reader *reader, bs_blueprint *blueprint, bool has_switch);
/* Sets every layer's window by layer_types, which is there: `window` for sliding_attention. */
void bs_model_config_layer_types(bs_reader *reader, bs_blueprint *blueprint, size_t window);

/* Allocates the layers: attention behind a norm, then the feed-forward layer behind another;
   score_scale is 1 / sqrt(head_dim), q and k are rotated by angles[0] where positions are rotary.
 */
void bs_reader_layers(bs_reader *reader, bs_blueprint *blueprint);
/* Attention and feed-forward side by side, both behind the attention's norm. */
void bs_reader_one_norm(bs_reader *reader, bs_blueprint *blueprint);
/* Rows of qkv hold all heads of q, then of k, then of v; or, interleaved, q, k and v of one head
   after the other. */
void bs_reader_heads(bs_blueprint *blueprint, bool interleaved);
/* Rows of qkv hold for each head of keys the heads of q that share it, then its k, then its v. */
void bs_reader_grouped_heads(bs_blueprint *blueprint);
/* The norms before attention and feed-forward and the last one have no tensors: their weights are
   1. */
void bs_reader_bare_norms(bs_reader *reader, bs_blueprint *blueprint);

/* Where a family's file has what belongs into a slot. Several rows of one slot are its parts in
   order; one row alone is all of it. */
typedef struct bs_place {
  bs_slot slot;
  const char *name; /* without ".weight"; of a layer's slot what follows the layer's number; of
                       members '*' stands for a member's number */
} bs_place;

typedef struct bs_naming {
  const char *prefix; /* of all names but the head's */
  const char *layers; /* tensors of layer N are called PREFIX LAYERS.N.NAME */
  /* In the order of the files, those of a layer together; ended by name NULL. */
  const bs_place *places;
  bool transposed; /* the layers' matrices are stored as [n_in][n_out] */
  uint32_t biased; /* BS_SLOT_BIT of the slots that have biases */
  uint32_t absent; /* BS_SLOT_BIT of the places that this model does not have */
  bool tied;       /* the head is the embedding; one that is stored as well must be the same */
} bs_naming;

#define BS_SLOT_BIT(slot) (UINT32_C(1) << (slot))
/* Everything but the head. */
#define BS_SLOTS_OF_LAYERS_AND_NORMS (~BS_SLOT_BIT(BS_SLOT_HEAD))

/* Finds the tensors of all places: each is present, of the shape that the slot has in this
   blueprint, and of a type that weights may have; it is counted as parameters once. */
void bs_bind(bs_reader *reader, bs_blueprint *blueprint, const bs_naming *naming);
/* A tensor that repeats another one, if the files have it: it must hold the same values. */
void bs_bind_copy(bs_reader *reader, const bs_slot_tensors *slot, const char *name);
/* Whether the files have a tensor of that name, to tell namings apart. */
bool bs_reader_has(const bs_reader *reader, const char *name);

#endif
