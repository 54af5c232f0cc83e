/* The results at a glance: one line for each task with its curve, its shape, linearity and
   breakthroughness with their intervals, and what stands out. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/statistics.h"
#include "report/summary_internal.h"

enum {
  LEAST_NAME = 12,    /* characters that a task's name is left */
  FEWEST_COLUMNS = 4, /* that a line has */
  USUAL_WIDTH = 80
};

/* What a row stands under: rows of one metric and number of shots have one heading. */
typedef struct block {
  const char *metric;
  uint32_t shots;
  double low, high; /* between which the curve is drawn */
  bool is_shared;   /* by all curves under the heading */
} block;

/* What is printed of one family: rows[n_rows], numbers of linearity rows, block by block. */
typedef struct family_summary {
  const bs_analysis *analysis;
  const bs_report_options *options;
  size_t width;
  bs_family_model *models;
  size_t n_models;
  size_t *rows;
  block *blocks; /* [n_rows] the block of each row */
  size_t n_rows;
  bs_summary_style style;
  bs_grid grid; /* row 0: the names of the columns; then a row for each of rows */
} family_summary;

static bool same_block(const bs_linearity_row *a, const bs_linearity_row *b) {
  return a->shots == b->shots && strcmp(a->metric, b->metric) == 0;
}

/* The smallest and the largest score of a row; infinite and the wrong way round without any. */
static void range_of(const bs_analysis *analysis, size_t row, double *low, double *high) {
  size_t n;
  const bs_scale_point *points = bs_analysis_curve(analysis, row, &n);
  *low = INFINITY;
  *high = -INFINITY;
  for (size_t k = 0; k < n; k++) {
    *low = points[k].value < *low ? points[k].value : *low;
    *high = points[k].value > *high ? points[k].value : *high;
  }
}

/* The scale that a block's curves are drawn in: 0 to 1 where all scores lie in it, 0 to 100 for
   normalised means that do; else each from its own smallest score to its largest. */
static void set_range(family_summary *s, size_t first, size_t end) {
  double top = strcmp(s->blocks[first].metric, BS_AGGREGATE_METRIC) == 0 ? 100 : 1;
  bool is_within = true;
  for (size_t i = first; i < end; i++) {
    double low, high;
    range_of(s->analysis, s->rows[i], &low, &high);
    is_within = is_within && low >= 0 && high <= top;
  }
  for (size_t i = first; i < end; i++) {
    block *of = &s->blocks[i];
    of->is_shared = is_within;
    range_of(s->analysis, s->rows[i], &of->low, &of->high);
    of->low = is_within ? 0 : of->low;
    of->high = is_within ? top : of->high;
  }
}

/* Adds the rows of the family that are of the same block as the one given, as they are sorted. */
static bs_status add_block(family_summary *s, size_t row, size_t end, bs_error *err) {
  const bs_linearity_row *lines = s->analysis->tables->linearity;
  size_t first = s->n_rows;
  for (size_t i = row; i < end; i++) {
    if (!bs_summary_shows(s->analysis, s->options, i) || !same_block(&lines[row], &lines[i]))
      continue;
    s->blocks[s->n_rows] = (block){.metric = lines[i].metric, .shots = lines[i].shots};
    s->rows[s->n_rows++] = i;
  }
  set_range(s, first, s->n_rows);
  return bs_summary_sort(s->analysis, s->options->sort, s->rows + first, s->n_rows - first, err);
}

static bool is_in_a_block(const family_summary *s, size_t row) {
  const bs_linearity_row *lines = s->analysis->tables->linearity;
  for (size_t i = 0; i < s->n_rows; i++)
    if (same_block(&lines[s->rows[i]], &lines[row]))
      return true;
  return false;
}

static bs_status fill_grid(family_summary *s, bs_summary_style style, bs_error *err) {
  bs_status status = bs_summary_header(&s->grid, err);
  s->style = style;
  for (size_t i = 0; status == BS_OK && i < s->n_rows; i++) {
    const bs_summary_line line = {.analysis = s->analysis,
                                  .row = s->rows[i],
                                  .models = s->models,
                                  .n_models = s->n_models,
                                  .low = s->blocks[i].low,
                                  .high = s->blocks[i].high,
                                  .style = style};
    status = bs_summary_fill(&s->grid, &line, err);
  }
  return status;
}

/* The bytes that all names of tasks begin with, up to a "_", ":" or "/"; 0 where there are less
   than two tasks. Aggregates stand behind the tasks. */
static size_t common_prefix(const family_summary *s) {
  const bs_linearity_row *lines = s->analysis->tables->linearity;
  const char *first = lines[s->rows[0]].task;
  size_t n = strlen(first), n_tasks = 0;
  for (size_t i = 0; i < s->n_rows; i++) {
    size_t same = 0;
    if (s->analysis->linearity_task[s->rows[i]] == UINT32_MAX)
      continue;
    while (same < n && lines[s->rows[i]].task[same] == first[same])
      same++;
    n = same;
    n_tasks += lines[s->rows[i]].task != first;
  }
  while (n > 0 && strchr("_:/", first[n - 1]) == NULL)
    n--;
  return n_tasks > 0 ? n : 0;
}

static size_t total_width(const family_summary *s, const size_t widths[BS_SUMMARY_COLUMNS]) {
  size_t total = 0;
  for (size_t i = 0; i < BS_SUMMARY_COLUMNS; i++)
    total += widths[i] + (i > 0 && widths[i] > 0 ? s->grid.gap : 0);
  return total;
}

/* Names give way, then whole columns from the right, down to the curve and its ends. */
static void leave_out(family_summary *s, size_t widths[BS_SUMMARY_COLUMNS]) {
  size_t least = widths[0] < LEAST_NAME ? widths[0] : LEAST_NAME, name = widths[0];
  size_t total = total_width(s, widths) - name + least;
  for (size_t column = BS_SUMMARY_COLUMNS; total > s->width && --column >= FEWEST_COLUMNS;) {
    total -= widths[column] > 0 ? widths[column] + s->grid.gap : 0;
    widths[column] = 0;
    for (size_t row = 0; row < s->grid.n_rows; row++)
      s->grid.cells[row * BS_SUMMARY_COLUMNS + column] = "";
  }
  size_t more = total < s->width ? s->width - total : 0;
  widths[0] = least + more < name ? least + more : name;
}

/* Where the lines are too long something is left out of them. */
static bs_status lay_out(family_summary *s, size_t widths[BS_SUMMARY_COLUMNS], bs_error *err) {
  const bs_summary_style styles[] = {
      {0}, {0}, {.is_short = true}, {.is_short = true, .n_prefix_bytes = common_prefix(s)}};
  const size_t gaps[] = {2, 1, 1, 1};
  size_t total = SIZE_MAX;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && total > s->width && i < sizeof gaps / sizeof *gaps; i++) {
    s->grid.gap = gaps[i];
    status = fill_grid(s, styles[i], err);
    if (status != BS_OK)
      return status;
    bs_grid_widths(&s->grid, widths);
    total = total_width(s, widths);
  }
  if (total > s->width)
    leave_out(s, widths);
  return status;
}

static bs_status append_heading(bs_text *to, const block *of, bs_error *err) {
  bs_writer w = {.to = to};
  bs_writer_printf(&w, "%s, %" PRIu32 " shot%s", of->metric, of->shots, of->shots == 1 ? "" : "s");
  if (of->is_shared)
    bs_writer_printf(&w, " (curves from %.3g to %.3g)", of->low, of->high);
  else
    bs_writer_append_string(&w, " (each curve from its least to its greatest)");
  bs_writer_append_string(&w, "\n");
  return bs_writer_status(&w, err);
}

static bs_status append_rows(bs_text *to, family_summary *s, bs_error *err) {
  size_t widths[BS_SUMMARY_COLUMNS];
  if (s->options->as_markdown) {
    bs_status status = fill_grid(s, (bs_summary_style){0}, err);
    return status == BS_OK ? bs_summary_append_markdown(to, s->analysis, s->rows, &s->grid, err)
                           : status;
  }
  bs_status status = lay_out(s, widths, err);
  if (status == BS_OK && s->style.n_prefix_bytes > 0)
    status = bs_text_printf(to, err, "names of tasks are without their beginning, \"%.*s\"\n",
                            (int)s->style.n_prefix_bytes,
                            s->analysis->tables->linearity[s->rows[0]].task);
  if (status == BS_OK)
    status = bs_grid_append_row(to, &s->grid, 0, widths, err);
  for (size_t i = 0; status == BS_OK && i < s->n_rows; i++) {
    const bs_linearity_row *lines = s->analysis->tables->linearity;
    if (i == 0 || !same_block(&lines[s->rows[i - 1]], &lines[s->rows[i]]))
      status = append_heading(to, &s->blocks[i], err);
    if (status == BS_OK)
      status = bs_grid_append_row(to, &s->grid, i + 1, widths, err);
  }
  return status;
}

static void find_models(family_summary *s, size_t first, size_t end) {
  size_t n = bs_family_models(s->analysis, first, end, s->models);
  s->n_models = 0;
  for (size_t i = 0; i < n; i++)
    if (bs_summary_shows_model(s->analysis, s->options, s->models[i].model))
      s->models[s->n_models++] = s->models[i];
}

static bs_status append_family(bs_text *to, family_summary *s, size_t first, size_t end,
                               bs_error *err) {
  const bs_linearity_row *lines = s->analysis->tables->linearity;
  bs_writer w = {.to = to};
  bs_status status = BS_OK;
  for (size_t i = first; status == BS_OK && i < end; i++)
    if (bs_summary_shows(s->analysis, s->options, i) && !is_in_a_block(s, i))
      status = add_block(s, i, end, err);
  find_models(s, first, end);
  if (status != BS_OK || s->n_rows == 0 || s->n_models == 0)
    return status;
  bs_writer_printf(&w, "%s%sfamily %s\n%s", to->n_bytes > 0 ? "\n" : "",
                   s->options->as_markdown ? "### " : "", lines[first].family,
                   s->options->as_markdown ? "\n" : "");
  bs_family_write_models(&w, s->analysis, s->models, s->n_models, s->width);
  if (lines[first].shared_scales > 0)
    bs_writer_append_string(&w, "several models of one scale: I, L and B are undefined\n");
  bs_writer_append_string(&w, "\n");
  status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_grid_open(&s->grid, s->n_rows + 1, BS_SUMMARY_COLUMNS, err);
  if (status == BS_OK)
    status = append_rows(to, s, err);
  bs_grid_close(&s->grid);
  return status;
}

static bs_status summarise_family(bs_text *to, const bs_analysis *analysis,
                                  const bs_report_options *options, size_t first, size_t end,
                                  bs_error *err) {
  size_t n = end - first, n_points = analysis->first_point[end] - analysis->first_point[first];
  family_summary s = {.analysis = analysis,
                      .options = options,
                      .width = options->width > 0 ? options->width : USUAL_WIDTH};
  s.models = bs_array_new(n_points, sizeof *s.models, err);
  s.rows = bs_array_new(n, sizeof *s.rows, err);
  s.blocks = bs_array_new(n, sizeof *s.blocks, err);
  bs_status status = s.models != NULL && s.rows != NULL && s.blocks != NULL
                         ? append_family(to, &s, first, end, err)
                         : BS_ERR_MEMORY;
  free(s.models);
  free(s.rows);
  free(s.blocks);
  return status;
}

static bs_status append_legend(bs_text *to, const bs_tables *results,
                               const bs_report_options *options, bs_error *err) {
  return bs_text_printf(
      to, err,
      "\nCurves run over %s.\n"
      "L linearity, B breakthroughness, with 95 %% intervals; \"?\": not determined.\n%s%s",
      bs_report_axis_label(results),
      options->n_models > 0 ? "Shape, L and B are of all models of a family.\n" : "",
      options->as_markdown ? ""
                           : "--all prints every metric, the scores of every model and more.\n");
}

/* Of how many breakthroughs it is known what becomes of them under smooth metrics. */
static bs_status append_verdicts(bs_text *to, const bs_analysis *analysis, bs_error *err) {
  const bs_tables *tables = analysis->tables;
  size_t n = 0, n_gone = 0, n_staying = 0;
  for (size_t first = 0, end; first < tables->n_smooth; first = end) {
    bool is_gone = false, stays = false, is_none = false;
    for (end = first;
         end < tables->n_smooth && tables->smooth[end].curve == tables->smooth[first].curve;
         end++) {
      const char *verdict = tables->smooth[end].verdict;
      is_gone = is_gone || strcmp(verdict, bs_verdict_name(BS_VERDICT_GONE)) == 0;
      stays = stays || strcmp(verdict, bs_verdict_name(BS_VERDICT_STAYS)) == 0;
      is_none = is_none || strcmp(verdict, bs_verdict_name(BS_VERDICT_NONE)) == 0;
    }
    n += !is_none;
    n_gone += is_gone;
    n_staying += stays;
  }
  return n == 0 ? BS_OK
                : bs_text_printf(to, err,
                                 "Of %zu breakthrough%s %zu %s gone under a smooth metric, %zu "
                                 "%s under one.\n",
                                 n, n == 1 ? "" : "s", n_gone, n_gone == 1 ? "is" : "are",
                                 n_staying, n_staying == 1 ? "stays" : "stay");
}

bs_status bs_report_summary(const bs_analysis *analysis, const bs_tables *results,
                            const bs_report_options *options, FILE *to, bs_error *err) {
  static const bs_report_options NONE = {0};
  bs_text text = {0};
  options = options != NULL ? options : &NONE;
  bs_status status = bs_report_options_check(analysis, options, err);
  for (size_t first = 0, end; status == BS_OK && first < analysis->tables->n_linearity;
       first = end) {
    end = bs_family_end(analysis, first);
    status = summarise_family(&text, analysis, options, first, end, err);
  }
  if (status == BS_OK && text.n_bytes == 0)
    status = bs_text_append_string(&text, "no scores\n", err);
  else if (status == BS_OK)
    status = append_legend(&text, results, options, err);
  if (status == BS_OK && !options->as_markdown)
    status = append_verdicts(&text, analysis, err);
  if (status == BS_OK && !options->as_markdown)
    status = bs_standouts_append(&text, analysis, results, options, err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}
