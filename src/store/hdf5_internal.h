/* What writing and reading share: HDF5's errors turned into ours, its types for our columns. */
#ifndef BIGSWEEP_STORE_HDF5_INTERNAL_H
#define BIGSWEEP_STORE_HDF5_INTERNAL_H

#include <hdf5.h>
#include <stddef.h>

#include "bigsweep/error.h"
#include "tables/schema_internal.h"

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

/* The attribute of /examples that lists its metric columns, comma-separated, in order. */
#define BS_METRICS_ATTRIBUTE "metrics"
#define BS_VERSION_ATTRIBUTE "schema_version"

bool bs_h5_is_text(const bs_column *column);
/* The file's type of numeric column kinds, and memory's. */
hid_t bs_h5_file_type(bs_column_kind kind);
hid_t bs_h5_memory_type(bs_column_kind kind);
/* Bytes of one element of a numeric column. */
size_t bs_h5_number_bytes(bs_column_kind kind);

#endif
