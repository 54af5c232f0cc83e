/* Which models of one scale are repeats of each other, and make one point of a curve together. */
#ifndef BIGSWEEP_ANALYSIS_REPEATS_INTERNAL_H
#define BIGSWEEP_ANALYSIS_REPEATS_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "bigsweep/analysis.h"
#include "bigsweep/error.h"

/* Where a model stands among others. */
typedef struct bs_model_place {
  const char *name, *family; /* borrowed */
  double scale;
  double seed; /* NaN: none is given */
} bs_model_place;

typedef enum bs_scale_sharing {
  BS_SCALE_OWN,
  BS_SCALE_SHARED,
  BS_SCALE_SHARED_FIRST /* the same, for the first of the models at that scale */
} bs_scale_sharing;

/* Finds the repeats. Models of one family and scale are repeats when each has a seed and no two
   have the same; where two have the same, or a model has none, it is a model of its own.
   first[n]: the first of the models that a model is a repeat of; itself where it is alone.
   sharing[n]: whether the family has models at this scale that are not its repeats. */
bs_status bs_repeats_find(const bs_model_place *models, size_t n, uint32_t *first,
                          bs_scale_sharing *sharing, bs_error *err);

/* Tells of each family with models of one scale that are not repeats, in order of its first one. */
bs_status bs_repeats_tell(const bs_model_place *models, size_t n, bs_analysis_notice notice,
                          void *user, bs_error *err);

#endif
