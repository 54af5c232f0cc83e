/* Everything that the library shows, in three sections. Versions are MAJOR.MINOR.PATCH; before 1.0
   the promises for a major version hold for a minor one. */
#ifndef BIGSWEEP_BIGSWEEP_H
#define BIGSWEEP_BIGSWEEP_H

/* Simple: run a sweep, read its results, print, export and forecast. Source compatible within a
   major version: structs may grow at their end, no function changes. */
#include "bigsweep/analysis.h"
#include "bigsweep/buffer.h"
#include "bigsweep/comparison.h"
#include "bigsweep/config.h"
#include "bigsweep/error.h"
#include "bigsweep/export.h"
#include "bigsweep/forecast.h"
#include "bigsweep/import.h"
#include "bigsweep/page.h"
#include "bigsweep/report.h"
#include "bigsweep/statistics.h"
#include "bigsweep/store.h"
#include "bigsweep/survey.h"
#include "bigsweep/sweep.h"
#include "bigsweep/tables.h"
#include "bigsweep/version.h"

/* Detailed: the stages one by one, for programs that evaluate in a way of their own. Source
   compatible within a minor version. */
#include "bigsweep/backend.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"
#include "bigsweep/prompt.h"
#include "bigsweep/reach.h"
#include "bigsweep/task.h"
#include "bigsweep/tokenizer.h"
#include "bigsweep/wrap.h"

/* Advanced: the engine and what it reads. May change with any version. bigsweep/bench.h,
   random_model.h, helpers.h and json.h (which needs cJSON's header) are of this kind, too, and are
   included where they are used. */
#include "bigsweep/arithmetic.h"
#include "bigsweep/checkpoint.h"
#include "bigsweep/engine.h"

#endif
