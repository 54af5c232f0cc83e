/* Names to numbers, in the order in which they first appear: open addressing, FNV-1a. */
#include "base/interner_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"

enum { FIRST_SLOTS = 64 };

static uint64_t hash_of(const char *bytes, size_t n_bytes) {
  uint64_t hash = 14695981039346656037U;
  for (size_t i = 0; i < n_bytes; i++)
    hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211U;
  return hash;
}

/* The slot of a name: the one that holds it, or the free one where it belongs. Slots hold the
   number + 1. */
static size_t slot_of(const bs_interner *names, const char *name) {
  size_t at = (size_t)hash_of(name, strlen(name)) & (names->n_slots - 1);
  while (names->slots[at] != 0 && strcmp(names->strings[names->slots[at] - 1], name) != 0)
    at = (at + 1) & (names->n_slots - 1);
  return at;
}

static bs_status grow(bs_interner *names, bs_error *err) {
  size_t n_slots = names->n_slots == 0 ? FIRST_SLOTS : 2 * names->n_slots;
  uint32_t *slots = bs_array_new(n_slots, sizeof *slots, err);
  if (slots == NULL)
    return BS_ERR_MEMORY;
  free(names->slots);
  names->slots = slots;
  names->n_slots = n_slots;
  for (uint32_t i = 0; i < names->n; i++)
    names->slots[slot_of(names, names->strings[i])] = i + 1;
  return BS_OK;
}

bs_status bs_interner_add(bs_interner *names, bs_arena *arena, const char *name, uint32_t *number,
                          bs_error *err) {
  if (names->n_slots < 2 * (names->n + 1) && grow(names, err) != BS_OK)
    return BS_ERR_MEMORY;
  size_t slot = slot_of(names, name);
  if (names->slots[slot] != 0) {
    *number = names->slots[slot] - 1;
    return BS_OK;
  }
  bs_status status = bs_reserve(&names->strings, &names->capacity, names->n, 1, err);
  if (status == BS_OK && names->n == UINT32_MAX - 1)
    status = bs_error_set(err, BS_ERR_LIMIT, "too many names");
  if (status != BS_OK)
    return status;
  const char *copy = bs_arena_string(arena, name, strlen(name));
  if (copy == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot copy a name");
  names->strings[names->n] = copy;
  *number = (uint32_t)names->n++;
  names->slots[slot] = *number + 1;
  return BS_OK;
}

bool bs_interner_find(const bs_interner *names, const char *name, uint32_t *number) {
  size_t slot = names->n_slots > 0 ? slot_of(names, name) : 0;
  if (names->n_slots == 0 || names->slots[slot] == 0)
    return false;
  *number = names->slots[slot] - 1;
  return true;
}

void bs_interner_free(bs_interner *names) {
  free(names->slots);
  free(names->strings);
  *names = (bs_interner){0};
}
