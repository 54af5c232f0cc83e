/* A results file as a whole: its tables, how they point to each other, its version. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory_internal.h"
#include "bigsweep/store.h"
#include "store/read_internal.h"

enum { MOST_METRICS = 4096 };

#define EXAMPLES (bs_schemas[BS_TABLE_EXAMPLES].path)

static bs_status check_version(const bs_results_file *from, bs_error *err) {
  int64_t version = 0;
  hid_t attribute = H5I_INVALID_HID, space = H5I_INVALID_HID, type = H5I_INVALID_HID;
  bool good = H5Aexists(from->file, BS_VERSION_ATTRIBUTE) > 0;
  if (good) {
    attribute = H5Aopen(from->file, BS_VERSION_ATTRIBUTE, H5P_DEFAULT);
    space = attribute >= 0 ? H5Aget_space(attribute) : H5I_INVALID_HID;
    type = attribute >= 0 ? H5Aget_type(attribute) : H5I_INVALID_HID;
    good = space >= 0 && type >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
           H5Tget_class(type) == H5T_INTEGER && H5Aread(attribute, H5T_NATIVE_INT64, &version) >= 0;
  }
  bs_h5_close(type);
  bs_h5_close(space);
  bs_h5_close(attribute);
  if (!good)
    return bs_error_set(err, BS_ERR_INPUT, "%s: not a results file: no attribute %s", from->name,
                        BS_VERSION_ATTRIBUTE);
  if (version != BS_SCHEMA_VERSION)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: schema version %" PRId64 ", this program reads version %d", from->name,
                        version, BS_SCHEMA_VERSION);
  return BS_OK;
}

/* Splits the list of metric columns into names. */
static bs_status split_names(const bs_results_file *from, const char *list, const char **names,
                             size_t *n, bs_error *err) {
  *n = 0;
  for (const char *at = list; *list != '\0'; at++) {
    size_t length = strcspn(at, ",");
    if (length == 0 || *n == MOST_METRICS)
      return bs_error_set(err, BS_ERR_INPUT,
                          "%s: /examples: attribute %s: expected names between commas", from->name,
                          BS_METRICS_ATTRIBUTE);
    names[*n] = bs_arena_string(from->arena, at, length);
    if (names[(*n)++] == NULL)
      return bs_error_set(err, BS_ERR_MEMORY, "%s: out of memory", from->name);
    at += length;
    if (*at == '\0')
      break;
  }
  return BS_OK;
}

/* Tables with the metric columns that the file lists. */
static bs_status new_tables(bs_results_file *from, bs_tables **out, bs_error *err) {
  hid_t group = bs_read_open_group(from, EXAMPLES);
  if (group < 0)
    return bs_read_no_group(from, EXAMPLES, err);
  const char *list = "";
  size_t n = 0;
  const char **names = bs_array_new(MOST_METRICS, sizeof *names, err);
  from->arena = bs_arena_new(); /* for the names, until the results have their own */
  bs_status status = names == NULL ? BS_ERR_MEMORY : BS_OK;
  if (from->arena == NULL)
    status = bs_error_set(err, BS_ERR_MEMORY, "%s: out of memory", from->name);
  if (status == BS_OK)
    status = bs_read_attribute(from, group, BS_METRICS_ATTRIBUTE, &list, err);
  if (status == BS_OK)
    status = split_names(from, list, names, &n, err);
  if (status == BS_OK)
    status = bs_tables_new(out, names, n, err);
  bs_arena_free(&from->arena);
  free(names);
  bs_h5_close(group);
  return status;
}

static bs_status read_metrics(const bs_results_file *from, bs_tables *tables, bs_error *err) {
  size_t row_bytes = tables->n_metrics * sizeof(double);
  hid_t group = bs_read_open_group(from, EXAMPLES);
  bs_status status = BS_OK;
  void *values = NULL;
  for (size_t i = 0; status == BS_OK && i < tables->n_metrics; i++) {
    bs_column column = {tables->metric_names[i], BS_COLUMN_F64, i * sizeof(double), BS_PLAIN};
    if (values == NULL) {
      /* the number of rows is that of the columns read before */
      values = bs_array_new(tables->n_examples, row_bytes, err);
      status = values == NULL ? BS_ERR_MEMORY : BS_OK;
    }
    if (status == BS_OK)
      status = bs_read_column(from, group, EXAMPLES, &column,
                              (bs_destination){&values, &tables->n_examples, row_bytes}, err);
  }
  tables->metric_values = values;
  tables->cap_metric_values = tables->n_examples * tables->n_metrics;
  bs_h5_close(group);
  return status;
}

static bs_status read_one(const bs_results_file *from, bs_tables *tables, bs_table_id id,
                          bs_error *err) {
  const bs_table_schema *schema = &bs_schemas[id];
  void *rows = NULL;
  size_t n = 0;
  if (schema->presence != BS_TABLE_ALWAYS && !bs_read_has_group(from, schema->path))
    return BS_OK;
  bs_status status = bs_read_table(from, schema, &rows, &n, err);
  bs_table_set(tables, id, rows, n);
  return status;
}

/* Every table but those that an analysis computes from the others. */
static bs_status read_tables(const bs_results_file *from, bs_tables *tables, bs_error *err) {
  bs_status status = BS_OK;
  for (int id = 0; status == BS_OK && id < BS_N_TABLES; id++)
    if (bs_schemas[id].presence != BS_TABLE_OF_AN_ANALYSIS)
      status = read_one(from, tables, (bs_table_id)id, err);
  if (status == BS_OK)
    status = read_metrics(from, tables, err);
  if (status != BS_OK)
    return status;
  status = bs_tables_link(tables, err);
  if (status == BS_OK)
    status = bs_tables_check(tables, err);
  if (status != BS_OK)
    bs_error_prefix(err, "%s", from->name);
  return status;
}

static bs_status read_provenance(const bs_results_file *from, bs_provenance *out, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < bs_provenance_schema.n_columns; i++) {
    const bs_column *column = &bs_provenance_schema.columns[i];
    const char *string = "";
    status = bs_read_attribute(from, from->file, column->name, &string, err);
    memcpy((char *)out + column->offset, &string, sizeof string);
  }
  return status;
}

/* Without locks: files are replaced whole, never changed, and locks fail on some network file
   systems. */
static bs_status open_file(bs_results_file *from, const char *path, bs_error *err) {
  struct stat info;
  if (stat(path, &info) != 0)
    return bs_error_set(err, BS_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
  if (!S_ISREG(info.st_mode))
    return bs_error_set(err, BS_ERR_IO, "%s: expected a regular file", path);
  from->n_bytes = (uint64_t)info.st_size;
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
#if H5_VERSION_GE(1, 10, 7)
  H5Pset_file_locking(access, false, true);
#endif
  from->file = H5Fopen(path, H5F_ACC_RDONLY, access);
  bs_h5_close(access);
  if (from->file < 0)
    return bs_h5_fault(err, BS_ERR_INPUT, path, "not a whole HDF5 file");
  return BS_OK;
}

bs_status bs_store_read(bs_tables **out, const char *path, bs_error *err) {
  *out = NULL;
  bs_h5_quiet before = bs_h5_silence();
  bs_results_file from = {.file = H5I_INVALID_HID, .name = path};
  bs_status status = open_file(&from, path, err);
  if (status == BS_OK)
    status = check_version(&from, err);
  if (status == BS_OK)
    status = new_tables(&from, out, err);
  if (status == BS_OK) {
    from.arena = (*out)->arena;
    status = read_tables(&from, *out, err);
  }
  if (status == BS_OK)
    status = read_provenance(&from, &(*out)->provenance, err);
  bs_h5_close(from.file);
  H5Eclear2(H5E_DEFAULT);
  bs_h5_restore(before);
  if (status != BS_OK)
    bs_tables_free(out);
  return status;
}
