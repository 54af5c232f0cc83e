/* RESULTS.h5 and its parts on disk. The only door to HDF5; one thread at a time.

   Schema version 1. A group is a table, its 1-D datasets are the columns, all of one length; rows
   are matched by their place, indices begin at 0. bigsweep/rows.h lists the columns of every table,
   docs/results.md says what they mean. Types: u32, u64, f64 (little-endian; NaN is undefined) and
   text (fixed length, the longest of the column, UTF-8 padded with NUL).

     /          attributes: schema_version (i32); text: bigsweep_version and those of bs_provenance
     /models, /tasks, /inputs*, /targets, /choice_texts*, /choices, /samples*, /skipped*
     /examples  behind its columns one of f64 for each metric that the group's attribute "metrics"
                lists
     /scores, /analysis/linearity, .../points, .../aggregates, .../variants, .../human, .../prompts
     /run/units

   Columns that are BS_LATER in rows.h, and tables that are marked * here, came later than the first
   files of this version. rows.h says what is read in place of a missing column; a missing table is
   read as one without rows.

   Parts have no /scores and /analysis. Everything outside /run and the root's attributes is a
   function of the rows alone, so h5diff of those groups finds no difference between runs. Columns
   past 1 KiB are chunked, deflated and carry checksums; shorter ones stand in their object's
   header, which carries one. */
#ifndef BIGSWEEP_STORE_H
#define BIGSWEEP_STORE_H

#include "bigsweep/error.h"
#include "bigsweep/tables.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { BS_SCHEMA_VERSION = 1 };

/* Writes a results file: under a temporary name beside `path`, closed, fsync'ed, renamed, folder
   fsync'ed; on any error nothing is left under `path` and an older file there stays as it was.
   `analysis` (optional) has the tables of an analysis (bs_analysis_tables). Every dataset is a
   function of the rows alone (no timestamps); strings have a fixed length, the longest of the
   column. */
BS_API bs_status bs_store_write(const char *path, const bs_tables *tables,
                                const bs_tables *analysis, bs_error *err);

/* Reads a results file or a part, all but the tables of an analysis; BS_ERR_INPUT for another kind
 * of file, another schema version, or sizes that contradict each other. */
BS_API bs_status bs_store_read(bs_tables **out, const char *path, bs_error *err);

/* Commits finished work: writes the next part file in PATH.parts/ (the folder is made) as
   bs_store_write does. `tables` hold the rows of that work alone, with the models and tasks that
   these rows point to. */
BS_API bs_status bs_store_commit_part(const char *path, const bs_tables *tables, bs_error *err);

/* Visits every part of PATH.parts/ in order of name (no folder: no call). A part that cannot be
   read stops with its error. Leftover temporary files are ignored. */
typedef bs_status (*bs_part_visit)(void *user, const bs_tables *part, const char *part_path,
                                   bs_error *err);
BS_API bs_status bs_store_each_part(const char *path, bs_part_visit visit, void *user,
                                    bs_error *err);

/* Removes PATH.parts/ once RESULTS.h5 holds everything. */
BS_API bs_status bs_store_remove_parts(const char *path, bs_error *err);

/* To be called before work starts: BS_OK when a results file can be written at `path`, because its
 * folder exists and is writable. */
BS_API bs_status bs_store_check_writable(const char *path, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
