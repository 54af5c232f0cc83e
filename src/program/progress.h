/* Telling people how far a run is: a bar on a terminal, lines at a steady interval in a log. */
#ifndef BIGSWEEP_PROGRAM_PROGRESS_H
#define BIGSWEEP_PROGRAM_PROGRESS_H

#include "bigsweep/sweep.h"

typedef struct progress_printer {
  bool is_terminal;
  double last;                          /* seconds of the run at the last line */
  double analysis_began, analysis_last; /* on a steady clock; 0: not yet */
  bool bar_shown;
} progress_printer;

progress_printer progress_new(void);
/* May be called often; prints when it is time. */
void progress_print(progress_printer *printer, const bs_progress *progress);
/* Of the statistics: printed when they take longer than two seconds and it is time. */
void progress_print_analysis(progress_printer *printer, size_t n_done, size_t n_curves);
/* "12 s", "3 min 04 s", "5 h 06 min" */
void progress_format_duration(char *text, size_t n, double seconds);
/* Clears the bar, so that other lines can follow. */
void progress_clear(progress_printer *printer);

#endif
