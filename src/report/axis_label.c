/* What the models of results are ordered by, in words. */
#include <string.h>

#include "bigsweep/report.h"

static const struct {
  const char *axis, *words;
} LABELS[] = {{"parameters", "parameters"},
              {"active", "active parameters"},
              {"non_embedding", "parameters without embeddings"},
              {"tokens", "training tokens"},
              {"compute", "training compute (FLOPs)"},
              {"step", "training step"},
              {"weights_bytes", "size of weights (bytes)"}};

const char *bs_report_axis_label(const bs_tables *results) {
  const char *axis = results != NULL && results->n_models > 0 ? results->models[0].axis : "";
  for (size_t i = 1; results != NULL && i < results->n_models; i++)
    if (strcmp(results->models[i].axis, axis) != 0)
      return "scale";
  for (size_t i = 0; i < sizeof LABELS / sizeof *LABELS; i++)
    if (strcmp(axis, LABELS[i].axis) == 0)
      return LABELS[i].words;
  return "scale";
}
