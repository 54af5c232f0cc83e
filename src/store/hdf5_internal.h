/* What writing and reading share: HDF5's errors turned into ours, the tables' columns. */
#ifndef BIGSWEEP_STORE_HDF5_INTERNAL_H
#define BIGSWEEP_STORE_HDF5_INTERNAL_H

#include <hdf5.h>
#include <stddef.h>

#include "bigsweep/error.h"

/* HDF5 prints its errors by itself; between these two calls it does not, and the caller's setting
   comes back. */
typedef struct bs_h5_quiet {
  H5E_auto2_t print;
  void *data;
} bs_h5_quiet;

bs_h5_quiet bs_h5_silence(void);
void bs_h5_restore(bs_h5_quiet before);

/* Sets `status` with "FILE: what: the innermost reason on HDF5's error stack" and clears the
   stack. */
bs_status bs_h5_fault(bs_error *err, bs_status status, const char *file, const char *what);

/* Closes an identifier of any kind and keeps the errors that stand on the stack; negative ones are
   let pass. */
void bs_h5_close(hid_t id);

/* How a field of a row struct lies in memory and in the file (little-endian there). */
typedef enum bs_column_kind {
  BS_COLUMN_U32,
  BS_COLUMN_U64, /* uint64_t and size_t */
  BS_COLUMN_F64,
  BS_COLUMN_STRING, /* const char * */
  BS_COLUMN_HEX     /* char[65]: at most 64 characters and a NUL */
} bs_column_kind;

enum { BS_HEX_BYTES = 64 };

typedef struct bs_column {
  const char *name;
  bs_column_kind kind;
  size_t offset; /* of the field in a row */
} bs_column;

/* A group of columns over an array of row structs. */
typedef struct bs_table {
  const char *path; /* of the group */
  const bs_column *columns;
  size_t n_columns;
  size_t row_bytes;
  /* (optional) up to NULL, columns that older files lack: their fields are 0, NaN or "" then */
  const char *const *later;
} bs_table;

extern const bs_table bs_table_models, bs_table_tasks, bs_table_targets, bs_table_choice_texts,
    bs_table_examples, bs_table_choices, bs_table_samples, bs_table_scores, bs_table_linearity,
    bs_table_aggregates, bs_table_units;

extern const bs_table bs_table_variants, bs_table_human, bs_table_skipped, bs_table_prompts,
    bs_table_points;

/* The column of /examples that is a copy of "shots" in files that lack it. */
#define BS_SHOTS_SHOWN "shots_shown"

/* The root's provenance: columns of a bs_provenance, all BS_COLUMN_STRING, as attributes. */
extern const bs_table bs_table_provenance;

/* The attribute of /examples that lists its metric columns, comma-separated, in order. */
#define BS_METRICS_ATTRIBUTE "metrics"
#define BS_VERSION_ATTRIBUTE "schema_version"

/* The file's type of numeric column kinds, and memory's. */
hid_t bs_h5_file_type(bs_column_kind kind);
hid_t bs_h5_memory_type(bs_column_kind kind);
/* Bytes of one element of a numeric column. */
size_t bs_h5_number_bytes(bs_column_kind kind);

#endif
