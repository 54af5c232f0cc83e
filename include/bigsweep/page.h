/* An analysis as one page for a browser. */
#ifndef BIGSWEEP_PAGE_H
#define BIGSWEEP_PAGE_H

#include <stddef.h>

#include "bigsweep/analysis.h"
#include "bigsweep/buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many examples of each task and number of shots a page shows where nothing else is asked
   for. */
enum { BS_PAGE_EXAMPLES = 10 };

typedef struct bs_page_options {
  const char *title;    /* NULL: none */
  const char *subtitle; /* the files' names, say; NULL: none */
  /* Examples of each task and number of shots, at most; 0: none. Shown are those on which models
     differ most. Of large results there are fewer, so that the page stays small. */
  size_t n_examples;
} bs_page_options;

/* Appends the page: one HTML file with style, script, pictures (SVG) and examples in it, which
   takes nothing from the network and can be read without JavaScript, except for the examples.
   Nothing of the names and texts in it becomes markup. `results`: what the analysis is of, NULL for
   a table of scores. What they do not hold is named at the page's end. UTF-8. BS_ERR_MEMORY. */
BS_API bs_status bs_page_append(bs_text *to, const bs_analysis *analysis, const bs_tables *results,
                                const bs_page_options *options, bs_error *err);

/* Writes it to a file, which is replaced as a whole or stays as it was. BS_ERR_IO, BS_ERR_MEMORY.
 */
BS_API bs_status bs_page_write(const char *path, const bs_analysis *analysis,
                               const bs_tables *results, const bs_page_options *options,
                               bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
