#include "damage.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orders.h"
#include "store/hdf5_internal.h"

enum { MOST_CHANGES = 24, MOST_ROWS = 256, MOST_ELEMENT_BYTES = 256, PATH_BYTES = 128 };

static const bs_table_id TABLES[] = {BS_TABLE_MODELS,       BS_TABLE_TASKS,    BS_TABLE_TARGETS,
                                     BS_TABLE_CHOICE_TEXTS, BS_TABLE_EXAMPLES, BS_TABLE_CHOICES,
                                     BS_TABLE_SAMPLES,      BS_TABLE_RUNS};
enum { N_TABLES = sizeof TABLES / sizeof *TABLES };

static const bs_table_schema *next_table(bs_fuzz_orders *of) {
  return &bs_schemas[TABLES[bs_fuzz_next(of) % N_TABLES]];
}

static void column_path(const bs_table_schema *table, size_t i, char path[PATH_BYTES]) {
  snprintf(path, PATH_BYTES, "%s/%s", table->path, table->columns[i % table->n_columns].name);
}

static void next_column(bs_fuzz_orders *of, char path[PATH_BYTES]) {
  const bs_table_schema *table = next_table(of);
  column_path(table, bs_fuzz_next(of), path);
}

/* Makes `path` anew with n_rows rows of zeros. */
static void make(hid_t file, const char *path, hid_t type, hid_t space, hid_t list) {
  H5Ldelete(file, path, H5P_DEFAULT);
  hid_t dataset = H5Dcreate2(file, path, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
  bs_h5_close(dataset);
}

static void make_column(hid_t file, const char *path, hid_t type, hsize_t n_rows) {
  hid_t space = H5Screate_simple(1, &n_rows, NULL);
  make(file, path, type, space, H5P_DEFAULT);
  bs_h5_close(space);
}

/* The type of what is there; the caller closes it. */
static hid_t type_of(hid_t file, const char *path) {
  hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
  hid_t type = dataset >= 0 ? H5Dget_type(dataset) : H5Tcopy(H5T_STD_U32LE);
  bs_h5_close(dataset);
  return type;
}

/* Numbers, and texts of a fixed length: what bytes alone make up. */
static bool is_plain(hid_t type) {
  H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
  return class == H5T_INTEGER || class == H5T_FLOAT ||
         (class == H5T_STRING && H5Tis_variable_str(type) == 0);
}

/* One element gets another value. */
static void change_value(hid_t file, bs_fuzz_orders *of) {
  char path[PATH_BYTES], buffer[MOST_ELEMENT_BYTES * 8] = {0};
  next_column(of, path);
  hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
  hid_t type = dataset >= 0 ? H5Dget_type(dataset) : H5I_INVALID_HID;
  hid_t space = dataset >= 0 ? H5Dget_space(dataset) : H5I_INVALID_HID;
  hsize_t n = 0, one = 1;
  if (is_plain(type) && H5Tget_size(type) <= sizeof buffer &&
      H5Sget_simple_extent_ndims(space) == 1 && H5Sget_simple_extent_dims(space, &n, NULL) == 1 &&
      n > 0) {
    hsize_t row = bs_fuzz_next(of) % n;
    uint64_t number = bs_fuzz_next_number(of);
    if (H5Tget_class(type) == H5T_STRING)
      bs_fuzz_next_bytes(of, buffer, H5Tget_size(type));
    else
      memcpy(buffer, &number, sizeof number);
    hid_t memory = H5Screate_simple(1, &one, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, &row, NULL, &one, NULL);
    H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, buffer);
    bs_h5_close(memory);
  }
  bs_h5_close(space);
  bs_h5_close(type);
  bs_h5_close(dataset);
}

static void change_length(hid_t file, bs_fuzz_orders *of) {
  char path[PATH_BYTES];
  next_column(of, path);
  hid_t type = type_of(file, path);
  make_column(file, path, type, bs_fuzz_next(of));
  bs_h5_close(type);
}

/* All columns of a table, so that the table is one still. */
static void change_table(hid_t file, bs_fuzz_orders *of) {
  char path[PATH_BYTES];
  const bs_table_schema *table = next_table(of);
  hsize_t n = bs_fuzz_next(of) % 8;
  for (size_t i = 0; i < table->n_columns; i++) {
    column_path(table, i, path);
    hid_t type = type_of(file, path);
    make_column(file, path, type, n);
    bs_h5_close(type);
  }
}

static hid_t next_type(bs_fuzz_orders *of) {
  const hid_t numbers[] = {H5T_STD_U8LE,   H5T_STD_I32LE,  H5T_STD_U32BE,      H5T_STD_U64LE,
                           H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_REF_OBJ,    H5T_STD_B32LE,
                           H5T_UNIX_D32LE, H5T_STD_U32LE,  H5T_STD_REF_DSETREG};
  uint8_t kind = bs_fuzz_next(of);
  if (kind < 128)
    return H5Tcopy(numbers[kind % (sizeof numbers / sizeof *numbers)]);
  hid_t type = H5I_INVALID_HID;
  hsize_t n = 1 + (hsize_t)bs_fuzz_next(of);
  switch (kind % 6) {
  case 0:
    type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, n);
    H5Tset_strpad(type, kind < 160   ? H5T_STR_NULLTERM
                        : kind < 192 ? H5T_STR_NULLPAD
                                     : H5T_STR_SPACEPAD);
    break;
  case 1:
    type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    break;
  case 2:
    type = H5Tarray_create2(H5T_STD_U32LE, 1, &n);
    break;
  case 3:
    type = H5Tvlen_create(H5T_STD_U32LE);
    break;
  case 4:
    type = H5Tcreate(H5T_COMPOUND, n + 8);
    H5Tinsert(type, "a", 0, H5T_STD_U32LE);
    break;
  default:
    type = H5Tcreate(H5T_OPAQUE, n);
  }
  return type;
}

static void change_type(hid_t file, bs_fuzz_orders *of) {
  char path[PATH_BYTES];
  next_column(of, path);
  hid_t type = next_type(of);
  make_column(file, path, type, 1 + bs_fuzz_next(of) % 12);
  bs_h5_close(type);
}

static void change_rank(hid_t file, bs_fuzz_orders *of) {
  char path[PATH_BYTES];
  next_column(of, path);
  hid_t type = type_of(file, path);
  uint8_t kind = bs_fuzz_next(of);
  const hsize_t dims[2] = {bs_fuzz_next(of), 1 + bs_fuzz_next(of) % 4};
  hid_t space = kind % 3 == 2 ? H5Screate_simple(2, dims, NULL)
                              : H5Screate(kind % 3 == 0 ? H5S_SCALAR : H5S_NULL);
  make(file, path, type, space, H5P_DEFAULT);
  bs_h5_close(space);
  bs_h5_close(type);
}

/* Chunks, filters, data in another file, and numbers of rows that no data stand behind. */
static void change_layout(hid_t file, bs_fuzz_orders *of) {
  char path[PATH_BYTES];
  next_column(of, path);
  hid_t type = type_of(file, path), list = H5Pcreate(H5P_DATASET_CREATE);
  uint8_t kind = bs_fuzz_next(of);
  hsize_t n = kind & 128 ? bs_fuzz_next_number(of) : bs_fuzz_next(of),
          chunk = 1 + bs_fuzz_next_number(of) % (1 << 20);
  if (kind & 1) {
    H5Pset_chunk(list, 1, &chunk);
    if (kind & 2)
      H5Pset_shuffle(list);
    if (kind & 4)
      H5Pset_deflate(list, 6);
    if (kind & 8)
      H5Pset_fletcher32(list);
    if (kind & 16) /* a filter that nobody has */
      H5Pset_filter(list, 32000, H5Z_FLAG_OPTIONAL, 0, NULL);
  } else if (kind & 2) {
    H5Pset_external(list, "/dev/zero", 0, H5F_UNLIMITED);
  } else if (kind & 4) {
    H5Pset_layout(list, H5D_COMPACT);
  }
  if (kind & 32)
    n %= 16; /* as many as the other columns may have */
  if (n <= (1 << 16))
    H5Pset_alloc_time(list, kind & 64 ? H5D_ALLOC_TIME_EARLY : H5D_ALLOC_TIME_DEFAULT);
  hid_t space = H5Screate_simple(1, &n, NULL);
  make(file, path, type, space, list);
  bs_h5_close(space);
  bs_h5_close(list);
  bs_h5_close(type);
}

static void change_link(hid_t file, bs_fuzz_orders *of) {
  char path[PATH_BYTES], other[PATH_BYTES];
  next_column(of, path);
  next_column(of, other);
  uint8_t kind = bs_fuzz_next(of);
  if (kind & 64) /* the table itself */
    *strrchr(path, '/') = '\0';
  if (kind & 32)
    *strrchr(other, '/') = '\0';
  H5Ldelete(file, path, H5P_DEFAULT);
  if (kind % 4 == 1)
    H5Lcreate_soft(other, file, path, H5P_DEFAULT, H5P_DEFAULT);
  else if (kind % 4 == 2)
    H5Lcreate_external("/dev/null", other, file, path, H5P_DEFAULT, H5P_DEFAULT);
  else if (kind % 4 == 3)
    H5Lcreate_hard(file, other, file, path, H5P_DEFAULT, H5P_DEFAULT);
}

static void change_attribute(hid_t file, bs_fuzz_orders *of) {
  static const char *const WORDS[] = {
      "exact_str_match", "exact_str_match,bleu", "a,b,a", ",", "model", "../x", "brier_score,"};
  uint8_t kind = bs_fuzz_next(of);
  bool of_examples = kind % 2 == 1;
  const char *name = of_examples ? BS_METRICS_ATTRIBUTE : BS_VERSION_ATTRIBUTE;
  if (kind & 2)
    name = bs_provenance_schema.columns[bs_fuzz_next(of) % bs_provenance_schema.n_columns].name;
  char text[MOST_ELEMENT_BYTES] = "";
  size_t n = bs_fuzz_next_bytes(of, text, sizeof text - 1);
  const char *word = WORDS[bs_fuzz_next(of) % (sizeof WORDS / sizeof *WORDS)];
  if (kind & 16)
    n = (size_t)snprintf(text, sizeof text, "%s", word);
  hid_t object = of_examples ? H5Oopen(file, "/examples", H5P_DEFAULT) : file;
  hid_t type = kind & 4 ? next_type(of) : H5Tcopy(H5T_C_S1);
  if (!(kind & 4))
    H5Tset_size(type, n > 0 ? n : 1);
  const hsize_t rows = 1 + bs_fuzz_next(of) % 3;
  hid_t space = kind & 8 ? H5Screate_simple(1, &rows, NULL) : H5Screate(H5S_SCALAR);
  H5Adelete(object, name);
  if (!(kind & 32)) {
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute >= 0 && !(kind & 12)) /* one text of n bytes */
      H5Awrite(attribute, type, text);
    bs_h5_close(attribute);
  }
  bs_h5_close(space);
  bs_h5_close(type);
  if (object != file)
    bs_h5_close(object);
}

void bs_fuzz_damage(const char *path, const uint8_t *bytes, size_t n_bytes) {
  static void (*const CHANGES[])(hid_t, bs_fuzz_orders *) = {
      change_value, change_value, change_value,  change_value, change_table,    change_length,
      change_type,  change_rank,  change_layout, change_link,  change_attribute};
  bs_h5_quiet before = bs_h5_silence();
  bs_fuzz_orders of = {bytes, n_bytes};
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  if (file < 0)
    abort();
  for (int i = 0; i < MOST_CHANGES && of.left > 0; i++)
    CHANGES[bs_fuzz_next(&of) % (sizeof CHANGES / sizeof *CHANGES)](file, &of);
  H5Fclose(file);
  H5Eclear2(H5E_DEFAULT);
  bs_h5_restore(before);
}
