/* The tensors of a GGUF file under the names that the family's files have, and what they lay out
   otherwise. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "checkpoint/dtype_internal.h"
#include "checkpoint/gguf_model_internal.h"

enum { NAME_BYTES = 256, MAX_MEMBERS = 4096 };

static const char FREQUENCIES[] = "rope_freqs.weight";

/* Outputs of q, k and v in attn_qkv. */
typedef struct qkv_widths {
  uint64_t outputs[3];
} qkv_widths;

/* A layer's tensor by its name in the file. */
typedef struct layer_tensor {
  const bs_gguf_name *names; /* of the stack that the layer is of */
  const char *layers;
  const char *number; /* n_digits of them */
  size_t n_digits;
  const char *part; /* what stands behind "blk.N." */
} layer_tensor;

/* False: `name` is no layer's. */
static bool find_layer(layer_tensor *of, const bs_gguf_architecture *architecture,
                       const char *name) {
  bool has_encoder = architecture->encoder_layer != NULL;
  bool is_encoder = has_encoder && strncmp(name, "enc.", 4) == 0;
  *of = (layer_tensor){.names = is_encoder ? architecture->encoder_layer : architecture->layer,
                       .layers = is_encoder ? architecture->encoder_layers : architecture->layers};
  if (has_encoder && !is_encoder && strncmp(name, "dec.", 4) != 0)
    return false;
  name += has_encoder ? 4 : 0;
  if (strncmp(name, "blk.", 4) != 0)
    return false;
  of->number = name + 4;
  of->n_digits = strspn(of->number, "0123456789");
  of->part = of->number + of->n_digits + 1;
  return of->n_digits > 0 && of->number[of->n_digits] == '.';
}

/* What the family calls `name`, which ends in ".weight" or ".bias"; NULL: nothing. */
static const char *place_of(const bs_gguf_name *names, const char *name, const char **ending) {
  const char *dot = strrchr(name, '.');
  if (dot == NULL || (strcmp(dot, ".weight") != 0 && strcmp(dot, ".bias") != 0))
    return NULL;
  *ending = dot;
  for (; names->name != NULL; names++)
    if (strlen(names->name) == (size_t)(dot - name) &&
        memcmp(names->name, name, (size_t)(dot - name)) == 0)
      return names->place;
  return NULL;
}

static bs_status add(bs_tensor_list *list, const bs_gguf_tensor *from, const char *name,
                     bs_error *err) {
  bs_status status = bs_reserve(&list->items, &list->capacity, list->n, 1, err);
  char *copy = status == BS_OK ? bs_string_copy(name, err) : NULL;
  if (copy == NULL)
    return BS_ERR_MEMORY;
  bs_tensor *tensor = &list->items[list->n++];
  *tensor = (bs_tensor){.name = copy,
                        .dtype = bs_dtype_of_blocks(from->type),
                        .n_dims = from->n_dims,
                        .data = from->data,
                        .n_bytes = from->n_bytes};
  for (size_t i = 0; i < from->n_dims; i++)
    tensor->shape[i] = from->extents[from->n_dims - 1 - i];
  return BS_OK;
}

/* attn_qkv as the three that the family's files have: its rows follow one another. */
static bs_status add_split(bs_tensor_list *list, const bs_gguf_tensor *from, const char *prefix,
                           const char *ending, const qkv_widths *widths, bs_error *err) {
  static const char *const parts[3] = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"};
  char name[NAME_BYTES];
  size_t last = from->n_dims - 1;
  uint64_t total = widths->outputs[0] + widths->outputs[1] + widths->outputs[2];
  if (from->extents[last] != total || from->n_dims > 2 || (last == 0 && from->type->n_values != 1))
    return bs_error_set(err, BS_ERR_INPUT, "tensor %s: %llu outputs; expected %llu, q, k and v",
                        from->name, (unsigned long long)from->extents[last],
                        (unsigned long long)total);
  bs_status status = BS_OK;
  size_t row_bytes = from->n_bytes / (size_t)total, first = 0;
  for (size_t i = 0; i < 3 && status == BS_OK; i++) {
    bs_gguf_tensor part = *from;
    part.extents[last] = widths->outputs[i];
    part.data = from->data + first * row_bytes;
    part.n_bytes = (size_t)widths->outputs[i] * row_bytes;
    first += (size_t)widths->outputs[i];
    snprintf(name, sizeof name, "%s%s%s", prefix, parts[i], ending);
    status = add(list, &part, name, err);
  }
  return status;
}

/* A tensor of three dimensions as matrices; '*' of `place` stands for their number. */
static bs_status add_members(bs_tensor_list *list, const bs_gguf_tensor *from, const char *prefix,
                             const char *place, const char *ending, bs_error *err) {
  char name[2 * NAME_BYTES];
  const char *star = strchr(place, '*');
  if (from->n_dims != 3 || from->extents[2] > MAX_MEMBERS)
    return bs_error_set(err, BS_ERR_INPUT,
                        "tensor %s: expected three dimensions, a matrix of each expert, and at "
                        "most %d experts",
                        from->name, (int)MAX_MEMBERS);
  bs_status status = BS_OK;
  bs_gguf_tensor member = *from;
  member.n_dims = 2;
  member.n_bytes = from->n_bytes / (size_t)from->extents[2];
  for (size_t i = 0; i < from->extents[2] && status == BS_OK; i++) {
    member.data = from->data + i * member.n_bytes;
    snprintf(name, sizeof name, "%s%.*s%zu%s%s", prefix, (int)(star - place), place, i, star + 1,
             ending);
    status = add(list, &member, name, err);
  }
  return status;
}

static bs_status add_of_layer(bs_tensor_list *list, const bs_gguf_architecture *architecture,
                              const layer_tensor *of, const bs_gguf_tensor *tensor,
                              const qkv_widths *widths, bs_error *err) {
  char prefix[NAME_BYTES], name[NAME_BYTES];
  const char *ending = NULL, *place = place_of(of->names, of->part, &ending);
  snprintf(prefix, sizeof prefix, "%s.%.*s.", of->layers, (int)of->n_digits, of->number);
  if (architecture->splits_qkv && ending != NULL && strncmp(of->part, "attn_qkv.", 9) == 0)
    return add_split(list, tensor, prefix, ending, widths, err);
  if (place != NULL && strchr(place, '*') != NULL)
    return add_members(list, tensor, prefix, place, ending, err);
  if (place == NULL)
    return add(list, tensor, tensor->name, err);
  snprintf(name, sizeof name, "%s%s%s", prefix, place, ending);
  return add(list, tensor, name, err);
}

static bs_status add_tensor(bs_tensor_list *list, const bs_gguf_architecture *architecture,
                            const bs_gguf_tensor *tensor, const qkv_widths *widths, bs_error *err) {
  char name[NAME_BYTES];
  layer_tensor of;
  const char *ending = NULL, *place = place_of(architecture->stack, tensor->name, &ending);
  if (place == NULL && find_layer(&of, architecture, tensor->name))
    return add_of_layer(list, architecture, &of, tensor, widths, err);
  if (place == NULL)
    return add(list, tensor, tensor->name, err);
  snprintf(name, sizeof name, "%s%s", place, ending);
  return add(list, tensor, name, err);
}

static bs_status read_widths(qkv_widths *widths, const bs_gguf *gguf, const char *architecture,
                             bs_error *err) {
  static const char *const keys[] = {"attention.head_count", "attention.head_count_kv",
                                     "embedding_length", "attention.key_length"};
  uint64_t values[4] = {0};
  char key[NAME_BYTES];
  bs_status status = BS_OK;
  for (size_t i = 0; i < 4 && status == BS_OK; i++) {
    snprintf(key, sizeof key, "%s.%s", architecture, keys[i]);
    status = bs_gguf_get_size(gguf, key, false, &values[i], err);
    if (values[i] > BS_MAX_WIDTH)
      values[i] = 0;
  }
  uint64_t heads = values[0], kv = values[1] > 0 ? values[1] : heads;
  uint64_t head_dim = values[3] > 0 ? values[3] : heads > 0 ? values[2] / heads : 0;
  *widths = (qkv_widths){{heads * head_dim, kv * head_dim, kv * head_dim}};
  return status;
}

bs_status bs_gguf_tensors(bs_tensor_list *list, const bs_gguf *gguf, bs_error *err) {
  const bs_gguf_architecture *architecture = NULL;
  qkv_widths widths = {0};
  bs_status status = bs_gguf_architecture_of(&architecture, gguf, err);
  if (status == BS_OK)
    status = read_widths(&widths, gguf, architecture->name, err);
  for (size_t i = 0; i < gguf->n_tensors && status == BS_OK; i++)
    status = add_tensor(list, architecture, &gguf->tensors[i], &widths, err);
  return status == BS_OK ? bs_tensor_list_sort(list, gguf->path, err) : status;
}

/* Llama 3.1's scaling: divisors of the frequencies. */
static void divide_frequencies(bs_reader *reader, bs_blueprint *blueprint) {
  const bs_tensor *tensor = bs_tensor_list_find(reader->tensors, FREQUENCIES);
  if (tensor == NULL)
    return;
  if (tensor->dtype != BS_DTYPE_F32 || bs_tensor_elements(tensor) != blueprint->n_angles ||
      blueprint->angles[0].frequencies == NULL) {
    reader->status = bs_error_set(reader->err, BS_ERR_INPUT,
                                  "%s: tensor %s: expected %zu divisors of frequencies of type F32",
                                  reader->dir, FREQUENCIES, blueprint->n_angles);
    return;
  }
  reader->used[tensor - reader->tensors->items] = true;
  for (size_t i = 0; i < blueprint->n_angles; i++) {
    float divisor;
    memcpy(&divisor, (const unsigned char *)tensor->data + i * sizeof divisor, sizeof divisor);
    if (!(divisor > 0))
      reader->status = bs_error_set(reader->err, BS_ERR_INPUT,
                                    "%s: tensor %s: divisor %zu is %g; expected a positive number",
                                    reader->dir, FREQUENCIES, i, (double)divisor);
    else
      blueprint->angles[0].frequencies[i] /= (double)divisor;
  }
}

void bs_gguf_settle(bs_reader *reader, bs_blueprint *blueprint) {
  const bs_gguf_architecture *architecture = NULL;
  if (reader->status == BS_OK)
    reader->status = bs_gguf_architecture_of(&architecture, reader->gguf, reader->err);
  if (reader->status != BS_OK)
    return;
  bs_reader_heads(blueprint, false); /* all heads of q, then of k, then of v */
  blueprint->neighbours = architecture->neighbours;
  blueprint->norm_offset = 0; /* added by the converter */
  divide_frequencies(reader, blueprint);
}
