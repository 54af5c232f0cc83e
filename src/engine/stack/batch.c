/* Laying the tokens of sequences out as the rows of a batch. */
#include "engine/stack/batch_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"

/* Makes room behind the path's last position: n positions at most; how many are taken is returned,
   0 on a failure. */
static size_t take_positions(bs_batch *batch, bs_kv_path *path, size_t n, size_t room,
                             bs_error *err) {
  if (path->n > 0) {
    const bs_kv_piece *last = &path->pieces[path->n - 1];
    bs_kv_block *block = last->block;
    /* The rest of a block may be filled by the one sequence that reached its end. */
    if (last->n == block->n && block->n < block->capacity) {
      size_t taken = block->capacity - block->n < n ? block->capacity - block->n : n;
      block->n += taken;
      bs_kv_path_extend(path, taken);
      return taken;
    }
  }
  /* Blocks end at absolute positions, however the text before them is cut. */
  size_t most = BS_KV_BLOCK - path->n_positions % BS_KV_STEP, taken = bs_size_min(n, most);
  bs_kv_block *block = bs_kv_block_new(path->n_positions, bs_size_max(taken, room), err);
  if (block == NULL)
    return 0;
  block->n = taken;
  batch->n_new_positions += block->capacity + block->first % BS_KV_STEP;
  return bs_kv_path_append(path, block, err) == BS_OK ? taken : 0;
}

static bs_status reserve(bs_batch *batch, size_t n_rows, size_t n_pieces, bs_error *err) {
  bs_status status = bs_reserve(&batch->rows, &batch->cap_rows, batch->n_rows, n_rows, err);
  if (status == BS_OK)
    status = bs_reserve(&batch->runs, &batch->cap_runs, batch->n_runs, 1, err);
  if (status == BS_OK)
    status = bs_reserve(&batch->pieces, &batch->cap_pieces, batch->n_pieces, n_pieces, err);
  return status;
}

static void use_pieces(bs_batch *batch, const bs_kv_path *path) {
  for (size_t i = 0; i < path->n; i++) {
    batch->pieces[batch->n_pieces++] = path->pieces[i];
    path->pieces[i].block->n_users++;
  }
}

bs_status bs_batch_add(bs_batch *batch, bs_kv_path *path, const int32_t *ids, size_t n, size_t room,
                       size_t length_class, bs_error *err) {
  bs_status status = reserve(batch, n, 0, err);
  if (status != BS_OK)
    return status;
  bs_run run = {.first_row = batch->n_rows,
                .n_rows = n,
                .first_piece = batch->n_pieces,
                .length_class = length_class};
  for (size_t at = 0; at < n;) {
    size_t first = path->n_positions;
    size_t taken = take_positions(batch, path, n - at, room, err);
    if (taken == 0)
      return BS_ERR_MEMORY;
    bs_kv_block *block = path->pieces[path->n - 1].block;
    for (size_t i = 0; i < taken; i++, at++)
      batch->rows[batch->n_rows + at] =
          (bs_row){.id = ids[at], .position = first + i, .block = block, .run = batch->n_runs};
  }
  status = reserve(batch, n, path->n, err);
  if (status != BS_OK)
    return status;
  run.n_pieces = path->n;
  use_pieces(batch, path);
  batch->n_rows += n;
  batch->runs[batch->n_runs++] = run;
  return BS_OK;
}

bs_status bs_batch_see(bs_batch *batch, const bs_kv_path *context, bs_error *err) {
  bs_status status = reserve(batch, 0, context->n, err);
  if (status != BS_OK)
    return status;
  bs_run *run = &batch->runs[batch->n_runs - 1];
  run->first_context = batch->n_pieces;
  run->n_contexts = context->n;
  use_pieces(batch, context);
  return BS_OK;
}

bs_status bs_batch_want(bs_batch *batch, size_t row, bs_error *err) {
  bs_status status = bs_reserve(&batch->outputs, &batch->cap_outputs, batch->n_outputs, 1, err);
  if (status == BS_OK)
    batch->outputs[batch->n_outputs++] = row;
  return status;
}

void bs_batch_clear(bs_batch *batch) {
  for (size_t i = 0; i < batch->n_pieces; i++)
    bs_kv_block_release(batch->pieces[i].block);
  batch->n_pieces = batch->n_rows = batch->n_runs = batch->n_outputs = 0;
  batch->n_new_positions = 0;
}

void bs_batch_free(bs_batch *batch) {
  bs_batch_clear(batch);
  free(batch->rows);
  free(batch->runs);
  free(batch->pieces);
  free(batch->outputs);
  *batch = (bs_batch){0};
}
