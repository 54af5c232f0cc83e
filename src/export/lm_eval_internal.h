/* lm-evaluation-harness's files of single examples. */
#ifndef BIGSWEEP_EXPORT_LM_EVAL_INTERNAL_H
#define BIGSWEEP_EXPORT_LM_EVAL_INTERNAL_H

#include "bigsweep/tables.h"
#include "export/folder_internal.h"

/* Writes MODEL/samples_TASK_K-shot.jsonl for each model, task and number of shots. */
bs_status bs_export_lm_eval_samples(const bs_tables *results, const bs_export_folder *to,
                                    bs_error *err);

#endif
