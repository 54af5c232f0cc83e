/* From blocks of quantised weights to f32. Included by blocks_NAME.c, once per instruction set,
   which defines BS_EXPANDERS. The formulas are those of llama.cpp (ggml-quants.c), in plain f32
   arithmetic: a product and a sum are rounded one after the other, so that every instruction set
   gives the same bits. */
#include <string.h>

#include "base/half_internal.h"
#include "gguf/blocks_internal.h"
#include "gguf/codebooks_internal.h"

static uint16_t u16_at(const unsigned char *bytes) {
  return (uint16_t)(bytes[0] | (unsigned)bytes[1] << 8);
}

static uint32_t u32_at(const unsigned char *bytes) {
  return u16_at(bytes) | (uint32_t)u16_at(bytes + 2) << 16;
}

static float f16_at(const unsigned char *bytes) { return bs_f32_of_f16(u16_at(bytes)); }

/* A block's expansion, and that of a run of blocks made from it. */
#define BLOCKS(name, n_values, n_bytes)                                                            \
  static void name(const unsigned char *blocks, size_t n_blocks, float *to) {                      \
    for (size_t i = 0; i < n_blocks; i++)                                                          \
      name##_block(blocks + i * (n_bytes), to + i * (n_values));                                   \
  }

static void f32(const unsigned char *from, size_t n, float *to) { memcpy(to, from, 4 * n); }

static void f16(const unsigned char *from, size_t n, float *to) {
  for (size_t i = 0; i < n; i++)
    to[i] = f16_at(from + 2 * i);
}

static void bf16(const unsigned char *from, size_t n, float *to) {
  for (size_t i = 0; i < n; i++)
    to[i] = bs_f32_of_bf16(u16_at(from + 2 * i));
}

/* Blocks of 32: the low halves of 16 bytes are the first 16 values, the high ones the others. */

static void q4_0_block(const unsigned char *b, float *to) {
  float d = f16_at(b);
  const unsigned char *q = b + 2;
  for (size_t j = 0; j < 16; j++) {
    to[j] = (float)((q[j] & 15) - 8) * d;
    to[j + 16] = (float)((q[j] >> 4) - 8) * d;
  }
}
BLOCKS(q4_0, 32, 18)

static void q4_1_block(const unsigned char *b, float *to) {
  float d = f16_at(b), m = f16_at(b + 2);
  const unsigned char *q = b + 4;
  for (size_t j = 0; j < 16; j++) {
    to[j] = (float)(q[j] & 15) * d + m;
    to[j + 16] = (float)(q[j] >> 4) * d + m;
  }
}
BLOCKS(q4_1, 32, 20)

/* The fifth bits of values 0 .. 31. */
static void fives(const unsigned char *q, uint32_t high, int values[32]) {
  for (unsigned j = 0; j < 16; j++) {
    values[j] = (q[j] & 15) | (int)((high >> j & 1) << 4);
    values[j + 16] = (q[j] >> 4) | (int)((high >> (j + 16) & 1) << 4);
  }
}

static void q5_0_block(const unsigned char *b, float *to) {
  float d = f16_at(b);
  int values[32];
  fives(b + 6, u32_at(b + 2), values);
  for (size_t j = 0; j < 32; j++)
    to[j] = (float)(values[j] - 16) * d;
}
BLOCKS(q5_0, 32, 22)

static void q5_1_block(const unsigned char *b, float *to) {
  float d = f16_at(b), m = f16_at(b + 2);
  int values[32];
  fives(b + 8, u32_at(b + 4), values);
  for (size_t j = 0; j < 32; j++)
    to[j] = (float)values[j] * d + m;
}
BLOCKS(q5_1, 32, 24)

static void q8_0_block(const unsigned char *b, float *to) {
  float d = f16_at(b);
  for (size_t j = 0; j < 32; j++)
    to[j] = (float)(int8_t)b[2 + j] * d;
}
BLOCKS(q8_0, 32, 34)

static const int8_t four_bit_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                           1,    13,   25,  38,  53,  69,  89,  113};

static void iq4_nl_block(const unsigned char *b, float *to) {
  float d = f16_at(b);
  const unsigned char *q = b + 2;
  for (size_t j = 0; j < 16; j++) {
    to[j] = d * (float)four_bit_values[q[j] & 15];
    to[j + 16] = d * (float)four_bit_values[q[j] >> 4];
  }
}
BLOCKS(iq4_nl, 32, 18)

/* Half of 2^(e - 127), the values being twice those of the 4-bit float. */
static float half_of_e8m0(unsigned e) {
  return bs_f32_of_bits(e < 2 ? UINT32_C(0x00200000) << e : (uint32_t)(e - 1) << 23);
}

static void mxfp4_block(const unsigned char *b, float *to) {
  static const int8_t values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
  float d = half_of_e8m0(b[0]);
  const unsigned char *q = b + 1;
  for (size_t j = 0; j < 16; j++) {
    to[j] = (float)values[q[j] & 15] * d;
    to[j + 16] = (float)values[q[j] >> 4] * d;
  }
}
BLOCKS(mxfp4, 32, 17)

/* Blocks of 256, with scales of their parts. */

static void q2_k_block(const unsigned char *b, float *to) {
  const unsigned char *scales = b, *q = b + 16;
  float d = f16_at(b + 80), min = f16_at(b + 82);
  for (size_t n = 0; n < 2; n++, q += 32)
    for (unsigned shift = 0; shift < 8; shift += 2)
      for (size_t half = 0; half < 2; half++, to += 16) {
        float dl = d * (float)(*scales & 15), ml = min * (float)(*scales >> 4);
        scales++;
        for (size_t l = 0; l < 16; l++)
          to[l] = dl * (float)(q[16 * half + l] >> shift & 3) - ml;
      }
}
BLOCKS(q2_k, 256, 84)

/* 16 scales of 6 bits: four in the bytes' halves, two further on. */
static int q3_scale(const unsigned char *s, size_t i) {
  int low = i < 8 ? s[i] & 15 : s[i - 8] >> 4;
  return (low | (s[8 + i % 4] >> (2 * (i / 4)) & 3) << 4) - 32;
}

static void q3_k_block(const unsigned char *b, float *to) {
  const unsigned char *high = b, *q = b + 32, *scales = b + 96;
  float d = f16_at(b + 108);
  size_t at = 0;
  for (unsigned n = 0; n < 2; n++, q += 32)
    for (unsigned j = 0; j < 4; j++)
      for (size_t half = 0; half < 2; half++, to += 16) {
        float dl = d * (float)q3_scale(scales, at++);
        for (size_t l = 16 * half, k = 0; k < 16; l++, k++)
          to[k] = dl * (float)((q[l] >> (2 * j) & 3) - ((high[l] >> (4 * n + j) & 1) != 0 ? 0 : 4));
      }
}
BLOCKS(q3_k, 256, 110)

/* The 6-bit scale and minimum of part i of 8. */
static void scale_and_min(const unsigned char *s, size_t i, float *scale, float *min) {
  if (i < 4) {
    *scale = (float)(s[i] & 63);
    *min = (float)(s[i + 4] & 63);
  } else {
    *scale = (float)((s[i + 4] & 15) | s[i - 4] >> 6 << 4);
    *min = (float)(s[i + 4] >> 4 | s[i] >> 6 << 4);
  }
}

static void q4_k_block(const unsigned char *b, float *to) {
  const unsigned char *q = b + 16;
  float d = f16_at(b), dmin = f16_at(b + 2);
  for (size_t i = 0; i < 8; i += 2, q += 32, to += 64) {
    float scale[2], min[2];
    scale_and_min(b + 4, i, &scale[0], &min[0]);
    scale_and_min(b + 4, i + 1, &scale[1], &min[1]);
    const float d1 = d * scale[0], m1 = dmin * min[0], d2 = d * scale[1], m2 = dmin * min[1];
    for (size_t l = 0; l < 32; l++)
      to[l] = d1 * (float)(q[l] & 15) - m1;
    for (size_t l = 0; l < 32; l++)
      to[l + 32] = d2 * (float)(q[l] >> 4) - m2;
  }
}
BLOCKS(q4_k, 256, 144)

static void q5_k_block(const unsigned char *b, float *to) {
  const unsigned char *high = b + 16, *q = b + 48;
  float d = f16_at(b), dmin = f16_at(b + 2);
  for (unsigned i = 0; i < 8; i += 2, q += 32, to += 64) {
    float scale[2], min[2];
    scale_and_min(b + 4, i, &scale[0], &min[0]);
    scale_and_min(b + 4, i + 1, &scale[1], &min[1]);
    const float d1 = d * scale[0], m1 = dmin * min[0], d2 = d * scale[1], m2 = dmin * min[1];
    for (size_t l = 0; l < 32; l++)
      to[l] = d1 * (float)((q[l] & 15) | (high[l] >> i & 1) << 4) - m1;
    for (size_t l = 0; l < 32; l++)
      to[l + 32] = d2 * (float)(q[l] >> 4 | (high[l] >> (i + 1) & 1) << 4) - m2;
  }
}
BLOCKS(q5_k, 256, 176)

static void q6_k_block(const unsigned char *b, float *to) {
  const unsigned char *low = b, *high = b + 128, *scales = b + 192;
  float d = f16_at(b + 208);
  for (size_t n = 0; n < 2; n++, low += 64, high += 32, scales += 8, to += 128)
    for (size_t half = 0; half < 32; half += 16) {
      float s[4];
      for (size_t i = 0; i < 4; i++)
        s[i] = d * (float)(int8_t)scales[half / 16 + 2 * i];
      for (size_t l = half; l < half + 16; l++) {
        to[l] = s[0] * (float)(((low[l] & 15) | (high[l] & 3) << 4) - 32);
        to[l + 32] = s[1] * (float)(((low[l + 32] & 15) | (high[l] >> 2 & 3) << 4) - 32);
        to[l + 64] = s[2] * (float)((low[l] >> 4 | (high[l] >> 4 & 3) << 4) - 32);
        to[l + 96] = s[3] * (float)((low[l + 32] >> 4 | (high[l] >> 6 & 3) << 4) - 32);
      }
    }
}
BLOCKS(q6_k, 256, 210)

static void iq4_xs_block(const unsigned char *b, float *to) {
  float d = f16_at(b);
  unsigned high = u16_at(b + 2);
  const unsigned char *low = b + 4, *q = b + 8;
  for (unsigned i = 0; i < 8; i++, q += 16, to += 32) {
    int scale = (low[i / 2] >> (4 * (i % 2)) & 15) | (int)((high >> (2 * i) & 3) << 4);
    float dl = d * (float)(scale - 32);
    for (size_t j = 0; j < 16; j++) {
      to[j] = dl * (float)four_bit_values[q[j] & 15];
      to[j + 16] = dl * (float)four_bit_values[q[j] >> 4];
    }
  }
}
BLOCKS(iq4_xs, 256, 136)

/* Ternary values: digits of a number in base 3, scaled to 256, read from its front. */
static float *digits(const unsigned char *q, size_t n_bytes, size_t n_digits, float d, float *to) {
  static const unsigned powers[5] = {1, 3, 9, 27, 81};
  for (size_t n = 0; n < n_digits; n++, to += n_bytes)
    for (size_t j = 0; j < n_bytes; j++)
      to[j] = (float)((int)((q[j] * powers[n] & 255) * 3 >> 8) - 1) * d;
  return to;
}

static void tq1_0_block(const unsigned char *b, float *to) {
  float d = f16_at(b + 52);
  to = digits(b, 32, 5, d, to);
  to = digits(b + 32, 16, 5, d, to);
  digits(b + 48, 4, 4, d, to);
}
BLOCKS(tq1_0, 256, 54)

static void tq2_0_block(const unsigned char *b, float *to) {
  float d = f16_at(b + 64);
  for (size_t half = 0; half < 2; half++, b += 32)
    for (unsigned shift = 0; shift < 8; shift += 2, to += 32)
      for (size_t j = 0; j < 32; j++)
        to[j] = (float)((b[j] >> shift & 3) - 1) * d;
}
BLOCKS(tq2_0, 256, 66)

/* Codebooks: 8 values of a point, their signs in a byte. */

/* Seven signs are stored; the eighth makes their number even. */
static unsigned signs_of(unsigned seven) {
  unsigned odd = seven ^ seven >> 4;
  odd ^= odd >> 2;
  return seven | ((odd ^ odd >> 1) & 1) << 7;
}

static void point_of_2(float scale, unsigned code, unsigned signs, float *to) {
  static const float values[4] = {8, 25, 43, 0};
  for (unsigned j = 0; j < 8; j++) {
    float value = scale * values[code >> (2 * j) & 3];
    to[j] = (signs >> j & 1) != 0 ? -value : value;
  }
}

static void point_of_3(float scale, const float values[8], unsigned code, unsigned signs,
                       float *to) {
  for (unsigned j = 0; j < 4; j++) {
    float value = scale * values[code >> (3 * j) & 7];
    to[j] = (signs >> j & 1) != 0 ? -value : value;
  }
}

static void point_of_1(float scale, unsigned code, float delta, float *to) {
  for (unsigned j = 0; j < 8; j++)
    to[j] = scale * ((float)((int)(code >> (2 * j) & 3) - 1) + delta);
}

static void iq2_xxs_block(const unsigned char *b, float *to) {
  float d = f16_at(b);
  const unsigned char *q = b + 2;
  for (size_t i = 0; i < 8; i++, q += 8) {
    uint32_t rest = u32_at(q + 4);
    float db = d * (0.5F + (float)(rest >> 28)) * 0.25F;
    for (unsigned l = 0; l < 4; l++, to += 8)
      point_of_2(db, bs_codebook_iq2_xxs[q[l]], signs_of(rest >> (7 * l) & 127), to);
  }
}
BLOCKS(iq2_xxs, 256, 66)

static void iq2_xs_block(const unsigned char *b, float *to) {
  float d = f16_at(b);
  const unsigned char *scales = b + 66;
  for (size_t i = 0; i < 32; i++, to += 8) {
    unsigned q = u16_at(b + 2 + 2 * i), scale = scales[i / 4] >> (i % 4 / 2 * 4) & 15;
    point_of_2(d * (0.5F + (float)scale) * 0.25F, bs_codebook_iq2_xs[q & 511], signs_of(q >> 9),
               to);
  }
}
BLOCKS(iq2_xs, 256, 74)

static void iq2_s_block(const unsigned char *b, float *to) {
  float d = f16_at(b);
  const unsigned char *q = b + 2, *signs = b + 34, *high = b + 66, *scales = b + 74;
  for (size_t i = 0; i < 32; i++, to += 8) {
    unsigned scale = scales[i / 4] >> (i % 4 / 2 * 4) & 15;
    unsigned code = q[i] | ((unsigned)high[i / 4] >> (2 * (i % 4)) & 3U) << 8;
    point_of_2(d * (0.5F + (float)scale) * 0.25F, bs_codebook_iq2_s[code], signs[i], to);
  }
}
BLOCKS(iq2_s, 256, 82)

static void iq3_xxs_block(const unsigned char *b, float *to) {
  static const float values[8] = {4, 12, 20, 28, 36, 44, 52, 62};
  float d = f16_at(b);
  const unsigned char *q = b + 2, *rests = b + 66;
  for (size_t i = 0; i < 8; i++) {
    uint32_t rest = u32_at(rests + 4 * i);
    float db = d * (0.5F + (float)(rest >> 28)) * 0.5F;
    for (unsigned l = 0; l < 4; l++, q += 2, to += 8) {
      unsigned signs = signs_of(rest >> (7 * l) & 127);
      point_of_3(db, values, bs_codebook_iq3_xxs[q[0]], signs, to);
      point_of_3(db, values, bs_codebook_iq3_xxs[q[1]], signs >> 4, to + 4);
    }
  }
}
BLOCKS(iq3_xxs, 256, 98)

static void iq3_s_block(const unsigned char *b, float *to) {
  static const float values[8] = {1, 3, 5, 7, 9, 11, 13, 15};
  float d = f16_at(b);
  const unsigned char *q = b + 2, *high = b + 66, *signs = b + 74, *scales = b + 106;
  for (unsigned i = 0; i < 64; i++, to += 4) {
    int scale = scales[i / 16] >> (i / 8 % 2 * 4) & 15;
    unsigned code = q[i] | ((unsigned)high[i / 8] >> (i % 8) & 1U) << 8;
    point_of_3(d * (float)(1 + 2 * scale), values, bs_codebook_iq3_s[code],
               (unsigned)signs[i / 2] >> (i % 2 * 4), to);
  }
}
BLOCKS(iq3_s, 256, 110)

static void iq1_s_block(const unsigned char *b, float *to) {
  float d = f16_at(b);
  const unsigned char *q = b + 2;
  for (size_t i = 0; i < 8; i++) {
    unsigned high = u16_at(b + 34 + 2 * i);
    float dl = d * (float)(2 * (high >> 12 & 7) + 1);
    float delta = (high & 0x8000) != 0 ? -0.125F : 0.125F;
    for (unsigned l = 0; l < 4; l++, q++, to += 8)
      point_of_1(dl, bs_codebook_iq1[*q | (high >> (3 * l) & 7) << 8], delta, to);
  }
}
BLOCKS(iq1_s, 256, 50)

/* The scale of the whole block lies in the upper four bits of the four words of scales. */
static void iq1_m_block(const unsigned char *b, float *to) {
  const unsigned char *q = b, *high = b + 32;
  unsigned words[4], whole = 0;
  for (unsigned i = 0; i < 4; i++) {
    words[i] = u16_at(b + 48 + 2 * i);
    whole |= words[i] >> 12 << (4 * i);
  }
  float d = bs_f32_of_f16((uint16_t)whole);
  for (unsigned i = 0; i < 32; i++, to += 8) {
    unsigned scale = words[i / 8] >> (i % 8 / 2 * 3) & 7,
             bits = (unsigned)high[i / 2] >> (i % 2 * 4) & 15U;
    point_of_1(d * (float)(2 * scale + 1), bs_codebook_iq1[q[i] | (bits & 7) << 8],
               (bits & 8) != 0 ? -0.125F : 0.125F, to);
  }
}
BLOCKS(iq1_m, 256, 56)

#undef BLOCKS

#define EXPANDER(function, name, number, n_values, n_bytes) function,
const bs_expander BS_EXPANDERS[] = {BS_BLOCK_TYPES(EXPANDER)};
#undef EXPANDER
