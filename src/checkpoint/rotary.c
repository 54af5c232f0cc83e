/* Rotary position settings of config.json -> sets of angles, in double precision. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "checkpoint/rope_internal.h"

static const double DEFAULT_THETA = 10000; /* of the first rotary models */

typedef struct rotary_settings {
  double theta, fraction;
  const cJSON *scaling; /* the object, or NULL */
  const char *scaling_key;
} rotary_settings;

/* A positive number from config.json: keys[0] in the rope object, the other names beside it; all
   that are there must agree. */
static double agreed(bs_reader *reader, const char *const keys[3], const cJSON *object,
                     double fallback) {
  double value = fallback;
  const char *from = NULL, *null = NULL;
  for (size_t i = 0; i < 3 && reader->status == BS_OK; i++) {
    const char *key = keys[i];
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

/* Read for every kind, or of no effect on a kind that does not list them: the length that the model
   was first trained on, and whether it was trained on with the scaling. */
static const char *const shared_members[] = {
    "rope_type", "type", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings",
    "finetuned"};

static bool is_read(const bs_rope_kind *kind, const char *member) {
  for (size_t i = 0; i < sizeof shared_members / sizeof *shared_members; i++)
    if (strcmp(member, shared_members[i]) == 0)
      return true;
  for (size_t i = 0; i < BS_ROPE_MEMBERS && kind->members[i] != NULL; i++)
    if (strcmp(member, kind->members[i]) == 0)
      return true;
  return false;
}

/* Every member must be one that the kind reads: others scale in a way that is not built. */
static void check_members(bs_reader *reader, const rotary_settings *settings,
                          const bs_rope_kind *kind) {
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

static const bs_rope_kind *find_kind(bs_reader *reader, const rotary_settings *settings) {
  if (settings->scaling == NULL)
    return &bs_rope_kinds[0];
  const cJSON *type = scaling_type(reader, settings);
  const char *name = cJSON_IsString(type) ? type->valuestring : NULL;
  /* rope_parameters always stands there in newer files, with a theta alone for the plain kind. */
  if (type == NULL && strcmp(settings->scaling_key, "rope_parameters") == 0) {
    check_members(reader, settings, &bs_rope_kinds[0]);
    return &bs_rope_kinds[0];
  }
  for (const bs_rope_kind *kind = bs_rope_kinds; name != NULL && kind->name != NULL; kind++)
    if (strcmp(name, kind->name) == 0) {
      check_members(reader, settings, kind);
      return kind;
    }
  bs_reader_fail(reader, BS_ERR_UNSUPPORTED, settings->scaling_key,
                 "unknown rope_type \"%s\"; known: default, linear, dynamic, llama3, "
                 "yarn, longrope",
                 name != NULL ? name : "(none)");
  return &bs_rope_kinds[0];
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

/* The object of one kind of layers in rope_parameters, which has one for each. */
static const cJSON *object_of_layers(bs_reader *reader, const cJSON *parameters, const char *kind) {
  const cJSON *each;
  cJSON_ArrayForEach(each, parameters) {
    if (!cJSON_IsObject(each))
      bs_reader_fail(reader, BS_ERR_UNSUPPORTED, "rope_parameters",
                     "found \"%s\", expected settings for each kind of layer (\"%s\")",
                     each->string, kind);
  }
  const cJSON *found = bs_json_get(parameters, kind);
  if (parameters != NULL && found == NULL)
    bs_reader_fail(reader, BS_ERR_INPUT, "rope_parameters", "no settings for \"%s\"", kind);
  return found;
}

static rotary_settings read_settings(bs_reader *reader, const bs_rotary_source *source) {
  const cJSON *scaling = object_at(reader, "rope_scaling");
  const cJSON *parameters = object_at(reader, "rope_parameters");
  if (scaling != NULL && parameters != NULL)
    bs_reader_fail(reader, BS_ERR_UNSUPPORTED, "rope_scaling",
                   "it stands beside rope_parameters; expected one of them");
  const char *scaling_key = scaling != NULL ? "rope_scaling" : "rope_parameters";
  if (source->layers != NULL)
    parameters = object_of_layers(reader, parameters, source->layers);
  if (source->plain)
    scaling = NULL;
  const cJSON *object = scaling != NULL ? scaling : parameters;
  const char *const thetas[] = {"rope_theta", source->theta != NULL ? source->theta : "rope_theta",
                                source->old_theta};
  const char *const fractions[] = {"partial_rotary_factor", "partial_rotary_factor",
                                   source->old_fraction};
  return (rotary_settings){
      .theta = agreed(reader, thetas, object, 0),
      .fraction = agreed(reader, fractions, object, source->default_fraction),
      .scaling = object,
      .scaling_key = scaling_key,
  };
}

/* Files from before rope_theta have the family's; newer ones give it. */
static void settle_theta(bs_reader *reader, rotary_settings *settings, double fallback) {
  if (reader->status == BS_OK && settings->theta == 0 &&
      bs_model_config_has(reader, "rope_parameters"))
    bs_reader_fail(reader, BS_ERR_INPUT, "rope_parameters",
                   "no rope_theta, neither in it nor beside it; expected the base of the rotary "
                   "frequencies");
  if (settings->theta == 0)
    settings->theta = fallback;
}

/* The length before scaling may stand outside as well. */
static void check_original_length(bs_reader *reader, const rotary_settings *settings) {
  static const char key[] = "original_max_position_embeddings";
  const cJSON *outside = bs_json_get(reader->config->root, key);
  const cJSON *inside = bs_json_get(settings->scaling, key);
  if (bs_model_config_has(reader, key) && inside != NULL && !cJSON_Compare(outside, inside, true))
    bs_reader_fail(reader, BS_ERR_INPUT, key, "it contradicts that in %s", settings->scaling_key);
}

static size_t count_angles(bs_reader *reader, const bs_blueprint *blueprint,
                           const bs_rotary_source *source, double fraction) {
  size_t n = source->n_rotary > 0
                 ? source->n_rotary
                 : (size_t)((double)blueprint->head_dim * fmin(fmax(fraction, 0), 2));
  if (n == 0 || n % 2 != 0 || n > blueprint->head_dim)
    bs_reader_fail(reader, BS_ERR_INPUT,
                   source->old_fraction != NULL ? source->old_fraction : "head_dim",
                   "%zu of a head's %zu dimensions would be rotated; expected an even number", n,
                   blueprint->head_dim);
  return n / 2;
}

void bs_reader_angles(bs_reader *reader, bs_blueprint *blueprint, size_t set, double theta,
                      size_t n_angles) {
  double *frequencies =
      reader->status == BS_OK ? bs_array_new(n_angles, sizeof *frequencies, reader->err) : NULL;
  if (frequencies == NULL) {
    reader->status = reader->status == BS_OK ? BS_ERR_MEMORY : reader->status;
    return;
  }
  blueprint->position = BS_POSITION_ROTARY;
  blueprint->n_angles = n_angles;
  blueprint->angles[set] = (bs_angles){.frequencies = frequencies, .factor = 1};
  for (size_t i = 0; i < n_angles; i++)
    frequencies[i] = pow(theta, -(double)(2 * i) / (double)(2 * n_angles));
}

void bs_model_config_rotary(bs_reader *reader, bs_blueprint *blueprint, size_t set,
                            const bs_rotary_source *source) {
  rotary_settings settings = read_settings(reader, source);
  const bs_rope_kind *kind = find_kind(reader, &settings);
  settle_theta(reader, &settings,
               source->default_theta > 0 ? source->default_theta : DEFAULT_THETA);
  check_original_length(reader, &settings);
  size_t n = count_angles(reader, blueprint, source, settings.fraction);
  bs_reader_angles(reader, blueprint, set, settings.theta, n);
  if (reader->status == BS_OK && kind->apply != NULL)
    kind->apply(&(bs_rope){.reader = reader,
                           .blueprint = blueprint,
                           .angles = &blueprint->angles[set],
                           .object = settings.scaling,
                           .key = settings.scaling_key,
                           .theta = settings.theta,
                           .default_original = source->default_original});
}
