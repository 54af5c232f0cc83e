/* Where a model stands on its axis. */
#include <math.h>

#include "sweep/plan/plan_internal.h"

double bs_plan_compute(const bs_model_spec *spec, const bs_model_info *info) {
  return isnan(spec->compute) ? 6 * (double)info->active_parameters * spec->tokens : spec->compute;
}

double bs_plan_scale(const bs_model_spec *spec, const bs_model_info *info) {
  switch (spec->axis) {
  case BS_AXIS_GIVEN:
    return spec->scale;
  case BS_AXIS_PARAMETERS:
    return (double)info->parameters;
  case BS_AXIS_ACTIVE:
    return (double)info->active_parameters;
  case BS_AXIS_NON_EMBEDDING:
    return (double)info->non_embedding_parameters;
  case BS_AXIS_TOKENS:
    return spec->tokens;
  case BS_AXIS_COMPUTE:
    return bs_plan_compute(spec, info);
  case BS_AXIS_STEP:
    return spec->step;
  case BS_AXIS_WEIGHTS_BYTES:
    return (double)info->weights_bytes;
  }
  return NAN;
}
