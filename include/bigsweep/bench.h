/* The matrix products of a pass alone, on the engine's own packed layers: what the rest of a pass
   (norms, attention, activations, bookkeeping) is measured against. */
#ifndef BIGSWEEP_BENCH_H
#define BIGSWEEP_BENCH_H

#include "bigsweep/engine.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bs_bare bs_bare;

/* Buffers for passes of up to max_rows rows; the engine is borrowed until bs_bare_free. */
BS_API bs_status bs_bare_new(bs_bare **out, const bs_engine *engine, size_t max_rows,
                             bs_error *err);
BS_API void bs_bare_free(bs_bare **bare);

typedef struct bs_bare_pass {
  size_t n_read;    /* tokens that an encoder reads before; 0 without one */
  size_t n_rows;    /* tokens of the stack that has the output head */
  size_t n_outputs; /* of them those that are wanted */
} bs_bare_pass;

/* The products of a pass: of the last layer everything after its keys and values, and the output
   head, is computed for wanted tokens alone, as the engine does. */
BS_API bs_status bs_bare_run(bs_bare *bare, const bs_bare_pass *pass, bs_error *err);

/* Floating-point operations of such a pass: a multiplication and an addition for each weight and
 * row. */
BS_API double bs_bare_flops(const bs_engine *engine, const bs_bare_pass *pass);
/* Operations of attention for the tokens at positions first .. first + n of one sequence, of which
   the last n_outputs are wanted: 4 x heads x head size for each pair of a token and a token that it
   attends to. */
BS_API double bs_attention_flops(const bs_engine *engine, size_t first, size_t n, size_t n_outputs);
/* Those of n tokens that see the n_read tokens which an encoder has read, and those of the encoder
   itself; 0 without one. */
BS_API double bs_cross_attention_flops(const bs_engine *engine, size_t n_read, size_t n);
BS_API double bs_encoder_attention_flops(const bs_engine *engine, size_t n_read);

#ifdef __cplusplus
}
#endif

#endif
