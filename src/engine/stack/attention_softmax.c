/* From a query's scores to its probabilities, with ALiBi's slopes where the model has them. */
#include <math.h>

#include "engine/stack/attention_internal.h"

/* Slopes of ALiBi: a geometric sequence for a power of two, else that of the next lower power and
   every other one of the next higher. */
static float alibi_slope(size_t head, size_t n_heads) {
  size_t power = 1;
  while (2 * power <= n_heads)
    power *= 2;
  double exponent = head < power ? -8.0 * (double)(head + 1) / (double)power
                                 : -4.0 * (double)(2 * (head - power) + 1) / (double)power;
  return (float)exp2(exponent);
}

float bs_attention_softmax(const bs_attention *a, const bs_query *query, float *s) {
  const bs_blueprint *blueprint = a->stack->blueprint;
  float slope = blueprint->position == BS_POSITION_ALIBI
                    ? alibi_slope(query->head, blueprint->n_heads)
                    : 0.0F;
  return a->stack->rows->softmax(s, query->end - query->low,
                                 (float)blueprint->layers[a->layer].score_scale, slope);
}
