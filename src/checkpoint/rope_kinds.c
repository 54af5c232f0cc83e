/* What each rope_type does to the frequencies. Sources: transformers' modeling_rope_utils.py
   of 4.48, 4.52 and 5.0, and for YaRN https://arxiv.org/abs/2309.00071. */
#include <math.h>
#include <string.h>

#include "base/memory_internal.h"
#include "checkpoint/rope_internal.h"

static const double PI = 3.14159265358979323846;
static const char ORIGINAL[] = "original_max_position_embeddings";

static void fail(const bs_rope *rope, const char *message) {
  bs_reader_fail(rope->reader, BS_ERR_INPUT, rope->key, "%s", message);
}

static double number(const bs_rope *rope, const char *name) {
  bs_reader *reader = rope->reader;
  double value = 1;
  if (reader->status == BS_OK)
    reader->status =
        bs_json_get_double(reader->config, rope->object, name, true, &value, reader->err);
  if (reader->status == BS_OK && !(value > 0 && isfinite(value)))
    bs_reader_fail(reader, BS_ERR_INPUT, rope->key,
                   "expected \"%s\" to be a positive number, found %g", name, value);
  return value;
}

/* null and 0 count as absent, as in Python's `or`. */
static bool has(const bs_rope *rope, const char *name) {
  const cJSON *item = bs_json_get(rope->object, name);
  return item != NULL && !cJSON_IsNull(item) && !(cJSON_IsNumber(item) && item->valuedouble == 0);
}

static double number_or(const bs_rope *rope, const char *name, double fallback) {
  return has(rope, name) ? number(rope, name) : fallback;
}

static double longest(const bs_rope *rope) { return (double)rope->blueprint->max_positions; }

/* The length before the scaling: in the object, beside it (they agree), or the family's; 0: none.
 */
static double original_length(const bs_rope *rope) {
  if (has(rope, ORIGINAL))
    return number(rope, ORIGINAL);
  if (bs_model_config_has(rope->reader, ORIGINAL))
    return (double)bs_model_config_size(rope->reader, ORIGINAL, 0);
  return (double)rope->default_original;
}

/* By how much texts become longer. transformers 4.52 goes by the ratio of the two lengths, 5.0 by
   the factor that is given. */
static double stretch(const bs_rope *rope, double original) {
  double ratio = longest(rope) / original, factor = number_or(rope, "factor", ratio);
  if (rope->reader->reading != BS_READING_DEFAULT)
    return rope->reader->reading == BS_READING_5_0 ? factor : ratio;
  if (fabs(factor - ratio) > 1e-6 * ratio)
    bs_reader_fail(
        rope->reader, BS_ERR_UNSUPPORTED, rope->key,
        "factor %g, but max_position_embeddings over %s is %g. transformers 5.0 stretches "
        "by the factor, 4.52 by that ratio, so the scores depend on its version: choose it "
        "(\"transformers\" of the configuration, --transformers), or set "
        "max_position_embeddings to %.0f, or factor to %g",
        factor, ORIGINAL, ratio, factor * original, ratio);
  return factor;
}

static void scale_linear(const bs_rope *rope) {
  double factor = number(rope, "factor");
  for (size_t i = 0; i < rope->blueprint->n_angles; i++)
    rope->angles->frequencies[i] /= factor;
}

/* Llama 3.1: long wavelengths are stretched by `factor`, short ones kept, those between blended. */
static void scale_llama3(const bs_rope *rope) {
  double *inverse = rope->angles->frequencies;
  double factor = number(rope, "factor");
  double low = number(rope, "low_freq_factor");
  double high = number(rope, "high_freq_factor");
  double original = number(rope, ORIGINAL);
  if (rope->reader->status == BS_OK && !(high > low))
    bs_reader_fail(rope->reader, BS_ERR_INPUT, rope->key,
                   "high_freq_factor %g is not above low_freq_factor %g", high, low);
  for (size_t i = 0; i < rope->blueprint->n_angles; i++) {
    double wavelength = 2 * PI / inverse[i];
    if (wavelength > original / low) {
      inverse[i] /= factor;
    } else if (wavelength >= original / high) {
      double smooth = (original / wavelength - low) / (high - low);
      inverse[i] = (1 - smooth) * inverse[i] / factor + smooth * inverse[i];
    }
  }
}

static double yarn_scale(double factor, double mscale) {
  return factor <= 1 ? 1 : 0.1 * mscale * log(factor) + 1;
}

/* Of cosines and sines. */
static double yarn_factor(const bs_rope *rope, double factor) {
  if (has(rope, "attention_factor"))
    return number(rope, "attention_factor");
  if (has(rope, "mscale") && has(rope, "mscale_all_dim"))
    return yarn_scale(factor, number(rope, "mscale")) /
           yarn_scale(factor, number(rope, "mscale_all_dim"));
  return yarn_scale(factor, 1);
}

/* The dimension that turns so many times over the original length. */
static double yarn_dimension(const bs_rope *rope, double turns, double original) {
  double d = 2 * (double)rope->blueprint->n_angles;
  return d * log(original / (turns * 2 * PI)) / (2 * log(rope->theta));
}

static bool yarn_truncates(const bs_rope *rope) {
  bool truncates = true;
  bs_reader *reader = rope->reader;
  if (reader->status == BS_OK)
    reader->status =
        bs_json_get_bool(reader->config, rope->object, "truncate", false, &truncates, reader->err);
  return truncates;
}

/* Fast dimensions are kept, slow ones stretched by the factor, those between blended by a ramp. */
static void scale_yarn(const bs_rope *rope) {
  double original = has(rope, ORIGINAL) ? number(rope, ORIGINAL) : longest(rope);
  if (!has(rope, ORIGINAL) && original_length(rope) > 0 && original_length(rope) != original)
    fail(rope, "original_max_position_embeddings stands beside it, where transformers 4.52 "
               "overlooks it; expected it inside");
  double factor = number(rope, "factor");
  if (has(rope, ORIGINAL))
    factor = stretch(rope, original);
  if (!(rope->theta > 1))
    fail(rope, "yarn needs a rope_theta above 1");
  double low = yarn_dimension(rope, number_or(rope, "beta_fast", 32), original);
  double high = yarn_dimension(rope, number_or(rope, "beta_slow", 1), original);
  rope->angles->factor = yarn_factor(rope, factor);
  if (yarn_truncates(rope)) {
    low = floor(low);
    high = ceil(high);
  }
  low = fmax(low, 0);
  high = fmin(high, 2 * (double)rope->blueprint->n_angles - 1);
  if (low == high)
    high += 0.001; /* as transformers does */
  for (size_t i = 0; i < rope->blueprint->n_angles; i++) {
    double ramp = fmin(fmax(((double)i - low) / (high - low), 0), 1);
    rope->angles->frequencies[i] *= ramp / factor + 1 - ramp;
  }
}

/* Beyond the model's length theta grows with the text's. The formula has no end; some end bounds
   the memory that a text may take. */
static void scale_dynamic(const bs_rope *rope) {
  enum { LENGTHS = 2 };
  double factor = number(rope, "factor"), most = LENGTHS * factor * longest(rope);
  double original = original_length(rope);
  if (original > 0 && original != longest(rope))
    bs_reader_fail(rope->reader, BS_ERR_UNSUPPORTED, rope->key,
                   "%s is %.0f, max_position_embeddings %.0f: the base grows from the latter on in "
                   "transformers, from the former on by its name. Expected them to be the same, or "
                   "the first taken out",
                   ORIGINAL, original, longest(rope));
  if (rope->blueprint->n_angles < 2)
    fail(rope, "dynamic needs more than 2 rotated dimensions");
  if (!(most <= BS_MAX_WIDTH))
    fail(rope, "factor is too large");
  if (rope->reader->status != BS_OK)
    return;
  rope->angles->length = rope->blueprint->max_positions;
  rope->angles->theta = rope->theta;
  rope->angles->growth = factor;
  rope->blueprint->max_positions = bs_size_max((size_t)most, rope->blueprint->max_positions);
}

/* Divides frequencies by a list of factors. */
static void divide(const bs_rope *rope, const char *name, double *frequencies) {
  const cJSON *list = bs_json_get(rope->object, name), *item;
  size_t i = 0, n = rope->blueprint->n_angles;
  if (!cJSON_IsArray(list) || (size_t)cJSON_GetArraySize(list) != n) {
    bs_reader_fail(
        rope->reader, BS_ERR_INPUT, rope->key,
        "%zu of a head's %zu dimensions would be rotated; expected \"%s\" to be an array "
        "of %zu numbers",
        2 * n, rope->blueprint->head_dim, name, n);
    return;
  }
  cJSON_ArrayForEach(item, list) {
    if (!cJSON_IsNumber(item) || !(item->valuedouble > 0 && isfinite(item->valuedouble)))
      bs_reader_fail(rope->reader, BS_ERR_INPUT, rope->key, "\"%s\": expected positive numbers",
                     name);
    else
      frequencies[i++] /= item->valuedouble;
  }
}

/* Phi-3: one list of factors for texts up to the original length, another for longer ones. */
static void scale_longrope(const bs_rope *rope) {
  double original = original_length(rope);
  if (!(original > 1))
    fail(rope, "longrope needs original_max_position_embeddings, above 1");
  if (rope->reader->status != BS_OK)
    return;
  size_t n = rope->blueprint->n_angles;
  double factor = stretch(rope, original);
  double scale = factor <= 1 ? 1 : sqrt(1 + log(factor) / log(original));
  bs_angles *angles = rope->angles;
  angles->factor = number_or(rope, "attention_factor", scale);
  angles->length = (size_t)original;
  angles->long_frequencies = bs_array_new(n, sizeof *angles->long_frequencies, rope->reader->err);
  if (angles->long_frequencies == NULL) {
    rope->reader->status = BS_ERR_MEMORY;
    return;
  }
  memcpy(angles->long_frequencies, angles->frequencies, n * sizeof *angles->frequencies);
  divide(rope, "long_factor", angles->long_frequencies);
  divide(rope, "short_factor", angles->frequencies);
}

#define LONGROPE_MEMBERS                                                                           \
  { "long_factor", "short_factor", "factor", "attention_factor" }

const bs_rope_kind bs_rope_kinds[] = {
    {"default", NULL, {NULL}},
    {"linear", scale_linear, {"factor"}},
    {"dynamic", scale_dynamic, {"factor"}},
    {"llama3", scale_llama3, {"factor", "low_freq_factor", "high_freq_factor"}},
    {"yarn",
     scale_yarn,
     {"factor", "attention_factor", "mscale", "mscale_all_dim", "beta_fast", "beta_slow",
      "truncate"}},
    {"longrope", scale_longrope, LONGROPE_MEMBERS},
    {"su", scale_longrope, LONGROPE_MEMBERS}, /* its first name */
    {0},
};
