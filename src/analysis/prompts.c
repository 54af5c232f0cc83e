/* Of how many prompts something was lost: counts for each model, task and number of shots. */
#include <stdlib.h>

#include "analysis/analysis_internal.h"
#include "base/memory_internal.h"

/* What both tables of examples have in common: where a row belongs. */
typedef struct place {
  uint32_t model, task, shots;
} place;

static int compare(const place *a, const place *b) {
  BS_ORDER(a->model, b->model);
  BS_ORDER(a->task, b->task);
  BS_ORDER(a->shots, b->shots);
  return 0;
}

static place of_example(const bs_tables *results, size_t i) {
  const bs_example_row *row = &results->examples[i];
  return (place){row->model, row->task, row->shots};
}

static place of_skipped(const bs_tables *results, size_t i) {
  const bs_skipped_row *row = &results->skipped[i];
  return (place){row->model, row->task, row->shots};
}

static size_t count_groups(const bs_tables *results) {
  size_t n = 0;
  for (size_t i = 0; i < results->n_examples; i++) {
    place here = of_example(results, i), before = i > 0 ? of_example(results, i - 1) : here;
    n += i == 0 || compare(&before, &here) != 0;
  }
  return n + results->n_skipped; /* at most: each may be of a group without examples */
}

bs_status bs_analysis_prompts_count(bs_analysis *analysis, const bs_tables *results,
                                    bs_error *err) {
  size_t e = 0, s = 0;
  analysis->tables->prompts =
      bs_array_new(count_groups(results), sizeof *analysis->tables->prompts, err);
  if (analysis->tables->prompts == NULL)
    return BS_ERR_MEMORY;
  while (e < results->n_examples || s < results->n_skipped) {
    place example = {0}, skipped = {0};
    if (e < results->n_examples)
      example = of_example(results, e);
    if (s < results->n_skipped)
      skipped = of_skipped(results, s);
    bool has_example = e < results->n_examples;
    place here = has_example && (s == results->n_skipped || compare(&example, &skipped) <= 0)
                     ? example
                     : skipped;
    bs_prompt_row *row = &analysis->tables->prompts[analysis->tables->n_prompts++];
    *row = (bs_prompt_row){.model = here.model, .task = here.task, .shots = here.shots};
    for (; e < results->n_examples; e++) {
      example = of_example(results, e);
      if (compare(&example, &here) != 0)
        break;
      bs_prompt_counts_add_example(&row->of, &results->examples[e]);
    }
    for (; s < results->n_skipped; s++) {
      skipped = of_skipped(results, s);
      if (compare(&skipped, &here) != 0)
        break;
      bs_prompt_counts_add_skipped(&row->of);
    }
  }
  return BS_OK;
}
