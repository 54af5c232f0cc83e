/* What positions do, in numbers: ALiBi's slopes, buckets of relative positions, the frequencies of
   sinusoidal positions, and those of rotary ones in texts of any length. */
#include <math.h>
#include <string.h>

#include "base/memory_internal.h"
#include "checkpoint/family_internal.h"

static double *new_numbers(bs_reader *reader, size_t n) {
  double *numbers = reader->status == BS_OK ? bs_array_new(n, sizeof *numbers, reader->err) : NULL;
  if (reader->status == BS_OK && numbers == NULL)
    reader->status = BS_ERR_MEMORY;
  return numbers;
}

/* A geometric sequence for a power of two; else that of the next lower power and every other one of
   the next higher. */
static double bloom_exponent(size_t head, size_t n_heads) {
  size_t power = 1;
  while (2 * power <= n_heads)
    power *= 2;
  return head < power ? -8.0 * (double)(head + 1) / (double)power
                      : -4.0 * (double)(2 * (head - power) + 1) / (double)power;
}

/* Of the next higher power of two: every other one from the second on, then from the first on. */
static double mpt_exponent(size_t head, size_t n_heads, double bias_max) {
  size_t power = 1;
  while (power < n_heads)
    power *= 2;
  size_t place = head;
  if (power != n_heads)
    place = head < power / 2 ? 2 * head + 1 : 2 * (head - power / 2);
  return -bias_max * (double)(place + 1) / (double)power;
}

void bs_reader_alibi(bs_reader *reader, bs_blueprint *blueprint, bs_alibi_kind kind,
                     double bias_max, double scale) {
  size_t n_heads = blueprint->n_heads;
  blueprint->position = BS_POSITION_ALIBI;
  blueprint->alibi_slopes = new_numbers(reader, n_heads);
  for (size_t h = 0; blueprint->alibi_slopes != NULL && h < n_heads; h++)
    blueprint->alibi_slopes[h] =
        scale * exp2(kind == BS_ALIBI_MPT ? mpt_exponent(h, n_heads, bias_max)
                                          : bloom_exponent(h, n_heads));
}

void bs_reader_sinusoids(bs_reader *reader, bs_blueprint *blueprint, const char *width) {
  size_t n = blueprint->d_model / 2;
  if (blueprint->d_model % 2 != 0 || n < 2)
    bs_reader_fail(reader, BS_ERR_INPUT, width,
                   "%zu: expected an even number of 4 or more, for sines and cosines of positions",
                   blueprint->d_model);
  blueprint->position = BS_POSITION_SINUSOIDAL;
  blueprint->n_angles = n;
  blueprint->angles[0] = (bs_angles){.frequencies = new_numbers(reader, n), .factor = 1};
  for (size_t i = 0; blueprint->angles[0].frequencies != NULL && i < n; i++)
    blueprint->angles[0].frequencies[i] = exp(-(double)i * log(10000) / (double)(n - 1));
}

size_t bs_blueprint_length_class(const bs_blueprint *blueprint, size_t n_tokens) {
  size_t class = 0;
  for (size_t i = 0; i < BS_ANGLE_SETS; i++) {
    const bs_angles *angles = &blueprint->angles[i];
    if (angles->length > 0 && n_tokens > angles->length) {
      size_t stands = angles->long_frequencies != NULL ? angles->length + 1 : n_tokens;
      class = stands > class ? stands : class;
    }
  }
  return class;
}

bool bs_blueprint_begins_anew(const bs_blueprint *blueprint, size_t n_tokens) {
  for (size_t i = 0; i < BS_ANGLE_SETS; i++)
    if (blueprint->angles[i].long_frequencies != NULL &&
        n_tokens == blueprint->angles[i].length + 1)
      return true;
  return false;
}

void bs_angles_at(const bs_blueprint *blueprint, const bs_angles *angles, size_t length_class,
                  double *to) {
  size_t n = blueprint->n_angles;
  bool is_long = angles->length > 0 && length_class > angles->length;
  if (!is_long || angles->long_frequencies != NULL) {
    memcpy(to, is_long ? angles->long_frequencies : angles->frequencies, n * sizeof *to);
    return;
  }
  double d = 2 * (double)n, share = (double)length_class / (double)angles->length;
  double theta = angles->theta * pow(angles->growth * share - (angles->growth - 1), d / (d - 2));
  for (size_t i = 0; i < n; i++)
    to[i] = pow(theta, -(double)(2 * i) / d);
}

size_t bs_relative_bucket(const bs_blueprint *blueprint, int64_t distance) {
  bool both = blueprint->bidirectional;
  size_t n = both ? blueprint->n_buckets / 2 : blueprint->n_buckets, exact = n / 2;
  size_t first = both && distance > 0 ? n : 0;
  size_t far = (size_t)(distance > 0 ? (both ? distance : 0) : -distance);
  if (far < exact)
    return first + far;
  /* In f32, as transformers does. */
  float share =
      logf((float)far / (float)exact) / (float)log((double)blueprint->max_distance / (double)exact);
  size_t bucket = exact + (size_t)(share * (float)(n - exact));
  return first + (bucket < n ? bucket : n - 1);
}
