#include "folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FILES = 8, PATH_BYTES = 128 };

static char folder[PATH_BYTES];
static char files[MOST_FILES][PATH_BYTES + 64];
static size_t n_files;

static void clean(void) {
  for (size_t i = 0; i < n_files; i++)
    unlink(files[i]);
  rmdir(folder);
}

const char *bs_fuzz_folder(void) {
  if (folder[0] != '\0')
    return folder;
  const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  /* a name of its own: a process that was killed leaves its folder, and its number comes again */
  snprintf(folder, sizeof folder, "%s/bigsweep-fuzz.XXXXXX", parent);
  if (mkdtemp(folder) == NULL) {
    perror(folder);
    exit(1);
  }
  atexit(clean);
  return folder;
}

void bs_fuzz_write(const char *name, const void *bytes, size_t n_bytes) {
  char path[sizeof files[0]];
  snprintf(path, sizeof path, "%s/%s", bs_fuzz_folder(), name);
  size_t i = 0;
  while (i < n_files && strcmp(files[i], path) != 0)
    i++;
  if (i == n_files && n_files < MOST_FILES)
    memcpy(files[n_files++], path, sizeof path);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes, 1, n_bytes, file) != n_bytes || fclose(file) != 0) {
    perror(path);
    exit(1);
  }
}
