/* The cores that may be used, as fake files of /proc and /sys limit them. */
#define _GNU_SOURCE
#include <math.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cores_internal.h"
#include "harness.h"

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

static bs_cores read_below(const char *name) {
  char cgroup[4096], mounts[4096];
  bs_cores cores;
  snprintf(cgroup, sizeof cgroup, "%s/%s/cgroup", bs_test_folder(), name);
  snprintf(mounts, sizeof mounts, "%s/%s/sys", bs_test_folder(), name);
  bs_cores_read(&cores, &(bs_group_sources){cgroup, mounts});
  return cores;
}

static void without_groups(void) {
  bs_cores cores = read_below("nowhere");
  CU_ASSERT_TRUE(isinf(cores.quota));
  CU_ASSERT_TRUE(bs_cores_count(&cores) >= 1);
}

static void quotas_of_version_2(void) {
  put("v2/cgroup", "0::/slurm/job\n");
  put("v2/sys/slurm/job/cpu.max", "max 100000\n");
  CU_ASSERT_TRUE(isinf(read_below("v2").quota));
  put("v2/sys/slurm/cpu.max", "400000 100000\n"); /* the group around it has a limit */
  bs_cores around = read_below("v2");
  CU_ASSERT_EQUAL(around.quota, 4);
  struct stat info;
  CU_ASSERT_EQUAL(stat(bs_test_path("v2/sys/slurm"), &info), 0);
  CU_ASSERT_TRUE(around.group[0] == info.st_dev && around.group[1] == info.st_ino);
  put("v2/sys/slurm/job/cpu.max", "150000 100000\n");
  bs_cores own = read_below("v2");
  CU_ASSERT_EQUAL(own.quota, 1.5);
  CU_ASSERT_NOT_EQUAL(own.group[1], around.group[1]);
  put("v2/sys/slurm/job/cpu.max", "900000 100000\n"); /* the tighter one counts */
  CU_ASSERT_EQUAL(read_below("v2").quota, 4);
}

static void quotas_of_version_1(void) {
  put("v1/cgroup", "5:devices:/\n4:cpu,cpuacct:/job\n1:cpuset:/other\n0::/\n");
  put("v1/sys/cpu/job/cpu.cfs_quota_us", "-1\n");
  put("v1/sys/cpu/job/cpu.cfs_period_us", "100000\n");
  CU_ASSERT_TRUE(isinf(read_below("v1").quota));
  put("v1/sys/cpu/job/cpu.cfs_quota_us", "250000\n");
  CU_ASSERT_EQUAL(read_below("v1").quota, 2.5);
}

static void odd_files(void) {
  static const char *const texts[] = {"",           "\n",          "max",           "100000",
                                      "100000 0\n", "-5 100000\n", "many 100000\n", "0 100000\n"};
  put("odd/cgroup", "0::/\n");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    put("odd/sys/cpu.max", texts[i]);
    CU_ASSERT_TRUE(isinf(read_below("odd").quota));
  }
}

/* A process that is bound to one core is not given those of the machine. */
static void a_binding_counts(void) {
  cpu_set_t before, one;
  CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof before, &before), 0);
  bs_cores all = read_below("nowhere");
  CU_ASSERT_EQUAL(bs_cores_count(&all), CPU_COUNT(&before));
  size_t first = 0;
  while (!CPU_ISSET(first, &before))
    first++;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  CU_ASSERT_EQUAL(sched_setaffinity(0, sizeof one, &one), 0);
  bs_cores bound = read_below("nowhere");
  CU_ASSERT_EQUAL(bs_cores_count(&bound), 1);
  CU_ASSERT_EQUAL(bound.allowed[first / 64], UINT64_C(1) << first % 64);
  CU_ASSERT_EQUAL(sched_setaffinity(0, sizeof before, &before), 0);
}

static void the_environment_is_obeyed_where_it_is_a_number(void) {
  setenv("OMP_NUM_THREADS", "7,3", 1);
  CU_ASSERT_TRUE(bs_threads_are_given());
  setenv("OMP_NUM_THREADS", "many", 1);
  CU_ASSERT_FALSE(bs_threads_are_given());
  setenv("OMP_NUM_THREADS", "0", 1);
  CU_ASSERT_FALSE(bs_threads_are_given());
  unsetenv("OMP_NUM_THREADS");
  CU_ASSERT_FALSE(bs_threads_are_given());
  CU_ASSERT_TRUE(bs_threads_default() >= 1 && bs_threads_default() <= omp_get_max_threads());
}

int main(void) {
  static const bs_test tests[] = {
      {"without groups", without_groups},
      {"quotas of control groups, version 2", quotas_of_version_2},
      {"quotas of control groups, version 1", quotas_of_version_1},
      {"files that make no sense", odd_files},
      {"a binding counts", a_binding_counts},
      {"the environment is obeyed where it is a number",
       the_environment_is_obeyed_where_it_is_a_number},
  };
  return bs_test_main("cores", tests, sizeof tests / sizeof *tests);
}
