/* Reading one table, column or attribute. Nothing in the file is believed: kinds of links, types,
   ranks, lengths, filters and chunks are those that writing makes, and no table is larger than the
   bytes in the file can have been inflated to. */
#include "store/read_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"

enum {
  MOST_INFLATION = 1100, /* deflate makes at most 1032 bytes of one */
  SLACK_BYTES = 1 << 16,
  BLOCK_BYTES = 1 << 18,
  MOST_FILTERS = 4
};

/* One column while it is read. */
typedef struct reading {
  const bs_column *column;
  char place[BS_PLACE_BYTES]; /* "/examples/shots", for messages */
  hid_t dataset, file_type;
  size_t n_rows, element_bytes;
} reading;

#define bs_error_set(err, BS_ERR_INPUT, ...) bs_error_set((err), BS_ERR_INPUT, __VA_ARGS__)

/* Whether a link is there and leads to an object of this very file. */
static bool is_hard_link(hid_t group, const char *name) {
  H5L_info_t info;
  return H5Lexists(group, name, H5P_DEFAULT) > 0 &&
         H5Lget_info(group, name, &info, H5P_DEFAULT) >= 0 && info.type == H5L_TYPE_HARD;
}

static hid_t open_object(hid_t group, const char *name, H5I_type_t type) {
  hid_t object = is_hard_link(group, name) ? H5Oopen(group, name, H5P_DEFAULT) : H5I_INVALID_HID;
  if (object >= 0 && H5Iget_type(object) != type) {
    H5Oclose(object);
    object = H5I_INVALID_HID;
  }
  return object;
}

/* Opens "/a" or "/a/b". */
hid_t bs_read_open_group(const bs_results_file *from, const char *path) {
  hid_t at = from->file;
  char name[BS_PLACE_BYTES];
  for (const char *part = path; at >= 0 && *part == '/';) {
    const char *end = part + 1 + strcspn(part + 1, "/");
    snprintf(name, sizeof name, "%.*s", (int)(end - part - 1), part + 1);
    hid_t next = open_object(at, name, H5I_GROUP);
    if (at != from->file)
      bs_h5_close(at);
    at = next;
    part = end;
  }
  return at;
}

bool bs_read_has_group(const bs_results_file *from, const char *path) {
  char name[BS_PLACE_BYTES];
  snprintf(name, sizeof name, "%.*s", (int)(strcspn(path + 1, "/") + 1), path);
  return H5Lexists(from->file, name, H5P_DEFAULT) > 0 &&
         (strcmp(name, path) == 0 || H5Lexists(from->file, path, H5P_DEFAULT) > 0);
}

bs_status bs_read_no_group(const bs_results_file *from, const char *path, bs_error *err) {
  char what[BS_PLACE_BYTES];
  snprintf(what, sizeof what, "no group %s", path);
  return bs_h5_fault(err, BS_ERR_INPUT, from->name, what);
}

static bool filters_are_ours(hid_t list) {
  static const H5Z_filter_t OURS[] = {H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE,
                                      H5Z_FILTER_FLETCHER32};
  unsigned seen = 0;
  int n = H5Pget_nfilters(list);
  for (int i = 0; i < n && i < MOST_FILTERS; i++) {
    unsigned flags;
    size_t n_values = 0;
    H5Z_filter_t id = H5Pget_filter2(list, (unsigned)i, &flags, &n_values, NULL, 0, NULL, NULL);
    unsigned bit = 0;
    for (unsigned k = 0; k < sizeof OURS / sizeof *OURS; k++)
      bit |= id == OURS[k] ? 1U << k : 0;
    if (bit == 0 || (seen & bit) != 0)
      return false;
    seen |= bit;
  }
  return n >= 0 && n < MOST_FILTERS;
}

/* The data lie in this file, and no more of them than it can hold. */
static bs_status check_layout(const bs_results_file *from, const reading *at, bs_error *err) {
  hid_t list = H5Dget_create_plist(at->dataset);
  H5D_layout_t layout = list >= 0 ? H5Pget_layout(list) : H5D_LAYOUT_ERROR;
  uint64_t stored = H5Dget_storage_size(at->dataset);
  hsize_t chunk = 0;
  size_t chunk_bytes = 0, n_bytes = 0;
  bool known = layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED;
  bool inside = known && H5Pget_external_count(list) == 0 && filters_are_ours(list) &&
                stored <= from->n_bytes;
  if (inside && layout == H5D_CHUNKED)
    inside =
        H5Pget_chunk(list, 1, &chunk) == 1 && bs_size_mul(chunk, at->element_bytes, &chunk_bytes);
  bs_h5_close(list);
  if (!inside)
    return bs_error_set(err, BS_ERR_INPUT, "%s: %s: not stored the way that bigsweep stores",
                        from->name, at->place);
  uint64_t most = stored * MOST_INFLATION + SLACK_BYTES;
  if (!bs_size_mul(at->n_rows, at->element_bytes, &n_bytes) || n_bytes > most || chunk_bytes > most)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: %s: %zu rows of %zu bytes cannot come from %" PRIu64 " stored bytes",
                        from->name, at->place, at->n_rows, at->element_bytes, stored);
  return BS_OK;
}

static bs_status check_type(const bs_results_file *from, reading *at, bs_error *err) {
  at->file_type = H5Dget_type(at->dataset);
  bool good = at->file_type >= 0;
  if (good && bs_h5_is_text(at->column)) {
    good = H5Tget_class(at->file_type) == H5T_STRING && H5Tis_variable_str(at->file_type) == 0 &&
           H5Tget_strpad(at->file_type) != H5T_STR_SPACEPAD;
    at->element_bytes = good ? H5Tget_size(at->file_type) : 0;
    good = at->element_bytes > 0;
  } else if (good) {
    good = H5Tequal(at->file_type, bs_h5_file_type(at->column->kind)) > 0;
    at->element_bytes = bs_h5_number_bytes(at->column->kind);
  }
  if (good)
    return BS_OK;
  static const char *const EXPECTED[] = {
      [BS_COLUMN_U32] = "unsigned 32-bit integers",
      [BS_COLUMN_U64] = "unsigned 64-bit integers",
      [BS_COLUMN_F64] = "64-bit floating-point numbers",
      [BS_COLUMN_STRING] = "strings of a fixed length",
      [BS_COLUMN_HEX] = "strings of a fixed length",
  };
  return bs_error_set(err, BS_ERR_INPUT, "%s: %s: expected %s (little-endian)", from->name,
                      at->place, EXPECTED[at->column->kind]);
}

static bs_status open_column(const bs_results_file *from, hid_t group, reading *at, bs_error *err) {
  at->dataset = open_object(group, at->column->name, H5I_DATASET);
  if (at->dataset < 0) {
    char what[BS_PLACE_BYTES + 32];
    snprintf(what, sizeof what, "no column %s", at->place);
    return bs_h5_fault(err, BS_ERR_INPUT, from->name, what);
  }
  hid_t space = H5Dget_space(at->dataset);
  hsize_t n_rows = 0;
  bool column = space >= 0 && H5Sis_simple(space) > 0 && H5Sget_simple_extent_ndims(space) == 1 &&
                H5Sget_simple_extent_dims(space, &n_rows, NULL) == 1;
  bs_h5_close(space);
  if (!column || n_rows > SIZE_MAX)
    return bs_error_set(err, BS_ERR_INPUT, "%s: %s: expected a column (one dimension)", from->name,
                        at->place);
  at->n_rows = n_rows;
  bs_status status = check_type(from, at, err);
  return status == BS_OK ? check_layout(from, at, err) : status;
}

/* n elements of the buffer into rows [first, first + n). */
static bs_status scatter(const bs_results_file *from, const reading *at, const char *buffer,
                         size_t n, char *rows, size_t row_bytes, bs_error *err) {
  for (size_t i = 0; i < n; i++) {
    const char *element = buffer + i * at->element_bytes;
    char *field = rows + i * row_bytes + at->column->offset;
    if (!bs_h5_is_text(at->column)) {
      memcpy(field, element, at->element_bytes);
      continue;
    }
    size_t length = strnlen(element, at->element_bytes);
    if (at->column->kind == BS_COLUMN_HEX) {
      if (length > BS_HEX_BYTES)
        return bs_error_set(err, BS_ERR_INPUT, "%s: %s: %zu characters, expected at most %d",
                            from->name, at->place, length, BS_HEX_BYTES);
      memcpy(field, element, length);
      field[length] = '\0';
    } else {
      const char *string = bs_arena_string(from->arena, element, length);
      if (string == NULL)
        return bs_error_set(err, BS_ERR_MEMORY, "%s: %s: out of memory", from->name, at->place);
      memcpy(field, &string, sizeof string);
    }
  }
  return BS_OK;
}

static bool read_block(const reading *at, hid_t space, size_t first, size_t n, char *buffer) {
  hsize_t start = first, count = n;
  hid_t type = bs_h5_is_text(at->column) ? at->file_type : bs_h5_memory_type(at->column->kind);
  hid_t block = H5Screate_simple(1, &count, NULL);
  bool done = block >= 0 &&
              H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL) >= 0 &&
              H5Dread(at->dataset, type, block, space, H5P_DEFAULT, buffer) >= 0;
  bs_h5_close(block);
  return done;
}

/* Whole chunks at a time, so that each is inflated once. */
static size_t rows_at_once(const reading *at) {
  size_t n = BLOCK_BYTES / at->element_bytes;
  hsize_t chunk = 0;
  hid_t list = H5Dget_create_plist(at->dataset);
  if (list >= 0 && H5Pget_layout(list) == H5D_CHUNKED)
    H5Pget_chunk(list, 1, &chunk);
  bs_h5_close(list);
  n = chunk > 0 ? chunk : n > 0 ? n : 1;
  return bs_size_min(n, at->n_rows);
}

static bs_status read_rows(const bs_results_file *from, const reading *at, char *rows,
                           size_t row_bytes, bs_error *err) {
  size_t step = rows_at_once(at);
  char *buffer = bs_array_new(step, at->element_bytes, err);
  hid_t space = H5Dget_space(at->dataset);
  bs_status status = buffer == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t first = 0; status == BS_OK && first < at->n_rows; first += step) {
    size_t n = at->n_rows - first < step ? at->n_rows - first : step;
    if (!read_block(at, space, first, n, buffer))
      status = bs_h5_fault(err, BS_ERR_INPUT, from->name, at->place);
    else
      status = scatter(from, at, buffer, n, rows + first * row_bytes, row_bytes, err);
  }
  bs_h5_close(space);
  free(buffer);
  return status;
}

bs_status bs_read_column(const bs_results_file *from, hid_t group, const char *path,
                         const bs_column *column, bs_destination to, bs_error *err) {
  reading at = {.column = column, .dataset = H5I_INVALID_HID, .file_type = H5I_INVALID_HID};
  snprintf(at.place, sizeof at.place, "%s/%s", path, column->name);
  bs_status status = open_column(from, group, &at, err);
  if (status == BS_OK && *to.rows == NULL) {
    *to.rows = bs_array_new(at.n_rows, to.row_bytes, err);
    *to.n_rows = at.n_rows;
    status = *to.rows == NULL ? BS_ERR_MEMORY : BS_OK;
  } else if (status == BS_OK && at.n_rows != *to.n_rows) {
    status = bs_error_set(err, BS_ERR_INPUT, "%s: %s: %zu rows, the columns before have %zu",
                          from->name, at.place, at.n_rows, *to.n_rows);
  }
  if (status == BS_OK)
    status = read_rows(from, &at, *to.rows, to.row_bytes, err);
  bs_h5_close(at.file_type);
  bs_h5_close(at.dataset);
  return status;
}

/* What files from before the column was kept stand for. Numbers are 0 in a new array. */
static void fill_default(const bs_table_schema *schema, const bs_column *column, char *rows,
                         size_t n_rows) {
  static const char *const EMPTY = "";
  static const double UNKNOWN = NAN;
  const bs_column *shots = bs_schema_column(schema, "shots");
  for (size_t i = 0; i < n_rows; i++) {
    char *row = rows + i * schema->row_bytes, *field = row + column->offset;
    if (column->kind == BS_COLUMN_STRING)
      memcpy(field, &EMPTY, sizeof EMPTY);
    else if (column->kind == BS_COLUMN_F64)
      memcpy(field, &UNKNOWN, sizeof UNKNOWN);
    else if ((column->rules & BS_LATER_AS_SHOTS) != 0)
      memcpy(field, row + shots->offset, sizeof(uint32_t));
  }
}

/* Not there, and not expected of an older file. */
static bool is_absent(const bs_column *column, hid_t group) {
  return (column->rules & (BS_LATER | BS_LATER_AS_SHOTS)) != 0 &&
         H5Lexists(group, column->name, H5P_DEFAULT) == 0;
}

bs_status bs_read_table(const bs_results_file *from, const bs_table_schema *schema, void **rows,
                        size_t *n_rows, bs_error *err) {
  hid_t group = bs_read_open_group(from, schema->path);
  if (group < 0)
    return bs_read_no_group(from, schema->path, err);
  void *made = NULL;
  size_t n = 0;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < schema->n_columns; i++) {
    const bs_column *column = &schema->columns[i];
    if (is_absent(column, group))
      fill_default(schema, column, made, n);
    else
      status = bs_read_column(from, group, schema->path, column,
                              (bs_destination){&made, &n, schema->row_bytes}, err);
  }
  bs_h5_close(group);
  if (status == BS_OK) {
    *rows = made;
    *n_rows = n;
  } else {
    free(made);
  }
  return status;
}

bs_status bs_read_attribute(const bs_results_file *from, hid_t object, const char *name,
                            const char **out, bs_error *err) {
  *out = "";
  if (H5Aexists(object, name) <= 0)
    return BS_OK;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  hid_t space = attribute >= 0 ? H5Aget_space(attribute) : H5I_INVALID_HID;
  hid_t type = attribute >= 0 ? H5Aget_type(attribute) : H5I_INVALID_HID;
  char *bytes = NULL;
  bs_status status = BS_OK;
  bool good = space >= 0 && type >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
              H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
  size_t n_bytes = good ? H5Tget_size(type) : 0;
  if (!good || n_bytes > from->n_bytes) {
    status =
        bs_error_set(err, BS_ERR_INPUT, "%s: attribute %s: expected one string of a fixed length",
                     from->name, name);
  } else if ((bytes = bs_array_new(n_bytes, 1, err)) == NULL) {
    status = BS_ERR_MEMORY;
  } else if (H5Aread(attribute, type, bytes) < 0) {
    status = bs_h5_fault(err, BS_ERR_INPUT, from->name, name);
  } else if ((*out = bs_arena_string(from->arena, bytes, strnlen(bytes, n_bytes))) == NULL) {
    status = bs_error_set(err, BS_ERR_MEMORY, "%s: attribute %s: out of memory", from->name, name);
  }
  free(bytes);
  bs_h5_close(type);
  bs_h5_close(space);
  bs_h5_close(attribute);
  return status;
}
