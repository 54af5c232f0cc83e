/* The list of formats, and what each is made of. */
#ifndef BIGSWEEP_EXPORT_EXPORT_INTERNAL_H
#define BIGSWEEP_EXPORT_EXPORT_INTERNAL_H

#include "base/writer_internal.h"
#include "bigsweep/export.h"
#include "export/folder_internal.h"
#include "tables/schema_internal.h"

/* The formats in the order in which they are listed everywhere. The row of ROW(x) is
   `bs_export_format_x`, in a source file of its own: a new format is that file and a line here. */
#define BS_EXPORT_FORMATS(ROW)                                                                     \
  ROW(csv)                                                                                         \
  ROW(jsonl)                                                                                       \
  ROW(bigbench)                                                                                    \
  ROW(lm_eval)                                                                                     \
  ROW(every_eval_ever)

struct bs_export_format {
  const char *name;
  const char *description; /* one line */
  /* A format in which each table is a file, TABLE.NAME: appends the table that `id` has in
     `tables`, whatever its columns are (bs_table_column_at). */
  void (*write_table)(const bs_tables *tables, bs_table_id id, bs_writer *w);
  /* Any other: makes all files of the request, which has an analysis. */
  bs_status (*write_files)(const bs_export_request *of, const bs_export_folder *to, bs_error *err);
};

#define BS_EXPORT_DECLARE(name) extern const bs_export_format bs_export_format_##name;
BS_EXPORT_FORMATS(BS_EXPORT_DECLARE)
#undef BS_EXPORT_DECLARE

#endif
