/* Writing a file whole or not at all: a temporary file, synced, renamed. */
#include "store/commit_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "bigsweep/buffer.h"

static const char SUFFIX[] = ".tmp";

/* "FOLDER/.NAME.PID.tmp" */
static bs_status temporary_name(const char *path, bs_text *name, bs_error *err) {
  const char *last = bs_path_name(path);
  bs_status status = bs_text_append(name, path, (size_t)(last - path), err);
  return status != BS_OK ? status
                         : bs_text_printf(name, err, ".%s.%ld%s", last, (long)getpid(), SUFFIX);
}

bool bs_commit_is_temporary(const char *name) {
  size_t n = strlen(name), n_suffix = sizeof SUFFIX - 1;
  return name[0] == '.' && n > n_suffix && strcmp(name + n - n_suffix, SUFFIX) == 0;
}

/* The process that would write `name` beside a file called `last`; 0: none. */
static long writer_of(const char *name, const char *last) {
  static const char MARK[] = ".done";
  size_t n_last = strlen(last);
  if (!bs_commit_is_temporary(name) || strncmp(name + 1, last, n_last) != 0)
    return 0;
  const char *at = name + 1 + n_last;
  if (strncmp(at, MARK, sizeof MARK - 1) == 0)
    at += sizeof MARK - 1;
  if (at[0] != '.' || at[1] < '1' || at[1] > '9')
    return 0;
  char *end;
  errno = 0;
  long pid = strtol(at + 1, &end, 10);
  return errno == 0 && pid <= INT_MAX && strcmp(end, SUFFIX) == 0 ? pid : 0;
}

static bool is_there(long pid) { return kill((pid_t)pid, 0) == 0 || errno == EPERM; }

void bs_commit_remove_leftovers(const char *path, long dead_pid, time_t now) {
  static const double AGE_SECONDS = 60;
  const char *last = bs_path_name(path);
  char *folder = bs_path_folder(path, NULL);
  DIR *entries = folder != NULL ? opendir(folder) : NULL;
  const struct dirent *entry;
  while (entries != NULL && (entry = readdir(entries)) != NULL) {
    struct stat info;
    long pid = writer_of(entry->d_name, last);
    if (pid == 0 || fstatat(dirfd(entries), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(info.st_mode))
      continue;
    if (pid == dead_pid || (!is_there(pid) && difftime(now, info.st_mtime) >= AGE_SECONDS))
      unlinkat(dirfd(entries), entry->d_name, 0);
  }
  if (entries != NULL)
    closedir(entries);
  free(folder);
}

static bs_status fault(bs_error *err, const char *path, const char *step) {
  return bs_error_set(err, BS_ERR_IO, "%s: cannot %s: %s", path, step, strerror(errno));
}

/* A file of this name can only be what a killed process with the same id left behind (containers
   number theirs alike), since one process at a time writes a results file. */
static int create(const char *name) {
  for (int attempt = 0;; attempt++) {
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST || attempt > 0 || unlink(name) != 0)
      return fd;
  }
}

static bs_status write_all(int fd, const char *bytes, size_t n_bytes, const char *path,
                           bs_error *err) {
  while (n_bytes > 0) {
    ssize_t n = write(fd, bytes, n_bytes);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return fault(err, path, "write");
    bytes += n;
    n_bytes -= (size_t)n;
  }
  return BS_OK;
}

static bs_status write_temporary(const char *name, const char *path, const void *bytes,
                                 size_t n_bytes, bs_error *err) {
  int fd = create(name);
  if (fd < 0)
    return fault(err, path, "create a file beside it");
  bs_status status = write_all(fd, bytes, n_bytes, path, err);
  if (status == BS_OK && fsync(fd) != 0)
    status = fault(err, path, "sync");
  if (close(fd) != 0 && status == BS_OK)
    status = fault(err, path, "close");
  if (status != BS_OK)
    unlink(name);
  return status;
}

bs_status bs_commit_sync_folder(const char *folder, bs_error *err) {
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return fault(err, folder, "open the folder");
  bs_status status = BS_OK;
  if (fsync(fd) != 0 && errno != EINVAL) /* some network file systems cannot sync a folder */
    status = fault(err, folder, "sync the folder");
  close(fd);
  return status;
}

static bs_status sync_folder_of(const char *path, bs_error *err) {
  char *folder = bs_path_folder(path, err);
  if (folder == NULL)
    return BS_ERR_MEMORY;
  bs_status status = bs_commit_sync_folder(folder, err);
  free(folder);
  return status;
}

bs_status bs_commit_replace(const char *path, const void *bytes, size_t n_bytes, bs_error *err) {
  bs_text name = {0};
  bs_status status = temporary_name(path, &name, err);
  if (status == BS_OK)
    status = write_temporary(name.data, path, bytes, n_bytes, err);
  if (status == BS_OK && rename(name.data, path) != 0) {
    status = fault(err, path, "rename the finished file to it");
    unlink(name.data);
  }
  if (status == BS_OK)
    status = sync_folder_of(path, err);
  bs_text_free(&name);
  return status;
}

/* Gives the file `from` the name `to`, which must be free. link() does it in one step; where the
   file system has no links, a look and a rename must do. */
static bs_status rename_to_new(const char *from, const char *to, bool *exists, bs_error *err) {
  if (link(from, to) == 0) {
    unlink(from);
    return BS_OK;
  }
  if (errno == EPERM || errno == ENOTSUP || errno == ENOSYS || errno == EMLINK) {
    errno = EEXIST;
    if (!bs_file_exists(to) && rename(from, to) == 0)
      return BS_OK;
  }
  *exists = errno == EEXIST;
  if (!*exists)
    fault(err, to, "rename the finished file to it");
  unlink(from);
  return *exists ? BS_OK : BS_ERR_IO;
}

bs_status bs_commit_new(const char *path, const void *bytes, size_t n_bytes, bool *exists,
                        bs_error *err) {
  *exists = false;
  bs_text name = {0};
  bs_status status = temporary_name(path, &name, err);
  if (status == BS_OK)
    status = write_temporary(name.data, path, bytes, n_bytes, err);
  if (status == BS_OK)
    status = rename_to_new(name.data, path, exists, err);
  if (status == BS_OK && !*exists)
    status = sync_folder_of(path, err);
  bs_text_free(&name);
  return status;
}

bs_status bs_commit_probe(const char *path, bs_error *err) {
  bs_text name = {0};
  bs_status status = temporary_name(path, &name, err);
  if (status == BS_OK)
    status = write_temporary(name.data, path, "", 0, err);
  if (status == BS_OK)
    unlink(name.data);
  bs_text_free(&name);
  return status;
}
