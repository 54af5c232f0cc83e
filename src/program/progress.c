/* Progress of a run on a terminal or in a log. */
#include "program/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "program/terminal.h"

static const double LINE_SECONDS = 10;                          /* between the lines of a log */
static const double LONG_SECONDS = 600, LONG_LINE_SECONDS = 60; /* of a long run */
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

/* A line that grows by fields with commas between them; the first that does not fit closes it. */
typedef struct line {
  char *text;
  size_t n_bytes, width;
  bool is_full;
} line;

static void add(line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(line *l, const char *format, ...) {
  char field[96];
  size_t used = strlen(l->text);
  va_list values;
  va_start(values, format);
  int n = vsnprintf(field, sizeof field, format, values);
  va_end(values);
  if (n < 0 || used + (size_t)n + 2 > l->width || used + (size_t)n + 2 >= l->n_bytes)
    l->is_full = true;
  if (!l->is_full)
    snprintf(l->text + used, l->n_bytes - used, "%s%s", used > 0 ? ", " : "", field);
}

void progress_format_line(char *text, size_t n_bytes, size_t width, const bs_progress *p) {
  line l = {.text = text, .n_bytes = n_bytes, .width = width};
  double share = p->cost_total > 0 ? p->cost_done / p->cost_total : 0;
  char left[32];
  text[0] = '\0';
  add(&l, "%3.0f %%", 100 * share);
  progress_format_duration(left, sizeof left, share > 0 ? p->seconds * (1 - share) / share : 0);
  if (share > 0 && p->seconds > 0)
    add(&l, "%s left, %.0f tokens/s", left, (double)p->tokens / p->seconds);
  else
    add(&l, "no speed yet");
  if (p->n_failed > 0)
    add(&l, "%zu failed", p->n_failed);
  if (p->n_lost > 0)
    add(&l, "%zu worker%s lost", p->n_lost, bs_plural(p->n_lost));
  add(&l, "%llu/%llu example%s", (unsigned long long)p->examples_done,
      (unsigned long long)p->examples_total, bs_plural(p->examples_total));
  add(&l, "%zu/%zu model%s", p->models_done, p->n_models, bs_plural(p->n_models));
  add(&l, "%zu/%zu unit%s", p->units_done, p->units_total, bs_plural(p->units_total));
  add(&l, "%zu model%s at work", p->models_running, bs_plural(p->models_running));
  if (p->examples_reused > 0)
    add(&l, "%llu example%s done before", (unsigned long long)p->examples_reused,
        bs_plural(p->examples_reused));
}

bool progress_is_due(size_t n_lines, double last, double seconds) {
  static const double first[] = {1, 3, 10};
  if (n_lines < sizeof first / sizeof *first)
    return seconds >= first[n_lines];
  return seconds - last >= (seconds < LONG_SECONDS ? LINE_SECONDS : LONG_LINE_SECONDS);
}

static void print_bar(double share, size_t n) {
  fputc('[', stderr);
  for (size_t i = 0; i < n; i++)
    fputc((double)i < share * (double)n ? '#' : '.', stderr);
  fputs("] ", stderr);
}

/* One line of the terminal, with a bar where there is room. */
static void print_on_terminal(const bs_progress *p) {
  enum { FRAME = 3 }; /* "[", "] " */
  char text[384];
  size_t width = terminal_width(STDERR_FILENO) - 1;
  progress_format_line(text, sizeof text, width, p);
  size_t room = width - strlen(text);
  fputs("\r\033[K", stderr);
  if (room >= FRAME + LEAST_BAR_CHARACTERS)
    print_bar(p->cost_total > 0 ? p->cost_done / p->cost_total : 0,
              room - FRAME < BAR_CHARACTERS ? room - FRAME : BAR_CHARACTERS);
  fputs(text, stderr);
  fflush(stderr);
}

void progress_print(progress_printer *printer, const bs_progress *p) {
  if (p->units_total == 0)
    return;
  if (printer->is_terminal && p->seconds - printer->last >= BAR_SECONDS) {
    printer->last = p->seconds;
    print_on_terminal(p);
    printer->bar_shown = true;
  } else if (!printer->is_terminal &&
             progress_is_due(printer->n_lines, printer->last, p->seconds)) {
    char text[384];
    progress_format_line(text, sizeof text, sizeof text, p);
    printer->last = p->seconds;
    printer->n_lines++;
    fprintf(stderr, "bigsweep: %s\n", text);
  }
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
