/* An engine from opening to freeing, and what it is asked about itself. */
#include "bigsweep/engine.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/available_memory_internal.h"
#include "base/memory_internal.h"
#include "engine/server/server_internal.h"
#include "kernels/arithmetic_internal.h"

int bs_engine_enter(const bs_engine *engine) {
  int before = omp_get_max_threads();
  if (engine->n_threads > 0)
    omp_set_num_threads(engine->n_threads);
  return before;
}

void bs_engine_leave(int before) { omp_set_num_threads(before); }

static const double MIB = 1048576;

static uint64_t need_of(const bs_engine_parts *parts) {
  return parts->weights + parts->pass + parts->mapped;
}

/* What the model would need otherwise, where that is less; `need` where it cannot be told. */
static uint64_t need_with(const bs_checkpoint *checkpoint, bs_engine_options options,
                          uint64_t need) {
  bs_engine_parts parts;
  bs_status status = bs_engine_memory_parts(checkpoint, &options, &parts, NULL);
  return status == BS_OK && need_of(&parts) < need ? need_of(&parts) : need;
}

/* What makes room, with what it comes to: fewer threads, another precision, fewer ranks. */
static void describe_remedies(const bs_checkpoint *checkpoint, const bs_engine_options *options,
                              uint64_t need, char *text, size_t n_bytes) {
  bs_engine_options one_thread = *options, bf16 = *options;
  one_thread.n_threads = 1;
  bf16.precision = BS_PRECISION_BF16;
  uint64_t with_one = need_with(checkpoint, one_thread, need);
  uint64_t with_bf16 = need_with(checkpoint, bf16, need);
  int n = snprintf(text, n_bytes,
                   "; start fewer ranks on a node (each holds the model) or take one with more "
                   "memory");
  if (with_bf16 < need && n > 0 && (size_t)n < n_bytes)
    n += snprintf(text + n, n_bytes - (size_t)n, ", precision bf16 needs %.0f MiB",
                  (double)with_bf16 / MIB);
  if (with_one < need && n > 0 && (size_t)n < n_bytes)
    snprintf(text + n, n_bytes - (size_t)n, ", a single thread %.0f MiB", (double)with_one / MIB);
}

/* Refuses a model that does not fit, before the system kills a process for it. */
static bs_status check_fits(const bs_checkpoint *checkpoint, const bs_engine_options *options,
                            bs_error *err) {
  bs_engine_parts parts;
  bs_status status = bs_engine_memory_parts(checkpoint, options, &parts, err);
  if (status != BS_OK)
    return status;
  uint64_t need = need_of(&parts), available = bs_memory_available(NULL);
  if (need <= available)
    return BS_OK;
  char remedies[320];
  describe_remedies(checkpoint, options, need, remedies, sizeof remedies);
  return bs_error_set(
      err, BS_ERR_LIMIT,
      "the model needs %.0f MiB of memory (packed weights %.0f, a pass %.0f, tables "
      "read in place %.0f), %.0f MiB are available%s",
      (double)need / MIB, (double)parts.weights / MIB, (double)parts.pass / MIB,
      (double)parts.mapped / MIB, (double)available / MIB, remedies);
}

bs_status bs_engine_open(bs_engine **out, const bs_checkpoint *checkpoint,
                         const bs_engine_options *options, bs_error *err) {
  *out = NULL;
  const bs_engine_options defaults = {0};
  if (options == NULL)
    options = &defaults;
  if (options->n_threads < 0)
    return bs_error_set(err, BS_ERR_USAGE, "expected 0 or more threads, found %d",
                        options->n_threads);
  bs_arithmetic arithmetic;
  bs_status status = bs_engine_arithmetic(&arithmetic, options, err);
  if (status == BS_OK)
    status = check_fits(checkpoint, options, err);
  if (status != BS_OK)
    return status;
  const bs_blueprint *blueprint = bs_checkpoint_blueprint(checkpoint);
  bs_engine *engine = bs_array_new(1, sizeof *engine, err);
  if (engine == NULL)
    return BS_ERR_MEMORY;
  *engine = (bs_engine){
      .blueprint = blueprint,
      .encoder_blueprint = bs_checkpoint_encoder(checkpoint),
      .special = bs_checkpoint_special_ids(checkpoint),
      .arithmetic = arithmetic,
      .n_threads = options->n_threads,
      .max_rows =
          options->max_batch_tokens > 0 ? options->max_batch_tokens : BS_DEFAULT_BATCH_TOKENS,
  };
  int before = bs_engine_enter(engine);
  status = bs_checkpoint_check_finite(checkpoint, err);
  if (status == BS_OK)
    status = bs_stack_open(&engine->stack, checkpoint, blueprint, arithmetic, err);
  if (status == BS_OK && engine->encoder_blueprint != NULL)
    status =
        bs_stack_open(&engine->encoder, checkpoint, engine->encoder_blueprint, arithmetic, err);
  bs_engine_leave(before);
  if (status != BS_OK)
    bs_engine_free(&engine);
  *out = engine;
  return status;
}

void bs_engine_free(bs_engine **engine) {
  if (*engine == NULL)
    return;
  bs_stack_free(&(*engine)->encoder);
  bs_stack_free(&(*engine)->stack);
  free(*engine);
  *engine = NULL;
}

bs_status bs_engine_run(bs_engine *engine, bs_batch *batch, bs_error *err) {
  bs_status status = bs_stack_run(engine->stack, batch, err);
  if (status == BS_OK) {
    engine->done.tokens_computed += batch->n_rows;
    engine->done.logits_computed += batch->n_outputs;
  }
  return status;
}

bs_precision bs_engine_precision(const bs_engine *engine) { return engine->arithmetic.precision; }

const bs_isa *bs_engine_isas(size_t *n) { return bs_isa_list(n); }

bool bs_engine_has_isa(bs_isa isa) { return bs_isa_present(isa); }

bs_isa bs_engine_isa(const bs_engine *engine) { return engine->arithmetic.isa; }

void bs_engine_work_done(const bs_engine *engine, bs_engine_work *work) { *work = engine->done; }
