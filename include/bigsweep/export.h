/* Results as files of other tools. */
#ifndef BIGSWEEP_EXPORT_H
#define BIGSWEEP_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/tables.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A kind of file that can be made of results. */
typedef struct bs_export_format bs_export_format;

BS_API size_t bs_export_format_count(void);
/* NULL past the last one. */
BS_API const bs_export_format *bs_export_format_at(size_t i);
/* As users write it: "csv". */
BS_API const char *bs_export_format_name(const bs_export_format *format);
/* What it is, in one line. */
BS_API const char *bs_export_format_description(const bs_export_format *format);
/* BS_ERR_USAGE for an unknown name; the message lists the known ones. */
BS_API bs_status bs_export_format_find(const bs_export_format **out, const char *name,
                                       bs_error *err);

/* What is exported, and how. All is borrowed for the call. */
typedef struct bs_export_request {
  const bs_export_format *format;
  const char *table;         /* "examples", "/analysis/linearity"; NULL: everything */
  const bs_tables *results;  /* sorted (bs_tables_sort) */
  const bs_tables *analysis; /* bs_analysis_tables of these results; NULL: not needed */
} bs_export_request;

/* Whether the format and the table go together, before there are results: BS_ERR_USAGE for an
   unknown table (the message lists the known ones), and for a single table of a format that does
   not consist of tables. *needs_analysis says whether the export reads request->analysis. */
BS_API bs_status bs_export_check(const bs_export_request *request, bool *needs_analysis,
                                 bs_error *err);

/* Appends one table, which the request names, to `to`. BS_ERR_INPUT for text that the format cannot
   hold. */
BS_API bs_status bs_export_text(const bs_export_request *request, bs_text *to, bs_error *err);

/* Writes `path`: the file of the table that the request names; or a folder with all files, which is
   made where it is missing. Each file is written whole or not at all, under a temporary name that
   is then changed; a file of that name is replaced. BS_ERR_IO. */
BS_API bs_status bs_export_write(const bs_export_request *request, const char *path, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
