/* Writing one column, group or attribute of a file in memory. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "store/write_internal.h"

enum {
  COMPACT_BYTES = 1024, /* a column of at most this stands in its header, checksummed with it */
  CHUNK_BYTES = 1 << 18,
  DEFLATE_LEVEL = 4,
  LINKS_IN_HEADER = 256
};

/* A column on its way into the file. */
typedef struct stream {
  const bs_column *column;
  const bs_table_column *rows;
  size_t element_bytes; /* in the file, and in the buffer */
} stream;

static size_t string_bytes(const bs_column *column, const char *string) {
  return column->kind == BS_COLUMN_HEX ? strnlen(string, BS_HEX_BYTES) : strlen(string);
}

/* The longest string of the column and its NUL. */
static size_t element_bytes(const stream *from) {
  if (!bs_h5_is_text(from->column))
    return bs_h5_number_bytes(from->column->kind);
  size_t longest = 0;
  for (size_t i = 0; i < from->rows->n; i++) {
    size_t n = string_bytes(
        from->column, bs_field_string(from->column, from->rows->first + i * from->rows->row_bytes));
    longest = bs_size_max(n, longest);
  }
  return longest + 1;
}

/* Rows [first, first + n) into the buffer, as memory holds them. */
static void gather(const stream *from, size_t first, size_t n, char *buffer) {
  const bs_column *column = from->column;
  for (size_t i = 0; i < n; i++) {
    const char *row = from->rows->first + (first + i) * from->rows->row_bytes;
    char *to = buffer + i * from->element_bytes;
    if (bs_h5_is_text(column)) {
      const char *string = bs_field_string(column, row);
      size_t length = string_bytes(column, string);
      memcpy(to, string, length);
      memset(to + length, 0, from->element_bytes - length);
    } else {
      memcpy(to, row + column->offset, from->element_bytes);
      double value;
      if (column->kind == BS_COLUMN_F64 && (memcpy(&value, to, sizeof value), isnan(value)))
        memcpy(to, &(double){NAN}, sizeof value); /* one NaN, whatever its sign and payload were */
    }
  }
}

/* Strings of n_bytes, the NUL at their end among them; or of H5T_VARIABLE. */
static hid_t string_type(size_t n_bytes) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type >= 0 && (H5Tset_size(type, n_bytes) < 0 || H5Tset_strpad(type, H5T_STR_NULLTERM) < 0 ||
                    H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
    H5Tclose(type);
    type = H5I_INVALID_HID;
  }
  return type;
}

/* Layout: compact for short columns; else chunks with shuffle (numbers alone), deflate and a
   checksum. */
static hid_t creation_list(const stream *from, size_t chunk_rows, bool compact) {
  hid_t list = H5Pcreate(H5P_DATASET_CREATE);
  hsize_t chunk = chunk_rows;
  bool made = list >= 0 && H5Pset_obj_track_times(list, false) >= 0;
  if (made && compact)
    made = H5Pset_layout(list, H5D_COMPACT) >= 0;
  else if (made)
    made = H5Pset_chunk(list, 1, &chunk) >= 0 &&
           (bs_h5_is_text(from->column) || H5Pset_shuffle(list) >= 0) &&
           H5Pset_deflate(list, DEFLATE_LEVEL) >= 0 && H5Pset_fletcher32(list) >= 0;
  if (made)
    return list;
  bs_h5_close(list);
  return H5I_INVALID_HID;
}

static bool write_blocks(const stream *from, hid_t dataset, hid_t type, hid_t space,
                         size_t block_rows, char *buffer) {
  for (size_t first = 0; first < from->rows->n; first += block_rows) {
    size_t left = from->rows->n - first;
    hsize_t start = first, count = bs_size_min(left, block_rows);
    gather(from, first, count, buffer);
    hid_t block = H5Screate_simple(1, &count, NULL);
    bool written = block >= 0 &&
                   H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL) >= 0 &&
                   H5Dwrite(dataset, type, block, space, H5P_DEFAULT, buffer) >= 0;
    bs_h5_close(block);
    if (!written)
      return false;
  }
  return true;
}

/* A text of any length: h5py, R and Julia hand it out as a string of their own. An empty one is
   left out. */
static bool write_note(hid_t dataset, hid_t type, hid_t space, const char *name,
                       const char *string) {
  if (string[0] == '\0')
    return true;
  hid_t note = H5Acreate2(dataset, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  bool written = note >= 0 && H5Awrite(note, type, &string) >= 0;
  bs_h5_close(note);
  return written;
}

static bool write_notes(hid_t dataset, bs_column_meaning is) {
  hid_t type = string_type(H5T_VARIABLE), space = H5Screate(H5S_SCALAR);
  bool written = type >= 0 && space >= 0 &&
                 write_note(dataset, type, space, "meaning", is.meaning) &&
                 write_note(dataset, type, space, "unit", is.unit);
  bs_h5_close(space);
  bs_h5_close(type);
  return written;
}

bs_status bs_write_column(const bs_image *to, hid_t group, const bs_table_column *values,
                          bs_column_meaning is, bs_error *err) {
  const bs_column *column = &values->column;
  stream from = {.column = column, .rows = values};
  from.element_bytes = element_bytes(&from);
  size_t n_bytes;
  if (from.element_bytes > UINT32_MAX / 2 ||
      !bs_size_mul(from.rows->n, from.element_bytes, &n_bytes))
    return bs_error_set(err, BS_ERR_LIMIT, "%s: column %s: %zu rows of %zu bytes are too much",
                        to->name, column->name, from.rows->n, from.element_bytes);
  bool compact = n_bytes <= COMPACT_BYTES;
  size_t block_rows = CHUNK_BYTES / from.element_bytes;
  block_rows = block_rows < 1 ? 1 : block_rows;
  if (block_rows > from.rows->n || compact)
    block_rows = from.rows->n > 0 ? from.rows->n : 1;

  hsize_t n_rows = from.rows->n;
  bs_status status = BS_OK;
  hid_t text = bs_h5_is_text(column) ? string_type(from.element_bytes) : H5I_INVALID_HID;
  hid_t file_type = bs_h5_is_text(column) ? text : bs_h5_file_type(column->kind);
  hid_t memory_type = bs_h5_is_text(column) ? text : bs_h5_memory_type(column->kind);
  hid_t space = H5Screate_simple(1, &n_rows, NULL);
  hid_t list = creation_list(&from, block_rows, compact);
  hid_t dataset = H5I_INVALID_HID;
  char *buffer = bs_array_new(block_rows, from.element_bytes, err);
  if (buffer == NULL) {
    status = BS_ERR_MEMORY;
    goto cleanup;
  }
  dataset = H5Dcreate2(group, column->name, file_type, space, H5P_DEFAULT, list, H5P_DEFAULT);
  if (dataset < 0 || !write_blocks(&from, dataset, memory_type, space, block_rows, buffer) ||
      !write_notes(dataset, is))
    status = bs_h5_fault(err, BS_ERR_INTERNAL, to->name, column->name);
cleanup:
  free(buffer);
  bs_h5_close(dataset);
  bs_h5_close(list);
  bs_h5_close(space);
  bs_h5_close(text);
  return status;
}

/* A group without times whose links keep the order in which they are made. */
hid_t bs_write_group(const bs_image *to, const char *path) {
  hid_t list = H5Pcreate(H5P_GROUP_CREATE);
  hid_t group = H5I_INVALID_HID;
  if (list >= 0 && H5Pset_obj_track_times(list, false) >= 0 &&
      H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0 &&
      H5Pset_link_phase_change(list, LINKS_IN_HEADER, LINKS_IN_HEADER / 2) >= 0)
    group = H5Gcreate2(to->file, path, H5P_DEFAULT, list, H5P_DEFAULT);
  bs_h5_close(list);
  return group;
}

bs_status bs_write_attribute(const bs_image *to, hid_t object, const char *name, const char *string,
                             bs_error *err) {
  string = string != NULL ? string : "";
  hid_t type = string_type(strlen(string) + 1);
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t attribute = H5I_INVALID_HID;
  bs_status status = BS_OK;
  if (type >= 0 && space >= 0)
    attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute < 0 || H5Awrite(attribute, type, string) < 0)
    status = bs_h5_fault(err, BS_ERR_INTERNAL, to->name, name);
  bs_h5_close(attribute);
  bs_h5_close(space);
  bs_h5_close(type);
  return status;
}
