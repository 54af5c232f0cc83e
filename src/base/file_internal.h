/* Files: reading whole, mapping, writing atomically; paths. */
#ifndef BIGSWEEP_BASE_FILE_INTERNAL_H
#define BIGSWEEP_BASE_FILE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/helpers.h"

/* Reads a regular file of at most max_bytes (0: no limit) into `text` (appended). */
bs_status bs_file_read(const char *path, size_t max_bytes, bs_text *text, bs_error *err);

/* The same of "-", the standard input, and of what is read like it: a pipe, a terminal. */
bs_status bs_stream_read(const char *path, size_t max_bytes, bs_text *text, bs_error *err);

/* A read-only mapping of a whole file. */
typedef struct bs_file_map {
  const unsigned char *data; /* NULL for an empty file */
  size_t n_bytes;
} bs_file_map;

bs_status bs_file_map_open(bs_file_map *map, const char *path, bs_error *err);
void bs_file_map_close(bs_file_map *map);
/* Gives the memory of a part of the map back to the system; what is read again later comes from the
   file again. */
void bs_file_map_release(const bs_file_map *map, const void *data, size_t n_bytes);

bool bs_is_folder(const char *path);

/* " (...)" behind a message that a path is not there, where the path was meant for a shell, which
   replaces ~ and $NAME; else "". */
const char *bs_path_hint(const char *path);
/* The folder of a path ("." without a slash); free with free(). */
char *bs_path_folder(const char *path, bs_error *err);
/* The last component, borrowed from `path`. */
const char *bs_path_name(const char *path);
/* The name of the folder that `path` leads to, without regard to "/" and "/." at its end; of ".",
   ".." and the like the real one. NULL when that has none or is not there; free with free(). */
char *bs_folder_name(const char *path, bs_error *err);

#endif
