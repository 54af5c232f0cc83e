/* Rotary position settings of config.json -> inverse frequencies, in double precision. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "checkpoint/family_internal.h"

static const double PI = 3.14159265358979323846, DEFAULT_THETA = 10000;

typedef struct rotary_settings {
  double theta, fraction;
  const cJSON *scaling; /* the object, or NULL */
  const char *scaling_key;
} rotary_settings;

/* A positive number from config.json under one of several names, which must agree: keys[0] also in
   the rope object. */
static double agreed(bs_reader *reader, const char *const keys[3], const cJSON *object,
                     double fallback) {
  double value = fallback;
  const char *from = NULL, *null = NULL;
  for (size_t i = 0; i < 4 && reader->status == BS_OK; i++) {
    const char *key = keys[i == 0 ? 0 : i - 1];
    const cJSON *item =
        key == NULL ? NULL : bs_json_get(i == 0 ? object : reader->config->root, key);
    if (cJSON_IsNull(item))
      null = key;
    if (item == NULL || cJSON_IsNull(item))
      continue;
    double found = cJSON_IsNumber(item) ? item->valuedouble : 0;
    if (!(found > 0 && isfinite(found)))
      bs_reader_fail(reader, BS_ERR_INPUT, key, "expected a positive number");
    else if (from != NULL && found != value)
      bs_reader_fail(reader, BS_ERR_INPUT, key, "%g contradicts %s, which is %g", found, from,
                     value);
    value = found;
    from = key;
  }
  if (from == NULL && null != NULL)
    bs_reader_fail(reader, BS_ERR_INPUT, null, "null: expected a positive number");
  return value;
}

static double scaling_number(bs_reader *reader, const rotary_settings *settings, const char *key) {
  double value = 1;
  if (reader->status == BS_OK)
    reader->status =
        bs_json_get_double(reader->config, settings->scaling, key, true, &value, reader->err);
  if (reader->status == BS_OK && !(value > 0 && isfinite(value)))
    bs_reader_fail(reader, BS_ERR_INPUT, settings->scaling_key,
                   "expected \"%s\" to be a positive number, found %g", key, value);
  return value;
}

static void scale_linear(bs_reader *reader, const rotary_settings *settings, double *inverse,
                         size_t n) {
  double factor = scaling_number(reader, settings, "factor");
  for (size_t i = 0; i < n; i++)
    inverse[i] /= factor;
}

/* Llama 3.1: long wavelengths are stretched by `factor`, short ones kept, those between blended. */
static void scale_llama3(bs_reader *reader, const rotary_settings *settings, double *inverse,
                         size_t n) {
  double factor = scaling_number(reader, settings, "factor");
  double low = scaling_number(reader, settings, "low_freq_factor");
  double high = scaling_number(reader, settings, "high_freq_factor");
  double original = scaling_number(reader, settings, "original_max_position_embeddings");
  if (reader->status == BS_OK && !(high > low))
    bs_reader_fail(reader, BS_ERR_INPUT, settings->scaling_key,
                   "high_freq_factor %g is not above low_freq_factor %g", high, low);
  for (size_t i = 0; i < n; i++) {
    double wavelength = 2 * PI / inverse[i];
    if (wavelength > original / low) {
      inverse[i] /= factor;
    } else if (wavelength >= original / high) {
      double smooth = (original / wavelength - low) / (high - low);
      inverse[i] = (1 - smooth) * inverse[i] / factor + smooth * inverse[i];
    }
  }
}

static void scale_none(bs_reader *reader, const rotary_settings *settings, double *inverse,
                       size_t n) {
  (void)reader, (void)settings, (void)inverse, (void)n;
}

enum { MAX_MEMBERS = 5 };

typedef struct scaling_kind {
  const char *name;
  void (*apply)(bs_reader *, const rotary_settings *, double *inverse, size_t n);
  const char *members[MAX_MEMBERS]; /* that it reads beside `shared_members` */
} scaling_kind;

static const scaling_kind scalings[] = {
    {"default", scale_none, {NULL}},
    {"linear", scale_linear, {"factor"}},
    {"llama3",
     scale_llama3,
     {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"}},
};

/* Read for every kind, or of no effect on a kind that does not list them: the length that the model
   was first trained on, and whether it was trained on with the scaling. */
static const char *const shared_members[] = {
    "rope_type", "type", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings",
    "finetuned"};

static bool is_read(const scaling_kind *kind, const char *member) {
  for (size_t i = 0; i < sizeof shared_members / sizeof *shared_members; i++)
    if (strcmp(member, shared_members[i]) == 0)
      return true;
  for (size_t i = 0; i < MAX_MEMBERS && kind->members[i] != NULL; i++)
    if (strcmp(member, kind->members[i]) == 0)
      return true;
  return false;
}

/* Every member must be one that the kind reads: others scale in a way that is not built. */
static void check_members(bs_reader *reader, const rotary_settings *settings,
                          const scaling_kind *kind) {
  const cJSON *member;
  cJSON_ArrayForEach(member, settings->scaling) {
    if (cJSON_IsObject(member))
      bs_reader_fail(reader, BS_ERR_UNSUPPORTED, settings->scaling_key,
                     "settings for each kind of layer (\"%s\") are not built; expected one set of "
                     "settings: rope_type, rope_theta and what the type needs",
                     member->string);
    else if (!cJSON_IsNull(member) && !is_read(kind, member->string))
      bs_reader_fail(reader, BS_ERR_UNSUPPORTED, settings->scaling_key,
                     "\"%s\" has no place beside rope_type \"%s\": it would be left out, and the "
                     "scores could be wrong",
                     member->string, kind->name);
  }
}

static const cJSON *scaling_type(bs_reader *reader, const rotary_settings *settings) {
  const cJSON *type = bs_json_get(settings->scaling, "rope_type");
  const cJSON *old = bs_json_get(settings->scaling, "type");
  if (type != NULL && old != NULL && !cJSON_Compare(type, old, true))
    bs_reader_fail(reader, BS_ERR_INPUT, settings->scaling_key,
                   "\"type\" contradicts \"rope_type\"; expected one of them");
  return type != NULL ? type : old;
}

static const scaling_kind *find_scaling(bs_reader *reader, const rotary_settings *settings) {
  if (settings->scaling == NULL)
    return &scalings[0];
  const cJSON *type = scaling_type(reader, settings);
  const char *name = cJSON_IsString(type) ? type->valuestring : NULL;
  /* rope_parameters always stands there in newer files, with a theta alone for the plain kind. */
  if (type == NULL && strcmp(settings->scaling_key, "rope_parameters") == 0) {
    check_members(reader, settings, &scalings[0]);
    return &scalings[0];
  }
  for (size_t i = 0; name != NULL && i < sizeof scalings / sizeof *scalings; i++)
    if (strcmp(name, scalings[i].name) == 0) {
      check_members(reader, settings, &scalings[i]);
      return &scalings[i];
    }
  bs_reader_fail(reader, BS_ERR_UNSUPPORTED, settings->scaling_key,
                 "unknown rope_type \"%s\"; known: default, linear, llama3",
                 name != NULL ? name : "(none)");
  return &scalings[0];
}

static const cJSON *object_at(bs_reader *reader, const char *key) {
  const cJSON *item = bs_json_get(reader->config->root, key);
  if (item == NULL || cJSON_IsNull(item))
    return NULL;
  if (cJSON_IsObject(item))
    return item;
  bs_reader_fail(reader, BS_ERR_INPUT, key, "expected an object or null");
  return NULL;
}

static rotary_settings read_settings(bs_reader *reader, const char *old_theta,
                                     const char *old_fraction, double default_fraction) {
  const cJSON *scaling = object_at(reader, "rope_scaling");
  const cJSON *parameters = object_at(reader, "rope_parameters");
  if (scaling != NULL && parameters != NULL)
    bs_reader_fail(reader, BS_ERR_UNSUPPORTED, "rope_scaling",
                   "it stands beside rope_parameters; expected one of them");
  const cJSON *object = scaling != NULL ? scaling : parameters;
  const char *const thetas[3] = {"rope_theta", old_theta, NULL};
  const char *const fractions[3] = {"partial_rotary_factor", old_fraction, NULL};
  rotary_settings settings = {
      .theta = agreed(reader, thetas, object, 0),
      .fraction = agreed(reader, fractions, object, default_fraction),
      .scaling = object,
      .scaling_key = scaling != NULL ? "rope_scaling" : "rope_parameters",
  };
  return settings;
}

/* Files from before rope_theta have the base of the first rotary models; newer ones give it. */
static void settle_theta(bs_reader *reader, rotary_settings *settings) {
  if (reader->status == BS_OK && settings->theta == 0 &&
      bs_model_config_has(reader, "rope_parameters"))
    bs_reader_fail(reader, BS_ERR_INPUT, "rope_parameters",
                   "no rope_theta, neither in it nor beside it; expected the base of the rotary "
                   "frequencies");
  if (settings->theta == 0)
    settings->theta = DEFAULT_THETA;
}

/* The length before scaling may stand outside as well. */
static void check_original_length(bs_reader *reader, const rotary_settings *settings) {
  static const char key[] = "original_max_position_embeddings";
  const cJSON *outside = bs_json_get(reader->config->root, key);
  const cJSON *inside = bs_json_get(settings->scaling, key);
  if (bs_model_config_has(reader, key) && inside != NULL && !cJSON_Compare(outside, inside, true))
    bs_reader_fail(reader, BS_ERR_INPUT, key, "it contradicts that in %s", settings->scaling_key);
}

void bs_model_config_rotary(bs_reader *reader, bs_blueprint *blueprint, const char *old_theta,
                            const char *old_fraction, double default_fraction) {
  rotary_settings settings = read_settings(reader, old_theta, old_fraction, default_fraction);
  const scaling_kind *kind = find_scaling(reader, &settings);
  settle_theta(reader, &settings);
  check_original_length(reader, &settings);
  if (reader->status != BS_OK)
    return;
  blueprint->position = BS_POSITION_ROTARY;
  size_t n_rotary = (size_t)((double)blueprint->head_dim * fmin(settings.fraction, 2));
  if (n_rotary == 0 || n_rotary % 2 != 0 || n_rotary > blueprint->head_dim) {
    bs_reader_fail(reader, BS_ERR_INPUT, old_fraction != NULL ? old_fraction : "head_dim",
                   "%zu of a head's %zu dimensions would be rotated; expected an even number",
                   n_rotary, blueprint->head_dim);
    return;
  }
  size_t n = n_rotary / 2;
  double *frequencies = bs_array_new(n, sizeof *frequencies, reader->err);
  if (frequencies == NULL) {
    reader->status = BS_ERR_MEMORY;
    return;
  }
  blueprint->n_angles = n;
  blueprint->angles[0] = (bs_angles){.frequencies = frequencies, .factor = 1};
  for (size_t i = 0; i < n; i++)
    frequencies[i] = pow(settings.theta, -(double)(2 * i) / (double)n_rotary);
  kind->apply(reader, &settings, frequencies, n);
}
