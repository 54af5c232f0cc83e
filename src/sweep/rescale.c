/* Results put on another axis than the one their models were given. */
#include <inttypes.h>
#include <math.h>

#include "bigsweep/sweep.h"

/* What results keep of a model for an axis; NaN: not known, or kept of none. */
static double place(const bs_model_row *model, bs_axis axis) {
  switch (axis) {
  case BS_AXIS_PARAMETERS:
    return (double)model->parameters;
  case BS_AXIS_ACTIVE:
    return (double)model->active_parameters;
  case BS_AXIS_NON_EMBEDDING:
    return (double)model->non_embedding_parameters;
  case BS_AXIS_TOKENS:
    return model->tokens;
  case BS_AXIS_COMPUTE:
    return model->compute;
  case BS_AXIS_STEP:
    return model->step;
  case BS_AXIS_GIVEN:
  case BS_AXIS_WEIGHTS_BYTES:
    break;
  }
  return NAN;
}

static bs_status refuse(const bs_tables *results, const char *first, bs_axis axis, size_t n_lacking,
                        bs_error *err) {
  const char *name = bs_axis_name(axis);
  if (axis == BS_AXIS_GIVEN || axis == BS_AXIS_WEIGHTS_BYTES)
    return bs_error_set(err, BS_ERR_USAGE,
                        "results keep nothing of the axis \"%s\" but for models that were put on "
                        "it: give \"axis\" in the configuration and run it again on the same file, "
                        "which computes nothing anew",
                        name);
  return bs_error_set(err, BS_ERR_INPUT,
                      "the axis \"%s\" begins above 0, and nothing above 0 is known for %zu of %zu "
                      "models, the first is %s: give it in the configuration and run it again on "
                      "the same file, which computes nothing anew, or leave such models out with "
                      "bigsweep remove",
                      name, n_lacking, results->n_models, first);
}

bs_status bs_results_put_on_axis(bs_tables *results, bs_axis axis, bs_error *err) {
  const char *first = NULL;
  size_t n_lacking = 0;
  for (size_t m = 0; m < results->n_models; m++)
    if (!(place(&results->models[m], axis) > 0)) {
      first = first != NULL ? first : results->models[m].name;
      n_lacking++;
    }
  if (n_lacking > 0)
    return refuse(results, first, axis, n_lacking, err);
  for (size_t m = 0; m < results->n_models; m++) {
    results->models[m].scale = place(&results->models[m], axis);
    results->models[m].axis = bs_axis_name(axis);
  }
  return BS_OK;
}
