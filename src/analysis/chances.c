/* What a guess scores: as a table says, or as a task is normalised. */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_internal.h"
#include "bigsweep/metric.h"

static int compare_chances(const void *left, const void *right) {
  const bs_chance *a = left, *b = right;
  BS_ORDER(a->task, b->task);
  BS_ORDER(a->metric, b->metric);
  return 0;
}

void bs_analysis_settle_chances(bs_analysis *analysis) {
  if (analysis->n_chances > 0)
    qsort(analysis->chances, analysis->n_chances, sizeof *analysis->chances, compare_chances);
}

double bs_analysis_chance(const bs_analysis *of, const bs_tables *results, uint32_t task,
                          uint32_t metric) {
  const bs_chance key = {.task = task, .metric = metric};
  const bs_chance *found = of->n_chances > 0 ? bsearch(&key, of->chances, of->n_chances,
                                                       sizeof *of->chances, compare_chances)
                                             : NULL;
  if (found != NULL || results == NULL)
    return found != NULL ? found->value : NAN;
  const bs_task_row *row = &results->tasks[task];
  const bs_metric *preferred = bs_metric_find(row->preferred_metric);
  const bs_metric *asked = bs_metric_find(of->metrics.strings[metric]);
  bool is_chance = preferred != NULL && preferred->low_is_chance && asked != NULL &&
                   asked->low_is_chance && isfinite(row->low_score);
  return is_chance ? row->low_score : NAN;
}
