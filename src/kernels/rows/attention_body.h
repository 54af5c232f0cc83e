/* Inner loops of attention, part of rows_body.h. A score is the sum of partial sums over 8
   dimensions each, both in order: one long chain would round at the size of the whole score in
   every step. The sums over keys (values) are chains in order. Either is the same for every
   element, whatever the number of queries that are worked on at a time. */

/* Elements whose sums are kept at a time: enough to hide the latency of a multiply-add and to load
   little for each; scores keep two sums each. */
enum { CHAIN = 8, WIDE_KEYS = 2 * BS_KEY_GROUP };
#ifdef __AVX512F__
enum { WIDE_VALUES = 4 * LANES };
#else
enum { WIDE_VALUES = 2 * LANES };
#endif

/* n_q and width are constants at every call, so that the sums stay in registers. */
static inline __attribute__((always_inline)) void
scores_block(size_t n_q, size_t width, const float *const *q, size_t head_dim, const float *k,
             size_t capacity, size_t at, float *const *s) {
  float sums[BS_MAX_QUERIES][WIDE_KEYS];
  for (size_t i = 0; i < n_q; i++)
    for (size_t l = 0; l < width; l++)
      sums[i][l] = 0;
  for (size_t first = 0; first < head_dim; first += CHAIN) {
    size_t end = head_dim - first < CHAIN ? head_dim : first + CHAIN;
    float parts[BS_MAX_QUERIES][WIDE_KEYS];
    for (size_t i = 0; i < n_q; i++)
      for (size_t l = 0; l < width; l++)
        parts[i][l] = 0;
    for (size_t d = first; d < end; d++) {
      const float *keys = k + d * capacity + at;
      for (size_t i = 0; i < n_q; i++) {
        float factor = q[i][d];
        for (size_t l = 0; l < width; l++)
          parts[i][l] = mul_add(factor, keys[l], parts[i][l]);
      }
    }
    for (size_t i = 0; i < n_q; i++)
      for (size_t l = 0; l < width; l++)
        sums[i][l] += parts[i][l];
  }
  for (size_t i = 0; i < n_q; i++)
    memcpy(s[i] + at, sums[i], width * sizeof(float));
}

static inline __attribute__((always_inline)) void scores_of(size_t n_q, const float *const *q,
                                                            size_t head_dim, const float *k,
                                                            size_t capacity, size_t n_keys,
                                                            float *const *s) {
  size_t at = 0;
  for (; at + BS_KEY_GROUP < n_keys; at += WIDE_KEYS)
    scores_block(n_q, WIDE_KEYS, q, head_dim, k, capacity, at, s);
  if (at < n_keys)
    scores_block(n_q, BS_KEY_GROUP, q, head_dim, k, capacity, at, s);
}

static void scores(const float *const *q, size_t n_q, size_t head_dim, const float *k,
                   size_t capacity, size_t n_keys, float *const *s) {
  if (n_q == 4)
    scores_of(4, q, head_dim, k, capacity, n_keys, s);
  else if (n_q == 3)
    scores_of(3, q, head_dim, k, capacity, n_keys, s);
  else if (n_q == 2)
    scores_of(2, q, head_dim, k, capacity, n_keys, s);
  else
    scores_of(1, q, head_dim, k, capacity, n_keys, s);
}

/* Whole groups of lanes: what is behind the last score becomes -infinity, whose exponential is 0.
 */
static float softmax(float *s, size_t n, float scale, float slope) {
  float maxima[LANES], lanes[LANES] = {0};
  size_t end = (n + LANES - 1) / LANES * LANES;
  for (size_t l = 0; l < LANES; l++)
    maxima[l] = -INFINITY;
  for (size_t j = 0; slope != 0.0F && j < n; j++)
    s[j] = s[j] * scale - slope * (float)(int32_t)(n - 1 - j);
  scale = slope != 0.0F ? 1.0F : scale;
  for (size_t j = n; j < end; j++)
    s[j] = -INFINITY;
  for (size_t i = 0; i < end; i += LANES)
    for (size_t l = 0; l < LANES; l++) {
      s[i + l] *= scale;
      maxima[l] = s[i + l] > maxima[l] ? s[i + l] : maxima[l];
    }
  float largest = maxima[0];
  for (size_t l = 1; l < LANES; l++)
    largest = maxima[l] > largest ? maxima[l] : largest;
  for (size_t i = 0; i < end; i += LANES)
    for (size_t l = 0; l < LANES; l++) {
      s[i + l] = exp_below_88(s[i + l] - largest);
      lanes[l] += s[i + l];
    }
  for (size_t width = LANES / 2; width > 0; width /= 2)
    for (size_t l = 0; l < width; l++)
      lanes[l] += lanes[l + width];
  return lanes[0];
}

static inline __attribute__((always_inline)) void
values_block(size_t n_q, size_t width, const float *const *p, const float *v, size_t n_keys,
             size_t head_dim, size_t at, float *const *out) {
  float sums[BS_MAX_QUERIES][WIDE_VALUES];
  for (size_t i = 0; i < n_q; i++)
    memcpy(sums[i], out[i] + at, width * sizeof(float));
  for (size_t j = 0; j < n_keys; j++) {
    const float *row = v + j * head_dim + at;
    for (size_t i = 0; i < n_q; i++) {
      float factor = p[i][j];
      for (size_t l = 0; l < width; l++)
        sums[i][l] = mul_add(factor, row[l], sums[i][l]);
    }
  }
  for (size_t i = 0; i < n_q; i++)
    memcpy(out[i] + at, sums[i], width * sizeof(float));
}

static inline __attribute__((always_inline)) void values_of(size_t n_q, const float *const *p,
                                                            const float *v, size_t n_keys,
                                                            size_t head_dim, float *const *out) {
  size_t at = 0;
  for (; at + WIDE_VALUES <= head_dim; at += WIDE_VALUES)
    values_block(n_q, WIDE_VALUES, p, v, n_keys, head_dim, at, out);
  for (; at + 2 * LANES <= head_dim; at += 2 * LANES)
    values_block(n_q, 2 * LANES, p, v, n_keys, head_dim, at, out);
  for (; at + LANES <= head_dim; at += LANES)
    values_block(n_q, LANES, p, v, n_keys, head_dim, at, out);
  for (; at + 8 <= head_dim; at += 8)
    values_block(n_q, 8, p, v, n_keys, head_dim, at, out);
  for (; at < head_dim; at++)
    values_block(n_q, 1, p, v, n_keys, head_dim, at, out);
}

static void values(const float *const *p, size_t n_q, const float *v, size_t n_keys,
                   size_t head_dim, float *const *out) {
  if (n_q == 4)
    values_of(4, p, v, n_keys, head_dim, out);
  else if (n_q == 3)
    values_of(3, p, v, n_keys, head_dim, out);
  else if (n_q == 2)
    values_of(2, p, v, n_keys, head_dim, out);
  else
    values_of(1, p, v, n_keys, head_dim, out);
}
