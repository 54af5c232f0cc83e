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

/* The products of a pass of n_rows tokens of which n_outputs are wanted: of the last layer
 * everything after its keys and values, and the output head, is computed for those tokens alone, as
 * the engine does. */
BS_API bs_status bs_bare_run(bs_bare *bare, size_t n_rows, size_t n_outputs, bs_error *err);

/* Floating-point operations of such a pass: a multiplication and an addition for each weight and
 * row. */
BS_API double bs_bare_flops(const bs_engine *engine, size_t n_rows, size_t n_outputs);
/* Operations of attention for the tokens at positions first .. first + n of one sequence, of which
   the last n_outputs are wanted: 4 x heads x head size for each pair of a token and a token that it
   attends to. */
BS_API double bs_attention_flops(const bs_engine *engine, size_t first, size_t n, size_t n_outputs);

#ifdef __cplusplus
}
#endif

#endif
