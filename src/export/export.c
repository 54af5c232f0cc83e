/* An export as it is asked for: which tables it takes, and where they go. */
#include "bigsweep/export.h"

#include <string.h>

#include "base/text_internal.h"
#include "export/export_internal.h"

static bs_status find_table(const char *name, bs_table_id *out, bs_error *err) {
  bs_text known = {0};
  bs_writer w = {.to = &known};
  for (int id = 0; id < BS_N_TABLES; id++) {
    const char *path = bs_schemas[id].path;
    if (strcmp(name, path) == 0 || strcmp(name, path + 1) == 0) {
      *out = (bs_table_id)id;
      bs_text_free(&known);
      return BS_OK;
    }
    bs_writer_printf(&w, "%s%s", id > 0 ? ", " : "", bs_table_name((bs_table_id)id));
  }
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_error_set(err, BS_ERR_USAGE, "unknown table \"%s\", the known ones are %s", name,
                          known.data);
  bs_text_free(&known);
  return status;
}

bs_status bs_export_check(const bs_export_request *request, bool *needs_analysis, bs_error *err) {
  bs_table_id id = 0;
  *needs_analysis = true;
  if (request->table == NULL)
    return BS_OK;
  if (request->format->write_table == NULL)
    return bs_error_set(err, BS_ERR_USAGE,
                        "format \"%s\" does not consist of tables: leave --table out",
                        request->format->name);
  bs_status status = find_table(request->table, &id, err);
  *needs_analysis = bs_schemas[id].presence == BS_TABLE_OF_AN_ANALYSIS;
  return status;
}

static bs_status write_table(const bs_export_request *of, bs_table_id id, bs_text *to,
                             bs_error *err) {
  bool is_computed = bs_schemas[id].presence == BS_TABLE_OF_AN_ANALYSIS;
  const bs_tables *from = is_computed ? of->analysis : of->results;
  bs_writer w = {.to = to};
  if (from == NULL)
    return bs_error_set(err, BS_ERR_INTERNAL, "%s: no analysis to export", bs_table_name(id));
  of->format->write_table(from, id, &w);
  bs_status status = bs_writer_status(&w, err);
  if (status != BS_OK)
    bs_error_prefix(err, "%s", bs_schemas[id].path);
  return status;
}

bs_status bs_export_text(const bs_export_request *request, bs_text *to, bs_error *err) {
  bool needs_analysis;
  bs_table_id id = 0;
  bs_status status = bs_export_check(request, &needs_analysis, err);
  if (status == BS_OK && request->table == NULL)
    status = bs_error_set(err, BS_ERR_USAGE, "one table must be named");
  if (status == BS_OK)
    status = find_table(request->table, &id, err);
  return status == BS_OK ? write_table(request, id, to, err) : status;
}

/* A file for each table: "analysis/linearity.csv". */
static bs_status write_tables(const bs_export_request *of, const bs_export_folder *to,
                              bs_error *err) {
  bs_text name = {0}, text = {0};
  bs_status status = BS_OK;
  for (int id = 0; status == BS_OK && id < BS_N_TABLES; id++) {
    name.n_bytes = text.n_bytes = 0;
    status = bs_text_printf(&name, err, "%s.%s", bs_table_name((bs_table_id)id), of->format->name);
    if (status == BS_OK)
      status = write_table(of, (bs_table_id)id, &text, err);
    if (status == BS_OK)
      status = bs_export_add_file(to, name.data, &text, err);
  }
  bs_text_free(&name);
  bs_text_free(&text);
  return status;
}

bs_status bs_export_write(const bs_export_request *request, const char *path, bs_error *err) {
  const bs_export_folder folder = {path};
  bs_text text = {0};
  if (request->table == NULL)
    return request->format->write_table != NULL
               ? write_tables(request, &folder, err)
               : request->format->write_files(request, &folder, err);
  bs_status status = bs_export_text(request, &text, err);
  if (status == BS_OK)
    status = bs_export_write_file(path, &text, err);
  bs_text_free(&text);
  return status;
}
