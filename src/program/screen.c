/* Messages that do not stand in a line of progress. */
#include "program/screen.h"

void screen_notice(void *user, bool is_error, const char *message) {
  screen *s = user;
  (void)is_error;
  progress_clear(&s->progress);
  print_error(s->command, message);
}

void screen_progress(void *user, size_t n_done, size_t n_curves) {
  screen *s = user;
  progress_print_analysis(&s->progress, n_done, n_curves);
}
