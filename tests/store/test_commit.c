/* What becomes of a file when a step of writing it fails: every system call in turn, a full disk.
   The calls below stand in for the C library's in the library under test. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "harness.h"
#include "store/commit_internal.h"
#include "synthetic.h"

/* The call that fails, counted from 1 among those of the steps that put a file on disk; 0: none.
 */
static int fail_at, n_calls, fail_errno;
static int link_call; /* the number of the last link */

static bool fails(void) {
  n_calls++;
  if (n_calls != fail_at)
    return false;
  errno = fail_errno;
  return true;
}

int fsync(int fd) { return fails() ? -1 : (int)syscall(SYS_fsync, fd); }

/* Of new files and of folders to sync; what only reads is none of the steps. */
int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  if ((flags & (O_CREAT | O_DIRECTORY)) != 0 && fails())
    return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* As on a file server, where a failed write may be told here at last; the file is closed. */
int close(int fd) {
  bool told = fd > 2 && fails();
  int before = errno;
  int code = (int)syscall(SYS_close, fd);
  if (told)
    errno = before;
  return told ? -1 : code;
}

int mkdir(const char *path, mode_t mode) {
  return fails() ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int rename(const char *from, const char *to) {
  return fails() ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int link(const char *from, const char *to) {
  link_call = n_calls + 1;
  return fails() ? -1 : (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* The C library's own output does not come this way. Half of a long text is written at once, as a
   disk that fills up would have it. */
ssize_t write(int fd, const void *bytes, size_t n_bytes) {
  if (fd <= 2)
    return (ssize_t)syscall(SYS_write, fd, bytes, n_bytes);
  if (fails())
    return -1;
  size_t n = n_bytes > 4096 ? n_bytes / 2 : n_bytes;
  return (ssize_t)syscall(SYS_write, fd, bytes, n);
}

static size_t count_names(const char *folder) {
  size_t n = 0;
  DIR *open_folder = opendir(folder);
  for (const struct dirent *entry; open_folder && (entry = readdir(open_folder)) != NULL;)
    n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  if (open_folder != NULL)
    closedir(open_folder);
  return n;
}

static bool holds(const char *path, const bs_text *bytes) {
  bs_text now = bs_test_read(path);
  bool same = now.n_bytes == bytes->n_bytes && memcmp(now.data, bytes->data, now.n_bytes) == 0;
  bs_text_free(&now);
  return same;
}

/* The folder's sync comes after the file has its name: then it stands there whole. */
static bool is_of_folder(const bs_error *err) {
  return strstr(err->message, "sync the folder") != NULL ||
         strstr(err->message, "open the folder") != NULL;
}

static void every_failing_call_leaves_the_old_file(void) {
  bs_error err = {0};
  bs_tables *results = synthetic_results((synthetic_size){2, 3, 1, 40}, false);
  bs_tables *other = synthetic_results((synthetic_size){1, 1, 1, 1}, false);
  char path[4096];
  snprintf(path, sizeof path, "%s", bs_test_path("results.h5"));
  fail_at = 0;
  BS_TEST_OK(bs_store_write(path, results, NULL, &err), err);
  bs_text new_bytes = bs_test_read(path);
  BS_TEST_OK(bs_store_write(path, other, NULL, &err), err);
  bs_text old_bytes = bs_test_read(path);
  size_t n_names = count_names(bs_test_folder());
  fail_errno = EIO;
  for (fail_at = 1;; fail_at++) {
    n_calls = 0;
    bs_error_clear(&err);
    bs_status status = bs_store_write(path, results, NULL, &err);
    int last = n_calls;
    CU_ASSERT_TRUE_FATAL(fail_at < 1000);
    if (last < fail_at)
      break;
    if (status == BS_OK) { /* closing the synced folder: nothing depends on that */
      CU_ASSERT_EQUAL(last, fail_at);
      CU_ASSERT_TRUE(holds(path, &new_bytes));
      continue;
    }
    CU_ASSERT_EQUAL(status, BS_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "Input/output error"));
    CU_ASSERT_EQUAL(count_names(bs_test_folder()), n_names);
    bool folder = is_of_folder(&err);
    CU_ASSERT_TRUE(holds(path, folder ? &new_bytes : &old_bytes));
    if (folder) {
      int at = fail_at;
      fail_at = 0;
      bs_error_clear(&err);
      BS_TEST_OK(bs_store_write(path, other, NULL, &err), err);
      fail_at = at;
    }
  }
  /* Making it, several writes, sync, close, rename, the folder's opening and sync. */
  CU_ASSERT_TRUE(fail_at > 8);
  fail_at = 0;
  bs_text_free(&new_bytes);
  bs_text_free(&old_bytes);
  bs_tables_free(&results);
  bs_tables_free(&other);
}

static void every_failing_call_leaves_the_parts(void) {
  bs_error err = {0};
  bs_tables *results = synthetic_results((synthetic_size){1, 1, 1, 2}, false);
  char path[4096], folder[4200];
  snprintf(path, sizeof path, "%s", bs_test_path("run.h5"));
  snprintf(folder, sizeof folder, "%s.parts", path);
  fail_at = 0;
  BS_TEST_OK(bs_store_commit_part(path, results, &err), err);
  fail_errno = EIO;
  size_t n_done = 1;
  for (fail_at = 1;; fail_at++) {
    n_calls = 0;
    bs_error_clear(&err);
    bs_status status = bs_store_commit_part(path, results, &err);
    CU_ASSERT_TRUE_FATAL(fail_at < 1000);
    if (n_calls < fail_at)
      break;
    n_done += status == BS_OK || is_of_folder(&err);
    CU_ASSERT_EQUAL(count_names(folder), n_done);
  }
  CU_ASSERT_TRUE(fail_at >= 7);
  CU_ASSERT_EQUAL(count_names(folder), n_done + 1);
  fail_errno = EPERM; /* a file system without links */
  fail_at = link_call;
  n_calls = 0;
  bs_error_clear(&err);
  BS_TEST_OK(bs_store_commit_part(path, results, &err), err);
  CU_ASSERT_TRUE(n_calls > fail_at + 3); /* it went on with a rename */
  bool exists = false;
  fail_at = 5; /* of a short file: making, write, sync, close, link */
  n_calls = 0;
  bs_error_clear(&err);
  BS_TEST_OK(bs_commit_new(bs_test_path("run.h5.parts/00000001.h5"), "x", 1, &exists, &err), err);
  CU_ASSERT_TRUE(exists);
  fail_at = 0;
  bs_tables_free(&results);
}

/* A file may grow to 16 KiB and no further, as on a full disk. */
static void a_full_disk_is_told(void) {
  bs_error err = {0};
  bs_tables *results = synthetic_results((synthetic_size){2, 3, 1, 40}, false);
  struct rlimit before, small;
  fail_at = 0;
  const char *path = bs_test_path("disk.h5");
  size_t n_names = count_names(bs_test_folder());
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 16384;
  CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &small), 0);
  bs_status status = bs_store_write(path, results, NULL, &err);
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  CU_ASSERT_EQUAL(status, BS_ERR_IO);
  CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "disk.h5: cannot write: File too large"));
  CU_ASSERT_EQUAL(count_names(bs_test_folder()), n_names);
  static const int REASONS[] = {ENOSPC, EROFS, EDQUOT};
  for (size_t i = 0; i < sizeof REASONS / sizeof *REASONS; i++) {
    fail_at = 2;
    n_calls = 0;
    fail_errno = REASONS[i];
    BS_TEST_FAILS(bs_store_write(path, results, NULL, &err), BS_ERR_IO, err, strerror(REASONS[i]));
    CU_ASSERT_EQUAL(count_names(bs_test_folder()), n_names);
  }
  fail_at = 0;
  bs_tables_free(&results);
}

/* The name that a killed process with this process's id would have left behind. */
static void leftovers_are_written_over(void) {
  bs_error err = {0};
  char name[64];
  fail_at = 0;
  snprintf(name, sizeof name, ".left.h5.%ld.tmp", (long)getpid());
  CU_ASSERT_TRUE(bs_commit_is_temporary(name));
  CU_ASSERT_FALSE(bs_commit_is_temporary(".tmp") || bs_commit_is_temporary("00000001.h5"));
  bs_test_write(name, "a half-written file, longer than the new one", 44);
  BS_TEST_OK(bs_commit_replace(bs_test_path("left.h5"), "whole", 5, &err), err);
  bs_text text = bs_test_read(bs_test_path("left.h5"));
  CU_ASSERT_STRING_EQUAL(text.data, "whole");
  bs_text_free(&text);
  CU_ASSERT_FALSE(bs_file_exists(bs_test_path(name)));
}

int main(void) {
  static const bs_test tests[] = {
      {"every failing call leaves the old file", every_failing_call_leaves_the_old_file},
      {"every failing call leaves the parts", every_failing_call_leaves_the_parts},
      {"a full disk is told", a_full_disk_is_told},
      {"leftovers are written over", leftovers_are_written_over},
  };
  return bs_test_main("commit", tests, sizeof tests / sizeof *tests);
}
