/* Typed members of config.json with a fault that sticks. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "checkpoint/family_internal.h"

void bs_reader_fail(bs_reader *reader, bs_status status, const char *key, const char *format, ...) {
  if (reader->status != BS_OK)
    return;
  char message[BS_ERROR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  const cJSON *item = bs_json_get(reader->config->root, key);
  reader->status = status;
  if (item != NULL)
    bs_error_set(reader->err, status, "%s: line %zu: %s: %s", reader->config->name,
                 bs_json_line(reader->config, item), key, message);
  else
    bs_error_set(reader->err, status, "%s: %s: %s", reader->config->name, key, message);
}

void bs_reader_note(bs_reader *reader, const char *format, ...) {
  if (reader->status != BS_OK)
    return;
  char message[BS_ERROR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  message[bs_utf8_valid_bytes(message, strlen(message))] = '\0'; /* it may have been cut */
  reader->status = bs_name_list_add(reader->notes, message, reader->err);
}

bool bs_model_config_has(const bs_reader *reader, const char *key) {
  const cJSON *item = bs_json_get(reader->config->root, key);
  return item != NULL && !cJSON_IsNull(item);
}

size_t bs_model_config_size(bs_reader *reader, const char *key, size_t fallback) {
  int64_t value = (int64_t)fallback;
  if (reader->status == BS_OK)
    reader->status = bs_json_get_integer(reader->config, reader->config->root, key, fallback == 0,
                                         1, BS_MAX_WIDTH, &value, reader->err);
  return reader->status == BS_OK ? (size_t)value : 1;
}

size_t bs_model_config_size_of(bs_reader *reader, const char *const *names) {
  const char *key = names[0];
  for (size_t i = 0; names[i] != NULL; i++)
    if (bs_model_config_has(reader, names[i])) {
      key = names[i];
      break;
    }
  return bs_model_config_size(reader, key, 0);
}

void bs_model_config_heads(bs_reader *reader, bs_blueprint *blueprint, const char *heads,
                           const char *width) {
  if (blueprint->d_model % blueprint->n_heads != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, heads, "%zu heads do not divide %s %zu",
                   blueprint->n_heads, width, blueprint->d_model);
  blueprint->n_kv_heads = blueprint->n_heads;
  blueprint->head_dim = blueprint->d_model / blueprint->n_heads;
}

void bs_model_config_kv_heads(bs_reader *reader, bs_blueprint *blueprint, size_t fallback) {
  static const char key[] = "num_key_value_heads";
  bool is_absent = bs_json_get(reader->config->root, key) == NULL;
  blueprint->n_kv_heads =
      bs_model_config_size(reader, key, is_absent && fallback > 0 ? fallback : blueprint->n_heads);
  if (blueprint->n_heads % blueprint->n_kv_heads != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, key, "%zu do not divide num_attention_heads %zu",
                   blueprint->n_kv_heads, blueprint->n_heads);
}

static bool is_null(const bs_reader *reader, const char *key) {
  return cJSON_IsNull(bs_json_get(reader->config->root, key));
}

double bs_model_config_positive(bs_reader *reader, const char *key, double fallback) {
  double value = fallback;
  if (is_null(reader, key))
    bs_reader_fail(reader, BS_ERR_INPUT, key, "null: expected a positive number");
  if (reader->status == BS_OK)
    reader->status =
        bs_json_get_double(reader->config, reader->config->root, key, false, &value, reader->err);
  if (reader->status == BS_OK && !(value > 0 && isfinite(value)))
    bs_reader_fail(reader, BS_ERR_INPUT, key, "expected a positive number, found %g", value);
  return reader->status == BS_OK ? value : 1;
}

bool bs_model_config_bool(bs_reader *reader, const char *key, bool fallback) {
  bool value = !is_null(reader, key) && fallback;
  if (reader->status == BS_OK)
    reader->status =
        bs_json_get_bool(reader->config, reader->config->root, key, false, &value, reader->err);
  return value;
}

const char *bs_model_config_string(bs_reader *reader, const char *key, const char *fallback) {
  const char *value = fallback;
  if (is_null(reader, key))
    bs_reader_fail(reader, BS_ERR_INPUT, key, "null: expected a string");
  if (reader->status == BS_OK)
    reader->status =
        bs_json_get_string(reader->config, reader->config->root, key, false, &value, reader->err);
  return value;
}

bs_activation bs_model_config_activation(bs_reader *reader, const char *key, const char *fallback) {
  return bs_reader_activation(reader, key, bs_model_config_string(reader, key, fallback));
}

int32_t bs_model_config_token(bs_reader *reader, const char *key, size_t vocab_size,
                              int32_t fallback) {
  int64_t value = fallback;
  if (reader->status == BS_OK)
    reader->status = bs_json_get_integer(reader->config, reader->config->root, key, fallback < 0, 0,
                                         (int64_t)vocab_size - 1, &value, reader->err);
  return reader->status == BS_OK ? (int32_t)value : 0;
}

bs_activation bs_reader_activation(bs_reader *reader, const char *key, const char *name) {
  static const struct {
    const char *name;
    bs_activation activation;
  } known[] = {
      {"silu", BS_ACTIVATION_SILU},
      {"swish", BS_ACTIVATION_SILU},
      {"gelu", BS_ACTIVATION_GELU},
      {"gelu_python", BS_ACTIVATION_GELU},
      {"gelu_accurate", BS_ACTIVATION_GELU_TANH},
      {"gelu_new", BS_ACTIVATION_GELU_TANH},
      {"gelu_fast", BS_ACTIVATION_GELU_TANH},
      {"gelu_pytorch_tanh", BS_ACTIVATION_GELU_TANH},
      {"quick_gelu", BS_ACTIVATION_GELU_QUICK},
      {"relu", BS_ACTIVATION_RELU},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(name, known[i].name) == 0)
      return known[i].activation;
  bs_reader_fail(reader, BS_ERR_UNSUPPORTED, key,
                 "unknown activation \"%s\"; known: silu, swish, gelu, gelu_python, gelu_accurate, "
                 "gelu_new, gelu_fast, gelu_pytorch_tanh, quick_gelu, relu",
                 name);
  return BS_ACTIVATION_SILU;
}

void bs_reader_layers(bs_reader *reader, bs_blueprint *blueprint) {
  if (reader->status != BS_OK)
    return;
  if (blueprint->n_layers > BS_MAX_LAYERS) {
    bs_error_set(reader->err, BS_ERR_LIMIT, "%s: %zu layers; at most %d are read",
                 reader->config->name, blueprint->n_layers, BS_MAX_LAYERS);
    reader->status = BS_ERR_LIMIT;
    return;
  }
  blueprint->layers = bs_array_new(blueprint->n_layers, sizeof *blueprint->layers, reader->err);
  if (blueprint->layers == NULL) {
    reader->status = BS_ERR_MEMORY;
    return;
  }
  blueprint->embedding_scale = 1;
  blueprint->output_scale = 1;
  for (size_t i = 0; i < blueprint->n_layers; i++)
    blueprint->layers[i] = (bs_layer_blueprint){
        .steps = {{.operation = BS_OPERATION_ATTENTION,
                   .pre_norm = BS_SLOT_ATTENTION_NORM,
                   .scale = 1},
                  {.operation = BS_OPERATION_MLP, .pre_norm = BS_SLOT_MLP_NORM, .scale = 1}},
        .n_steps = 2,
        .score_scale = 1 / sqrt((double)blueprint->head_dim),
        .angles = blueprint->position == BS_POSITION_ROTARY ? 0 : BS_NO_ANGLES};
}

void bs_reader_one_norm(bs_reader *reader, bs_blueprint *blueprint) {
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++) {
    blueprint->layers[i].steps[1].beside = true;
    blueprint->layers[i].steps[1].pre_norm = BS_SLOT_ATTENTION_NORM;
  }
}
