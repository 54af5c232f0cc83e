/* Builds a results file in memory, so that all that touches the disk is one plain sequence of
   writes whose failures are told apart by errno: a full disk met by HDF5 itself leaves its file
   open and its cache in an undefined state. The compressed image is a fraction of the tables that
   are in memory already. */
#include "store/write_internal.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "store/hdf5_internal.h"
#include "tables/tables_internal.h"

enum {
  COMPACT_BYTES = 1024, /* a column of at most this stands in its header, checksummed with it */
  CHUNK_BYTES = 1 << 18,
  DEFLATE_LEVEL = 4,
  LINKS_IN_HEADER = 256,
  IMAGE_STEP_BYTES = 1 << 20
};

/* What is being built; `name` is the final path, for messages. */
typedef struct image {
  hid_t file;
  const char *name;
} image;

/* A column on its way into the file. */
typedef struct stream {
  const bs_column *column;
  const char *rows; /* the first row */
  size_t n_rows, row_bytes;
  size_t element_bytes; /* in the file, and in the buffer */
} stream;

static const char *string_of(const bs_column *column, const char *row) {
  if (column->kind == BS_COLUMN_HEX)
    return row + column->offset;
  const char *string;
  memcpy(&string, row + column->offset, sizeof string);
  return string != NULL ? string : "";
}

static bool is_text(const bs_column *column) {
  return column->kind == BS_COLUMN_STRING || column->kind == BS_COLUMN_HEX;
}

static size_t string_bytes(const bs_column *column, const char *string) {
  return column->kind == BS_COLUMN_HEX ? strnlen(string, BS_HEX_BYTES) : strlen(string);
}

/* The longest string of the column, at least 1: HDF5 has no strings of no bytes. */
static size_t element_bytes(const stream *from) {
  if (!is_text(from->column))
    return bs_h5_number_bytes(from->column->kind);
  size_t longest = 1;
  for (size_t i = 0; i < from->n_rows; i++) {
    size_t n =
        string_bytes(from->column, string_of(from->column, from->rows + i * from->row_bytes));
    longest = bs_size_max(n, longest);
  }
  return longest;
}

/* Rows [first, first + n) into the buffer, as memory holds them. */
static void gather(const stream *from, size_t first, size_t n, char *buffer) {
  const bs_column *column = from->column;
  for (size_t i = 0; i < n; i++) {
    const char *row = from->rows + (first + i) * from->row_bytes;
    char *to = buffer + i * from->element_bytes;
    if (is_text(column)) {
      const char *string = string_of(column, row);
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

static hid_t string_type(size_t n_bytes) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type >= 0 && (H5Tset_size(type, n_bytes) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
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
           (is_text(from->column) || H5Pset_shuffle(list) >= 0) &&
           H5Pset_deflate(list, DEFLATE_LEVEL) >= 0 && H5Pset_fletcher32(list) >= 0;
  if (made)
    return list;
  bs_h5_close(list);
  return H5I_INVALID_HID;
}

static bool write_blocks(const stream *from, hid_t dataset, hid_t type, hid_t space,
                         size_t block_rows, char *buffer) {
  for (size_t first = 0; first < from->n_rows; first += block_rows) {
    size_t left = from->n_rows - first;
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

static bs_status write_column(const image *to, hid_t group, stream from, bs_error *err) {
  const bs_column *column = from.column;
  from.element_bytes = element_bytes(&from);
  size_t n_bytes;
  if (from.element_bytes > UINT32_MAX / 2 ||
      !bs_size_mul(from.n_rows, from.element_bytes, &n_bytes))
    return bs_error_set(err, BS_ERR_LIMIT, "%s: column %s: %zu rows of %zu bytes are too much",
                        to->name, column->name, from.n_rows, from.element_bytes);
  bool compact = n_bytes <= COMPACT_BYTES;
  size_t block_rows = CHUNK_BYTES / from.element_bytes;
  block_rows = block_rows < 1 ? 1 : block_rows;
  if (block_rows > from.n_rows || compact)
    block_rows = from.n_rows > 0 ? from.n_rows : 1;

  hsize_t n_rows = from.n_rows;
  bs_status status = BS_OK;
  hid_t text = is_text(column) ? string_type(from.element_bytes) : H5I_INVALID_HID;
  hid_t file_type = is_text(column) ? text : bs_h5_file_type(column->kind);
  hid_t memory_type = is_text(column) ? text : bs_h5_memory_type(column->kind);
  hid_t space = H5Screate_simple(1, &n_rows, NULL);
  hid_t list = creation_list(&from, block_rows, compact);
  hid_t dataset = H5I_INVALID_HID;
  char *buffer = bs_array_new(block_rows, from.element_bytes, err);
  if (buffer == NULL) {
    status = BS_ERR_MEMORY;
    goto cleanup;
  }
  dataset = H5Dcreate2(group, column->name, file_type, space, H5P_DEFAULT, list, H5P_DEFAULT);
  if (dataset < 0 || !write_blocks(&from, dataset, memory_type, space, block_rows, buffer))
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
static hid_t create_group(const image *to, const char *path) {
  hid_t list = H5Pcreate(H5P_GROUP_CREATE);
  hid_t group = H5I_INVALID_HID;
  if (list >= 0 && H5Pset_obj_track_times(list, false) >= 0 &&
      H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0 &&
      H5Pset_link_phase_change(list, LINKS_IN_HEADER, LINKS_IN_HEADER / 2) >= 0)
    group = H5Gcreate2(to->file, path, H5P_DEFAULT, list, H5P_DEFAULT);
  bs_h5_close(list);
  return group;
}

/* A group of plain columns. */
static bs_status write_table(const image *to, const bs_table *table, const void *rows,
                             size_t n_rows, hid_t *keep_open, bs_error *err) {
  hid_t group = create_group(to, table->path);
  bs_status status = BS_OK;
  if (group < 0)
    status = bs_h5_fault(err, BS_ERR_INTERNAL, to->name, table->path);
  for (size_t i = 0; status == BS_OK && i < table->n_columns; i++)
    status = write_column(to, group,
                          (stream){.column = &table->columns[i],
                                   .rows = rows,
                                   .n_rows = n_rows,
                                   .row_bytes = table->row_bytes},
                          err);
  if (status == BS_OK && keep_open != NULL)
    *keep_open = group;
  else
    bs_h5_close(group);
  return status;
}

static bs_status write_attribute(const image *to, hid_t object, const char *name,
                                 const char *string, bs_error *err) {
  string = string != NULL ? string : "";
  size_t n_bytes = strlen(string);
  hid_t type = string_type(n_bytes > 0 ? n_bytes : 1);
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t attribute = H5I_INVALID_HID;
  bs_status status = BS_OK;
  if (type >= 0 && space >= 0)
    attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  /* the terminating NUL is the one byte of an empty string */
  if (attribute < 0 || H5Awrite(attribute, type, string) < 0)
    status = bs_h5_fault(err, BS_ERR_INTERNAL, to->name, name);
  bs_h5_close(attribute);
  bs_h5_close(space);
  bs_h5_close(type);
  return status;
}

static bs_status write_root(const image *to, const bs_provenance *provenance, bs_error *err) {
  static const bs_provenance NOTHING;
  const char *row = (const char *)(provenance != NULL ? provenance : &NOTHING);
  const bs_table *table = &bs_table_provenance;
  int32_t version = BS_SCHEMA_VERSION;
  bs_status status = BS_OK;
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t attribute =
      H5Acreate2(to->file, BS_VERSION_ATTRIBUTE, H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute < 0 || H5Awrite(attribute, H5T_NATIVE_INT32, &version) < 0)
    status = bs_h5_fault(err, BS_ERR_INTERNAL, to->name, BS_VERSION_ATTRIBUTE);
  bs_h5_close(attribute);
  bs_h5_close(space);
  if (status == BS_OK)
    status = write_attribute(to, to->file, "bigsweep_version", BIGSWEEP_VERSION, err);
  for (size_t i = 0; status == BS_OK && i < table->n_columns; i++)
    status = write_attribute(to, to->file, table->columns[i].name,
                             string_of(&table->columns[i], row), err);
  return status;
}

/* A metric is named by its column: no name of another column, nothing that HDF5 or the list of
   names would read otherwise. */
static bs_status check_metric_name(const image *to, const bs_tables *results, size_t i,
                                   bs_error *err) {
  const char *name = results->metric_names[i];
  bool good = name[0] != '\0' && strcspn(name, "/,") == strlen(name) && strcmp(name, ".") != 0;
  for (size_t k = 0; good && k < bs_table_examples.n_columns; k++)
    good = strcmp(name, bs_table_examples.columns[k].name) != 0;
  for (size_t k = 0; good && k < i; k++)
    good = strcmp(name, results->metric_names[k]) != 0;
  if (good)
    return BS_OK;
  return bs_error_set(err, BS_ERR_INPUT, "%s: \"%s\" cannot be the name of a metric's column",
                      to->name, name);
}

static bs_status write_examples(const image *to, const bs_tables *results, bs_error *err) {
  hid_t group = H5I_INVALID_HID;
  bs_text names = {0};
  bs_status status =
      write_table(to, &bs_table_examples, results->examples, results->n_examples, &group, err);
  for (size_t i = 0; status == BS_OK && i < results->n_metrics; i++) {
    bs_column column = {results->metric_names[i], BS_COLUMN_F64, 0};
    status = check_metric_name(to, results, i, err);
    if (status == BS_OK)
      status = write_column(to, group,
                            (stream){.column = &column,
                                     .rows = results->n_examples > 0
                                                 ? (const char *)(results->metric_values + i)
                                                 : NULL,
                                     .n_rows = results->n_examples,
                                     .row_bytes = results->n_metrics * sizeof(double)},
                            err);
    if (status == BS_OK)
      status = bs_text_printf(&names, err, "%s%s", i > 0 ? "," : "", column.name);
  }
  if (status == BS_OK)
    status = write_attribute(to, group, BS_METRICS_ATTRIBUTE, names.data, err);
  bs_text_free(&names);
  bs_h5_close(group);
  return status;
}

/* Groups that hold nothing but groups. */
static bs_status write_folder(const image *to, const char *path, bs_error *err) {
  hid_t group = create_group(to, path);
  if (group < 0)
    return bs_h5_fault(err, BS_ERR_INTERNAL, to->name, path);
  bs_h5_close(group);
  return BS_OK;
}

static bs_status write_analysis(const image *to, const bs_analysis *analysis, bs_error *err) {
  bs_status status = write_table(to, &bs_table_scores, bs_analysis_scores(analysis),
                                 bs_analysis_n_scores(analysis), NULL, err);
  if (status == BS_OK)
    status = write_folder(to, "/analysis", err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_linearity, bs_analysis_linearity(analysis),
                         bs_analysis_n_linearity(analysis), NULL, err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_points, bs_analysis_points(analysis),
                         bs_analysis_n_points(analysis), NULL, err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_aggregates, bs_analysis_aggregates(analysis),
                         bs_analysis_n_aggregates(analysis), NULL, err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_variants, bs_analysis_spreads(analysis),
                         bs_analysis_n_spreads(analysis), NULL, err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_human, bs_analysis_humans(analysis),
                         bs_analysis_n_humans(analysis), NULL, err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_prompts, bs_analysis_prompts(analysis),
                         bs_analysis_n_prompts(analysis), NULL, err);
  return status;
}

static bs_status write_runs(const image *to, const bs_run_row *runs, size_t n_runs, bs_error *err) {
  bs_status status = write_folder(to, "/run", err);
  return status != BS_OK ? status : write_table(to, &bs_table_units, runs, n_runs, NULL, err);
}

/* Accepted answers and choices stand together in memory, apart in the file. */
static bs_status write_texts(const image *to, const bs_table *table, const bs_tables *results,
                             bool choices, bs_error *err) {
  bs_target_row *rows = bs_array_new(results->n_targets, sizeof *rows, err);
  if (rows == NULL)
    return BS_ERR_MEMORY;
  size_t n = 0;
  for (size_t i = 0; i < results->n_targets; i++)
    if (results->targets[i].is_choice == choices)
      rows[n++] = results->targets[i];
  bs_status status = write_table(to, table, rows, n, NULL, err);
  free(rows);
  return status;
}

static bs_status write_content(const image *to, const bs_content *content, bs_error *err) {
  const bs_tables *results = content->results;
  bs_status status = write_root(to, content->provenance, err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_models, results->models, results->n_models, NULL, err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_tasks, results->tasks, results->n_tasks, NULL, err);
  if (status == BS_OK)
    status = write_texts(to, &bs_table_targets, results, false, err);
  if (status == BS_OK)
    status = write_texts(to, &bs_table_choice_texts, results, true, err);
  if (status == BS_OK)
    status = write_examples(to, results, err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_choices, results->choices, results->n_choices, NULL, err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_samples, results->samples, results->n_samples, NULL, err);
  if (status == BS_OK)
    status = write_table(to, &bs_table_skipped, results->skipped, results->n_skipped, NULL, err);
  if (status == BS_OK && content->analysis != NULL)
    status = write_analysis(to, content->analysis, err);
  if (status == BS_OK && content->runs != NULL)
    status = write_runs(to, content->runs, content->n_runs, err);
  return status;
}

/* The bytes of the file in memory. They stay ours when HDF5 closes it, so that nothing is copied;
   H5Fget_file_image would not do, since the header it gives has a wrong checksum (1.10.8). */
typedef struct image_bytes {
  char *data;
  size_t capacity;
} image_bytes;

static void *image_malloc(size_t size, H5FD_file_image_op_t op, void *user) {
  image_bytes *bytes = user;
  (void)op;
  bytes->data = malloc(size);
  bytes->capacity = bytes->data != NULL ? size : 0;
  return bytes->data;
}

static void *image_copy(void *to, const void *from, size_t size, H5FD_file_image_op_t op,
                        void *user) {
  (void)op, (void)user;
  return memcpy(to, from, size);
}

static void *image_realloc(void *data, size_t size, H5FD_file_image_op_t op, void *user) {
  image_bytes *bytes = user;
  (void)op;
  void *grown = realloc(data, size);
  if (grown != NULL)
    *bytes = (image_bytes){grown, size};
  return grown;
}

static herr_t image_keep(void *data, H5FD_file_image_op_t op, void *user) {
  (void)data, (void)op, (void)user;
  return 0;
}

static void *user_same(void *user) { return user; }

static herr_t user_keep(void *user) {
  (void)user;
  return 0;
}

/* The 1.10 format: its metadata carry checksums, so that a flipped bit is found. */
static hid_t create_in_memory(image_bytes *bytes) {
  /* HDF5 would first read a file of the name whole, to see whether it is open already. */
  static const char NAME_THAT_NO_FILE_HAS[] = "/dev/null/results";
  H5FD_file_image_callbacks_t callbacks = {image_malloc, image_copy, image_realloc, image_keep,
                                           user_same,    user_keep,  bytes};
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
  hid_t file = H5I_INVALID_HID;
  if (access >= 0 && creation >= 0 &&
      H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0 &&
      H5Pset_fapl_core(access, IMAGE_STEP_BYTES, false) >= 0 &&
      H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
      H5Pset_obj_track_times(creation, false) >= 0 &&
      H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0)
    file = H5Fcreate(NAME_THAT_NO_FILE_HAS, H5F_ACC_TRUNC, creation, access);
  bs_h5_close(access);
  bs_h5_close(creation);
  return file;
}

/* The length stands in the header (superblock version 3): the memory behind it is only room. */
static bs_status take_bytes(image_bytes *from, const char *name, bs_text *out, bs_error *err) {
  enum { VERSION_AT = 8, END_AT = 28, HEADER_BYTES = 48, VERSION = 3 };
  uint64_t end = 0;
  if (from->capacity > HEADER_BYTES && from->data[VERSION_AT] == VERSION)
    for (int i = 7; i >= 0; i--)
      end = end << 8 | (unsigned char)from->data[END_AT + i];
  if (end < HEADER_BYTES || end > from->capacity)
    return bs_error_set(err, BS_ERR_INTERNAL, "%s: cannot tell the length of the file in memory",
                        name);
  bs_text_free(out);
  *out = (bs_text){.data = from->data, .n_bytes = (size_t)end, .capacity = from->capacity};
  *from = (image_bytes){0};
  return BS_OK;
}

bs_status bs_store_image(bs_text *out, const char *path, const bs_content *content, bs_error *err) {
  bs_status status = bs_tables_check(content->results, err);
  if (status != BS_OK) {
    bs_error_prefix(err, "%s", path);
    return status;
  }
  bs_h5_quiet before = bs_h5_silence();
  image_bytes bytes = {0};
  image to = {.file = create_in_memory(&bytes), .name = path};
  if (to.file < 0)
    status = bs_h5_fault(err, BS_ERR_MEMORY, path, "cannot make a file in memory");
  else
    status = write_content(&to, content, err);
  if (to.file >= 0 && H5Fclose(to.file) < 0 && status == BS_OK)
    status = bs_h5_fault(err, BS_ERR_MEMORY, path, "cannot finish the file in memory");
  bs_h5_restore(before);
  if (status == BS_OK)
    status = take_bytes(&bytes, path, out, err);
  free(bytes.data);
  return status;
}
