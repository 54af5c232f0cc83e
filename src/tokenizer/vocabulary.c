/* The two hash tables of a vocabulary: by text and by id. */
#include "tokenizer/vocabulary_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"

/* FNV-1a over the bytes, its halves folded. */
static const uint64_t HASH_START = 0xCBF29CE484222325U;

static uint64_t hash_byte(uint64_t hash, char byte) {
  return (hash ^ (unsigned char)byte) * 0x100000001B3U;
}

static uint32_t fold(uint64_t hash) { return (uint32_t)(hash ^ hash >> 32); }

static uint32_t hash_text(const char *text, size_t n_bytes) {
  uint64_t hash = HASH_START;
  for (size_t i = 0; i < n_bytes; i++)
    hash = hash_byte(hash, text[i]);
  return fold(hash);
}

static size_t hash_id(int32_t id) { return (size_t)((uint64_t)id * 0x9E3779B97F4A7C15U >> 32); }

/* The slot of a text: the one that holds it or the free one where it belongs. */
static size_t text_slot(const bs_vocabulary *vocabulary, const char *text, size_t n_bytes,
                        uint32_t hash) {
  size_t mask = vocabulary->text_slots - 1;
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    uint64_t held = vocabulary->by_text[slot];
    if (held == 0)
      return slot;
    if (held >> 32 != hash)
      continue;
    const bs_vocabulary_entry *entry = &vocabulary->entries[(uint32_t)held - 1];
    if (entry->n_bytes == n_bytes &&
        (n_bytes == 0 || memcmp(vocabulary->bytes.data + entry->offset, text, n_bytes) == 0))
      return slot;
  }
}

static bs_status grow_slots(bs_vocabulary *vocabulary, bs_error *err) {
  size_t n_slots = vocabulary->text_slots == 0 ? 64 : 2 * vocabulary->text_slots;
  uint64_t *slots = bs_array_new(n_slots, sizeof *slots, err);
  if (slots == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < vocabulary->n; i++) {
    size_t slot = vocabulary->entries[i].hash & (n_slots - 1);
    while (slots[slot] != 0)
      slot = (slot + 1) & (n_slots - 1);
    slots[slot] = (uint64_t)vocabulary->entries[i].hash << 32 | (i + 1);
  }
  free(vocabulary->by_text);
  vocabulary->by_text = slots;
  vocabulary->text_slots = n_slots;
  return BS_OK;
}

bs_status bs_vocabulary_add(bs_vocabulary *vocabulary, const char *text, size_t n_bytes, int32_t id,
                            bs_error *err) {
  if (n_bytes >= UINT32_MAX || vocabulary->n >= UINT32_MAX / 4)
    return bs_error_set(err, BS_ERR_LIMIT, "vocabulary: too many pieces or a piece too long");
  bs_status status = BS_OK;
  if (2 * (vocabulary->n + 1) > vocabulary->text_slots)
    status = grow_slots(vocabulary, err);
  if (status != BS_OK)
    return status;
  uint32_t hash = hash_text(text, n_bytes);
  size_t slot = text_slot(vocabulary, text, n_bytes, hash);
  if (vocabulary->by_text[slot] != 0) {
    vocabulary->entries[(uint32_t)vocabulary->by_text[slot] - 1].id = id;
    return BS_OK;
  }
  status = bs_reserve(&vocabulary->entries, &vocabulary->capacity, vocabulary->n, 1, err);
  size_t offset = vocabulary->bytes.n_bytes;
  if (status == BS_OK)
    status = bs_text_append(&vocabulary->bytes, text, n_bytes, err);
  if (status != BS_OK)
    return status;
  vocabulary->entries[vocabulary->n++] =
      (bs_vocabulary_entry){.offset = offset, .n_bytes = (uint32_t)n_bytes, .hash = hash, .id = id};
  vocabulary->by_text[slot] = (uint64_t)hash << 32 | vocabulary->n;
  return BS_OK;
}

bs_status bs_vocabulary_index_ids(bs_vocabulary *vocabulary, int32_t *twice, bs_error *err) {
  *twice = -1;
  vocabulary->max_id = -1;
  size_t n_slots = vocabulary->text_slots == 0 ? 64 : vocabulary->text_slots;
  free(vocabulary->by_id);
  vocabulary->id_slots = 0;
  vocabulary->by_id = bs_array_new(n_slots, sizeof *vocabulary->by_id, err);
  if (vocabulary->by_id == NULL)
    return BS_ERR_MEMORY;
  vocabulary->id_slots = n_slots;
  for (size_t i = 0; i < vocabulary->n; i++) {
    int32_t id = vocabulary->entries[i].id;
    size_t slot = hash_id(id) & (n_slots - 1);
    for (; vocabulary->by_id[slot] != 0; slot = (slot + 1) & (n_slots - 1))
      if (vocabulary->entries[vocabulary->by_id[slot] - 1].id == id)
        *twice = id;
    vocabulary->by_id[slot] = (uint32_t)(i + 1);
    if (id > vocabulary->max_id)
      vocabulary->max_id = id;
  }
  return BS_OK;
}

int32_t bs_vocabulary_find(const bs_vocabulary *vocabulary, const char *text, size_t n_bytes) {
  if (vocabulary->n == 0)
    return -1;
  size_t slot = text_slot(vocabulary, text, n_bytes, hash_text(text, n_bytes));
  uint32_t index = (uint32_t)vocabulary->by_text[slot];
  return index == 0 ? -1 : vocabulary->entries[index - 1].id;
}

bs_prefix_walk bs_prefix_walk_begin(void) { return (bs_prefix_walk){.hash = HASH_START}; }

int32_t bs_prefix_walk_next(bs_prefix_walk *walk, const bs_vocabulary *vocabulary, const char *text,
                            size_t n_bytes) {
  walk->hash = hash_byte(walk->hash, text[n_bytes - 1]);
  if (vocabulary->n == 0)
    return -1;
  size_t slot = text_slot(vocabulary, text, n_bytes, fold(walk->hash));
  uint32_t index = (uint32_t)vocabulary->by_text[slot];
  return index == 0 ? -1 : vocabulary->entries[index - 1].id;
}

const char *bs_vocabulary_text(const bs_vocabulary *vocabulary, int32_t id, size_t *n_bytes) {
  *n_bytes = 0;
  if (vocabulary->id_slots == 0 || id < 0)
    return NULL;
  size_t mask = vocabulary->id_slots - 1;
  for (size_t slot = hash_id(id) & mask; vocabulary->by_id[slot] != 0; slot = (slot + 1) & mask) {
    const bs_vocabulary_entry *entry = &vocabulary->entries[vocabulary->by_id[slot] - 1];
    if (entry->id == id) {
      *n_bytes = entry->n_bytes;
      return vocabulary->bytes.data + entry->offset;
    }
  }
  return NULL;
}

void bs_vocabulary_free(bs_vocabulary *vocabulary) {
  bs_text_free(&vocabulary->bytes);
  free(vocabulary->entries);
  free(vocabulary->by_text);
  free(vocabulary->by_id);
  *vocabulary = (bs_vocabulary){0};
}
