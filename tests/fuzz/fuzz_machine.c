/* What Linux tells of a machine's limits: /proc/self/cgroup, a NUL, cpu.max, a NUL, memory.max, a
   NUL, memory.stat, a NUL and /proc/meminfo. Whatever stands there, there is a number of cores, and
   time on them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/available_memory_internal.h"
#include "base/cores_internal.h"
#include "folder.h"
#include "fuzz.h"

static const char *const FILES[] = {"cgroup", "cpu.max", "memory.max", "memory.stat", "meminfo"};
enum { N_FILES = sizeof FILES / sizeof *FILES, PATH_BYTES = 256 };

static void write_files(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < N_FILES; i++) {
    const uint8_t *end = size > 0 && i + 1 < N_FILES ? memchr(data, 0, size) : NULL;
    size_t n = end != NULL ? (size_t)(end - data) : size;
    bs_fuzz_write(FILES[i], data, n);
    data += n;
    size -= n;
    if (end != NULL)
      data++, size--;
  }
  bs_fuzz_write("memory.current", "4096\n", 5);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  char cgroup[PATH_BYTES], meminfo[PATH_BYTES];
  snprintf(cgroup, sizeof cgroup, "%s/cgroup", bs_fuzz_folder());
  snprintf(meminfo, sizeof meminfo, "%s/meminfo", bs_fuzz_folder());
  write_files(data, size);
  const bs_group_sources groups = {cgroup, bs_fuzz_folder()};
  bs_cores cores;
  bs_cores_read(&cores, &groups);
  if (bs_cores_count(&cores) < 1 || !(cores.quota > 0))
    abort();
  bs_memory_available(&(bs_memory_sources){meminfo, groups});
}
