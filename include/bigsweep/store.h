/* RESULTS.h5 and its parts. The only door to HDF5; one thread at a time.

   Schema version 1. A group is a table, its 1-D datasets are the columns, all of one length; rows
   are matched by their place, indices begin at 0. Types: u32, u64, f64 (little-endian; NaN is
   undefined) and text (fixed length, the longest of the column, UTF-8 padded with NUL).

     /                    attributes: schema_version (i32); text: bigsweep_version and the fields of
                          bs_provenance by their names
     /models              name, family, architecture: text; parameters, non_embedding_parameters:
                          u64; scale: f64; path (as configured), sha256: text
     /tasks               name, variant*, preferred_metric, metrics (comma-separated): text;
                          low_score, high_score, human_average*, human_best*: f64; examples: u64;
                          keywords, stop_string, output_regex: text; max_length: u64; sha256: text
     /targets             task, example: u32; text: text. In order of task, example
     /choice_texts        task, example, choice: u32; text: text; role*: u32. In order of task,
                          example, choice
     /examples            model, task, shots, example, prompt_tokens, truncated_tokens, border*,
                          shots_shown*: u32; target_logprob: f64; prediction, generated: text; then
                          a column of f64 for each metric that the group's attribute "metrics"
                          lists. In order of model, task, shots, example
     /choices             row (into /examples): u64; choice, tokens: u32; logprob, target_score:
                          f64. In order of row, choice
     /samples*            row (into /examples): u64; sample: u32; reasoning, generated, answer:
                          text. In order of row, sample
     /skipped*            model, task, shots, example, prompt_tokens: u32. In order of model, task,
                          shots, example
     /scores              model, task, shots: u32; metric: text; value, stderr: f64; n: u64;
                          normalized: f64
     /analysis/linearity  family, task, metric: text; shots: u32; n (scales): u64; improvement,
                          linearity, breakthroughness, root_mean_square, root_median_square,
                          linearity_per_step: f64
     /analysis/aggregates model, shots: u32; tasks: text; value, stderr: f64; n (tasks): u64
     /analysis/variants   model: u32; task: text; shots: u32; metric: text; n (variants): u64; mean,
                          minimum, maximum, range, standard_deviation: f64; minimum_variant,
                          maximum_variant: text
     /analysis/human      task, metric: text; average, best, normalized_average, normalized_best:
                          f64; n (tasks): u64
     /analysis/prompts    model, task, shots: u32; prompts, truncated, fewer_shots, skipped, border:
                          u64
     /run/units           model, task, shots, first_example, n_examples, rank, attempts: u32;
                          seconds: f64; tokens_asked*, tokens_computed*: u64; host, failure: text

   What is marked * came later than the first files of this version. Where a file lacks it texts are
   "", roles and counts 0, human scores NaN, shots_shown is shots, and no example has samples or was
   left out.

   Parts have no /scores and /analysis. Everything outside /run and the root's attributes is a
   function of the rows alone, so h5diff of those groups finds no difference between runs. Columns
   past 1 KiB are chunked, deflated and carry checksums; shorter ones stand in their object's
   header, which carries one. */
#ifndef BIGSWEEP_STORE_H
#define BIGSWEEP_STORE_H

#include "bigsweep/analysis.h"
#include "bigsweep/error.h"
#include "bigsweep/tables.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { BS_SCHEMA_VERSION = 1 };

/* Root attributes; strings may be NULL (written as ""). What reads them owns the copies it gets. */
typedef struct bs_provenance {
  const char *config;  /* the configuration's JSON text */
  const char *created; /* ISO 8601, UTC */
  const char *commit;  /* of the source */
  const char *compiler;
  const char *isa;   /* instruction set of the kernels */
  const char *dtype; /* arithmetic */
  const char *host;
  const char *protocol; /* a text of everything that scores depend on beside checkpoint and task */
} bs_provenance;

/* What may differ from run to run: one row per unit of work, in order of model, task, shots, first.
 */
typedef struct bs_run_row {
  uint32_t model, task, shots, first_example, n_examples;
  uint32_t rank, attempts;
  double seconds;
  uint64_t tokens_asked, tokens_computed; /* as bs_engine_work counts them */
  const char *host;
  const char *failure; /* "" when the unit is done */
} bs_run_row;

/* Writes a results file: under a temporary name beside `path`, closed, fsync'ed, renamed, folder
   fsync'ed; on any error nothing is left under `path` and an older file there stays as it was.
   `analysis` (optional) gives /scores and /analysis; `runs` (optional) gives /run. Every dataset is
   a function of the rows alone (no timestamps); strings have a fixed length, the longest of the
   column. */
bs_status bs_store_write(const char *path, const bs_tables *results, const bs_analysis *analysis,
                         const bs_run_row *runs, size_t n_runs, const bs_provenance *provenance,
                         bs_error *err);

typedef struct bs_store_content {
  bs_tables *results;
  bs_run_row *runs; /* strings owned by results' arena */
  size_t n_runs;
  bs_provenance provenance; /* strings owned by results' arena */
} bs_store_content;

/* Reads a results file or a part; a file that is not one, is of another schema version or lies
   about its sizes is BS_ERR_INPUT. */
bs_status bs_store_read(bs_store_content *out, const char *path, bs_error *err);
void bs_store_content_free(bs_store_content *content);

/* Commits finished work: writes the next part file in PATH.parts/ (the folder is made) as
   bs_store_write does. `results` holds just the rows of that work with the models and tasks they
   point to. */
bs_status bs_store_commit_part(const char *path, const bs_tables *results, const bs_run_row *runs,
                               size_t n_runs, const bs_provenance *provenance, bs_error *err);

/* Visits every part of PATH.parts/ in order of name (no folder: no call). A part that cannot be
   read stops with its error. Leftover temporary files are ignored. */
typedef bs_status (*bs_part_visit)(void *user, const bs_store_content *part, const char *part_path,
                                   bs_error *err);
bs_status bs_store_each_part(const char *path, bs_part_visit visit, void *user, bs_error *err);

/* Removes PATH.parts/ once RESULTS.h5 holds everything. */
bs_status bs_store_remove_parts(const char *path, bs_error *err);

/* Whether a results file can be written at `path` (folder exists and is writable), before work
 * starts. */
bs_status bs_store_check_writable(const char *path, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
