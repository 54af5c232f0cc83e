/* Several results as one. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/writer_internal.h"
#include "tables/tables_internal.h"

/* A source and where its models and tasks stand in the whole. */
typedef struct part {
  const bs_tables_source *source;
  uint32_t *models, *tasks;
} part;

typedef struct merging {
  part *parts; /* [n] */
  size_t n;
  size_t *model_from, *task_from; /* the parts that the rows of the whole come from */
  bs_tables *to;
} merging;

#define contradiction(err, ...) bs_error_set((err), BS_ERR_INPUT, __VA_ARGS__)

static bs_status check_protocol(const bs_tables_source *first, const bs_tables_source *other,
                                bs_error *err) {
  const char *a = first->tables->provenance.protocol, *b = other->tables->provenance.protocol;
  if (strcmp(a, b) == 0)
    return BS_OK;
  return contradiction(
      err,
      "%s and %s were made under different settings (\"%s\" and \"%s\"), so that "
      "their scores do not belong together: run one of them again with the other's "
      "settings, or compare them with `bigsweep compare`",
      first->name, other->name, a, b);
}

static bs_status check_metrics(const bs_tables_source *first, const bs_tables_source *other,
                               bs_error *err) {
  const bs_tables *a = first->tables, *b = other->tables;
  bool same = a->n_metrics == b->n_metrics;
  for (size_t i = 0; same && i < a->n_metrics; i++)
    same = strcmp(a->metric_names[i], b->metric_names[i]) == 0;
  if (same)
    return BS_OK;
  return contradiction(err,
                       "%s and %s have other columns of metrics, since other versions of this "
                       "program made them: `bigsweep rescore` of both gives them the same",
                       first->name, other->name);
}

/* The names of columns that may differ between files of one model, or of one task. */
static bool is_free(const bs_table_schema *schema, const bs_column *column) {
  static const char *const FREE[] = {"path"};
  for (size_t i = 0; schema == &bs_schemas[BS_TABLE_MODELS] && i < sizeof FREE / sizeof *FREE; i++)
    if (strcmp(column->name, FREE[i]) == 0)
      return true;
  return false;
}

/* Files from before a column was kept say nothing in it. */
static bool says_nothing(const bs_column *column, const void *row) {
  double value;
  if ((column->rules & BS_LATER) == 0)
    return false;
  if (column->kind == BS_COLUMN_STRING)
    return bs_field_string(column, row)[0] == '\0';
  if (column->kind != BS_COLUMN_F64)
    return bs_field_number(column, row) == 0;
  memcpy(&value, (const char *)row + column->offset, sizeof value);
  return isnan(value);
}

/* `first` and `second` are the files' names. */
static bs_status check_same(bs_table_id id, const char *kind, const char *name, const void *a,
                            const void *b, const char *first, const char *second, bs_error *err) {
  const bs_table_schema *schema = &bs_schemas[id];
  for (size_t i = 0; i < schema->n_columns; i++) {
    const bs_column *column = &schema->columns[i];
    char mine[96], other[96];
    if (is_free(schema, column) || says_nothing(column, a) || says_nothing(column, b) ||
        !bs_column_differs(column, a, b))
      continue;
    bs_field_print(column, a, mine, sizeof mine);
    bs_field_print(column, b, other, sizeof other);
    bool is_metrics = strstr(column->name, "metrics") != NULL;
    return contradiction(err, "%s \"%s\": its %s is %s in %s and %s in %s: %s", kind, name,
                         column->name, mine, first, other, second,
                         is_metrics ? "`bigsweep rescore FILE --metrics NAME,...` gives both the "
                                      "same metrics"
                                    : "give both configurations the same and run them again, "
                                      "which computes nothing anew");
  }
  return BS_OK;
}

/* What one file knows and the other does not. */
static void complete(const bs_table_schema *schema, void *row, const void *other) {
  static const size_t BYTES[] = {[BS_COLUMN_U32] = sizeof(uint32_t),
                                 [BS_COLUMN_U64] = sizeof(uint64_t),
                                 [BS_COLUMN_F64] = sizeof(double),
                                 [BS_COLUMN_STRING] = sizeof(const char *),
                                 [BS_COLUMN_HEX] = sizeof(bs_hash)};
  for (size_t i = 0; i < schema->n_columns; i++) {
    const bs_column *column = &schema->columns[i];
    if (says_nothing(column, row) && !says_nothing(column, other))
      memcpy((char *)row + column->offset, (const char *)other + column->offset,
             BYTES[column->kind]);
  }
}

/* The texts of a completed row live in its source; the row is the whole's. */
static bs_status map_model(merging *m, const part *from, size_t i, bs_error *err) {
  const bs_model_row *row = &from->source->tables->models[i];
  for (size_t k = 0; k < m->to->n_models; k++) {
    bs_model_row *known = &m->to->models[k];
    const char *file = m->parts[m->model_from[k]].source->name;
    if (strcmp(known->name, row->name) != 0)
      continue;
    if (strcmp(known->sha256, row->sha256) != 0)
      return contradiction(
          err,
          "model \"%s\" is one checkpoint in %s and another in %s (SHA-256 %.12s… and %.12s…): "
          "give one of them another name in its configuration and run that again, which computes "
          "nothing anew",
          row->name, file, from->source->name, known->sha256, row->sha256);
    from->models[i] = (uint32_t)k;
    bs_status status =
        check_same(BS_TABLE_MODELS, "model", row->name, known, row, file, from->source->name, err);
    if (status == BS_OK)
      complete(&bs_schemas[BS_TABLE_MODELS], known, row);
    return status;
  }
  from->models[i] = (uint32_t)m->to->n_models;
  m->model_from[m->to->n_models] = (size_t)(from - m->parts);
  return bs_tables_add_model(m->to, row, err);
}

static bs_status map_task(merging *m, const part *from, size_t i, bs_error *err) {
  const bs_task_row *row = &from->source->tables->tasks[i];
  for (size_t k = 0; k < m->to->n_tasks; k++) {
    bs_task_row *known = &m->to->tasks[k];
    const char *file = m->parts[m->task_from[k]].source->name;
    if (strcmp(known->name, row->name) != 0)
      continue;
    if (strcmp(known->sha256, row->sha256) != 0)
      return contradiction(
          err,
          "task \"%s\" is not the same in %s and %s: its file has changed between the runs "
          "(SHA-256 %.12s… and %.12s…). Run it again in one of them, or take it out with "
          "`bigsweep remove FILE --task %s -o OUT.h5`",
          row->name, file, from->source->name, known->sha256, row->sha256, row->name);
    from->tasks[i] = (uint32_t)k;
    bs_status status =
        check_same(BS_TABLE_TASKS, "task", row->name, known, row, file, from->source->name, err);
    if (status == BS_OK)
      complete(&bs_schemas[BS_TABLE_TASKS], known, row);
    return status;
  }
  from->tasks[i] = (uint32_t)m->to->n_tasks;
  m->task_from[m->to->n_tasks] = (size_t)(from - m->parts);
  return bs_tables_add_task(m->to, row, err);
}

static bs_status map_all(merging *m, bs_error *err) {
  size_t n_models = 0, n_tasks = 0;
  for (size_t p = 0; p < m->n; p++) {
    n_models += m->parts[p].source->tables->n_models;
    n_tasks += m->parts[p].source->tables->n_tasks;
  }
  m->model_from = bs_array_new(n_models, sizeof *m->model_from, err);
  m->task_from = bs_array_new(n_tasks, sizeof *m->task_from, err);
  bs_status status = m->model_from != NULL && m->task_from != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t p = 0; status == BS_OK && p < m->n; p++) {
    part *from = &m->parts[p];
    const bs_tables *tables = from->source->tables;
    from->models = bs_array_new(tables->n_models, sizeof *from->models, err);
    from->tasks = bs_array_new(tables->n_tasks, sizeof *from->tasks, err);
    status = from->models != NULL && from->tasks != NULL ? BS_OK : BS_ERR_MEMORY;
    if (status == BS_OK)
      status = check_protocol(m->parts[0].source, from->source, err);
    if (status == BS_OK)
      status = check_metrics(m->parts[0].source, from->source, err);
    for (size_t i = 0; status == BS_OK && i < tables->n_models; i++)
      status = map_model(m, from, i, err);
    for (size_t i = 0; status == BS_OK && i < tables->n_tasks; i++)
      status = map_task(m, from, i, err);
  }
  return status;
}

static void mark_tasks(const bs_tables *tables, bs_table_id id, bool *has) {
  const bs_table_schema *schema = &bs_schemas[id];
  const bs_column *column = bs_schema_column(schema, "task");
  size_t n;
  const char *rows = bs_table_rows(tables, id, &n);
  for (size_t i = 0; i < n; i++)
    has[bs_field_number(column, rows + i * schema->row_bytes)] = true;
}

/* The rows of one table of a task's texts come from the first part that has any; where some part
   has the task's questions, from the first such. `owner[n_tasks]` of the whole. */
static bs_status find_owners(const merging *m, bs_table_id id, size_t *owner, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t k = 0; k < m->to->n_tasks; k++)
    owner[k] = m->n;
  for (int pass = 0; pass < 2; pass++)
    for (size_t p = 0; status == BS_OK && p < m->n; p++) {
      const bs_tables *tables = m->parts[p].source->tables;
      bool *has = bs_array_new(tables->n_tasks, sizeof *has, err);
      status = has != NULL ? BS_OK : BS_ERR_MEMORY;
      if (status == BS_OK)
        mark_tasks(tables, pass == 0 ? BS_TABLE_INPUTS : id, has);
      for (size_t i = 0; status == BS_OK && i < tables->n_tasks; i++)
        if (has[i] && owner[m->parts[p].tasks[i]] == m->n)
          owner[m->parts[p].tasks[i]] = p;
      free(has);
    }
  return status;
}

static bs_status append_texts(merging *m, bs_table_id id, bs_error *err) {
  size_t *owner = bs_array_new(m->to->n_tasks, sizeof *owner, err);
  bs_status status = owner != NULL ? find_owners(m, id, owner, err) : BS_ERR_MEMORY;
  for (size_t p = 0; status == BS_OK && p < m->n; p++) {
    const part *from = &m->parts[p];
    size_t n = from->source->tables->n_tasks;
    uint32_t *map = bs_array_new(n, sizeof *map, err);
    status = map != NULL ? BS_OK : BS_ERR_MEMORY;
    for (size_t i = 0; status == BS_OK && i < n; i++)
      map[i] = owner[from->tasks[i]] == p ? from->tasks[i] : BS_NOT_THERE;
    if (status == BS_OK)
      status =
          bs_tables_append(m->to, from->source->tables, id, (bs_index_maps){.tasks = map}, err);
    free(map);
  }
  free(owner);
  return status;
}

/* What both have must be the same: rows of example i of a part and of another. */
static bs_status check_example(const merging *m, size_t p, size_t i, size_t q, bs_error *err) {
  const bs_tables *a = m->parts[q].source->tables, *b = m->parts[p].source->tables;
  const bs_example_row *row = &b->examples[i];
  bs_example_row key = *row;
  char what[BS_DIFFERENCE_BYTES];
  key.model = key.task = BS_NOT_THERE;
  for (uint32_t k = 0; k < a->n_models; k++)
    if (m->parts[q].models[k] == m->parts[p].models[row->model])
      key.model = k;
  for (uint32_t k = 0; k < a->n_tasks; k++)
    if (m->parts[q].tasks[k] == m->parts[p].tasks[row->task])
      key.task = k;
  size_t at = key.model != BS_NOT_THERE && key.task != BS_NOT_THERE
                  ? bs_tables_find_example(a, &key)
                  : SIZE_MAX;
  if (at == SIZE_MAX || !bs_examples_differ(a, at, b, i, NULL, what))
    return BS_OK;
  return contradiction(
      err,
      "model \"%s\", task \"%s\", %" PRIu32 " shots, example %" PRIu32
      " came out differently in %s and %s: %s. Take it out of one of them (`bigsweep remove FILE "
      "--model %s --task %s -o OUT.h5`); `bigsweep verify` tells which one computes so here",
      b->models[row->model].name, b->tasks[row->task].name, row->shots, row->example,
      m->parts[q].source->name, m->parts[p].source->name, what, b->models[row->model].name,
      b->tasks[row->task].name);
}

static bs_status check_examples(const merging *m, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t p = 1; p < m->n; p++)
    for (size_t q = 0; q < p; q++)
      for (size_t i = 0; status == BS_OK && i < m->parts[p].source->tables->n_examples; i++)
        status = check_example(m, p, i, q, err);
  return status;
}

/* An example that one part has left out and another has not. Both tables are in order now. */
static bs_status check_skipped(const bs_tables *to, bs_error *err) {
  for (size_t i = 0; i < to->n_skipped; i++) {
    const bs_skipped_row *row = &to->skipped[i];
    const bs_example_row key = {
        .model = row->model, .task = row->task, .shots = row->shots, .example = row->example};
    if (bs_tables_find_example(to, &key) != SIZE_MAX)
      return contradiction(err,
                           "model \"%s\", task \"%s\", %" PRIu32 " shots, example %" PRIu32
                           " is left out in one file and not in another",
                           to->models[row->model].name, to->tasks[row->task].name, row->shots,
                           row->example);
  }
  return BS_OK;
}

static bool is_made_good(const bs_tables *to, const bs_run_row *run) {
  for (uint32_t i = 0; i < run->n_examples; i++) {
    const bs_example_row key = {.model = run->model,
                                .task = run->task,
                                .shots = run->shots,
                                .example = run->first_example + i};
    if (bs_tables_find_example(to, &key) == SIZE_MAX)
      return false;
  }
  return true;
}

static void drop_failures(bs_tables *to) {
  size_t n = 0;
  for (size_t i = 0; i < to->n_runs; i++)
    if (to->runs[i].failure[0] == '\0' || !is_made_good(to, &to->runs[i]))
      to->runs[n++] = to->runs[i];
  to->n_runs = n;
}

static bs_status append_rows(merging *m, bs_error *err) {
  static const bs_table_id TEXTS[] = {BS_TABLE_INPUTS, BS_TABLE_TARGETS, BS_TABLE_CHOICE_TEXTS};
  static const bs_table_id ROWS[] = {BS_TABLE_EXAMPLES, BS_TABLE_SKIPPED, BS_TABLE_RUNS};
  bs_status status = BS_OK;
  for (size_t k = 0; status == BS_OK && k < sizeof TEXTS / sizeof *TEXTS; k++)
    status = append_texts(m, TEXTS[k], err);
  for (size_t p = 0; p < m->n; p++)
    for (size_t k = 0; status == BS_OK && k < sizeof ROWS / sizeof *ROWS; k++)
      status = bs_tables_append(m->to, m->parts[p].source->tables, ROWS[k],
                                (bs_index_maps){m->parts[p].models, m->parts[p].tasks}, err);
  if (status == BS_OK)
    status = bs_tables_sort(m->to, err); /* drops what is there twice */
  if (status == BS_OK)
    status = check_skipped(m->to, err);
  if (status == BS_OK)
    drop_failures(m->to);
  return status;
}

static bs_status join_configs(const merging *m, bs_text *config, bs_error *err) {
  const char *first = m->parts[0].source->tables->provenance.config;
  bool same = true;
  for (size_t p = 1; p < m->n; p++)
    same = same && strcmp(m->parts[p].source->tables->provenance.config, first) == 0;
  bs_writer w = {.to = config};
  bs_writer_append_string(&w, same ? first : "{\"merged\": [");
  for (size_t p = 0; !same && p < m->n; p++) {
    const char *one = m->parts[p].source->tables->provenance.config;
    bs_writer_printf(&w, "%s%s", p > 0 ? ", " : "", one[0] != '\0' ? one : "null");
  }
  bs_writer_append_string(&w, same ? "" : "]}");
  return bs_writer_status(&w, err);
}

static bs_status set_provenance(merging *m, const bs_tables_source **other_isa, bs_error *err) {
  bs_provenance provenance = m->parts[0].source->tables->provenance;
  bs_text config = {0};
  *other_isa = NULL;
  for (size_t p = 1; p < m->n; p++) {
    const char *isa = m->parts[p].source->tables->provenance.isa;
    if (provenance.isa[0] == '\0')
      provenance.isa = isa;
    else if (isa[0] != '\0' && strcmp(isa, provenance.isa) != 0 && *other_isa == NULL)
      *other_isa = m->parts[p].source;
  }
  bs_status status = join_configs(m, &config, err);
  provenance.config = config.data;
  if (status == BS_OK)
    status = bs_tables_set_provenance(m->to, &provenance, err);
  bs_text_free(&config);
  return status;
}

/* Strings that `complete` has put into rows are the sources' until here. */
static bs_status own_rows(merging *m, bs_error *err) {
  bs_tables *to = m->to;
  size_t n_models = to->n_models, n_tasks = to->n_tasks;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < n_models; i++) {
    const bs_model_row row = to->models[i];
    status = bs_tables_add_model(to, &row, err);
    if (status == BS_OK)
      to->models[i] = to->models[--to->n_models];
  }
  for (size_t i = 0; status == BS_OK && i < n_tasks; i++) {
    const bs_task_row row = to->tasks[i];
    status = bs_tables_add_task(to, &row, err);
    if (status == BS_OK)
      to->tasks[i] = to->tasks[--to->n_tasks];
  }
  return status;
}

bs_status bs_tables_merge(bs_tables **out, const bs_tables_source *sources, size_t n,
                          const bs_tables_source **other_isa, bs_error *err) {
  merging m = {.n = n};
  const bs_tables_source *own;
  *out = NULL;
  if (n == 0)
    return bs_error_set(err, BS_ERR_USAGE, "there is nothing to merge");
  m.parts = bs_array_new(n, sizeof *m.parts, err);
  bs_status status = m.parts != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t p = 0; status == BS_OK && p < n; p++)
    m.parts[p].source = &sources[p];
  if (status == BS_OK)
    status =
        bs_tables_new(&m.to, sources[0].tables->metric_names, sources[0].tables->n_metrics, err);
  if (status == BS_OK)
    status = map_all(&m, err);
  if (status == BS_OK)
    status = own_rows(&m, err);
  if (status == BS_OK)
    status = check_examples(&m, err);
  if (status == BS_OK)
    status = append_rows(&m, err);
  if (status == BS_OK)
    status = set_provenance(&m, other_isa != NULL ? other_isa : &own, err);
  for (size_t p = 0; m.parts != NULL && p < n; p++) {
    free(m.parts[p].models);
    free(m.parts[p].tasks);
  }
  free(m.parts);
  free(m.model_from);
  free(m.task_from);
  if (status != BS_OK)
    bs_tables_free(&m.to);
  *out = m.to;
  return status;
}
