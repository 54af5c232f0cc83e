/* Forecasts as CSV and for people, and how back-tests of them came out. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_internal.h"
#include "base/memory_internal.h"
#include "report/report_internal.h"

static void write_line(bs_writer *w, const bs_forecast_row *row) {
  const double numbers[] = {row->scale, row->forecast, row->low80, row->high80, row->observed};
  bs_csv_write_field(w, row->family);
  bs_writer_printf(w, ",%" PRIu32 ",", row->shots);
  bs_csv_write_field(w, row->task);
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, row->metric);
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, row->method);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    bs_writer_append_string(w, ",");
    bs_csv_write_number(w, numbers[i]);
  }
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, row->reason);
  bs_writer_append_string(w, "\n");
}

bs_status bs_report_forecasts_csv(const bs_analysis *analysis, FILE *to, bs_error *err) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_writer_append_string(
      &w, "family,shots,task,metric,method,scale,forecast,low80,high80,observed,reason\n");
  for (size_t i = 0; i < analysis->tables->n_forecasts; i++)
    write_line(&w, &analysis->tables->forecasts[i]);
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}

enum { COLUMNS_BEFORE = 4, NAME_WIDTH = 12, FORECAST_WIDTH = 32 };

/* Whether people look at the row: its metric is the one that its task goes by, where one is known.
 */
static bool is_shown(const bs_analysis *of, size_t i) {
  uint32_t task = of->forecast_details[i].task;
  if (task == UINT32_MAX)
    return true;
  const char *preferred = of->tasks[task].preferred_metric;
  return preferred[0] == '\0' || strcmp(preferred, of->tables->forecasts[i].metric) == 0;
}

/* The rows of the series that row `at` begins: [at, end). */
static size_t series_end(const bs_analysis *of, size_t at) {
  size_t end = at + 1;
  while (end < of->tables->n_forecasts &&
         of->forecast_details[end].series == of->forecast_details[at].series)
    end++;
  return end;
}

/* Compute has no unit. */
static void format_size(char out[BS_CELL_BYTES], double size) {
  if (size < 1e15)
    bs_format_scale(out, size);
  else
    snprintf(out, BS_CELL_BYTES, "%.3g", size);
}

static bs_status set_number(bs_grid *to, size_t column, double value, bs_error *err) {
  char text[BS_CELL_BYTES];
  bs_format_number(text, value);
  return bs_grid_set(to, to->n_rows, column, text, err);
}

/* "0.512 [0.430, 0.594]", what was observed, and why not. */
static bs_status set_forecast(bs_grid *to, size_t column, const bs_forecast_row *row,
                              double heading, bs_error *err) {
  char number[BS_CELL_BYTES];
  bs_text text = {0};
  bs_writer w = {.to = &text};
  if (row->scale != heading && isfinite(row->scale)) {
    format_size(number, row->scale);
    bs_writer_printf(&w, "(at %s) ", number);
  }
  if (isfinite(row->forecast)) {
    bs_format_number(number, row->forecast);
    bs_writer_append_string(&w, number);
  }
  if (isfinite(row->low80)) {
    bs_format_number(number, row->low80);
    bs_writer_printf(&w, " [%s, ", number);
    bs_format_number(number, row->high80);
    bs_writer_printf(&w, "%s]", number);
  }
  if (isfinite(row->observed)) {
    bs_format_number(number, row->observed);
    bs_writer_printf(&w, "%sis %s", isfinite(row->forecast) ? ", " : "", number);
  }
  if (row->reason[0] != '\0')
    bs_writer_printf(&w, "%s%s", text.n_bytes > 0 ? "; " : "", row->reason);
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, column, text.data != NULL ? text.data : "", err);
  bs_text_free(&text);
  return status;
}

static bs_status set_heading(bs_grid *to, const bs_forecast_row *rows, size_t n, bs_error *err) {
  static const char *const BEFORE[COLUMNS_BEFORE] = {"task", "shots", "metric", "last"};
  char scale[BS_CELL_BYTES], text[BS_CELL_BYTES + 8];
  bs_status status = BS_OK;
  for (size_t i = 0; i < COLUMNS_BEFORE && status == BS_OK; i++)
    status = bs_grid_set(to, 0, i, BEFORE[i], err);
  for (size_t j = 0; j < n && status == BS_OK; j++) {
    format_size(scale, rows[j].scale);
    snprintf(text, sizeof text, "at %s", isfinite(rows[j].scale) ? scale : "-");
    status = bs_grid_set(to, 0, COLUMNS_BEFORE + j, text, err);
  }
  to->n_rows = 1;
  return status;
}

static bs_status set_line(bs_grid *to, const bs_analysis *of, size_t at, size_t n,
                          const bs_forecast_row *heading, size_t n_headings, bs_error *err) {
  const bs_forecast_row *rows = &of->tables->forecasts[at];
  char shots[BS_CELL_BYTES];
  snprintf(shots, sizeof shots, "%" PRIu32, rows->shots);
  bs_status status = bs_grid_set(to, to->n_rows, 0, rows->task, err);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 1, shots, err);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 2, rows->metric, err);
  if (status == BS_OK)
    status = set_number(to, 3, of->forecast_details[at].last, err);
  for (size_t j = 0; j < n && j < n_headings && status == BS_OK; j++)
    status = set_forecast(to, COLUMNS_BEFORE + j, &rows[j], heading[j].scale, err);
  to->n_rows++;
  return status;
}

/* Names give way where the lines are too wide; long reasons may stand out. */
static bs_status append_grid(bs_text *to, const bs_grid *grid, size_t width, bs_error *err) {
  size_t *widths = bs_array_new(grid->n_columns, sizeof *widths, err), sum = 0;
  if (widths == NULL)
    return BS_ERR_MEMORY;
  bs_grid_widths(grid, widths);
  for (size_t i = 0; i < grid->n_columns; i++)
    sum += bs_size_min(widths[i], i < COLUMNS_BEFORE ? SIZE_MAX : FORECAST_WIDTH) +
           (i > 0 ? grid->gap : 0);
  /* Metrics give way before tasks: fewer of them are there to be told apart. */
  static const size_t NAMES[] = {2, 0};
  for (size_t k = 0; k < 2 && sum > width; k++) {
    size_t i = NAMES[k], spare = widths[i] > NAME_WIDTH ? widths[i] - NAME_WIDTH : 0;
    spare = bs_size_min(spare, sum - width);
    widths[i] -= spare;
    sum -= spare;
  }
  bs_status status = BS_OK;
  for (size_t row = 0; row < grid->n_rows && status == BS_OK; row++)
    status = bs_grid_append_row(to, grid, row, widths, err);
  free(widths);
  return status;
}

/* The first rows of the series that are shown, those of a family together. */
typedef struct shown {
  size_t *rows, n;
} shown;

static bs_status find_shown(const bs_analysis *of, shown *to, bs_error *err) {
  size_t n = of->tables->n_forecasts;
  to->rows = bs_array_new(n, sizeof *to->rows, err);
  if (to->rows == NULL)
    return BS_ERR_MEMORY;
  /* the means of a table of scores stand behind the tasks of all families */
  for (uint32_t family = 0; family < of->families.n; family++)
    for (size_t at = 0; at < n; at = series_end(of, at))
      if (of->forecast_details[at].family == family && is_shown(of, at))
        to->rows[to->n++] = at;
  return BS_OK;
}

/* The series with the most targets: the others have some of these. */
static size_t widest(const bs_analysis *of, const size_t *rows, size_t n) {
  size_t best = 0;
  for (size_t i = 1; i < n; i++)
    if (series_end(of, rows[i]) - rows[i] > series_end(of, rows[best]) - rows[best])
      best = i;
  return rows[best];
}

/* Series at rows[n], of one family. */
static bs_status append_family(bs_text *to, const bs_analysis *of, const size_t *rows, size_t n,
                               size_t width, bs_error *err) {
  size_t first = widest(of, rows, n), n_targets = series_end(of, first) - first;
  const bs_forecast_row *heading = &of->tables->forecasts[first];
  bs_grid grid = {0};
  bs_status status =
      bs_text_printf(to, err, "%sfamily %s\n", to->n_bytes > 0 ? "\n" : "", heading->family);
  if (status == BS_OK)
    status = bs_grid_open(&grid, n + 1, COLUMNS_BEFORE + n_targets, err);
  if (status == BS_OK) {
    grid.left = ~(uint64_t)0 & ~(UINT64_C(1) << 1) & ~(UINT64_C(1) << 3);
    status = set_heading(&grid, heading, n_targets, err);
  }
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status =
        set_line(&grid, of, rows[i], series_end(of, rows[i]) - rows[i], heading, n_targets, err);
  if (status == BS_OK)
    status = append_grid(to, &grid, width, err);
  bs_grid_close(&grid);
  return status;
}

static bs_status append_families(bs_text *to, const bs_analysis *of, size_t width, bs_error *err) {
  shown all = {0};
  bs_status status = find_shown(of, &all, err);
  for (size_t at = 0, end; at < all.n && status == BS_OK; at = end) {
    for (end = at + 1; end < all.n && of->forecast_details[all.rows[end]].family ==
                                          of->forecast_details[all.rows[at]].family;)
      end++;
    status = append_family(to, of, all.rows + at, end - at, width, err);
  }
  free(all.rows);
  return status;
}

static int compare_families(const void *left, const void *right) {
  const bs_forecast_detail *a = *(const bs_forecast_detail *const *)left;
  const bs_forecast_detail *b = *(const bs_forecast_detail *const *)right;
  BS_ORDER(a->family, b->family);
  BS_ORDER(a->shots, b->shots);
  BS_ORDER(a->metric, b->metric);
  BS_ORDER(a, b);
  return 0;
}

/* What back-tests came to. */
typedef struct tally {
  size_t n, n_intervals, n_held;
  double error, largest, crps, width;
} tally;

static void count(tally *to, const bs_forecast_detail *of) {
  if (isnan(of->error))
    return;
  to->n++;
  to->error += of->error;
  to->largest = fmax(to->largest, of->error);
  to->crps += of->crps;
  if (isnan(of->width))
    return;
  to->n_intervals++;
  to->n_held += of->is_held;
  to->width += of->width;
}

static bs_status set_points(bs_grid *to, size_t column, double sum, size_t n, bs_error *err) {
  char text[BS_CELL_BYTES] = "-";
  if (n > 0)
    snprintf(text, sizeof text, "%.2f", 100 * sum / (double)n);
  return bs_grid_set(to, to->n_rows, column, text, err);
}

static bs_status set_tally(bs_grid *to, const char *name, const char *shots, const char *metric,
                           const tally *of, bs_error *err) {
  char text[BS_CELL_BYTES] = "-";
  bs_status status = bs_grid_set(to, to->n_rows, 0, name, err);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 1, shots, err);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 2, metric, err);
  snprintf(text, sizeof text, "%zu", of->n);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 3, text, err);
  if (status == BS_OK)
    status = set_points(to, 4, of->error, of->n, err);
  if (status == BS_OK)
    status = set_points(to, 5, of->largest, of->n > 0, err);
  if (status == BS_OK)
    status = set_points(to, 6, of->crps, of->n, err);
  if (of->n_intervals > 0)
    snprintf(text, sizeof text, "%.1f %%", 100 * (double)of->n_held / (double)of->n_intervals);
  else
    snprintf(text, sizeof text, "-");
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 7, text, err);
  if (status == BS_OK)
    status = set_points(to, 8, of->width, of->n_intervals, err);
  to->n_rows++;
  return status;
}

/* A line for each suite, then for all, for what would be refused, and for means over tasks. */
static bs_status fill_tallies(bs_grid *to, const bs_analysis *of,
                              const bs_forecast_detail *const *sorted, size_t n, bs_error *err) {
  tally all = {0}, refused = {0}, means = {0}, suite = {0};
  size_t n_suites = 0;
  bs_status status = BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    const bs_forecast_detail *at = sorted[i];
    const char *reason = of->tables->forecasts[at - of->forecast_details].reason;
    bool is_mean = at->task == UINT32_MAX, is_refused = reason[0] != '\0';
    count(is_mean ? &means : is_refused ? &refused : &all, at);
    if (!is_mean && !is_refused)
      count(&suite, at);
    bool is_last = i + 1 == n || sorted[i + 1]->family != at->family ||
                   sorted[i + 1]->shots != at->shots || sorted[i + 1]->metric != at->metric;
    if (!is_last)
      continue;
    char shots[BS_CELL_BYTES];
    snprintf(shots, sizeof shots, "%" PRIu32, at->shots);
    if (suite.n > 0) {
      n_suites++;
      status = set_tally(to, of->families.strings[at->family], shots,
                         of->metrics.strings[at->metric], &suite, err);
    }
    suite = (tally){0};
  }
  if (n_suites != 1 && status == BS_OK)
    status = set_tally(to, "all", "", "", &all, err);
  if (refused.n > 0 && status == BS_OK)
    status = set_tally(to, "with a reason", "", "", &refused, err);
  if (means.n > 0 && status == BS_OK)
    status = set_tally(to, "means over tasks", "", "", &means, err);
  return status;
}

static bs_status append_back_test(bs_text *to, const bs_analysis *of, size_t width, bs_error *err) {
  static const char *const HEADING[] = {"back-test", "shots", "metric",  "n",    "error",
                                        "largest",   "CRPS",  "covered", "width"};
  enum { N_COLUMNS = sizeof HEADING / sizeof *HEADING };
  size_t n = of->tables->n_forecasts;
  bs_grid grid = {0};
  const bs_forecast_detail **sorted = bs_array_new(n, sizeof *sorted, err);
  bs_status status = sorted != NULL ? bs_grid_open(&grid, n + 4, N_COLUMNS, err) : BS_ERR_MEMORY;
  for (size_t i = 0; i < n && status == BS_OK; i++)
    sorted[i] = &of->forecast_details[i];
  for (size_t i = 0; i < N_COLUMNS && status == BS_OK; i++)
    status = bs_grid_set(&grid, 0, i, HEADING[i], err);
  if (status == BS_OK) {
    grid.n_rows = 1;
    qsort(sorted, n, sizeof *sorted, compare_families);
    status = fill_tallies(&grid, of, sorted, n, err);
  }
  if (status == BS_OK)
    status = bs_text_append_string(to, "\n", err);
  if (status == BS_OK)
    status = append_grid(to, &grid, width, err);
  if (status == BS_OK)
    status = bs_text_append_string(to,
                                   "\nerror, CRPS and width: means, in hundredths of the metric's "
                                   "range; covered: by the 80 % intervals\n",
                                   err);
  bs_grid_close(&grid);
  free(sorted);
  return status;
}

static bool has_back_tests(const bs_analysis *of) {
  for (size_t i = 0; i < of->tables->n_forecasts; i++)
    if (isfinite(of->tables->forecasts[i].observed))
      return true;
  return false;
}

static bool has_intervals(const bs_analysis *of) {
  for (size_t i = 0; i < of->tables->n_forecasts; i++)
    if (isfinite(of->tables->forecasts[i].low80))
      return true;
  return false;
}

bs_status bs_report_forecasts(const bs_analysis *analysis, size_t width, FILE *to, bs_error *err) {
  bs_text text = {0};
  width = width > 0 ? width : 80;
  bs_status status = append_families(&text, analysis, width, err);
  if (status == BS_OK && analysis->tables->n_forecasts == 0)
    status = bs_text_append_string(&text, "no scores, so there is nothing to forecast\n", err);
  else if (status == BS_OK && has_back_tests(analysis))
    status = append_back_test(&text, analysis, width, err);
  else if (status == BS_OK && has_intervals(analysis))
    status = bs_text_append_string(
        &text, "\n[ ]: 80 % interval, from the errors of the same forecasts done earlier\n", err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}
