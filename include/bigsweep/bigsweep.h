/* Everything the library offers. */
#ifndef BIGSWEEP_BIGSWEEP_H
#define BIGSWEEP_BIGSWEEP_H

#include "bigsweep/analysis.h"
#include "bigsweep/arithmetic.h"
#include "bigsweep/backend.h"
#include "bigsweep/buffer.h"
#include "bigsweep/checkpoint.h"
#include "bigsweep/config.h"
#include "bigsweep/engine.h"
#include "bigsweep/error.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"
#include "bigsweep/prompt.h"
#include "bigsweep/store.h"
#include "bigsweep/sweep.h"
#include "bigsweep/tables.h"
#include "bigsweep/task.h"
#include "bigsweep/tokenizer.h"
#include "bigsweep/version.h"

#endif
