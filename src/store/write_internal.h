/* A results file as bytes. */
#ifndef BIGSWEEP_STORE_WRITE_INTERNAL_H
#define BIGSWEEP_STORE_WRITE_INTERNAL_H

#include "bigsweep/buffer.h"
#include "bigsweep/store.h"

/* What goes into a file, all borrowed. */
typedef struct bs_content {
  const bs_tables *results;
  const bs_analysis *analysis; /* (optional) */
  const bs_run_row *runs;      /* (optional) */
  size_t n_runs;
  const bs_provenance *provenance; /* (optional) */
} bs_content;

/* Puts the file's bytes into `out` (not NUL-terminated); `path` names it in messages. */
bs_status bs_store_image(bs_text *out, const char *path, const bs_content *content, bs_error *err);

#endif
