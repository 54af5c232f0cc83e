/* Drawing a token from logits. */
#ifndef BIGSWEEP_ENGINE_SERVER_SAMPLE_INTERNAL_H
#define BIGSWEEP_ENGINE_SERVER_SAMPLE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

typedef struct bs_candidate {
  double weight;
  int32_t id;
} bs_candidate;

/* Draws from softmax(logits / temperature), n > 0, temperature > 0, with u of [0, 1). With
   0 < top_p < 1 only the most likely tokens count, as few as reach that probability together
   (lower ids first among equals). `scratch` has room for n. -1: the logits are not finite. */
int32_t bs_sample(const float *logits, size_t n, double temperature, double top_p, double u,
                  bs_candidate *scratch);

#endif
