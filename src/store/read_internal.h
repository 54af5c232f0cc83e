/* Reading one table, column or attribute of a file that nobody vouches for. */
#ifndef BIGSWEEP_STORE_READ_INTERNAL_H
#define BIGSWEEP_STORE_READ_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "store/hdf5_internal.h"
#include "tables/tables_internal.h"

enum { BS_PLACE_BYTES = 256 };

typedef struct bs_results_file {
  hid_t file;
  const char *name;
  uint64_t n_bytes; /* of the whole file */
  bs_arena *arena;  /* of what strings are read */
} bs_results_file;

/* Opens "/a" or "/a/b" through hard links alone; negative when there is none. */
hid_t bs_read_open_group(const bs_results_file *from, const char *path);
/* Whether the links of "/a" or "/a/b" are there, whatever they lead to. */
bool bs_read_has_group(const bs_results_file *from, const char *path);
/* BS_ERR_INPUT for a group that did not open. */
bs_status bs_read_no_group(const bs_results_file *from, const char *path, bs_error *err);

/* Where a column's values go: an array of *n_rows rows; the first column, which finds *rows NULL,
   allocates it and sets *n_rows. */
typedef struct bs_destination {
  void **rows;
  size_t *n_rows;
  size_t row_bytes;
} bs_destination;

/* Reads a column of `group`, which `path` names in messages. */
bs_status bs_read_column(const bs_results_file *from, hid_t group, const char *path,
                         const bs_column *column, bs_destination to, bs_error *err);

/* Reads a whole table into *rows, which the caller frees. */
bs_status bs_read_table(const bs_results_file *from, const bs_table_schema *schema, void **rows,
                        size_t *n_rows, bs_error *err);

/* A text attribute; BS_OK and "" where it is absent. */
bs_status bs_read_attribute(const bs_results_file *from, hid_t object, const char *name,
                            const char **out, bs_error *err);

#endif
