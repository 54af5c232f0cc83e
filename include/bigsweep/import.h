/* Scores of other tools as the table that `analyze --scores` and `forecast --scores` read. */
#ifndef BIGSWEEP_IMPORT_H
#define BIGSWEEP_IMPORT_H

#include <stddef.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Scores that have been read from files. */
typedef struct bs_import bs_import;

BS_API bs_status bs_import_new(bs_import **out, bs_error *err);
BS_API void bs_import_free(bs_import **import);

/* Says what models are that the files to come name: a table in CSV with the column `model` (a name
   as in the files, or its last part) and any of scale, family, seed, tokens and compute; an empty
   field says nothing. It overrides what files say themselves. BS_ERR_INPUT names line and column.
 */
BS_API bs_status bs_import_models(bs_import *import, const char *path, bs_error *err);

/* Reads the scores of a file: results of lm-evaluation-harness, scores of BIG-bench, an evaluation
   in every_eval_ever's schema, or a table in CSV with the columns model, task, metric and value
   (and any of the others that bs_import_table writes). A model's scale is what `bs_import_models`,
   else the file, else its name says ("pythia-1.4b" has 1.4e9). BS_ERR_INPUT names the file and the
   place: for what is none of these, for a model without a scale, for a score that was there
   already. */
BS_API bs_status bs_import_file(bs_import *import, const char *path, bs_error *err);

BS_API size_t bs_import_n_scores(const bs_import *import);

/* Appends the table:
   family,model,scale,task,metric,shots,value,stderr,n,seed,tokens,compute,chance, preferred_metric,
   a line for each score in the order in which they were read. */
BS_API bs_status bs_import_table(const bs_import *import, bs_text *to, bs_error *err);

/* Writes it to a file, whole or not at all; one that is there is replaced. BS_ERR_IO. */
BS_API bs_status bs_import_write(const bs_import *import, const char *path, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
