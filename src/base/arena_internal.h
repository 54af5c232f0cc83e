/* Strings that live and die together. */
#ifndef BIGSWEEP_BASE_ARENA_INTERNAL_H
#define BIGSWEEP_BASE_ARENA_INTERNAL_H

#include <stddef.h>

typedef struct bs_arena bs_arena;

/* NULL when out of memory. */
bs_arena *bs_arena_new(void);
void bs_arena_free(bs_arena **arena);
/* A copy of n_bytes bytes and a NUL. Bytes that are not UTF-8 become U+FFFD, one for each, so that
   whatever reads the tables finds text. NULL when out of memory. */
const char *bs_arena_string(bs_arena *arena, const char *bytes, size_t n_bytes);

#endif
