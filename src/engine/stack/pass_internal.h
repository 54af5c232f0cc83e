/* A batch on its way through a stack, and what the steps of a layer do with it. */
#ifndef BIGSWEEP_ENGINE_STACK_PASS_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_PASS_INTERNAL_H

#include "engine/stack/stack_parts_internal.h"

typedef struct bs_pass {
  bs_stack *stack;
  const bs_batch *batch;
  size_t layer;
  size_t n_rows; /* of work.x */
  /* Ascending rows of the batch that are wanted behind the next attention or, where experts have a
     capacity, the next layer of these; the others only leave what those behind them go by. */
  const size_t *wanted;
  size_t n_wanted;
} bs_pass;

/* An operation in two halves, so that operations beside each other all read x before one of them
   adds to it. */
typedef struct bs_operation_code {
  /* Takes up the rows of x, normed by the slot `norm`, into working memory of its own. An operation
     that looks at other rows takes up all and answers the wanted ones (bs_operation_looks). */
  bs_status (*read)(bs_pass *pass, bs_slot norm, bs_error *err);
  /* Writes the results of the pass's rows to y (n_rows, d_model), or adds them to it. */
  bs_status (*write)(bs_pass *pass, float *y, bs_epilogue epilogue, bs_error *err);
} bs_operation_code;

extern const bs_operation_code bs_operations[]; /* by bs_operation */

/* Whether what a row gets depends on rows before it in its text. */
bool bs_operation_looks(const bs_blueprint *blueprint, bs_operation operation);

/* x loses the rows that are not wanted. */
void bs_pass_keep_wanted(bs_pass *pass);

/* A bs_result_map of a hidden layer; the context is the stack. */
void bs_activate_results(const void *context, const float *gate, const float *up, float *y,
                         size_t n);

/* y = norm(x) for a row of n elements; y may be x. Without a norm y becomes x. */
void bs_norm_row(const bs_stack *stack, const bs_slot_weights *norm, const float *x, float *y,
                 size_t n);

#endif
