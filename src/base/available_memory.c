/* What the kernel and the control groups leave of the machine's memory. */
#include "base/available_memory_internal.h"

#include <stddef.h>

#include "base/control_groups_internal.h"

/* The files of one version of control groups. */
typedef struct group_files {
  const char *limit, *usage, *active, *inactive;
} group_files;

static const group_files version_2 = {"memory.max", "memory.current", "active_file",
                                      "inactive_file"};
static const group_files version_1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                                      "total_active_file", "total_inactive_file"};

/* What one group leaves, or UINT64_MAX without a limit. */
static uint64_t left_in_group(const char *folder, const group_files *files) {
  uint64_t limit, usage, active = 0, inactive = 0;
  if (!bs_group_number(folder, files->limit, "", &limit) ||
      !bs_group_number(folder, files->usage, "", &usage))
    return UINT64_MAX;
  (void)bs_group_number(folder, "memory.stat", files->active, &active);
  (void)bs_group_number(folder, "memory.stat", files->inactive, &inactive);
  uint64_t droppable = active < UINT64_MAX - inactive ? active + inactive : 0;
  usage = usage > droppable ? usage - droppable : 0;
  return limit > usage ? limit - usage : 0;
}

static void take_least(void *user, const char *folder, int version) {
  uint64_t *least = user, left = left_in_group(folder, version == 2 ? &version_2 : &version_1);
  *least = left < *least ? left : *least;
}

uint64_t bs_memory_available(const bs_memory_sources *sources) {
  uint64_t kib, least = UINT64_MAX;
  const char *meminfo = sources != NULL ? sources->meminfo : "/proc/meminfo";
  if (bs_group_number(NULL, meminfo, "MemAvailable", &kib))
    least = kib < UINT64_MAX / 1024 ? kib * 1024 : UINT64_MAX;
  bs_control_groups_visit(sources != NULL ? &sources->groups : NULL, "memory", take_least, &least);
  return least;
}

uint64_t bs_memory_resident(void) {
  uint64_t kib;
  return bs_group_number(NULL, "/proc/self/status", "RssAnon", &kib) ? kib * 1024 : 0;
}
