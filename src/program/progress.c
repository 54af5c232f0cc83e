/* Progress of a run on a terminal or in a log. */
#include "program/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "program/terminal.h"

static const double LINE_SECONDS = 10; /* between the lines of a log */
static const double BAR_SECONDS = 0.2;
static const double SHORT_ANALYSIS_SECONDS = 2; /* is not told of */
enum { BAR_CHARACTERS = 30, LEAST_BAR_CHARACTERS = 8 };

progress_printer progress_new(void) {
  return (progress_printer){.is_terminal = isatty(STDERR_FILENO) == 1};
}

void progress_format_duration(char *text, size_t n, double seconds) {
  long whole = (long)(seconds + 0.5);
  if (whole >= 3600)
    snprintf(text, n, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
  else if (whole >= 60)
    snprintf(text, n, "%ld min %02ld s", whole / 60, whole % 60);
  else
    snprintf(text, n, "%ld s", whole);
}

void progress_print(progress_printer *printer, const bs_progress *p) {
  double interval = printer->is_terminal ? BAR_SECONDS : LINE_SECONDS;
  if (p->seconds - printer->last < interval || p->units_total == 0)
    return;
  printer->last = p->seconds;
  double share = p->cost_total > 0 ? p->cost_done / p->cost_total : 0;
  char left[32] = "?";
  if (share > 0)
    progress_format_duration(left, sizeof left, p->seconds * (1 - share) / share);
  char line[384], trouble[64] = "", before[48] = "";
  if (p->examples_reused > 0)
    snprintf(before, sizeof before, " (%llu %s done before)",
             (unsigned long long)p->examples_reused, p->examples_reused == 1 ? "was" : "were");
  if (p->n_failed > 0)
    snprintf(trouble, sizeof trouble, ", %zu failed", p->n_failed);
  if (p->n_lost > 0) {
    size_t n = strlen(trouble);
    snprintf(trouble + n, sizeof trouble - n, ", %zu worker%s lost", p->n_lost,
             p->n_lost == 1 ? "" : "s");
  }
  snprintf(
      line, sizeof line,
      "%3.0f %%, %zu/%zu unit%s, %llu/%llu example%s%s, models %zu done %zu running %zu waiting, "
      "%.0f tokens/s, %s left%s",
      100 * share, p->units_done, p->units_total, bs_plural(p->units_total),
      (unsigned long long)p->examples_done, (unsigned long long)p->examples_total,
      bs_plural(p->examples_total), before, p->models_done, p->models_running,
      p->n_models - p->models_done - p->models_running, (double)p->tokens / p->seconds, left,
      trouble);
  if (!printer->is_terminal) {
    fprintf(stderr, "bigsweep: %s\n", line);
    return;
  }
  /* One line of the terminal: what does not fit is left out, bar first. */
  int width = (int)terminal_width(STDERR_FILENO), n_bar = width - (int)strlen(line) - 4;
  if (n_bar > BAR_CHARACTERS)
    n_bar = BAR_CHARACTERS;
  fputs("\r\033[K", stderr);
  if (n_bar >= LEAST_BAR_CHARACTERS) {
    fputc('[', stderr);
    for (int i = 0; i < n_bar; i++)
      fputc(i < (int)(share * n_bar) ? '#' : '.', stderr);
    fputs("] ", stderr);
  }
  fprintf(stderr, "%.*s", width - 1, line);
  fflush(stderr);
  printer->bar_shown = true;
}

static double steady_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_print_analysis(progress_printer *printer, size_t n_done, size_t n_curves) {
  double now = steady_seconds(), interval = printer->is_terminal ? BAR_SECONDS : LINE_SECONDS;
  if (printer->analysis_began == 0)
    printer->analysis_began = now;
  if (now - printer->analysis_began < SHORT_ANALYSIS_SECONDS ||
      now - printer->analysis_last < interval)
    return;
  printer->analysis_last = now;
  fprintf(stderr, "%sstatistics: %3.0f %%, %zu of %zu curve%s%s",
          printer->is_terminal ? "\r\033[K" : "bigsweep: ", 100 * (double)n_done / (double)n_curves,
          n_done, n_curves, bs_plural(n_curves), printer->is_terminal ? "" : "\n");
  fflush(stderr);
  printer->bar_shown = printer->is_terminal;
}

void progress_clear(progress_printer *printer) {
  if (printer->bar_shown)
    fprintf(stderr, "\r\033[K");
  printer->bar_shown = false;
}
