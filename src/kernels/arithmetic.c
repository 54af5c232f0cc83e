/* The names of precisions, and what AUTO stands for. */
#include "kernels/arithmetic_internal.h"

#include <string.h>

static const char *const names[] = {
    [BS_PRECISION_AUTO] = "auto",
    [BS_PRECISION_F32] = "f32",
    [BS_PRECISION_BF16X2] = "bf16x2",
    [BS_PRECISION_BF16] = "bf16",
};

enum { N_PRECISIONS = sizeof names / sizeof *names };

bs_status bs_precision_parse(bs_precision *out, const char *name, bs_error *err) {
  char known[64];
  for (size_t i = 0; i < N_PRECISIONS; i++)
    if (strcmp(name, names[i]) == 0) {
      *out = (bs_precision)i;
      return BS_OK;
    }
  return bs_error_set(err, BS_ERR_USAGE, "unknown precision \"%s\"; known: %s", name,
                      bs_list_names(names, N_PRECISIONS, known, sizeof known));
}

const char *bs_precision_name(bs_precision precision) { return names[precision]; }

bs_status bs_arithmetic_settle(bs_arithmetic *arithmetic, bs_error *err) {
  if (arithmetic->precision == BS_PRECISION_AUTO)
    arithmetic->precision = BS_PRECISION_F32;
  return bs_isa_settle(&arithmetic->isa, err);
}
