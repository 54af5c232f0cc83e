/* The operation of experts (bs_experts), as bs_operation_code has it. */
#ifndef BIGSWEEP_ENGINE_STACK_EXPERTS_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_EXPERTS_INTERNAL_H

#include "engine/stack/pass_internal.h"

/* An expert with no more rows than this may be left to one thread. */
enum { BS_EXPERT_FEW_ROWS = 256 };

bs_status bs_experts_read(bs_pass *pass, bs_slot norm, bs_error *err);
bs_status bs_experts_write(bs_pass *pass, float *y, bs_epilogue epilogue, bs_error *err);

#endif
