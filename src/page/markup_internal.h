/* Text from files inside a page. Names, questions and answers are whatever somebody has put into a
   file: nothing of them may become markup, script or an end of either. */
#ifndef BIGSWEEP_PAGE_MARKUP_INTERNAL_H
#define BIGSWEEP_PAGE_MARKUP_INTERNAL_H

#include "base/writer_internal.h"

/* Appends text that stands for itself in HTML and SVG, between tags and in attributes with double
   quotes: & < > " ' are escaped; what is not UTF-8, control characters (but tab and newline) and
   those that turn the direction of writing become U+FFFD. NULL is "". */
void bs_markup_text(bs_writer *w, const char *text);

/* The same of a name, which may be broken behind "_", "-", "/", ":" and "." where a line ends. */
void bs_markup_name(bs_writer *w, const char *name);

/* The same of at most n_most characters; where there are more, "…" follows. */
void bs_markup_clip(bs_writer *w, const char *text, size_t n_most);

/* Appends a JSON string of at most n_most bytes of the text (0: all of it; where it is longer, "…"
   follows) that can stand inside a <script> element and inside a program: as above, and < > &
   U+2028 U+2029 are escaped. */
void bs_markup_json(bs_writer *w, const char *text, size_t n_most);

/* A number for JSON with three significant digits; null where it is undefined. */
void bs_markup_json_number(bs_writer *w, double value);

#endif
