/* Finding a family's tensors: presence, shape, type; what is a parameter is counted once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "checkpoint/dtype_internal.h"
#include "checkpoint/family_internal.h"

enum { PREFIX_BYTES = 240, NAME_BYTES = 256, SHAPE_BYTES = 192 };

static const char *shape_text(char text[SHAPE_BYTES], size_t n_dims, const uint64_t *shape) {
  size_t at = (size_t)snprintf(text, SHAPE_BYTES, "[");
  for (size_t i = 0; i < n_dims; i++)
    at += (size_t)snprintf(text + at, SHAPE_BYTES - at, "%s%llu", i > 0 ? ", " : "",
                           (unsigned long long)shape[i]);
  snprintf(text + at, SHAPE_BYTES - at, "]");
  return text;
}

static bool same_shape(const bs_tensor *tensor, size_t n_dims, const uint64_t *shape) {
  return tensor->n_dims == n_dims && memcmp(tensor->shape, shape, n_dims * sizeof *shape) == 0;
}

static void fail(bs_reader *reader, bs_status status, const char *name, const char *message) {
  reader->status =
      bs_error_set(reader->err, status, "%s: tensor %s: %s", reader->dir, name, message);
}

/* Checks shape and type of a tensor (NULL: missing). */
static bool check(bs_reader *reader, const bs_tensor *tensor, const char *name, size_t n_dims,
                  const uint64_t *shape) {
  char expected[SHAPE_BYTES], found[SHAPE_BYTES], message[BS_ERROR_MESSAGE_BYTES];
  shape_text(expected, n_dims, shape);
  if (tensor == NULL) {
    snprintf(message, sizeof message, "missing; %s with this config.json needs it, of shape %s",
             reader->family->architecture, expected);
    fail(reader, BS_ERR_INPUT, name, message);
    return false;
  }
  if (!same_shape(tensor, n_dims, shape)) {
    snprintf(message, sizeof message, "shape %s, config.json asks for %s",
             shape_text(found, tensor->n_dims, tensor->shape), expected);
    fail(reader, BS_ERR_INPUT, name, message);
    return false;
  }
  if (tensor->dtype != BS_DTYPE_F32 && tensor->dtype != BS_DTYPE_F16 &&
      tensor->dtype != BS_DTYPE_BF16 && bs_dtype_blocks(tensor->dtype) == NULL) {
    snprintf(message, sizeof message, "type %s; weights of type F32, F16 and BF16 are read",
             bs_dtype_name(tensor->dtype));
    fail(reader, BS_ERR_UNSUPPORTED, name, message);
    return false;
  }
  return true;
}

static const bs_tensor *find(bs_reader *reader, const bs_needed_tensor *needed) {
  if (reader->status != BS_OK)
    return NULL;
  if (reader->plan != NULL) {
    reader->plan(reader->plan_context, needed);
    return NULL;
  }
  const bs_tensor *tensor = bs_tensor_list_find(reader->tensors, needed->name);
  if (!check(reader, tensor, needed->name, needed->n_dims, needed->shape))
    return NULL;
  size_t place = (size_t)(tensor - reader->tensors->items);
  if (!reader->used[place])
    reader->parameters += bs_tensor_elements(tensor);
  reader->used[place] = true;
  return tensor;
}

bool bs_reader_has(const bs_reader *reader, const char *name) {
  return bs_tensor_list_find(reader->tensors, name) != NULL;
}

void bs_reader_heads(bs_blueprint *blueprint, bool interleaved) {
  size_t hd = blueprint->head_dim, stride = interleaved ? 3 * hd : hd;
  size_t q_width = interleaved ? hd : blueprint->n_heads * hd;
  size_t k_width = interleaved ? hd : blueprint->n_kv_heads * hd;
  blueprint->q = (bs_head_layout){0, stride, blueprint->n_heads, 0};
  blueprint->k = (bs_head_layout){q_width, stride, blueprint->n_kv_heads, 0};
  blueprint->v = (bs_head_layout){q_width + k_width, stride, blueprint->n_kv_heads, 0};
}

void bs_reader_grouped_heads(bs_blueprint *blueprint) {
  size_t hd = blueprint->head_dim, n_shared = blueprint->n_heads / blueprint->n_kv_heads;
  size_t group = (n_shared + 2) * hd;
  blueprint->q = (bs_head_layout){0, hd, n_shared, group};
  blueprint->k = (bs_head_layout){n_shared * hd, hd, 1, group};
  blueprint->v = (bs_head_layout){(n_shared + 1) * hd, hd, 1, group};
}

void bs_reader_bare_norms(bs_reader *reader, bs_blueprint *blueprint) {
  const bs_slot_tensors norm = {.n_out = {blueprint->d_model}, .bare = true};
  blueprint->slots[BS_SLOT_FINAL_NORM] = norm;
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++) {
    blueprint->layers[i].slots[BS_SLOT_ATTENTION_NORM] = norm;
    blueprint->layers[i].slots[BS_SLOT_MLP_NORM] = norm;
  }
}

/* What the binding of one slot works with. */
typedef struct binder {
  bs_reader *reader;
  const bs_blueprint *blueprint;
  const bs_naming *naming;
} binder;

static size_t count_places(const bs_naming *naming, bs_slot slot) {
  size_t n = 0;
  for (const bs_place *place = naming->places; place->name != NULL; place++)
    n += place->slot == slot;
  return n;
}

/* Outputs of the next part of a slot: as many as its rule says, or all in one. */
static size_t part_outputs(const binder *b, bs_slot slot, size_t part) {
  const bs_slot_rule *rule = &bs_slot_rules[slot];
  if (count_places(b->naming, slot) > 1)
    return bs_blueprint_width(b->blueprint, rule->n_out[part]);
  size_t n = 0;
  for (size_t i = 0; i < BS_SLOT_PARTS; i++)
    n += bs_blueprint_width(b->blueprint, rule->n_out[i]);
  return n;
}

static void bind_bias(const binder *b, bs_slot slot, const char *prefix, bs_slot_tensors *to,
                      size_t part) {
  char name[NAME_BYTES];
  if (bs_slot_rules[slot].kind == BS_KIND_TABLE || (b->naming->biased & BS_SLOT_BIT(slot)) == 0)
    return;
  snprintf(name, sizeof name, "%s.bias", prefix);
  to->biases[part] = find(
      b->reader,
      &(bs_needed_tensor){
          .name = name, .slot = slot, .is_bias = true, .n_dims = 1, .shape = {to->n_out[part]}});
}

/* The next part of a slot, PREFIX.weight and PREFIX.bias. */
static void bind_part(const binder *b, bs_slot slot, const char *prefix, bs_slot_tensors *to) {
  const bs_slot_rule *rule = &bs_slot_rules[slot];
  char name[NAME_BYTES];
  size_t part = to->n_parts++;
  to->transposed = b->naming->transposed && b->reader->gguf == NULL &&
                   rule->kind == BS_KIND_LINEAR && slot < BS_LAYER_SLOTS;
  to->n_in = bs_blueprint_width(b->blueprint, rule->n_in);
  to->n_out[part] = part_outputs(b, slot, part);
  bs_needed_tensor needed = {.name = name,
                             .slot = slot,
                             .n_dims = rule->kind == BS_KIND_NORM ? 1 : 2,
                             .shape = {to->transposed ? to->n_in : to->n_out[part],
                                       to->transposed ? to->n_out[part] : to->n_in},
                             .n_in = to->n_in};
  snprintf(name, sizeof name, "%s.weight", prefix);
  to->weights[part] = find(b->reader, &needed);
  bind_bias(b, slot, prefix, to, part);
}

/* A tensor that repeats the one of `slot`; `fault` says what it is to hold other values. */
static void check_copy(bs_reader *reader, const bs_slot_tensors *slot, const char *name,
                       const char *fault) {
  const bs_tensor *original = slot->weights[0];
  const bs_tensor *stored = bs_tensor_list_find(reader->tensors, name);
  if (stored == NULL || reader->status != BS_OK)
    return;
  const uint64_t shape[2] = {slot->n_out[0], slot->n_in};
  if (stored == original || !check(reader, stored, name, 2, shape))
    return;
  if (stored->dtype != original->dtype ||
      memcmp(stored->data, original->data, stored->n_bytes) != 0)
    fail(reader, BS_ERR_UNSUPPORTED, name, fault);
  reader->used[stored - reader->tensors->items] = true;
}

void bs_bind_copy(bs_reader *reader, const bs_slot_tensors *slot, const char *name) {
  check_copy(reader, slot, name,
             "it holds other values than the tensor that it should repeat; one table for both is "
             "what this architecture has");
}

/* The head is the embedding; one that is stored as well has to hold the same values. A bias is its
   own. */
static void tie_head(const binder *b, bs_blueprint *blueprint, const char *prefix) {
  char name[NAME_BYTES];
  snprintf(name, sizeof name, "%s.weight", prefix);
  blueprint->slots[BS_SLOT_HEAD] = blueprint->slots[BS_SLOT_EMBEDDING];
  bind_bias(b, BS_SLOT_HEAD, prefix, &blueprint->slots[BS_SLOT_HEAD], 0);
  check_copy(b->reader, &blueprint->slots[BS_SLOT_EMBEDDING], name,
             "config.json ties the output head to the embedding, but the file has another one");
}

/* Members of a slot: `pattern` is their name with '*' where their number stands. */
static void bind_members(const binder *b, bs_slot slot, const char *pattern, bs_slot_tensors *to) {
  char prefix[PREFIX_BYTES];
  size_t n = bs_blueprint_width(b->blueprint, bs_slot_rules[slot].n_members);
  const char *star = strchr(pattern, '*');
  if (to->members == NULL)
    to->members = bs_array_new(n, sizeof *to->members, b->reader->err);
  if (to->members == NULL || star == NULL) {
    b->reader->status = BS_ERR_MEMORY;
    return;
  }
  to->n_members = n;
  for (size_t i = 0; b->reader->status == BS_OK && i < n; i++) {
    snprintf(prefix, sizeof prefix, "%.*s%zu%s", (int)(star - pattern), pattern, i, star + 1);
    bind_part(b, slot, prefix, &to->members[i]);
  }
}

static bool has_members(const binder *b, bs_slot slot) {
  return bs_blueprint_width(b->blueprint, bs_slot_rules[slot].n_members) > 0;
}

/* Whether a layer does what the slot is for. */
static bool is_of_layer(const bs_layer_blueprint *layer, bs_slot slot) {
  bool of_mlp = slot == BS_SLOT_MLP_IN || slot == BS_SLOT_MLP_OUT;
  bool of_experts = slot >= BS_SLOT_ROUTER && slot <= BS_SLOT_EXPERT_OUT;
  bs_operation operation = of_mlp ? BS_OPERATION_MLP : BS_OPERATION_EXPERTS;
  for (size_t i = 0; i < layer->n_steps; i++)
    if ((!of_mlp && !of_experts) || layer->steps[i].operation == operation)
      return true;
  return false;
}

static void bind_layers(const binder *b, bs_blueprint *blueprint, const bs_place *first) {
  const bs_naming *naming = b->naming;
  char prefix[PREFIX_BYTES];
  for (size_t i = 0; b->reader->status == BS_OK && i < blueprint->n_layers; i++)
    for (const bs_place *at = first; at->name != NULL && at->slot < BS_LAYER_SLOTS; at++) {
      if ((naming->absent & BS_SLOT_BIT(at->slot)) != 0 ||
          !is_of_layer(&blueprint->layers[i], at->slot))
        continue;
      snprintf(prefix, sizeof prefix, "%s%s.%zu.%s", naming->prefix, naming->layers, i, at->name);
      (has_members(b, at->slot) ? bind_members : bind_part)(b, at->slot, prefix,
                                                            &blueprint->layers[i].slots[at->slot]);
    }
}

void bs_bind(bs_reader *reader, bs_blueprint *blueprint, const bs_naming *naming) {
  const binder b = {reader, blueprint, naming};
  char prefix[PREFIX_BYTES];
  for (const bs_place *at = naming->places; at->name != NULL; at++) {
    bool is_head = at->slot == BS_SLOT_HEAD;
    if (at->slot < BS_LAYER_SLOTS) {
      bind_layers(&b, blueprint, at);
      while (at[1].name != NULL && at[1].slot < BS_LAYER_SLOTS)
        at++;
    } else if (is_head && naming->tied) {
      tie_head(&b, blueprint, at->name);
    } else if ((naming->absent & BS_SLOT_BIT(at->slot)) == 0) {
      snprintf(prefix, sizeof prefix, "%s%s", is_head ? "" : naming->prefix, at->name);
      bind_part(&b, at->slot, prefix, &blueprint->slots[at->slot]);
    }
  }
}
