/* How much memory this process may still take. */
#ifndef BIGSWEEP_BASE_AVAILABLE_MEMORY_INTERNAL_H
#define BIGSWEEP_BASE_AVAILABLE_MEMORY_INTERNAL_H

#include <stdint.h>

#include "base/control_groups_internal.h"

#include "bigsweep/helpers.h"

/* Where Linux tells it. */
typedef struct bs_memory_sources {
  const char *meminfo; /* "/proc/meminfo" */
  bs_group_sources groups;
} bs_memory_sources;

/* The kernel's estimate of what can be had without swapping (MemAvailable), or what the control
   groups of the process (version 2 or 1, and the groups around them) leave below their limits if
   that is less; file pages that a group can drop count as free. `sources` NULL: the system's.
   UINT64_MAX where nothing can be read. */
uint64_t bs_memory_available(const bs_memory_sources *sources);

#endif
