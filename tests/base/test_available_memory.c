/* The memory that is left, as fake files of /proc and /sys tell it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/available_memory_internal.h"
#include "harness.h"

static const uint64_t MIB = 1 << 20;

static void put(const char *name, const char *text) {
  char path[4096];
  snprintf(path, sizeof path, "%s", bs_test_path(name));
  for (char *slash = strchr(path + strlen(bs_test_folder()) + 1, '/'); slash != NULL;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
  }
  bs_test_write(name, text, strlen(text));
}

/* What is left by the files below the folder `name`. */
static uint64_t available(const char *name) {
  char meminfo[4096], cgroup[4096], mounts[4096];
  snprintf(meminfo, sizeof meminfo, "%s/%s/meminfo", bs_test_folder(), name);
  snprintf(cgroup, sizeof cgroup, "%s/%s/cgroup", bs_test_folder(), name);
  snprintf(mounts, sizeof mounts, "%s/%s/sys", bs_test_folder(), name);
  return bs_memory_available(&(bs_memory_sources){meminfo, {cgroup, mounts}});
}

static const char MEMINFO[] = "MemTotal:       24683620 kB\nMemFree:        21000000 kB\n"
                              "MemAvailable:     204800 kB\nBuffers:           10 kB\n";

static void without_groups(void) {
  put("plain/meminfo", MEMINFO);
  CU_ASSERT_EQUAL(available("plain"), 200 * MIB);
  CU_ASSERT_EQUAL(available("nowhere"), UINT64_MAX);
  put("old/meminfo", "MemTotal: 1 kB\nMemFree: 1 kB\n"); /* before Linux 3.14 */
  CU_ASSERT_EQUAL(available("old"), UINT64_MAX);
}

static void version_2(void) {
  put("v2/meminfo", MEMINFO);
  put("v2/cgroup", "0::/slurm/job\n");
  put("v2/sys/slurm/job/memory.max", "max\n");
  put("v2/sys/slurm/job/memory.current", "1\n");
  CU_ASSERT_EQUAL(available("v2"), 200 * MIB);
  /* The group around it has a limit; file pages that can be dropped do not count as used. */
  put("v2/sys/slurm/memory.max", "104857600\n");
  put("v2/sys/slurm/memory.current", "62914560\n");
  CU_ASSERT_EQUAL(available("v2"), 40 * MIB);
  put("v2/sys/slurm/memory.stat",
      "anon 5\nfile 31457280\ninactive_file 20971520\nactive_file 10485760\n");
  CU_ASSERT_EQUAL(available("v2"), 70 * MIB);
  put("v2/sys/slurm/job/memory.max", "1048576\n");
  put("v2/sys/slurm/job/memory.current", "2097152\n");
  CU_ASSERT_EQUAL(available("v2"), 0);
}

static void version_1(void) {
  put("v1/meminfo", MEMINFO);
  put("v1/cgroup", "5:devices:/\n4:cpu,memory:/job\n1:name=systemd:/\n0::/\n");
  put("v1/sys/memory/job/memory.limit_in_bytes", "52428800\n");
  put("v1/sys/memory/job/memory.usage_in_bytes", "10485760\n");
  put("v1/sys/memory/memory.limit_in_bytes", "9223372036854771712\n"); /* none */
  put("v1/sys/memory/memory.usage_in_bytes", "10485760\n");
  CU_ASSERT_EQUAL(available("v1"), 40 * MIB);
  put("v1/sys/memory/job/memory.stat", "cache 1\ntotal_inactive_file 1048576\n");
  CU_ASSERT_EQUAL(available("v1"), 41 * MIB);
}

static void odd_files(void) {
  static const char *const texts[] = {"",
                                      "MemAvailable",
                                      "MemAvailable:",
                                      "MemAvailable: many kB\n",
                                      "MemAvailable: -5 kB\n",
                                      "MemAvailable: 99999999999999999999999 kB\n",
                                      "MemAvailable: 18446744073709551615 kB\n"};
  static const char *const groups[] = {"", "\n", ":", "::", "0::", "0::job\n", "1:memoryx:/\n"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    put("odd/meminfo", texts[i]);
    put("odd/cgroup", groups[i]);
    CU_ASSERT_EQUAL(available("odd"), UINT64_MAX);
  }
}

static void this_machine(void) {
  uint64_t bytes = bs_memory_available(NULL);
  CU_ASSERT_TRUE(bytes > MIB);
#if defined(__linux__)
  CU_ASSERT_TRUE(bytes < UINT64_MAX);
  uint64_t before = bs_memory_resident();
  volatile char *more = malloc(64 * MIB);
  CU_ASSERT_PTR_NOT_NULL_FATAL((void *)(size_t)more);
  for (size_t i = 0; i < 64 * MIB; i += 512)
    more[i] = 1;
  uint64_t grown = bs_memory_resident() - before;
  CU_ASSERT_TRUE(grown >= 62 * MIB && grown < 80 * MIB);
  free((void *)(size_t)more);
#endif
}

int main(void) {
  static const bs_test tests[] = {
      {"the machine's memory", without_groups}, {"control groups, version 2", version_2},
      {"control groups, version 1", version_1}, {"files that make no sense", odd_files},
      {"this machine", this_machine},
  };
  return bs_test_main("available_memory", tests, sizeof tests / sizeof *tests);
}
