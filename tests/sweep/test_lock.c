/* One run at a time on an output: locks that are held, stale, damaged, absurd. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "harness.h"
#include "sweep/lock_internal.h"

/* The lock of another host counts as stale after a moment. */
static const bs_limits limits = {.lock_beat_seconds = 0.002, .lock_stale_seconds = 0.004};

static size_t n_notices;

static void count_notice(void *user, bool is_error, const char *message) {
  (void)user;
  (void)is_error;
  CU_ASSERT_PTR_NOT_NULL(strstr(message, "takes over from a run that has died"));
  n_notices++;
}

static bs_status take(bs_lock **lock, bs_error *err) {
  return bs_lock_take(lock, bs_test_path("x.h5"), &limits, count_notice, NULL, err);
}

/* Whatever stood in the file: the lock can be taken, names this process, and is gone afterwards. */
static void can_be_taken(const void *bytes, size_t n_bytes) {
  bs_error err = {0};
  bs_lock *lock = NULL;
  char host[256] = "", holder[512] = "", expected[512];
  const char *path = bs_test_write("x.h5.lock", bytes, n_bytes);
  bs_lock_holder(bs_test_path("x.h5"), holder, sizeof holder); /* must not crash */
  BS_TEST_OK(take(&lock, &err), err);
  if (lock == NULL)
    return;
  gethostname(host, sizeof host - 1);
  snprintf(expected, sizeof expected, "process %ld on %s", (long)getpid(), host);
  CU_ASSERT_TRUE(bs_lock_holder(bs_test_path("x.h5"), holder, sizeof holder));
  CU_ASSERT_STRING_EQUAL(holder, expected);
  bs_lock_free(&lock);
  CU_ASSERT_FALSE(bs_file_exists(path));
}

static void a_held_lock_is_refused(void) {
  bs_error err = {0};
  bs_lock *lock = NULL, *second = NULL;
  char holder[512];
  CU_ASSERT_FALSE(bs_lock_holder(bs_test_path("x.h5"), holder, sizeof holder));
  BS_TEST_OK(take(&lock, &err), err);
  BS_TEST_FAILS(take(&second, &err), BS_ERR_USAGE, err, "another run is at work on it: process");
  CU_ASSERT_PTR_NULL(second);
  bs_lock_free(&lock);
  bs_lock_free(&lock);
  BS_TEST_OK(take(&lock, &err), err);
  bs_lock_free(&lock);
}

/* A process that lives but has no flock, as on a file system without such locks: what the file says
   counts. */
static void a_living_process_is_believed(void) {
  bs_error err = {0};
  bs_lock *lock = NULL;
  BS_TEST_OK(take(&lock, &err), err);
  bs_text content = bs_test_read(bs_test_path("x.h5.lock"));
  bs_lock_free(&lock);
  pid_t child = fork();
  if (child == 0) { /* the file names its parent, which is alive */
    const char *path = bs_test_path("x.h5.lock");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ssize_t n = write(fd, content.data, content.n_bytes);
    close(fd);
    bs_error fault = {0};
    bool refused = take(&lock, &fault) == BS_ERR_USAGE;
    _exit(n > 0 && refused && strstr(fault.message, "process") != NULL ? 0 : 1);
  }
  int how = 1;
  waitpid(child, &how, 0);
  CU_ASSERT_EQUAL(how, 0);
  remove(bs_test_path("x.h5.lock"));
  bs_text_free(&content);
}

static void a_stale_lock_is_taken_over(void) {
  char text[512], host[256] = "";
  gethostname(host, sizeof host - 1);
  n_notices = 0;
  snprintf(text, sizeof text, "host %s\npid 999999999\nstart 5\n", host);
  can_be_taken(text, strlen(text));
  snprintf(text, sizeof text, "host %s\npid 1\nstart 5\n", host); /* its number is another's now */
  can_be_taken(text, strlen(text));
  snprintf(text, sizeof text, "host elsewhere\npid 1\nstart 5\n");
  can_be_taken(text, strlen(text));
  CU_ASSERT_EQUAL(n_notices, 3);
}

static void a_cut_lock_is_nobodys(void) {
  char text[512], host[256] = "";
  gethostname(host, sizeof host - 1);
  for (int here = 0; here < 2; here++) {
    int n = snprintf(text, sizeof text, "host %s\npid 999999998\nstart 123456\n",
                     here ? host : "elsewhere");
    for (int cut = 0; cut <= n; cut++)
      can_be_taken(text, (size_t)cut);
  }
}

static void a_damaged_lock_is_nobodys(void) {
  char text[512], host[256] = "";
  gethostname(host, sizeof host - 1);
  int n = snprintf(text, sizeof text, "host %s\npid 999999998\nstart 123456\n", host);
  for (int bit = 0; bit < 8 * n; bit++) {
    text[bit / 8] ^= (char)(1 << bit % 8);
    can_be_taken(text, (size_t)n);
    text[bit / 8] ^= (char)(1 << bit % 8);
  }
}

static void an_absurd_lock_is_nobodys(void) {
  static const char *const texts[] = {
      "host h\npid -1\nstart 5\n",
      "host h\npid 0\nstart 0\n",
      "host h\npid 99999999999999999999999999999999\nstart 99999999999999999999999999999999\n",
      "host ../../etc\npid 1\nstart -1\n",
      "host %s%n\npid 1\nstart 1\n",
      "pid 1\nhost h\nstart 1\n",
      "host\npid\nstart\n",
      "\n\n\n\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    can_be_taken(texts[i], strlen(texts[i]));
  enum { MANY = 1 << 20 };
  char *many = malloc(MANY);
  static const char first[] = "host ";
  for (int fill = 0; fill < 256; fill += 51) {
    memset(many, fill, MANY);
    can_be_taken(many, MANY);
    memcpy(many, first, sizeof first - 1);
    can_be_taken(many, MANY);
  }
  free(many);
}

static void what_cannot_be_a_lock_is_told(void) {
  bs_error err = {0};
  bs_lock *lock = NULL;
  const char *path = bs_test_path("x.h5.lock");
  CU_ASSERT_EQUAL_FATAL(mkdir(path, 0777), 0);
  BS_TEST_FAILS(take(&lock, &err), BS_ERR_IO, err, "cannot make the lock");
  CU_ASSERT_PTR_NULL(lock);
  rmdir(path);
  BS_TEST_FAILS(bs_lock_take(&lock, bs_test_path("none/x.h5"), &limits, count_notice, NULL, &err),
                BS_ERR_IO, err, "cannot make the lock");
}

/* Temporary files beside the output: of the dead holder at once, of others that are no more when
   they are old, of the living never. */
static void leftovers_of_the_dead_are_removed(void) {
  enum { N = 8 };
  char own[64], host[256] = "", text[512], old[] = ".x.h5.999999997.tmp";
  snprintf(own, sizeof own, ".x.h5.%ld.tmp", (long)getppid());
  const char *const names[N] = {".x.h5.999999998.tmp",
                                ".x.h5.done.999999998.tmp",
                                old,
                                own,
                                ".x.h5.999999996.tmp",
                                ".y.h5.999999998.tmp",
                                ".x.h5.9x.tmp",
                                "x.h5.999999998.tmp"};
  static const bool stays[N] = {false, false, false, true, true, true, true, true};
  for (size_t i = 0; i < N; i++)
    bs_test_write(names[i], "half", 4);
  struct timespec long_ago[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
  utimensat(AT_FDCWD, bs_test_path(old), long_ago, 0);
  utimensat(AT_FDCWD, bs_test_path(own), long_ago, 0);
  gethostname(host, sizeof host - 1);
  snprintf(text, sizeof text, "host %s\npid 999999998\nstart 5\n", host);
  can_be_taken(text, strlen(text));
  for (size_t i = 0; i < N; i++) {
    if (bs_file_exists(bs_test_path(names[i])) != stays[i])
      printf("\n    %s\n", names[i]);
    CU_ASSERT_EQUAL(bs_file_exists(bs_test_path(names[i])), stays[i]);
    remove(bs_test_path(names[i]));
  }
}

/* How often the lock of x.h5 was touched while a step looked on for a while. */
typedef struct onlooker {
  size_t n_touches;
  bs_status status;
} onlooker;

static bs_status look_on(void *user, bs_error *err) {
  onlooker *o = user;
  struct stat before = {0}, now;
  CU_ASSERT_EQUAL(stat(bs_test_path("x.h5.lock"), &before), 0);
  for (double end = bs_steady_seconds() + 0.5; bs_steady_seconds() < end;) {
    CU_ASSERT_EQUAL(stat(bs_test_path("x.h5.lock"), &now), 0);
    if (now.st_mtim.tv_sec != before.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != before.st_mtim.tv_nsec)
      o->n_touches++;
    before = now;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  return o->status == BS_OK ? BS_OK : bs_error_set(err, o->status, "as it was asked to");
}

static void a_long_step_keeps_the_lock_alive(void) {
  bs_error err = {0};
  bs_lock *lock = NULL;
  onlooker o = {0};
  bs_limits own = {.lock_beat_seconds = 0.02, .lock_stale_seconds = 0.1};
  BS_TEST_OK(bs_lock_take(&lock, bs_test_path("x.h5"), &own, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(lock);
  BS_TEST_OK(bs_lock_while(lock, look_on, &o, &err), err);
  CU_ASSERT_TRUE(o.n_touches >= 3 && o.n_touches <= 26);
  o = (onlooker){.status = BS_ERR_INPUT};
  BS_TEST_FAILS(bs_lock_while(lock, look_on, &o, &err), BS_ERR_INPUT, err, "as it was asked to");
  CU_ASSERT_EQUAL(bs_lock_while(lock, look_on, &o, NULL), BS_ERR_INPUT);
  bs_lock_free(&lock);
}

int main(void) {
  static const bs_test tests[] = {
      {"a held lock is refused", a_held_lock_is_refused},
      {"a living process is believed", a_living_process_is_believed},
      {"a stale lock is taken over", a_stale_lock_is_taken_over},
      {"a cut lock is nobody's", a_cut_lock_is_nobodys},
      {"a damaged lock is nobody's", a_damaged_lock_is_nobodys},
      {"an absurd lock is nobody's", an_absurd_lock_is_nobodys},
      {"what cannot be a lock is told", what_cannot_be_a_lock_is_told},
      {"a long step keeps the lock alive", a_long_step_keeps_the_lock_alive},
      {"leftovers of the dead are removed", leftovers_of_the_dead_are_removed},
  };
  return bs_test_main("lock", tests, sizeof tests / sizeof *tests);
}
