/* The engine's parts: packed weights, work space, the forward pass over one batch. */
#ifndef BIGSWEEP_ENGINE_INTERNAL_H
#define BIGSWEEP_ENGINE_INTERNAL_H

#include "bigsweep/engine.h"
#include "checkpoint/decoder_internal.h"
#include "engine/batch_internal.h"
#include "kernels/linear_internal.h"
#include "kernels/rows/rows_internal.h"

/* As f32, owned; NULL where the model has none. */
typedef struct bs_norm_weights {
  float *weight, *bias;
} bs_norm_weights;

typedef struct bs_layer_weights {
  bs_norm_weights attention_norm, mlp_norm, q_norm, k_norm;
  bs_linear *qkv, *attention_out, *mlp_in, *mlp_out;
} bs_layer_weights;

typedef struct bs_model_weights {
  bs_layer_weights *layers;
  size_t n_layers;
  bs_norm_weights embedding_norm, final_norm;
  bs_linear *head;
  bs_linear_room room; /* of all packed layers */
} bs_model_weights;

/* Pages of the checkpoint that have been copied are given back. */
bs_status bs_model_weights_load(bs_model_weights *weights, const bs_checkpoint *checkpoint,
                                bs_precision precision, const char *isa, bs_error *err);
void bs_model_weights_free(bs_model_weights *weights);
/* Row `row` of a matrix of n_columns as f32. */
void bs_tensor_row(const bs_tensor *tensor, size_t row, size_t n_columns, float *out);

/* Cosines and sines of positions 0 .. n_positions, (n_positions, n_rotary / 2) each. */
typedef struct bs_rotary_table {
  float *cosines, *sines;
  size_t n_positions;
} bs_rotary_table;

/* Makes the table reach n_positions at least. */
bs_status bs_rotary_table_grow(bs_rotary_table *table, const bs_decoder *decoder,
                               size_t n_positions, bs_error *err);
void bs_rotary_table_free(bs_rotary_table *table);

typedef struct bs_floats {
  float *data;
  size_t capacity;
} bs_floats;

/* Room for rows * columns elements; what was there is lost. */
bs_status bs_floats_need(bs_floats *floats, size_t rows, size_t columns, bs_error *err);

/* Buffers of one pass, kept from pass to pass. m rows; all (m, width). */
typedef struct bs_workspace {
  bs_floats x;         /* residual stream, d_model */
  bs_floats qkv;       /* outputs of the qkv layer */
  bs_floats attention; /* n_heads * head_dim */
  bs_floats hidden;    /* a slab for mlp_out (linear_internal.h) */
  bs_floats transient; /* keys and values that only this pass needs */
  bs_floats scores;    /* working memory of attention, per thread */
} bs_workspace;

struct bs_engine {
  const bs_decoder *decoder; /* borrowed */
  bs_precision precision;
  const char *isa;
  const bs_rows *rows;
  int n_threads; /* 0: OpenMP's default */
  size_t max_rows;
  bs_kv_shape kv;
  bs_model_weights weights;
  bs_rotary_table rotary;
  bs_workspace work;
  bs_engine_work done;
};

enum { BS_DEFAULT_BATCH_TOKENS = 1024 };

/* Columns of a row of qkv and of the attention's output. */
size_t bs_decoder_qkv_width(const bs_decoder *decoder);
size_t bs_decoder_attention_width(const bs_decoder *decoder);

/* Sends a batch through the layers. Afterwards work.x holds, row by row, the final normed hidden
   states (n_outputs, d_model), and every block of the batch its keys and values. Blocks without
   memory get it for this pass alone. */
bs_status bs_forward(bs_engine *engine, bs_batch *batch, bs_error *err);

/* Attention of one layer. Normalises and rotates q and k of all rows and puts k and v into their
   blocks ... */
void bs_attention_store(const bs_engine *engine, const bs_batch *batch, size_t layer);
/* ... then attends for the rows active[0..n) (ascending); row i of work.attention is that of
   active[i]. */
bs_status bs_attention_run(bs_engine *engine, const bs_batch *batch, size_t layer,
                           const size_t *active, size_t n, bs_error *err);
/* Floats of working memory that each thread needs for texts of n_positions. */
size_t bs_attention_scratch_floats(const bs_decoder *decoder, const bs_tiles *tiles,
                                   size_t n_positions);

/* Runs of OpenMP threads inside the engine: returns the number to restore with
   omp_set_num_threads. */
int bs_engine_enter(const bs_engine *engine);
void bs_engine_leave(int before);

/* Tokens whose keys and values generation may hold at a time. */
size_t bs_generation_tokens(const bs_kv_shape *shape, size_t max_positions, size_t max_rows);
/* How a model's keys and values lie. */
bs_kv_shape bs_kv_shape_of(const bs_decoder *decoder, bs_tier tier, const char *isa);

bs_status bs_check_ids(const bs_decoder *decoder, bs_token_span span, const char *what,
                       bs_error *err);
/* What an empty context stands for. */
bs_status bs_default_context(const bs_decoder *decoder, bs_token_span *span, bs_error *err);

#endif
