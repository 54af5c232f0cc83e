/* The table of known wraps. */
#ifndef BIGSWEEP_TASKS_WRAP_KNOWN_INTERNAL_H
#define BIGSWEEP_TASKS_WRAP_KNOWN_INTERNAL_H

#include "bigsweep/wrap.h"

/* As bs_wrap; worked examples stay joined as the task joins them. */
typedef struct bs_known_wrap {
  const char *name, *before, *after;
  const char *end; /* NULL: none */
  bool is_trimmed;
} bs_known_wrap;

/* NULL: there is none of that name. */
const bs_known_wrap *bs_wrap_find(const char *name);

#endif
