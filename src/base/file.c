/* madvise() is outside POSIX. */
#define _DEFAULT_SOURCE

#include "base/file_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory_internal.h"

/* Opens a regular file for reading and gives its size; -1 with the error set otherwise. */
static int open_regular(const char *path, size_t *n_bytes, bs_error *err) {
  struct stat info;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &info) != 0) {
    bs_error_set(err, BS_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
  } else if (!S_ISREG(info.st_mode)) {
    bs_error_set(err, BS_ERR_IO, "%s: expected a regular file", path);
  } else {
    *n_bytes = (size_t)info.st_size;
    return fd;
  }
  if (fd >= 0)
    close(fd);
  return -1;
}

bs_status bs_file_read(const char *path, size_t max_bytes, bs_text *text, bs_error *err) {
  size_t size = 0;
  int fd = open_regular(path, &size, err);
  if (fd < 0)
    return BS_ERR_IO;
  bs_status status = BS_OK;
  if (max_bytes > 0 && size > max_bytes)
    status = bs_error_set(err, BS_ERR_LIMIT, "%s: %zu bytes, at most %zu are read", path, size,
                          max_bytes);
  if (status == BS_OK)
    status = bs_text_reserve(text, size, err);
  for (size_t left = size; status == BS_OK && left > 0;) {
    ssize_t n = read(fd, text->data + text->n_bytes, left);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      status = bs_error_set(err, BS_ERR_IO, "%s: cannot read: %s", path,
                            n < 0 ? strerror(errno) : "the file became shorter");
      break;
    }
    text->n_bytes += (size_t)n;
    left -= (size_t)n;
    text->data[text->n_bytes] = '\0';
  }
  close(fd);
  return status;
}

static bs_status read_to_end(int fd, const char *name, size_t max_bytes, bs_text *text,
                             bs_error *err) {
  enum { PIECE_BYTES = 1 << 16 };
  for (;;) {
    bs_status status = bs_text_reserve(text, PIECE_BYTES, err);
    if (status != BS_OK)
      return status;
    ssize_t n = read(fd, text->data + text->n_bytes, PIECE_BYTES);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return bs_error_set(err, BS_ERR_IO, "%s: cannot read: %s", name, strerror(errno));
    text->n_bytes += (size_t)n;
    text->data[text->n_bytes] = '\0';
    if (text->n_bytes > max_bytes)
      return bs_error_set(err, BS_ERR_LIMIT, "%s: more than %zu bytes", name, max_bytes);
    if (n == 0)
      return BS_OK;
  }
}

bs_status bs_stream_read(const char *path, size_t max_bytes, bs_text *text, bs_error *err) {
  if (strcmp(path, "-") == 0)
    return read_to_end(STDIN_FILENO, "standard input", max_bytes, text, err);
  struct stat info;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bs_status status = BS_OK;
  if (fd < 0 || fstat(fd, &info) != 0)
    status = bs_error_set(err, BS_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
  else if (S_ISDIR(info.st_mode))
    status = bs_error_set(err, BS_ERR_IO, "%s: expected a file, found a folder", path);
  else
    status = read_to_end(fd, path, max_bytes, text, err);
  if (fd >= 0)
    close(fd);
  return status;
}

bs_status bs_file_map_open(bs_file_map *map, const char *path, bs_error *err) {
  *map = (bs_file_map){0};
  size_t size = 0;
  int fd = open_regular(path, &size, err);
  if (fd < 0)
    return BS_ERR_IO;
  bs_status status = BS_OK;
  if (size > 0) {
    void *data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    int why = errno;
    if (data == MAP_FAILED)
      status =
          bs_error_set(err, BS_ERR_IO, "%s: cannot map %zu bytes: %s%s", path, size, strerror(why),
                       why == ENOMEM ? ": the process may not have so much address space; "
                                       "raise its limit (`ulimit -v unlimited`)"
                                     : "");
    else
      *map = (bs_file_map){.data = data, .n_bytes = size};
  }
  close(fd);
  return status;
}

void bs_file_map_close(bs_file_map *map) {
  if (map->data != NULL)
    munmap((void *)(size_t)map->data, map->n_bytes);
  *map = (bs_file_map){0};
}

void bs_file_map_release(const bs_file_map *map, const void *data, size_t n_bytes) {
#ifdef MADV_DONTNEED
  long page = sysconf(_SC_PAGESIZE);
  size_t begin = (size_t)((const unsigned char *)data - map->data);
  if (page <= 0 || n_bytes == 0)
    return;
  begin -= begin % (size_t)page; /* the map itself begins with a page */
  size_t end = (size_t)((const unsigned char *)data - map->data) + n_bytes;
  (void)madvise((void *)(size_t)(map->data + begin), end - begin, MADV_DONTNEED);
#else
  (void)map, (void)data, (void)n_bytes;
#endif
}

bool bs_file_exists(const char *path) {
  struct stat info;
  return stat(path, &info) == 0;
}

bool bs_is_folder(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char *bs_path_join(const char *folder, const char *name, bs_error *err) {
  if (name[0] == '/' || folder[0] == '\0')
    return bs_string_copy(name, err);
  bs_text text = {0};
  const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
  if (bs_text_printf(&text, err, "%s%s%s", folder, slash, name) != BS_OK)
    bs_text_free(&text);
  return text.data;
}

char *bs_path_folder(const char *path, bs_error *err) {
  const char *slash = strrchr(path, '/');
  if (slash == NULL)
    return bs_string_copy(".", err);
  return bs_string_new(path, slash == path ? 1 : (size_t)(slash - path), err);
}

static bool begins_name(char c) {
  return c == '{' || c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

const char *bs_path_hint(const char *path) {
  bool is_meant = path[0] == '~' || strstr(path, "/~/") != NULL;
  for (const char *at = strchr(path, '$'); !is_meant && at != NULL; at = strchr(at + 1, '$'))
    is_meant = begins_name(at[1]);
  return is_meant ? " (~ and $NAME are not replaced here, as a shell does: write the path out)"
                  : "";
}

const char *bs_path_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

/* How long `path` is without what stands for the same folder at its end: "/" and "/.". */
static size_t bare_length(const char *path) {
  size_t n = strlen(path);
  for (;;) {
    if (n > 0 && path[n - 1] == '/')
      n--;
    else if (n > 1 && path[n - 1] == '.' && path[n - 2] == '/')
      n -= 2;
    else
      return n;
  }
}

char *bs_folder_name(const char *path, bs_error *err) {
  char *bare = bs_string_new(path, bare_length(path), err);
  if (bare == NULL)
    return NULL;
  const char *last = bs_path_name(bare);
  if (last[0] != '\0' && strcmp(last, ".") != 0 && strcmp(last, "..") != 0) {
    char *name = bs_string_copy(last, err);
    free(bare);
    return name;
  }
  free(bare);
  char *whole = realpath(path[0] != '\0' ? path : ".", NULL);
  if (whole == NULL) {
    bs_error_set(err, BS_ERR_IO, "no such folder: %s", path);
    return NULL;
  }
  char *name = bs_string_copy(bs_path_name(whole), err);
  free(whole);
  if (name != NULL && name[0] == '\0') {
    free(name);
    bs_error_set(err, BS_ERR_INPUT, "the folder %s has no name of its own", path);
    return NULL;
  }
  return name;
}
