/* The analysis as an object: its tables and what they hold. */
#include "bigsweep/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_internal.h"
#include "analysis/repeats_internal.h"
#include "base/memory_internal.h"

bs_status bs_analysis_new(bs_analysis **out, bs_error *err) {
  *out = NULL;
  bs_analysis *analysis = bs_array_new(1, sizeof *analysis, err);
  if (analysis == NULL)
    return BS_ERR_MEMORY;
  bs_status status = bs_tables_new(&analysis->tables, NULL, 0, err);
  if (status != BS_OK)
    bs_analysis_free(&analysis);
  *out = analysis;
  return status;
}

void bs_analysis_free(bs_analysis **analysis) {
  if (analysis == NULL || *analysis == NULL)
    return;
  bs_analysis *of = *analysis;
  free(of->models);
  free(of->tasks);
  free(of->forecast_details);
  free(of->scale_differences);
  free(of->chances);
  free(of->shared_scales);
  free(of->common_errors);
  free(of->common_aggregate_errors);
  free(of->spread_places);
  free(of->linearity_task);
  free(of->first_point);
  bs_interner_free(&of->families);
  bs_interner_free(&of->metrics);
  bs_interner_free(&of->aggregate_names);
  bs_tables_free(&of->tables);
  free(of);
  *analysis = NULL;
}

static bs_status copy_string(bs_analysis *analysis, const char *from, const char **out,
                             bs_error *err) {
  from = from != NULL ? from : "";
  *out = bs_arena_string(analysis->tables->arena, from, strlen(from));
  return *out != NULL ? BS_OK : bs_error_set(err, BS_ERR_MEMORY, "cannot copy a name");
}

bs_status bs_analysis_add_model(bs_analysis *analysis, const char *name, const char *family,
                                double scale, double seed, bs_error *err) {
  bs_analysis_model_row row = {.scale = scale, .seed = seed, .tokens = NAN, .compute = NAN};
  void *models = analysis->models;
  bs_status status = bs_array_reserve(&models, &analysis->cap_models, analysis->n_models, 1,
                                      sizeof *analysis->models, err);
  analysis->models = models;
  if (status == BS_OK)
    status = copy_string(analysis, name, &row.name, err);
  if (status == BS_OK)
    status = bs_interner_add(&analysis->families, analysis->tables->arena,
                             family != NULL ? family : "", &row.family_number, err);
  if (status != BS_OK)
    return status;
  row.family = analysis->families.strings[row.family_number];
  analysis->models[analysis->n_models++] = row;
  return BS_OK;
}

static bs_model_place *places_of(const bs_analysis *analysis, bs_error *err) {
  bs_model_place *places = bs_array_new(analysis->n_models, sizeof *places, err);
  for (size_t i = 0; places != NULL && i < analysis->n_models; i++) {
    const bs_analysis_model_row *row = &analysis->models[i];
    places[i] = (bs_model_place){row->name, row->family, row->scale, row->seed};
  }
  return places;
}

bs_status bs_analysis_settle_models(bs_analysis *analysis, bs_error *err) {
  size_t n = analysis->n_models;
  bs_model_place *places = places_of(analysis, err);
  uint32_t *first = bs_array_new(n, sizeof *first, err);
  bs_scale_sharing *sharing = bs_array_new(n, sizeof *sharing, err);
  analysis->shared_scales =
      bs_array_new(analysis->families.n, sizeof *analysis->shared_scales, err);
  bs_status status =
      places != NULL && first != NULL && sharing != NULL && analysis->shared_scales != NULL
          ? bs_repeats_find(places, n, first, sharing, err)
          : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    bs_analysis_model_row *row = &analysis->models[i];
    row->first_repeat = first[i];
    analysis->models[first[i]].n_repeats++;
    analysis->shared_scales[row->family_number] += sharing[i] == BS_SCALE_SHARED_FIRST;
  }
  for (size_t i = 0; status == BS_OK && i < n; i++)
    analysis->models[i].n_repeats = analysis->models[first[i]].n_repeats;
  free(places);
  free(first);
  free(sharing);
  return status;
}

bs_status bs_analysis_tell_shared_scales(const bs_analysis *analysis, bs_analysis_notice notice,
                                         void *user, bs_error *err) {
  bs_model_place *places = places_of(analysis, err);
  bs_status status = places != NULL ? bs_repeats_tell(places, analysis->n_models, notice, user, err)
                                    : BS_ERR_MEMORY;
  free(places);
  return status;
}

bs_status bs_analysis_add_task(bs_analysis *analysis, const char *name,
                               const char *preferred_metric, bs_error *err) {
  bs_analysis_task_row row = {0};
  void *tasks = analysis->tasks;
  bs_status status = bs_array_reserve(&tasks, &analysis->cap_tasks, analysis->n_tasks, 1,
                                      sizeof *analysis->tasks, err);
  analysis->tasks = tasks;
  if (status == BS_OK)
    status = copy_string(analysis, name, &row.name, err);
  if (status == BS_OK)
    status = copy_string(analysis, preferred_metric, &row.preferred_metric, err);
  if (status == BS_OK)
    analysis->tasks[analysis->n_tasks++] = row;
  return status;
}

bs_status bs_analysis_add_chance(bs_analysis *analysis, uint32_t task, const char *metric,
                                 double chance, bs_error *err) {
  bs_chance row = {.task = task, .value = chance};
  bs_status status =
      bs_interner_add(&analysis->metrics, analysis->tables->arena, metric, &row.metric, err);
  if (status == BS_OK)
    status = bs_reserve(&analysis->chances, &analysis->cap_chances, analysis->n_chances, 1, err);
  if (status == BS_OK)
    analysis->chances[analysis->n_chances++] = row;
  return status;
}

bs_status bs_analysis_add_score(bs_analysis *analysis, const bs_score_row *row, bs_error *err) {
  uint32_t metric = 0;
  void *scores = analysis->tables->scores;
  bs_status status =
      bs_array_reserve(&scores, &analysis->tables->cap_scores, analysis->tables->n_scores, 1,
                       sizeof *analysis->tables->scores, err);
  analysis->tables->scores = scores;
  if (status == BS_OK)
    status =
        bs_interner_add(&analysis->metrics, analysis->tables->arena, row->metric, &metric, err);
  if (status != BS_OK)
    return status;
  bs_score_row *copy = &analysis->tables->scores[analysis->tables->n_scores++];
  *copy = *row;
  copy->metric = analysis->metrics.strings[metric];
  return BS_OK;
}

const bs_tables *bs_analysis_tables(const bs_analysis *analysis) { return analysis->tables; }

size_t bs_analysis_n_models(const bs_analysis *analysis) { return analysis->n_models; }
const char *bs_analysis_model(const bs_analysis *analysis, uint32_t model) {
  return model < analysis->n_models ? analysis->models[model].name : NULL;
}

double bs_analysis_scale(const bs_analysis *analysis, uint32_t model) {
  return model < analysis->n_models ? analysis->models[model].scale : NAN;
}

double bs_analysis_seed(const bs_analysis *analysis, uint32_t model) {
  return model < analysis->n_models ? analysis->models[model].seed : NAN;
}

const char *bs_analysis_task(const bs_analysis *analysis, uint32_t task) {
  return task < analysis->n_tasks ? analysis->tasks[task].name : NULL;
}

const char *bs_analysis_preferred_metric(const bs_analysis *analysis, uint32_t task) {
  return task < analysis->n_tasks ? analysis->tasks[task].preferred_metric : NULL;
}

const bs_scale_point *bs_analysis_curve(const bs_analysis *analysis, size_t row, size_t *n) {
  *n = row < analysis->tables->n_linearity
           ? analysis->first_point[row + 1] - analysis->first_point[row]
           : 0;
  return *n > 0 ? analysis->tables->points + analysis->first_point[row] : NULL;
}

uint32_t bs_analysis_linearity_task(const bs_analysis *analysis, size_t row) {
  return row < analysis->tables->n_linearity ? analysis->linearity_task[row] : UINT32_MAX;
}
