/* A results file as bytes: its tables in their order, and where they come from. */
#include <stdlib.h>
#include <string.h>

#include "bigsweep/store.h"
#include "store/write_internal.h"
#include "tables/tables_internal.h"

static bs_status write_root(const bs_image *to, const bs_provenance *provenance, bs_error *err) {
  const bs_table_schema *schema = &bs_provenance_schema;
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
    status = bs_write_attribute(to, to->file, "bigsweep_version", BIGSWEEP_VERSION, err);
  for (size_t i = 0; status == BS_OK && i < schema->n_columns; i++)
    status = bs_write_attribute(to, to->file, schema->columns[i].name,
                                bs_field_string(&schema->columns[i], provenance), err);
  return status;
}

/* A metric is named by its column: no name of another column, nothing that HDF5 or the list of
   names would read otherwise. */
static bs_status check_metric_name(const bs_image *to, const bs_tables *tables, size_t i,
                                   bs_error *err) {
  const char *name = tables->metric_names[i];
  bool good = name[0] != '\0' && strcspn(name, "/,") == strlen(name) && strcmp(name, ".") != 0 &&
              bs_schema_column(&bs_schemas[BS_TABLE_EXAMPLES], name) == NULL;
  for (size_t k = 0; good && k < i; k++)
    good = strcmp(name, tables->metric_names[k]) != 0;
  if (good)
    return BS_OK;
  return bs_error_set(err, BS_ERR_INPUT, "%s: \"%s\" cannot be the name of a metric's column",
                      to->name, name);
}

/* The attribute that lists the columns of the metrics. */
static bs_status write_metric_names(const bs_image *to, hid_t group, const bs_tables *tables,
                                    bs_error *err) {
  bs_text names = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < tables->n_metrics; i++) {
    status = check_metric_name(to, tables, i, err);
    if (status == BS_OK)
      status = bs_text_printf(&names, err, "%s%s", i > 0 ? "," : "", tables->metric_names[i]);
  }
  if (status == BS_OK)
    status = bs_write_attribute(to, group, BS_METRICS_ATTRIBUTE, names.data, err);
  bs_text_free(&names);
  return status;
}

/* The group that a table's group stands in, where that is not the root and not there yet. */
static bs_status write_folder(const bs_image *to, const char *path, bs_error *err) {
  size_t n = strcspn(path + 1, "/") + 1;
  bs_text folder = {0};
  bs_status status = path[n] == '/' ? bs_text_append(&folder, path, n, err) : BS_OK;
  if (status == BS_OK && path[n] == '/' && H5Lexists(to->file, folder.data, H5P_DEFAULT) == 0) {
    hid_t group = bs_write_group(to, folder.data);
    if (group < 0)
      status = bs_h5_fault(err, BS_ERR_INTERNAL, to->name, folder.data);
    bs_h5_close(group);
  }
  bs_text_free(&folder);
  return status;
}

static bs_status write_table(const bs_image *to, const bs_tables *tables, bs_table_id id,
                             bs_error *err) {
  const char *path = bs_schemas[id].path;
  bs_status status = write_folder(to, path, err);
  hid_t group = status == BS_OK ? bs_write_group(to, path) : H5I_INVALID_HID;
  if (status == BS_OK && group < 0)
    status = bs_h5_fault(err, BS_ERR_INTERNAL, to->name, path);
  if (status == BS_OK && id == BS_TABLE_EXAMPLES)
    status = write_metric_names(to, group, tables, err);
  for (size_t i = 0; status == BS_OK && i < bs_table_n_columns(tables, id); i++) {
    bs_table_column values = bs_table_column_at(tables, id, i);
    status = bs_write_column(to, group, &values, bs_table_meaning(id, &values.column), err);
  }
  bs_h5_close(group);
  return status;
}

static bs_status write_tables(const bs_image *to, const bs_tables *tables,
                              const bs_tables *analysis, bs_error *err) {
  bs_status status = write_root(to, &tables->provenance, err);
  for (int id = 0; status == BS_OK && id < BS_N_TABLES; id++) {
    bs_table_presence presence = bs_schemas[id].presence;
    size_t n;
    if (presence == BS_TABLE_OF_A_RUN && bs_table_rows(tables, (bs_table_id)id, &n) == NULL)
      continue;
    const bs_tables *from = presence == BS_TABLE_OF_AN_ANALYSIS ? analysis : tables;
    if (from != NULL)
      status = write_table(to, from, (bs_table_id)id, err);
  }
  return status;
}

bs_status bs_store_image(bs_text *out, const char *path, const bs_tables *tables,
                         const bs_tables *analysis, bs_error *err) {
  bs_status status = bs_tables_check(tables, err);
  if (status != BS_OK) {
    bs_error_prefix(err, "%s", path);
    return status;
  }
  bs_h5_quiet before = bs_h5_silence();
  bs_image_bytes bytes = {0};
  bs_image to = {.file = bs_image_create(&bytes), .name = path};
  if (to.file < 0)
    status = bs_h5_fault(err, BS_ERR_MEMORY, path, "cannot make a file in memory");
  else
    status = write_tables(&to, tables, analysis, err);
  if (to.file >= 0 && H5Fclose(to.file) < 0 && status == BS_OK)
    status = bs_h5_fault(err, BS_ERR_MEMORY, path, "cannot finish the file in memory");
  bs_h5_restore(before);
  if (status == BS_OK)
    status = bs_image_take(&bytes, path, out, err);
  free(bytes.data);
  return status;
}
