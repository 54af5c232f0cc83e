/* Scores that were read from files: how they are kept, and the table that they become. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_internal.h"
#include "base/memory_internal.h"
#include "export/folder_internal.h"
#include "import/import_internal.h"

bs_status bs_import_new(bs_import **out, bs_error *err) {
  *out = bs_array_new(1, sizeof **out, err);
  if (*out == NULL)
    return BS_ERR_MEMORY;
  (*out)->arena = bs_arena_new();
  if ((*out)->arena != NULL)
    return BS_OK;
  bs_import_free(out);
  return bs_error_set(err, BS_ERR_MEMORY, "out of memory");
}

void bs_import_free(bs_import **import) {
  if (*import == NULL)
    return;
  bs_interner_free(&(*import)->keys);
  bs_interner_free(&(*import)->files);
  bs_interner_free(&(*import)->named);
  bs_arena_free(&(*import)->arena);
  free((*import)->scores);
  free((*import)->models);
  free(*import);
  *import = NULL;
}

size_t bs_import_n_scores(const bs_import *import) { return import->n_scores; }

/* What makes a score the same as another; lengths keep texts apart. */
static bs_status append_key(bs_text *to, const bs_imported_score *score, bs_error *err) {
  const bs_imported_model *model = &score->model;
  return bs_text_printf(to, err, "%zu %zu %zu %.17g %" PRIu32 " %s%s%s%s", strlen(model->family),
                        strlen(model->name), strlen(score->task), model->seed, score->shots,
                        model->family, model->name, score->task, score->metric);
}

static bs_status copy(bs_import *import, const char **text, bs_error *err) {
  const char *from = *text != NULL ? *text : "";
  *text = bs_arena_string(import->arena, from, strlen(from));
  return *text != NULL ? BS_OK : bs_error_set(err, BS_ERR_MEMORY, "out of memory");
}

static bs_status keep(bs_import *import, const bs_imported_score *score, bs_error *err) {
  bs_status status = bs_reserve(&import->scores, &import->cap_scores, import->n_scores, 1, err);
  if (status != BS_OK)
    return status;
  bs_imported_score *kept = &import->scores[import->n_scores];
  *kept = *score;
  kept->file = (uint32_t)(import->files.n - 1);
  const char **const TEXTS[] = {&kept->task, &kept->metric, &kept->preferred};
  for (size_t i = 0; status == BS_OK && i < sizeof TEXTS / sizeof *TEXTS; i++)
    status = copy(import, TEXTS[i], err);
  if (status == BS_OK)
    import->n_scores++;
  return status;
}

bs_status bs_import_add(bs_import *import, const bs_imported_score *score, bs_error *err) {
  bs_text key = {0};
  uint32_t number = 0;
  bs_status status = append_key(&key, score, err);
  if (status == BS_OK)
    status = bs_interner_add(&import->keys, import->arena, key.data, &number, err);
  bs_text_free(&key);
  if (status == BS_OK && number < import->n_scores)
    return bs_error_set(err, BS_ERR_INPUT,
                        "the score of \"%s\" on \"%s\", %s, %" PRIu32 " shots stands in %s already",
                        score->model.name, score->task, score->metric, score->shots,
                        import->files.strings[import->scores[number].file]);
  return status == BS_OK ? keep(import, score, err) : status;
}

double bs_import_number(const cJSON *object, const char *key) {
  const cJSON *member = bs_json_get(object, key);
  if (cJSON_IsNumber(member))
    return member->valuedouble;
  if (!cJSON_IsString(member) || member->valuestring[0] == '\0')
    return NAN;
  char *end;
  double value = strtod(member->valuestring, &end);
  return *end == '\0' ? value : NAN;
}

const char *bs_import_string(const cJSON *object, const char *key) {
  const cJSON *member = bs_json_get(object, key);
  return cJSON_IsString(member) ? member->valuestring : "";
}

static void write_line(bs_writer *w, const bs_imported_score *row) {
  const bs_imported_model *model = &row->model;
  const double numbers[] = {row->value,    row->standard_error, row->n,     model->seed,
                            model->tokens, model->compute,      row->chance};
  bs_csv_write_field(w, model->family);
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, model->name);
  bs_writer_append_string(w, ",");
  bs_csv_write_number(w, model->scale);
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, row->task);
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, row->metric);
  bs_writer_printf(w, ",%" PRIu32, row->shots);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    bs_writer_append_string(w, ",");
    bs_csv_write_number(w, numbers[i]);
  }
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, row->preferred);
  bs_writer_append_string(w, "\n");
}

bs_status bs_import_table(const bs_import *import, bs_text *to, bs_error *err) {
  bs_writer w = {.to = to};
  bs_writer_append_string(&w, "family,model,scale,task,metric,shots,value,stderr,n,seed,tokens,"
                              "compute,chance,preferred_metric\n");
  for (size_t i = 0; i < import->n_scores; i++)
    write_line(&w, &import->scores[i]);
  return bs_writer_status(&w, err);
}

bs_status bs_import_write(const bs_import *import, const char *path, bs_error *err) {
  bs_text table = {0};
  bs_status status = bs_import_table(import, &table, err);
  if (status == BS_OK)
    status = bs_export_write_file(path, &table, err);
  bs_text_free(&table);
  return status;
}
