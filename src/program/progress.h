/* Telling people how far a run is: a bar on a terminal, a line every so often in a log. */
#ifndef BIGSWEEP_PROGRAM_PROGRESS_H
#define BIGSWEEP_PROGRAM_PROGRESS_H

#include <stddef.h>

#include "bigsweep/sweep.h"

typedef struct progress_printer {
  bool is_terminal;
  size_t n_lines;                       /* printed into a log */
  double last;                          /* seconds of the run at the last line */
  double analysis_began, analysis_last; /* on a steady clock; 0: not yet */
  bool bar_shown;
} progress_printer;

progress_printer progress_new(void);
/* May be called often; prints when it is time: on a terminal five times a second, in a log after 1,
   3 and 10 seconds, from then on every 10 seconds, after ten minutes every minute. */
void progress_print(progress_printer *printer, const bs_progress *progress);
/* The line, of at most `width` characters: share, time left and rate first; what does not fit is
   left out whole, the least important first. */
void progress_format_line(char *line, size_t n_bytes, size_t width, const bs_progress *progress);
/* Whether a log with so many lines, the last at `last`, gets another one now. */
bool progress_is_due(size_t n_lines, double last, double seconds);
/* Of the statistics: printed when they take longer than two seconds and it is time. */
void progress_print_analysis(progress_printer *printer, size_t n_done, size_t n_curves);
/* "12 s", "3 min 04 s", "5 h 06 min" */
void progress_format_duration(char *text, size_t n, double seconds);
/* Clears the bar, so that other lines can follow. */
void progress_clear(progress_printer *printer);

#endif
