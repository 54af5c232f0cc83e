/* Messages and progress of a command on one terminal. */
#ifndef BIGSWEEP_PROGRAM_SCREEN_H
#define BIGSWEEP_PROGRAM_SCREEN_H

#include "bigsweep/sweep.h"
#include "program/command.h"
#include "program/progress.h"

typedef struct screen {
  const bs_command *command;
  progress_printer progress;
} screen;

/* A bs_notice and a bs_analysis_progress; `user` is the screen. */
void screen_notice(void *user, bool is_error, const char *message);
void screen_progress(void *user, size_t n_done, size_t n_curves);

#endif
