/* Strings that live and die together, such as those of a results file's tables. */
#include "base/arena_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"

enum { FIRST_BLOCK_BYTES = 4096, LARGEST_BLOCK_BYTES = 1 << 20, REPLACEMENT_BYTES = 3 };

typedef struct block {
  struct block *before;
  size_t used, size;
  char bytes[];
} block;

struct bs_arena {
  block *last;
  size_t next_size;
};

bs_arena *bs_arena_new(void) {
  bs_arena *arena = calloc(1, sizeof *arena);
  if (arena != NULL)
    arena->next_size = FIRST_BLOCK_BYTES;
  return arena;
}

void bs_arena_free(bs_arena **arena) {
  if (arena == NULL || *arena == NULL)
    return;
  for (block *at = (*arena)->last; at != NULL;) {
    block *before = at->before;
    free(at);
    at = before;
  }
  free(*arena);
  *arena = NULL;
}

static block *new_block(size_t size) {
  size_t n_bytes;
  block *made = bs_size_add(sizeof(block), size, &n_bytes) ? malloc(n_bytes) : NULL;
  if (made != NULL)
    *made = (block){.size = size};
  return made;
}

static char *allocate(bs_arena *arena, size_t n_bytes) {
  block *last = arena->last;
  if (last == NULL || last->size - last->used < n_bytes) {
    /* A long string gets a block of its own behind the open one, whose rest stays in use. */
    int own = n_bytes > arena->next_size / 2;
    block *made = new_block(own ? n_bytes : arena->next_size);
    if (made == NULL)
      return NULL;
    if (own && last != NULL) {
      made->before = last->before;
      last->before = made;
    } else {
      made->before = last;
      arena->last = made;
    }
    if (!own && arena->next_size < LARGEST_BLOCK_BYTES)
      arena->next_size *= 2;
    last = made;
  }
  char *bytes = last->bytes + last->used;
  last->used += n_bytes;
  return bytes;
}

/* Copies with U+FFFD for every byte that is not part of a character; counts alone when `to` is
   NULL. */
static size_t repair(char *to, const char *from, size_t n_bytes) {
  size_t n = 0;
  for (size_t at = 0; at < n_bytes;) {
    size_t valid = bs_utf8_valid_bytes(from + at, n_bytes - at);
    if (to != NULL && valid > 0)
      memcpy(to + n, from + at, valid);
    n += valid;
    at += valid;
    if (at < n_bytes) {
      if (to != NULL)
        memcpy(to + n, "\xEF\xBF\xBD", REPLACEMENT_BYTES);
      n += REPLACEMENT_BYTES;
      at++;
    }
  }
  return n;
}

const char *bs_arena_string(bs_arena *arena, const char *bytes, size_t n_bytes) {
  if (n_bytes == 0)
    return "";
  if (n_bytes >= SIZE_MAX / REPLACEMENT_BYTES)
    return NULL;
  int whole = bs_utf8_valid_bytes(bytes, n_bytes) == n_bytes;
  size_t n = whole ? n_bytes : repair(NULL, bytes, n_bytes);
  char *copy = allocate(arena, n + 1);
  if (copy == NULL)
    return NULL;
  if (whole)
    memcpy(copy, bytes, n);
  else
    repair(copy, bytes, n_bytes);
  copy[n] = '\0';
  return copy;
}
