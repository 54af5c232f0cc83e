/* Included once per instruction set by rows_NAME.c, which defines BS_ROWS_TABLE and BS_ROWS_ISA. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/rows/rows_internal.h"
#include "kernels/vector_internal.h"

#ifdef __FMA__
static inline float mul_add(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
#else
static inline float mul_add(float a, float b, float c) { return a * b + c; }
#endif

enum { LANES = 16 };

/* exp of x <= 88, 0 below -87.7; error below 2 units in the last place (tests/engine). Argument
   reduction by multiples of ln 2 (in two parts, the first exact in the product), then the
   polynomial that vector_internal.h describes. */
static inline float exp_below_88(float x) {
  const float magic = 0x1.8p23F;           /* adding it rounds to a whole number */
  float clamped = x < -88.0F ? -88.0F : x; /* where 2^n below becomes 0 */
  float shifted = mul_add(clamped, BS_EXP_LOG2E, magic);
  float n = shifted - magic;
  float r = mul_add(n, -0x1.62e4p-1F, clamped);
  r = mul_add(n, -0x1.7f7d1cp-20F, r);
  float y = mul_add(BS_EXP_Q4, r, BS_EXP_Q3);
  y = mul_add(y, r, BS_EXP_Q2);
  y = mul_add(y, r, BS_EXP_Q1);
  y = mul_add(y, r, BS_EXP_Q0);
  y = mul_add(y, r, 1.0F);
  y = mul_add(y, r, 1.0F);
  uint32_t bits;
  float power;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 127U) << 23; /* 2^n: the low bits of `shifted` are n */
  memcpy(&power, &bits, sizeof power);
  return y * power;
}

static inline float exp_f32(float x) { return exp_below_88(x > 88.0F ? 88.0F : x); }

static inline float silu(float x) { return x / (1.0F + exp_f32(-x)); }

/* x Phi(x). The normal tail is exp(-a^2 / 2) W(a), a = |x|, with W as t P(t), t = 1 / (1 + 0.3 a);
   P interpolates at the Chebyshev nodes of [0, 1] (own fit, error of Phi below 1e-8 before
   rounding). */
static inline float gelu(float x) {
  float a = fabsf(x);
  float t = 1.0F / mul_add(0.3F, a, 1.0F);
  float w = -0.0154977132F;
  w = mul_add(w, t, 0.0863801378F);
  w = mul_add(w, t, -0.171683187F);
  w = mul_add(w, t, 0.12346535F);
  w = mul_add(w, t, -0.0290753759F);
  w = mul_add(w, t, 0.072872526F);
  w = mul_add(w, t, 0.0850903741F);
  w = mul_add(w, t, 0.109087821F);
  w = mul_add(w, t, 0.119677362F);
  w = mul_add(w, t, 0.119682711F);
  float tail = w * t * exp_f32(-0.5F * a * a);
  return x * (x < 0.0F ? tail : 1.0F - tail);
}

/* 0.5 x (1 + tanh u) = x / (1 + exp(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x^3). */
static inline float gelu_tanh(float x) {
  float u = x * mul_add(0.044715F, x * x, 1.0F);
  return x / (1.0F + exp_f32(-1.5957691216F * u));
}

static inline float gelu_quick(float x) { return x / (1.0F + exp_f32(-1.702F * x)); }

static inline float relu(float x) { return x > 0.0F ? x : 0.0F; }

/* Near 0 an odd polynomial, interpolated at the Chebyshev nodes of x^2 in [0, 0.36] (own fit,
   relative error 1e-8 before rounding); elsewhere (1 - e) / (1 + e), e = exp(-2 |x|). */
static inline float tanh_f32(float x) {
  float a = fabsf(x), z = x * x;
  float y = -0.00626911972F;
  y = mul_add(y, z, 0.021110959F);
  y = mul_add(y, z, -0.0538739488F);
  y = mul_add(y, z, 0.133329154F);
  y = mul_add(y, z, -0.333333303F);
  float e = exp_below_88(-2.0F * a);
  float far = (1.0F - e) / (1.0F + e);
  return a < 0.6F ? mul_add(x * z, y, x) : x < 0.0F ? -far : far;
}

static void cap(float *x, size_t n, float scale, float limit) {
  float factor = scale / limit;
  for (size_t i = 0; i < n; i++)
    x[i] = limit * tanh_f32(factor * x[i]);
}

/* Sums of the lanes, pairwise. */
static double sum_lanes(double *lanes) {
  for (size_t width = LANES / 2; width > 0; width /= 2)
    for (size_t l = 0; l < width; l++)
      lanes[l] += lanes[l + width];
  return lanes[0];
}

static double sum_squares(const float *x, size_t n, double shift) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t l = 0; l < LANES; l++)
      lanes[l] += ((double)x[i + l] - shift) * ((double)x[i + l] - shift);
  for (size_t l = 0; i + l < n; l++)
    lanes[l] += ((double)x[i + l] - shift) * ((double)x[i + l] - shift);
  return sum_lanes(lanes);
}

static double sum(const float *x, size_t n) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t l = 0; l < LANES; l++)
      lanes[l] += (double)x[i + l];
  for (size_t l = 0; i + l < n; l++)
    lanes[l] += (double)x[i + l];
  return sum_lanes(lanes);
}

static void rms_norm(const float *x, float *y, size_t n, const float *weight, double epsilon) {
  float factor = (float)(1.0 / sqrt(sum_squares(x, n, 0) / (double)n + epsilon));
  for (size_t i = 0; i < n; i++)
    y[i] = x[i] * factor * weight[i];
}

static void layer_norm(const float *x, float *y, size_t n, const float *weight, const float *bias,
                       double epsilon) {
  double mean = sum(x, n) / (double)n;
  double factor = 1.0 / sqrt(sum_squares(x, n, mean) / (double)n + epsilon);
  for (size_t i = 0; i < n; i++)
    y[i] = (float)(((double)x[i] - mean) * factor) * weight[i];
  for (size_t i = 0; bias != NULL && i < n; i++)
    y[i] += bias[i];
}

/* One loop per activation, so that each is vectorised: y = f(x), times `up` where there is one. */
#define ACTIVATION_LOOP(function)                                                                  \
  for (size_t i = 0; i < n; i++)                                                                   \
  y[i] = function(x[i])
#define GATED_LOOP(function)                                                                       \
  for (size_t i = 0; i < n; i++)                                                                   \
  y[i] = function(x[i]) * up[i]
#define ACTIVATIONS(LOOP)                                                                          \
  switch (activation) {                                                                            \
  case BS_ACTIVATION_SILU:                                                                         \
    LOOP(silu);                                                                                    \
    break;                                                                                         \
  case BS_ACTIVATION_GELU:                                                                         \
    LOOP(gelu);                                                                                    \
    break;                                                                                         \
  case BS_ACTIVATION_GELU_TANH:                                                                    \
    LOOP(gelu_tanh);                                                                               \
    break;                                                                                         \
  case BS_ACTIVATION_GELU_QUICK:                                                                   \
    LOOP(gelu_quick);                                                                              \
    break;                                                                                         \
  case BS_ACTIVATION_RELU:                                                                         \
    LOOP(relu);                                                                                    \
    break;                                                                                         \
  }

static void activate(bs_activation activation, const float *x, float *y, size_t n) {
  ACTIVATIONS(ACTIVATION_LOOP)
}

static void activate_gated(bs_activation activation, const float *x, const float *up, float *y,
                           size_t n) {
  ACTIVATIONS(GATED_LOOP)
}

static void rotate(float *restrict x, const float *restrict cosines, const float *restrict sines,
                   size_t n) {
  for (size_t i = 0; i < n; i++) {
    float a = x[i], b = x[i + n];
    x[i] = a * cosines[i] - b * sines[i];
    x[i + n] = b * cosines[i] + a * sines[i];
  }
}

static void rotate_neighbours(float *restrict x, const float *restrict cosines,
                              const float *restrict sines, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = a * cosines[i] - b * sines[i];
    x[2 * i + 1] = b * cosines[i] + a * sines[i];
  }
}

#include "kernels/rows/attention_body.h"

extern const bs_rows BS_ROWS_TABLE;
const bs_rows BS_ROWS_TABLE = {
    .isa = BS_ROWS_ISA,
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .activate = activate,
    .activate_gated = activate_gated,
    .rotate = rotate,
    .rotate_neighbours = rotate_neighbours,
    .scores = scores,
    .cap = cap,
    .softmax = softmax,
    .values = values,
};
