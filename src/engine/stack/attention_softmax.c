/* From a query's scores to its probabilities, with a cap, ALiBi's slopes or a table of relative
   positions where the model has them. */
#include "engine/stack/attention_internal.h"

float bs_attention_softmax(const bs_attention *a, const bs_query *query, float *s) {
  const bs_blueprint *blueprint = a->stack->blueprint;
  const bs_layer_blueprint *layer = &blueprint->layers[a->layer];
  const bs_rows *rows = a->stack->rows;
  size_t n = query->end - query->low;
  float scale = (float)layer->score_scale;
  float slope =
      blueprint->alibi_slopes != NULL ? (float)blueprint->alibi_slopes[query->head] : 0.0F;
  if (layer->score_cap > 0) {
    rows->cap(s, n, scale, (float)layer->score_cap);
    scale = 1;
  }
  if (blueprint->position == BS_POSITION_RELATIVE && !a->is_cross) {
    const float *bias = bs_bias_from(&a->stack->biases, query->head, query->position, query->low);
    for (size_t j = 0; j < n; j++)
      s[j] = s[j] * scale + bias[j];
    scale = 1;
  }
  return rows->softmax(s, n, scale, slope);
}
