/* What the options of an engine stand for. */
#include "engine/server/server_internal.h"
#include "kernels/arithmetic_internal.h"

bs_status bs_engine_arithmetic(bs_arithmetic *arithmetic, const bs_engine_options *options,
                               bs_error *err) {
  *arithmetic = (bs_arithmetic){.isa = options->isa, .precision = options->precision};
  return bs_arithmetic_settle(arithmetic, err);
}
