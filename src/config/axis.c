/* The axes that a model's scale can be taken from, by name. */
#include <string.h>

#include "bigsweep/config.h"

static const char *const NAMES[] = {
    [BS_AXIS_GIVEN] = "scale",   [BS_AXIS_PARAMETERS] = "parameters",
    [BS_AXIS_ACTIVE] = "active", [BS_AXIS_NON_EMBEDDING] = "non_embedding",
    [BS_AXIS_TOKENS] = "tokens", [BS_AXIS_COMPUTE] = "compute",
    [BS_AXIS_STEP] = "step",     [BS_AXIS_WEIGHTS_BYTES] = "weights_bytes",
};
enum { N_NAMES = sizeof NAMES / sizeof *NAMES };

const char *bs_axis_name(bs_axis axis) { return NAMES[axis]; }

bs_status bs_axis_parse(bs_axis *axis, const char *name, bs_error *err) {
  for (size_t i = BS_AXIS_PARAMETERS; i < N_NAMES; i++)
    if (strcmp(NAMES[i], name) == 0) {
      *axis = (bs_axis)i;
      return BS_OK;
    }
  return bs_error_set(err, BS_ERR_USAGE,
                      "expected \"parameters\", \"active\", \"non_embedding\", \"tokens\", "
                      "\"compute\", \"step\" or \"weights_bytes\", found \"%s\"",
                      name);
}
