/* flock() is outside POSIX. */
#define _DEFAULT_SOURCE

#include "sweep/lock_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "store/commit_internal.h"

enum { HOST_BYTES = 256, CONTENT_BYTES = 512 };

struct bs_lock {
  char *path;
  int fd;
  double last_beat, beat_seconds;
};

/* A process, on whichever host. */
typedef struct holder {
  char host[HOST_BYTES];
  long pid;
  unsigned long long start; /* in clock ticks since the host's start */
} holder;

/* When a process began, which tells it from a later one of the same number; 0: there is none. */
static unsigned long long start_of(long pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  FILE *file = fopen(path, "re");
  if (file == NULL)
    return 0;
  size_t n = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[n] = '\0';
  /* "pid (name) state ..."; the name may hold anything, the start is the 22nd field. */
  const char *at = strrchr(text, ')');
  if (at == NULL)
    return 0;
  char state = at[1] == ' ' ? at[2] : 'X';
  for (int field = 2; at != NULL && field < 22; field++)
    at = strchr(at + 1, ' ');
  if (at == NULL || state == 'Z' || state == 'X')
    return 0;
  return strtoull(at, NULL, 10);
}

static holder self(void) {
  holder me = {.pid = (long)getpid()};
  gethostname(me.host, sizeof me.host - 1);
  me.start = start_of(me.pid);
  return me;
}

static bool read_holder(int fd, holder *who) {
  char text[CONTENT_BYTES];
  *who = (holder){0};
  ssize_t n = pread(fd, text, sizeof text - 1, 0);
  if (n <= 0)
    return false;
  text[n] = '\0';
  return sscanf(text, "host %255s\npid %ld\nstart %llu\n", who->host, &who->pid, &who->start) == 3;
}

static bool write_holder(int fd, const holder *who) {
  char text[CONTENT_BYTES];
  int n = snprintf(text, sizeof text, "host %s\npid %ld\nstart %llu\n", who->host, who->pid,
                   who->start);
  return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == (ssize_t)n && fsync(fd) == 0;
}

static bool same_holder(const holder *a, const holder *b) {
  return strcmp(a->host, b->host) == 0 && a->pid == b->pid && a->start == b->start;
}

static bs_status refuse(const char *output, const holder *who, bs_error *err) {
  if (who->host[0] == '\0')
    return bs_error_set(err, BS_ERR_USAGE, "%s: another run is at work on it", output);
  return bs_error_set(err, BS_ERR_USAGE,
                      "%s: another run is at work on it: process %ld on %s (lock file %s.lock)",
                      output, who->pid, who->host, output);
}

static bool is_file_of(int fd, const char *path) {
  struct stat mine, there;
  return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
         mine.st_dev == there.st_dev;
}

/* Opens and flocks the file; *held: somebody has it. *flocked stays false where the file system
   has no locks. */
static bs_status open_lock(const char *path, int *fd, bool *held, bool *flocked, bs_error *err) {
  *held = *flocked = false;
  for (;;) {
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*fd < 0)
      return bs_error_set(err, BS_ERR_IO, "%s: cannot make the lock: %s", path, strerror(errno));
    *flocked = flock(*fd, LOCK_EX | LOCK_NB) == 0;
    *held = !*flocked && errno == EWOULDBLOCK;
    /* Its holder may have removed it between the two calls. */
    if (is_file_of(*fd, path))
      return BS_OK;
    close(*fd);
  }
}

static void wait_a_while(double seconds) {
  struct timespec pause = {.tv_sec = (time_t)seconds};
  pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
  nanosleep(&pause, NULL);
}

/* Whether a lock of another host is touched while we look on. Clocks are not compared. */
static bool is_touched(int fd, const bs_limits *limits) {
  struct stat before, now;
  if (fstat(fd, &before) != 0)
    return false;
  double end = bs_steady_seconds() + limits->lock_stale_seconds;
  while (bs_steady_seconds() < end) {
    wait_a_while(limits->lock_beat_seconds / 4);
    if (fstat(fd, &now) != 0 || now.st_mtim.tv_sec != before.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != before.st_mtim.tv_nsec)
      return true;
  }
  return false;
}

static bool is_alive(int fd, const holder *who, const holder *me, const bs_limits *limits) {
  if (strcmp(who->host, me->host) == 0)
    return !same_holder(who, me) && start_of(who->pid) == who->start && who->start != 0;
  return is_touched(fd, limits);
}

static bs_status claim(bs_lock *lock, const char *output, const bs_limits *limits, bs_notice notice,
                       void *user, bs_error *err) {
  bool held, flocked;
  holder who, me = self();
  bs_status status = open_lock(lock->path, &lock->fd, &held, &flocked, err);
  if (status != BS_OK)
    return status;
  bool known = read_holder(lock->fd, &who);
  if (held || (known && is_alive(lock->fd, &who, &me, limits)))
    return refuse(output, &who, err);
  if (known && notice != NULL) {
    char message[CONTENT_BYTES];
    snprintf(message, sizeof message, "takes over from a run that has died: process %ld on %s",
             who.pid, who.host);
    notice(user, false, message);
  }
  if (!write_holder(lock->fd, &me)) {
    status =
        bs_error_set(err, BS_ERR_IO, "%s: cannot write the lock: %s", lock->path, strerror(errno));
    unlink(lock->path);
    return status;
  }
  long dead_pid = known ? who.pid : 0;
  if (!flocked) { /* two may have come so far: the last one to write has it */
    wait_a_while(limits->lock_beat_seconds / 8);
    if (!read_holder(lock->fd, &who) || !same_holder(&who, &me))
      return refuse(output, &who, err);
  }
  struct stat info;
  if (fstat(lock->fd, &info) == 0) /* just written: the file system's own time */
    bs_commit_remove_leftovers(output, dead_pid, info.st_mtime);
  return BS_OK;
}

bs_status bs_lock_take(bs_lock **out, const char *output, const bs_limits *limits, bs_notice notice,
                       void *user, bs_error *err) {
  bs_lock *lock = *out = bs_array_new(1, sizeof *lock, err);
  if (lock == NULL)
    return BS_ERR_MEMORY;
  lock->fd = -1;
  lock->beat_seconds = limits->lock_beat_seconds;
  bs_text path = {0};
  bs_status status = bs_text_printf(&path, err, "%s.lock", output);
  lock->path = path.data;
  if (status == BS_OK)
    status = claim(lock, output, limits, notice, user, err);
  if (status != BS_OK) {
    if (lock->fd >= 0)
      close(lock->fd);
    free(lock->path);
    free(lock);
    *out = NULL;
  }
  return status;
}

void bs_lock_beat(bs_lock *lock, double now) {
  if (now - lock->last_beat < lock->beat_seconds)
    return;
  lock->last_beat = now;
  futimens(lock->fd, NULL);
}

bs_status bs_lock_while(bs_lock *lock, bs_step step, void *user, bs_error *err) {
  static const double LONGEST_PAUSE_SECONDS = 0.02;
  if (lock == NULL)
    return step(user, err);
  bs_background *background;
  bs_status status = bs_background_start(&background, step, user, err);
  if (status != BS_OK)
    return status;
  double pause = lock->beat_seconds / 4;
  while (!bs_background_is_over(background)) {
    bs_lock_beat(lock, bs_steady_seconds());
    wait_a_while(pause < LONGEST_PAUSE_SECONDS ? pause : LONGEST_PAUSE_SECONDS);
  }
  return bs_background_join(&background, err);
}

void bs_lock_free(bs_lock **handle) {
  bs_lock *lock = *handle;
  if (lock == NULL)
    return;
  holder who, me = self();
  if (read_holder(lock->fd, &who) && same_holder(&who, &me) && is_file_of(lock->fd, lock->path))
    unlink(lock->path);
  close(lock->fd);
  free(lock->path);
  free(lock);
  *handle = NULL;
}

bool bs_lock_holder(const char *output, char *text, size_t n_bytes) {
  bs_text path = {0};
  holder who, me = self();
  bool is_held = false;
  if (bs_text_printf(&path, NULL, "%s.lock", output) == BS_OK) {
    int fd = open(path.data, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && read_holder(fd, &who)) {
      struct stat info;
      bool here = strcmp(who.host, me.host) == 0;
      /* Of another host only the last touch can be seen. */
      is_held = here
                    ? start_of(who.pid) == who.start && who.start != 0
                    : fstat(fd, &info) == 0 && difftime(time(NULL), info.st_mtim.tv_sec) < 2 * 30.0;
      snprintf(text, n_bytes, "process %ld on %s", who.pid, who.host);
    }
    if (fd >= 0)
      close(fd);
  }
  bs_text_free(&path);
  return is_held;
}
