/* What becomes of a breakthrough under a smooth metric. */
#include "bigsweep/statistics.h"

/* The share of the whole change that makes a jump of two neighbouring steps: as for shapes. */
static const double HALF = 0.5;

const char *bs_verdict_name(bs_verdict verdict) {
  static const char *const names[] = {
#define BS_VERDICT_NAME(name, text) [name] = text,
      BS_VERDICT_LIST(BS_VERDICT_NAME)
#undef BS_VERDICT_NAME
  };
  return (size_t)verdict < sizeof names / sizeof *names ? names[verdict] : "";
}

bs_verdict bs_breakthrough_verdict(bs_shape sharp, const bs_smooth_course *smooth) {
  if (sharp != BS_SHAPE_BREAKTHROUGH && sharp != BS_SHAPE_INVERSE_BREAKTHROUGH)
    return BS_VERDICT_NONE;
  bool rises = (sharp == BS_SHAPE_BREAKTHROUGH) != smooth->is_mirrored;
  bs_shape same = rises ? BS_SHAPE_BREAKTHROUGH : BS_SHAPE_INVERSE_BREAKTHROUGH;
  bool moves = rises ? smooth->change > 0 : smooth->change < 0;
  if (smooth->shape == same || (moves && smooth->jump.low > HALF))
    return BS_VERDICT_STAYS;
  return moves && smooth->jump.high < HALF ? BS_VERDICT_GONE : BS_VERDICT_UNDETERMINED;
}
