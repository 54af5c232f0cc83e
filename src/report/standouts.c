/* What stands out of an analysis, in three lines. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/metric.h"
#include "bigsweep/statistics.h"
#include "report/summary_internal.h"

enum { USUAL_WIDTH = 80 };

/* A curve that is named, and how clearly it shows: larger comes first. */
typedef struct standout {
  size_t row;
  double weight;
} standout;

typedef struct standouts {
  const bs_analysis *analysis;
  size_t width;
  bool names_family; /* more than one is there */
  standout *list;
  size_t n;
} standouts;

static int compare_standouts(const void *left, const void *right) {
  const standout *a = left, *b = right;
  BS_ORDER(b->weight, a->weight);
  BS_ORDER(a->row, b->row);
  return 0;
}

static bool has_shape(const bs_linearity_row *row, bs_shape shape) {
  return strcmp(row->shape, bs_shape_name(shape)) == 0;
}

/* 1 where larger scores are better, -1 where smaller ones are. */
static double direction_of(const bs_linearity_row *row) {
  const bs_metric *metric = bs_metric_find(row->metric);
  return metric == NULL || metric->higher_is_better ? 1 : -1;
}

/* How far beyond 0 breakthroughness is known to lie, where the curve breaks through to better
   scores; 0 where it does not. */
static double breaks_through(const bs_linearity_row *row) {
  if (direction_of(row) > 0)
    return has_shape(row, BS_SHAPE_BREAKTHROUGH) ? row->breakthroughness_low : 0;
  return has_shape(row, BS_SHAPE_INVERSE_BREAKTHROUGH) ? -row->breakthroughness_high : 0;
}

/* How much worse the score gets, where it was shown to; else 0. */
static double gets_worse(const bs_linearity_row *row) {
  bool falls = has_shape(row, BS_SHAPE_INVERSE) || has_shape(row, BS_SHAPE_INVERSE_BREAKTHROUGH);
  bool rises = has_shape(row, BS_SHAPE_GROWTH) || has_shape(row, BS_SHAPE_BREAKTHROUGH);
  if (direction_of(row) > 0 ? !falls : !rises)
    return 0;
  return fabs(row->improvement);
}

static void collect(standouts *s, const bs_report_options *options,
                    double (*weight)(const bs_linearity_row *row)) {
  const bs_tables *tables = s->analysis->tables;
  s->n = 0;
  for (size_t i = 0; i < tables->n_linearity; i++) {
    double w = bs_summary_shows(s->analysis, options, i) ? weight(&tables->linearity[i]) : 0;
    if (w > 0)
      s->list[s->n++] = (standout){i, w};
  }
  qsort(s->list, s->n, sizeof *s->list, compare_standouts);
}

bs_status bs_standouts_find(size_t **rows, size_t *n, const bs_analysis *analysis,
                            const bs_report_options *options, bs_standout by, bs_error *err) {
  size_t most = analysis->tables->n_linearity;
  standouts s = {.analysis = analysis, .list = bs_array_new(most, sizeof *s.list, err)};
  *n = 0;
  *rows = s.list != NULL ? bs_array_new(most, sizeof **rows, err) : NULL;
  if (*rows != NULL) {
    collect(&s, options, by == BS_STANDOUT_BREAKTHROUGH ? breaks_through : gets_worse);
    for (; *n < s.n; ++*n)
      (*rows)[*n] = s.list[*n].row;
  }
  free(s.list);
  return *rows != NULL ? BS_OK : BS_ERR_MEMORY;
}

/* "addition", "addition (small)" */
static void write_breakthrough(bs_writer *w, const standouts *s, const bs_linearity_row *row) {
  bs_writer_append_string(w, row->task);
  if (s->names_family)
    bs_writer_printf(w, " (%s)", row->family);
}

/* "negated_facts (0.47 to 0.01)" */
static void write_worse(bs_writer *w, const standouts *s, const bs_linearity_row *row) {
  size_t n, at = (size_t)(row - s->analysis->tables->linearity);
  const bs_scale_point *points = bs_analysis_curve(s->analysis, at, &n);
  char from[BS_CELL_BYTES], to[BS_CELL_BYTES];
  bs_summary_number(from, n > 0 ? points[0].value : NAN);
  bs_summary_number(to, n > 0 ? points[n - 1].value : NAN);
  bs_writer_printf(w, "%s (%s%s%s to %s)", row->task, s->names_family ? row->family : "",
                   s->names_family ? ", " : "", from, to);
}

/* As many as a line holds, at least one, and how many there are besides. */
static bs_status append_list(bs_text *to, const standouts *s, const char *label,
                             void (*write)(bs_writer *w, const standouts *s,
                                           const bs_linearity_row *row),
                             bs_error *err) {
  enum { MORE = 14 }; /* ", and 12 more" */
  bs_writer w = {.to = to};
  size_t used = strlen(label), shown = 0;
  bs_writer_append_string(&w, label);
  for (; shown < s->n; shown++) {
    bs_text item = {0};
    bs_writer part = {.to = &item};
    write(&part, s, &s->analysis->tables->linearity[s->list[shown].row]);
    bs_status status = bs_writer_status(&part, &w.error);
    size_t more = status == BS_OK ? bs_text_width(item.data) + 2 : 0;
    bool fits = shown == 0 || used + more + (shown + 1 < s->n ? MORE : 0) <= s->width;
    if (status == BS_OK && fits)
      bs_writer_printf(&w, "%s%s", shown > 0 ? ", " : " ", item.data);
    used += more;
    bs_text_free(&item);
    if (!fits || status != BS_OK)
      break;
  }
  if (s->n == 0)
    bs_writer_append_string(&w, " none shown");
  else if (shown < s->n)
    bs_writer_printf(&w, ", and %zu more", s->n - shown);
  bs_writer_append_string(&w, "\n");
  return bs_writer_status(&w, err);
}

bs_status bs_standouts_append_losses(bs_text *to, const bs_analysis *analysis,
                                     const bs_tables *results, bs_error *err) {
  bs_prompt_counts sum = {0};
  uint64_t failed = 0;
  bs_writer w = {.to = to};
  for (size_t i = 0; i < analysis->tables->n_prompts; i++)
    bs_prompt_counts_add(&sum, &analysis->tables->prompts[i].of);
  for (size_t i = 0; i < results->n_runs; i++)
    failed += results->runs[i].failure[0] != '\0' ? results->runs[i].n_examples : 0;
  bs_writer_append_string(&w, "lost:");
  if (failed > 0)
    bs_writer_printf(&w, " %" PRIu64 " example%s failed;", failed, failed == 1 ? "" : "s");
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK && !bs_prompt_counts_any(&sum))
    return bs_text_append_string(
        to, failed > 0 ? " no prompt was cut\n" : " nothing failed, no prompt was cut\n", err);
  if (status == BS_OK)
    status = bs_text_append_string(to, " ", err);
  if (status == BS_OK)
    status = bs_prompt_counts_tell(&sum, to, err);
  return status == BS_OK ? bs_text_append_string(to, "\n", err) : status;
}

bs_status bs_standouts_append(bs_text *to, const bs_analysis *analysis, const bs_tables *results,
                              const bs_report_options *options, bs_error *err) {
  size_t n = analysis->tables->n_linearity;
  if (n == 0)
    return BS_OK;
  standouts s = {.analysis = analysis,
                 .width = options->width > 0 ? options->width : USUAL_WIDTH,
                 .names_family = bs_family_end(analysis, 0) < n};
  s.list = bs_array_new(n, sizeof *s.list, err);
  bs_status status = s.list != NULL ? bs_text_append_string(to, "\n", err) : BS_ERR_MEMORY;
  if (status == BS_OK) {
    collect(&s, options, breaks_through);
    status = append_list(to, &s, "breakthroughs:", write_breakthrough, err);
  }
  if (status == BS_OK) {
    collect(&s, options, gets_worse);
    status = append_list(to, &s, "worse with size:", write_worse, err);
  }
  if (status == BS_OK && results != NULL)
    status = bs_standouts_append_losses(to, analysis, results, err);
  free(s.list);
  return status;
}
