/* Distinct strings and their numbers. */
#ifndef BIGSWEEP_BASE_INTERNER_INTERNAL_H
#define BIGSWEEP_BASE_INTERNER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena_internal.h"
#include "bigsweep/error.h"

/* Distinct strings, numbered in the order in which they came; {0} to begin with. */
typedef struct bs_interner {
  const char **strings; /* [n], owned by the arena they were added with */
  size_t n, capacity;
  uint32_t *slots;
  size_t n_slots;
} bs_interner;

/* The number of a name, which is copied into the arena when it is new. */
bs_status bs_interner_add(bs_interner *names, bs_arena *arena, const char *name, uint32_t *number,
                          bs_error *err);
/* Whether the name is there; its number. */
bool bs_interner_find(const bs_interner *names, const char *name, uint32_t *number);
/* The strings stay with their arena. */
void bs_interner_free(bs_interner *names);

#endif
