/* The arena of strings, and the consistency of tables that others filled. */
#ifndef BIGSWEEP_TABLES_TABLES_INTERNAL_H
#define BIGSWEEP_TABLES_TABLES_INTERNAL_H

#include <stddef.h>

#include "bigsweep/tables.h"

/* Strings that live and die together; NULL when out of memory. */
bs_arena *bs_arena_new(void);
void bs_arena_free(bs_arena **arena);
/* A copy of n_bytes bytes and a NUL. Bytes that are not UTF-8 become U+FFFD, one for each, so that
   whatever reads the tables finds text. NULL when out of memory. */
const char *bs_arena_string(bs_arena *arena, const char *bytes, size_t n_bytes);

/* Checks what the structs, being open, cannot promise: indices in range, choices contiguous and in
   the order of their examples. BS_ERR_INPUT names the table and the row. */
bs_status bs_tables_check(const bs_tables *results, bs_error *err);

/* The targets alone, as bs_tables_sort puts them. */
bs_status bs_tables_sort_targets(bs_tables *results, bs_error *err);

#endif
