/* The two hash tables of a vocabulary: by text and by id. */
#include "tokenizer/vocabulary_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"

/* A text's hash takes in eight bytes at a time and then what is left of it, so that the hash of
   each of its prefixes follows from that of the eights before. */
static const uint64_t HASH_START = 0xCBF29CE484222325U;

static uint64_t hash_eight(uint64_t hash, uint64_t bytes) {
  hash = (hash ^ bytes) * 0x9E3779B97F4A7C15U;
  return hash ^ hash >> 32;
}

/* `rest`: up to seven bytes, the first one lowest. */
static uint32_t hash_end(uint64_t hash, uint64_t rest, size_t n_bytes) {
  hash = hash_eight(hash, rest ^ (uint64_t)n_bytes << 56);
  return (uint32_t)(hash_eight(hash, 0) >> 16);
}

static uint32_t hash_text(const char *text, size_t n_bytes) {
  uint64_t hash = HASH_START;
  size_t left = n_bytes;
  for (; left >= 8; left -= 8, text += 8)
    hash = hash_eight(hash, bs_bytes_at(text, 8));
  return hash_end(hash, bs_bytes_at(text, left), n_bytes);
}

static size_t hash_id(int32_t id) { return (size_t)((uint64_t)id * 0x9E3779B97F4A7C15U >> 32); }

static size_t head_bytes(size_t n_bytes) { return bs_size_min(n_bytes, 8); }

/* The slot of a text: the one that holds it or the free one where it belongs. */
static size_t text_slot(const bs_vocabulary *vocabulary, const char *text, size_t n_bytes,
                        uint32_t hash) {
  size_t mask = vocabulary->text_slots - 1, n_head = head_bytes(n_bytes);
  uint64_t head = bs_bytes_at(text, n_head);
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    uint64_t held = vocabulary->by_text[slot];
    if (held == 0)
      return slot;
    if (held >> 32 != hash)
      continue;
    const bs_vocabulary_entry *entry = &vocabulary->entries[(uint32_t)held - 1];
    if (entry->n_bytes == n_bytes && entry->head == head &&
        (n_bytes == n_head || bs_same_bytes(vocabulary->bytes.data + entry->offset + n_head,
                                            text + n_head, n_bytes - n_head)))
      return slot;
  }
}

/* Slots for n pieces, at least half of them free. */
static bs_status grow_slots(bs_vocabulary *vocabulary, size_t n, bs_error *err) {
  size_t n_slots = 64;
  while (n_slots / 2 < n)
    n_slots *= 2;
  uint64_t *slots = bs_array_new(n_slots, sizeof *slots, err);
  if (slots == NULL)
    return BS_ERR_MEMORY;
  bs_prefer_huge_pages(slots, n_slots * sizeof *slots);
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

bs_status bs_vocabulary_reserve(bs_vocabulary *vocabulary, size_t n, bs_error *err) {
  if (n >= UINT32_MAX / 4)
    return bs_error_set(err, BS_ERR_LIMIT, "vocabulary: too many pieces");
  bs_status status = bs_reserve(&vocabulary->entries, &vocabulary->capacity, vocabulary->n, n, err);
  if (status == BS_OK)
    bs_prefer_huge_pages(vocabulary->entries + vocabulary->n, n * sizeof *vocabulary->entries);
  if (status == BS_OK && 2 * (vocabulary->n + n) > vocabulary->text_slots)
    status = grow_slots(vocabulary, vocabulary->n + n, err);
  return status;
}

static bs_status add_hashed(bs_vocabulary *vocabulary, const bs_lookup *piece, bs_error *err) {
  size_t n_bytes = piece->n_bytes;
  if (n_bytes >= UINT32_MAX || vocabulary->n >= UINT32_MAX / 4)
    return bs_error_set(err, BS_ERR_LIMIT, "vocabulary: too many pieces or a piece too long");
  bs_status status = BS_OK;
  if (2 * (vocabulary->n + 1) > vocabulary->text_slots)
    status = grow_slots(vocabulary, 2 * (vocabulary->n + 1), err);
  if (status != BS_OK)
    return status;
  size_t slot = text_slot(vocabulary, piece->text, n_bytes, piece->hash);
  if (vocabulary->by_text[slot] != 0) {
    vocabulary->entries[(uint32_t)vocabulary->by_text[slot] - 1].id = piece->id;
    return BS_OK;
  }
  if (vocabulary->n == vocabulary->capacity)
    status = bs_reserve(&vocabulary->entries, &vocabulary->capacity, vocabulary->n, 1, err);
  size_t offset = vocabulary->bytes.n_bytes;
  if (status == BS_OK)
    status = bs_text_append(&vocabulary->bytes, piece->text, n_bytes, err);
  if (status != BS_OK)
    return status;
  vocabulary->entries[vocabulary->n++] =
      (bs_vocabulary_entry){.offset = offset,
                            .head = bs_bytes_at(piece->text, head_bytes(n_bytes)),
                            .n_bytes = (uint32_t)n_bytes,
                            .hash = piece->hash,
                            .id = piece->id};
  vocabulary->by_text[slot] = (uint64_t)piece->hash << 32 | vocabulary->n;
  return BS_OK;
}

bs_status bs_vocabulary_add_all(bs_vocabulary *vocabulary, bs_lookup *pieces, size_t n,
                                bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < n; i++) {
    pieces[i].hash = hash_text(pieces[i].text, pieces[i].n_bytes);
    if (vocabulary->text_slots > 0)
      __builtin_prefetch(&vocabulary->by_text[pieces[i].hash & (vocabulary->text_slots - 1)], 1);
  }
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = add_hashed(vocabulary, &pieces[i], err);
  return status;
}

bs_status bs_vocabulary_add(bs_vocabulary *vocabulary, const char *text, size_t n_bytes, int32_t id,
                            bs_error *err) {
  bs_lookup piece = {.text = text, .n_bytes = n_bytes, .id = id};
  return bs_vocabulary_add_all(vocabulary, &piece, 1, err);
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
  size_t unused;
  return bs_vocabulary_find_entry(vocabulary, text, n_bytes, &unused);
}

int32_t bs_vocabulary_find_entry(const bs_vocabulary *vocabulary, const char *text, size_t n_bytes,
                                 size_t *entry) {
  if (vocabulary->n == 0)
    return -1;
  size_t slot = text_slot(vocabulary, text, n_bytes, hash_text(text, n_bytes));
  uint32_t index = (uint32_t)vocabulary->by_text[slot];
  if (index == 0)
    return -1;
  *entry = index - 1;
  return vocabulary->entries[index - 1].id;
}

/* The entry of the first slot of a hash; NULL: the slot is free. */
static const bs_vocabulary_entry *first_entry(const bs_vocabulary *vocabulary, uint32_t hash) {
  uint32_t index = (uint32_t)vocabulary->by_text[hash & (vocabulary->text_slots - 1)];
  return index == 0 ? NULL : &vocabulary->entries[index - 1];
}

void bs_vocabulary_find_hashed(const bs_vocabulary *vocabulary, bs_lookup *lookups, size_t n) {
  for (size_t i = 0; i < n; i++)
    lookups[i].id = -1;
  if (vocabulary->n == 0)
    return;
  for (size_t i = 0; i < n; i++)
    __builtin_prefetch(&vocabulary->by_text[lookups[i].hash & (vocabulary->text_slots - 1)]);
  for (size_t i = 0; i < n; i++) {
    const bs_vocabulary_entry *entry = first_entry(vocabulary, lookups[i].hash);
    if (entry != NULL)
      __builtin_prefetch(entry);
  }
  for (size_t i = 0; i < n; i++) {
    const bs_vocabulary_entry *entry = first_entry(vocabulary, lookups[i].hash);
    if (entry != NULL && lookups[i].n_bytes > 8)
      __builtin_prefetch(vocabulary->bytes.data + entry->offset);
  }
  for (size_t i = 0; i < n; i++) {
    bs_lookup *l = &lookups[i];
    size_t slot = text_slot(vocabulary, l->text, l->n_bytes, l->hash);
    uint32_t index = (uint32_t)vocabulary->by_text[slot];
    l->id = index == 0 ? -1 : vocabulary->entries[index - 1].id;
  }
}

void bs_vocabulary_find_all(const bs_vocabulary *vocabulary, bs_lookup *lookups, size_t n) {
  for (size_t i = 0; i < n; i++)
    lookups[i].hash = hash_text(lookups[i].text, lookups[i].n_bytes);
  bs_vocabulary_find_hashed(vocabulary, lookups, n);
}

bs_prefix_walk bs_prefix_walk_begin(void) { return (bs_prefix_walk){.hash = HASH_START}; }

uint32_t bs_prefix_walk_hash(bs_prefix_walk *walk, const char *text, size_t n_bytes) {
  size_t n_left = n_bytes % 8;
  if (n_left == 0)
    walk->hash = hash_eight(walk->hash, bs_bytes_at(text + n_bytes - 8, 8));
  return hash_end(walk->hash, bs_bytes_at(text + n_bytes - n_left, n_left), n_bytes);
}

int32_t bs_prefix_walk_next(bs_prefix_walk *walk, const bs_vocabulary *vocabulary, const char *text,
                            size_t n_bytes) {
  uint32_t hash = bs_prefix_walk_hash(walk, text, n_bytes);
  if (vocabulary->n == 0)
    return -1;
  size_t slot = text_slot(vocabulary, text, n_bytes, hash);
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
