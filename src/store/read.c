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

static bs_status check_version(const bs_source *from, bs_error *err) {
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
static bs_status split_names(const bs_source *from, const char *list, const char **names, size_t *n,
                             bs_error *err) {
  *n = 0;
  for (const char *at = list; *at != '\0';) {
    size_t length = strcspn(at, ",");
    if (length == 0 || *n == MOST_METRICS)
      return bs_error_set(err, BS_ERR_INPUT,
                          "%s: /examples: attribute %s: expected names between commas", from->name,
                          BS_METRICS_ATTRIBUTE);
    names[*n] = bs_arena_string(from->arena, at, length);
    if (names[(*n)++] == NULL)
      return bs_error_set(err, BS_ERR_MEMORY, "%s: out of memory", from->name);
    at += length;
    if (*at == ',' && *++at == '\0')
      length = 0;
  }
  return BS_OK;
}

/* The results' metric columns, made for the names that the file lists. */
static bs_status new_results(bs_source *from, bs_tables **out, bs_error *err) {
  hid_t group = bs_read_open_group(from, bs_table_examples.path);
  if (group < 0)
    return bs_read_no_group(from, bs_table_examples.path, err);
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

static bs_status read_metrics(const bs_source *from, bs_tables *results, bs_error *err) {
  size_t row_bytes = results->n_metrics * sizeof(double);
  hid_t group = bs_read_open_group(from, bs_table_examples.path);
  bs_status status = BS_OK;
  void *values = NULL;
  for (size_t i = 0; status == BS_OK && i < results->n_metrics; i++) {
    bs_column column = {results->metric_names[i], BS_COLUMN_F64, i * sizeof(double)};
    if (values == NULL) {
      /* the number of rows is that of the columns read before */
      values = bs_array_new(results->n_examples, row_bytes, err);
      status = values == NULL ? BS_ERR_MEMORY : BS_OK;
    }
    if (status == BS_OK)
      status = bs_read_column(from, group, bs_table_examples.path, &column,
                              (bs_destination){&values, &results->n_examples, row_bytes}, err);
  }
  results->metric_values = values;
  results->cap_metric_values = results->n_examples * results->n_metrics;
  bs_h5_close(group);
  return status;
}

/* One more row of a table that points to examples, in whose order it stands; `n` is the example's
   count. */
static bs_status count_row(const bs_source *from, const char *table, size_t i, uint64_t row,
                           uint64_t *last, const bs_tables *results, uint32_t *n, bs_error *err) {
  if (n == NULL || row < *last)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: %s/row: entry %zu: %" PRIu64 ", expected %" PRIu64 " to %zu",
                        from->name, table, i, row, *last, results->n_examples);
  *last = row;
  if (*n == UINT32_MAX)
    return bs_error_set(err, BS_ERR_INPUT, "%s: %s/row: too many of example %" PRIu64, from->name,
                        table, row);
  ++*n;
  return BS_OK;
}

/* Choices and samples stand in the order of their examples; each example gets its ranges. */
static bs_status link_examples(const bs_source *from, bs_tables *results, bs_error *err) {
  bs_status status = BS_OK;
  uint64_t last = 0;
  for (size_t i = 0; status == BS_OK && i < results->n_choices; i++) {
    uint64_t row = results->choices[i].row;
    uint32_t *n = row < results->n_examples ? &results->examples[row].n_choices : NULL;
    status = count_row(from, bs_table_choices.path, i, row, &last, results, n, err);
  }
  last = 0;
  for (size_t i = 0; status == BS_OK && i < results->n_samples; i++) {
    uint64_t row = results->samples[i].row;
    uint32_t *n = row < results->n_examples ? &results->examples[row].n_samples : NULL;
    status = count_row(from, bs_table_samples.path, i, row, &last, results, n, err);
  }
  uint64_t next_choice = 0, next_sample = 0;
  for (size_t i = 0; status == BS_OK && i < results->n_examples; i++) {
    bs_example_row *row = &results->examples[i];
    row->first_choice = next_choice;
    row->first_sample = next_sample;
    next_choice += row->n_choices;
    next_sample += row->n_samples;
  }
  return status;
}

/* Files from before samples were kept have no such group. */
static bs_status read_samples(const bs_source *from, bs_tables *results, bs_error *err) {
  if (H5Lexists(from->file, bs_table_samples.path, H5P_DEFAULT) == 0)
    return BS_OK;
  void *rows = NULL;
  bs_status status = bs_read_table(from, &bs_table_samples, &rows, &results->n_samples, err);
  results->samples = rows;
  results->cap_samples = results->n_samples;
  return status;
}

/* Files from before examples could be left out have no such group. */
static bs_status read_skipped(const bs_source *from, bs_tables *results, bs_error *err) {
  if (H5Lexists(from->file, bs_table_skipped.path, H5P_DEFAULT) == 0)
    return BS_OK;
  void *rows = NULL;
  bs_status status = bs_read_table(from, &bs_table_skipped, &rows, &results->n_skipped, err);
  results->skipped = rows;
  results->cap_skipped = results->n_skipped;
  return status;
}

/* Before prompts could have fewer shots than was asked for, they had all. */
static bs_status fill_shots_shown(const bs_source *from, bs_tables *results, bs_error *err) {
  hid_t group = bs_read_open_group(from, bs_table_examples.path);
  if (group < 0)
    return bs_read_no_group(from, bs_table_examples.path, err);
  if (H5Lexists(group, BS_SHOTS_SHOWN, H5P_DEFAULT) == 0)
    for (size_t i = 0; i < results->n_examples; i++)
      results->examples[i].shots_shown = results->examples[i].shots;
  bs_h5_close(group);
  return BS_OK;
}

/* Files from before the choices' texts were kept have no such group. */
static bs_status read_choice_texts(const bs_source *from, bs_tables *results, bs_error *err) {
  hid_t group = bs_read_open_group(from, bs_table_choice_texts.path);
  if (group < 0)
    return BS_OK;
  bs_h5_close(group);
  void *rows = NULL, *targets = results->targets;
  size_t n = 0;
  bs_status status = bs_read_table(from, &bs_table_choice_texts, &rows, &n, err);
  if (status == BS_OK && n > 0)
    status = bs_array_reserve(&targets, &results->cap_targets, results->n_targets, n,
                              sizeof *results->targets, err);
  results->targets = targets;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    bs_target_row *row = &results->targets[results->n_targets++];
    *row = ((const bs_target_row *)rows)[i];
    row->is_choice = true;
    if (row->task >= results->n_tasks)
      status = bs_error_set(err, BS_ERR_INPUT, "%s: choice_texts: row %zu: task %" PRIu32 " of %zu",
                            from->name, i, row->task, results->n_tasks);
  }
  free(rows);
  return status == BS_OK && n > 0 ? bs_tables_sort_targets(results, err) : status;
}

static bs_status read_results(const bs_source *from, bs_tables *results, bs_error *err) {
  const struct {
    const bs_table *table;
    void **rows;
    size_t *n_rows, *capacity;
  } tables[] = {
      {&bs_table_models, (void **)&results->models, &results->n_models, &results->cap_models},
      {&bs_table_tasks, (void **)&results->tasks, &results->n_tasks, &results->cap_tasks},
      {&bs_table_targets, (void **)&results->targets, &results->n_targets, &results->cap_targets},
      {&bs_table_examples, (void **)&results->examples, &results->n_examples,
       &results->cap_examples},
      {&bs_table_choices, (void **)&results->choices, &results->n_choices, &results->cap_choices},
  };
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < sizeof tables / sizeof *tables; i++) {
    void *rows = NULL;
    status = bs_read_table(from, tables[i].table, &rows, tables[i].n_rows, err);
    *tables[i].rows = rows;
    *tables[i].capacity = *tables[i].n_rows;
  }
  if (status == BS_OK)
    status = fill_shots_shown(from, results, err);
  if (status == BS_OK)
    status = read_metrics(from, results, err);
  if (status == BS_OK)
    status = read_samples(from, results, err);
  if (status == BS_OK)
    status = read_skipped(from, results, err);
  if (status == BS_OK)
    status = link_examples(from, results, err);
  if (status == BS_OK && (status = bs_tables_check(results, err)) != BS_OK)
    bs_error_prefix(err, "%s", from->name);
  if (status == BS_OK)
    status = read_choice_texts(from, results, err);
  return status;
}

static bs_status read_runs(const bs_source *from, bs_store_content *out, bs_error *err) {
  hid_t group = bs_read_open_group(from, bs_table_units.path);
  if (group < 0)
    return BS_OK;
  bs_h5_close(group);
  void *rows = NULL;
  bs_status status = bs_read_table(from, &bs_table_units, &rows, &out->n_runs, err);
  out->runs = rows;
  for (size_t i = 0; status == BS_OK && i < out->n_runs; i++)
    if (out->runs[i].model >= out->results->n_models || out->runs[i].task >= out->results->n_tasks)
      status = bs_error_set(err, BS_ERR_INPUT, "%s: /run/units: row %zu: no such model or task",
                            from->name, i);
  return status;
}

static bs_status read_provenance(const bs_source *from, bs_provenance *out, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < bs_table_provenance.n_columns; i++) {
    const bs_column *column = &bs_table_provenance.columns[i];
    const char *string = "";
    status = bs_read_attribute(from, from->file, column->name, &string, err);
    memcpy((char *)out + column->offset, &string, sizeof string);
  }
  return status;
}

/* Without locks: files are replaced whole, never changed, and locks fail on some network file
   systems. */
static bs_status open_file(bs_source *from, const char *path, bs_error *err) {
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

bs_status bs_store_read(bs_store_content *out, const char *path, bs_error *err) {
  *out = (bs_store_content){0};
  bs_h5_quiet before = bs_h5_silence();
  bs_source from = {.file = H5I_INVALID_HID, .name = path};
  bs_status status = open_file(&from, path, err);
  if (status == BS_OK)
    status = check_version(&from, err);
  if (status == BS_OK)
    status = new_results(&from, &out->results, err);
  if (status == BS_OK) {
    from.arena = out->results->arena;
    status = read_results(&from, out->results, err);
  }
  if (status == BS_OK)
    status = read_runs(&from, out, err);
  if (status == BS_OK)
    status = read_provenance(&from, &out->provenance, err);
  bs_h5_close(from.file);
  H5Eclear2(H5E_DEFAULT);
  bs_h5_restore(before);
  if (status != BS_OK)
    bs_store_content_free(out);
  return status;
}

void bs_store_content_free(bs_store_content *content) {
  if (content == NULL)
    return;
  bs_tables_free(&content->results);
  free(content->runs);
  *content = (bs_store_content){0};
}
