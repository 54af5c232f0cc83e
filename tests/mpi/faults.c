/* Preloaded into the coordinator by tests: stands in for the system calls that put files on disk.
   BIGSWEEP_TEST_KILL_AT=N: the process is killed at the N-th of them, a write after half of its
   bytes. BIGSWEEP_TEST_COUNT=FILE: how many there were is written there at the end.
   BIGSWEEP_TEST_SLOW_SYNC=SECONDS: syncing the results file takes so long.
   BIGSWEEP_TEST_SLOW_UNIT=SECONDS: so does every answer of an engine process.
   BIGSWEEP_TEST_HIDE=END, BIGSWEEP_TEST_HIDE_RANKS=1,2: files whose path ends so are not there for
   the engine processes of these ranks.
   BIGSWEEP_TEST_MEMORY_KIB=N: so much memory is available.
   Always: reading another process's memory fails as if that process were no more. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_long n_calls;
static long kill_at;
static bool is_on, is_engine;
static const char *hidden, *memory_kib;

/* Whether argument 1 of the program is `command`. */
static bool has_command(const char *command) {
  char line[4096];
  int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY);
  long n = fd >= 0 ? syscall(SYS_read, fd, line, sizeof line - 1) : 0;
  if (fd >= 0)
    close(fd);
  line[n > 0 ? n : 0] = '\0';
  size_t first = strlen(line) + 1; /* argument 1 */
  return n > (long)first && strcmp(line + first, command) == 0;
}

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("BIGSWEEP_TEST_KILL_AT");
  const char *rank = getenv("OMPI_COMM_WORLD_RANK");
  is_on = has_command("run") && (rank == NULL || strcmp(rank, "0") == 0);
  is_engine = has_command("engine-process");
  kill_at = at != NULL ? atol(at) : 0;
  const char *ranks = getenv("BIGSWEEP_TEST_HIDE_RANKS");
  if (is_engine && rank != NULL && ranks != NULL && strstr(ranks, rank) != NULL)
    hidden = getenv("BIGSWEEP_TEST_HIDE");
  memory_kib = getenv("BIGSWEEP_TEST_MEMORY_KIB");
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("BIGSWEEP_TEST_COUNT");
  if (!is_on || path == NULL)
    return;
  is_on = false;
  FILE *file = fopen(path, "w");
  if (file != NULL) {
    fprintf(file, "%ld\n", atomic_load(&n_calls));
    fclose(file);
  }
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *local, unsigned long n_local,
                         const struct iovec *remote, unsigned long n_remote, unsigned long flags) {
  (void)pid, (void)local, (void)n_local, (void)remote, (void)n_remote, (void)flags;
  errno = ESRCH;
  return -1;
}

static void die(void) {
  for (;;)
    kill(getpid(), SIGKILL);
}

/* The path of an open file; "" for what is none. */
static void path_of(int fd, char *path, size_t n_bytes) {
  char link_name[64];
  snprintf(link_name, sizeof link_name, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link_name, path, n_bytes - 1);
  path[n > 0 ? n : 0] = '\0';
}

static bool is_ours(const char *path) { return strstr(path, ".h5") != NULL; }

/* Counts a call that concerns the output; true: it is the one to die at. */
static bool count(const char *path) {
  return is_on && is_ours(path) && atomic_fetch_add(&n_calls, 1) + 1 == kill_at;
}

static bool count_fd(int fd) {
  char path[4096];
  path_of(fd, path, sizeof path);
  return count(path);
}

static bool is_hidden(const char *path) {
  size_t n = strlen(path), n_end = hidden != NULL ? strlen(hidden) : 0;
  return n_end > 0 && n >= n_end && strcmp(path + n - n_end, hidden) == 0;
}

/* The kernel's numbers, but for the available memory. */
FILE *fopen(const char *path, const char *mode) {
  static FILE *(*next)(const char *, const char *);
  if (next == NULL)
    *(void **)&next = dlsym(RTLD_NEXT, "fopen");
  if (memory_kib == NULL || strcmp(path, "/proc/meminfo") != 0)
    return next(path, mode);
  FILE *file = tmpfile();
  if (file != NULL) {
    fprintf(file, "MemAvailable: %s kB\n", memory_kib);
    rewind(file);
  }
  return file;
}

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(list, unsigned) : 0;
  va_end(list);
  if ((flags & O_CREAT) != 0 && count(path))
    die();
  if (is_hidden(path)) {
    errno = ENOENT;
    return -1;
  }
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t n_bytes) {
  if (fd > 2 && is_on && count_fd(fd)) {
    syscall(SYS_write, fd, bytes, n_bytes / 2);
    die();
  }
  return (ssize_t)syscall(SYS_write, fd, bytes, n_bytes);
}

ssize_t send(int fd, const void *bytes, size_t n_bytes, int flags) {
  const char *slow = getenv("BIGSWEEP_TEST_SLOW_UNIT");
  if (is_engine && slow != NULL)
    nanosleep(&(struct timespec){.tv_sec = atol(slow)}, NULL);
  return (ssize_t)syscall(SYS_sendto, fd, bytes, n_bytes, flags, NULL, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t n_bytes, off_t at) {
  if (count_fd(fd)) {
    syscall(SYS_pwrite64, fd, bytes, n_bytes / 2, at);
    die();
  }
  return (ssize_t)syscall(SYS_pwrite64, fd, bytes, n_bytes, at);
}

int ftruncate(int fd, off_t n_bytes) {
  if (count_fd(fd))
    die();
  return (int)syscall(SYS_ftruncate, fd, n_bytes);
}

int fsync(int fd) {
  char path[4096];
  const char *slow = getenv("BIGSWEEP_TEST_SLOW_SYNC");
  path_of(fd, path, sizeof path);
  if (count(path))
    die();
  if (is_on && slow != NULL && strstr(path, ".tmp") != NULL && strstr(path, ".parts/") == NULL &&
      strstr(path, ".done") == NULL)
    nanosleep(&(struct timespec){.tv_sec = atol(slow)}, NULL);
  return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to) {
  if (count(to))
    die();
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int link(const char *from, const char *to) {
  if (count(to))
    die();
  return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path) {
  if (count(path))
    die();
  return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int mkdir(const char *path, mode_t mode) {
  if (count(path))
    die();
  return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int rmdir(const char *path) {
  if (count(path))
    die();
  return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}
