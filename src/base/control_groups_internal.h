/* The control groups of this process: where Linux keeps the limits that a batch system, a container
   or a service has been given. */
#ifndef BIGSWEEP_BASE_CONTROL_GROUPS_INTERNAL_H
#define BIGSWEEP_BASE_CONTROL_GROUPS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

/* Where Linux tells it. */
typedef struct bs_group_sources {
  const char *cgroup; /* "/proc/self/cgroup": the groups of this process */
  const char *mounts; /* "/sys/fs/cgroup": the folder they lie in */
} bs_group_sources;

/* The folder of one group; `version` is 1 or 2, which name their files differently. */
typedef void (*bs_group_visit)(void *user, const char *folder, int version);

/* Visits the group of the process that a controller ("memory", "cpu") works by, and the groups
   around it, from the inside out. `sources` NULL: the system's. No call where there are none. */
void bs_control_groups_visit(const bs_group_sources *sources, const char *controller,
                             bs_group_visit visit, void *user);

/* The whole number on the line of the file FOLDER/NAME (FOLDER NULL: NAME) that begins with `key`
   (on the first line when empty); false where there is none, as for "max". */
bool bs_group_number(const char *folder, const char *name, const char *key, uint64_t *value);

#endif
