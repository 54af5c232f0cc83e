/* What is written: a file in memory, its groups, columns and attributes. */
#ifndef BIGSWEEP_STORE_WRITE_INTERNAL_H
#define BIGSWEEP_STORE_WRITE_INTERNAL_H

#include "bigsweep/buffer.h"
#include "bigsweep/tables.h"
#include "store/hdf5_internal.h"

/* The bytes of a file in memory. They stay ours when HDF5 closes it, so that nothing is copied;
   H5Fget_file_image would not do, since the header it gives has a wrong checksum (1.10.8). */
typedef struct bs_image_bytes {
  char *data;
  size_t capacity;
} bs_image_bytes;

/* A file that is built in `bytes`, which must outlive it; negative when that fails. */
hid_t bs_image_create(bs_image_bytes *bytes);
/* Takes the bytes of a closed file over into `out`; `name` is for messages. */
bs_status bs_image_take(bs_image_bytes *from, const char *name, bs_text *out, bs_error *err);

/* A file that is being built; `name` is the final path, for messages. */
typedef struct bs_image {
  hid_t file;
  const char *name;
} bs_image;

/* Makes a group without times whose links keep the order in which they are made; negative when that
   fails. */
hid_t bs_write_group(const bs_image *to, const char *path);
/* A column with its meaning and unit as attributes. */
bs_status bs_write_column(const bs_image *to, hid_t group, const bs_table_column *values,
                          bs_column_meaning is, bs_error *err);
bs_status bs_write_attribute(const bs_image *to, hid_t object, const char *name, const char *string,
                             bs_error *err);

/* Puts the bytes of a results file into `out` (not NUL-terminated): `tables`, and those of an
   analysis (optional). `path` names the file in messages. */
bs_status bs_store_image(bs_text *out, const char *path, const bs_tables *tables,
                         const bs_tables *analysis, bs_error *err);

#endif
