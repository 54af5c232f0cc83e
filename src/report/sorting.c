/* The order of a summary's lines. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/helpers.h"
#include "report/summary_internal.h"

/* A line and what it is sorted by: text ascending, then numbers descending. */
typedef struct sorted_row {
  const char *text;
  double number; /* NaN: behind all others */
  size_t row;
} sorted_row;

static int compare_rows(const void *left, const void *right) {
  const sorted_row *a = left, *b = right;
  int order = strcmp(a->text, b->text);
  if (order != 0)
    return order;
  BS_ORDER(isnan(a->number), isnan(b->number));
  if (!isnan(a->number))
    BS_ORDER(b->number, a->number);
  BS_ORDER(a->row, b->row);
  return 0;
}

static double end_of(const bs_analysis *of, size_t row, bool is_last) {
  size_t n;
  const bs_scale_point *points = bs_analysis_curve(of, row, &n);
  double end = NAN;
  for (size_t k = 0; k < n; k++)
    if (isfinite(points[k].value) && (is_last || isnan(end)))
      end = points[k].value;
  return end;
}

/* An estimate whose sign is not known is printed as "?": there is no order by it. */
static double estimate(double value, double low, double high) {
  return low <= 0 && high >= 0 ? (double)NAN : value;
}

static sorted_row by_task(const bs_analysis *of, size_t row) {
  return (sorted_row){of->tables->linearity[row].task, 0, row};
}
static sorted_row by_first(const bs_analysis *of, size_t row) {
  return (sorted_row){"", end_of(of, row, false), row};
}
static sorted_row by_last(const bs_analysis *of, size_t row) {
  return (sorted_row){"", end_of(of, row, true), row};
}
static sorted_row by_improvement(const bs_analysis *of, size_t row) {
  return (sorted_row){"", of->tables->linearity[row].improvement, row};
}
static sorted_row by_shape(const bs_analysis *of, size_t row) {
  const bs_linearity_row *line = &of->tables->linearity[row];
  return (sorted_row){line->shape, line->improvement, row};
}
static sorted_row by_linearity(const bs_analysis *of, size_t row) {
  const bs_linearity_row *line = &of->tables->linearity[row];
  return (sorted_row){"", estimate(line->linearity, line->linearity_low, line->linearity_high),
                      row};
}
static sorted_row by_breakthroughness(const bs_analysis *of, size_t row) {
  const bs_linearity_row *line = &of->tables->linearity[row];
  return (sorted_row){
      "", estimate(line->breakthroughness, line->breakthroughness_low, line->breakthroughness_high),
      row};
}

static const struct {
  const char *name;
  sorted_row (*key)(const bs_analysis *of, size_t row);
} ORDERS[] = {{"task", by_task},
              {"first", by_first},
              {"last", by_last},
              {"improvement", by_improvement},
              {"shape", by_shape},
              {"linearity", by_linearity},
              {"breakthroughness", by_breakthroughness}};
enum { N_ORDERS = sizeof ORDERS / sizeof *ORDERS };

bs_status bs_summary_check_order(const char *name, bs_error *err) {
  const char *names[N_ORDERS];
  for (size_t i = 0; i < N_ORDERS; i++) {
    names[i] = ORDERS[i].name;
    if (name == NULL || strcmp(name, names[i]) == 0)
      return BS_OK;
  }
  const char *near = bs_nearest_name(name, names, N_ORDERS);
  return bs_error_set(err, BS_ERR_USAGE,
                      "lines are sorted by task, first, last, improvement, shape, linearity or "
                      "breakthroughness, not by \"%s\"%s%s%s",
                      name, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                      near != NULL ? "\"?" : "");
}

bs_status bs_summary_sort(const bs_analysis *analysis, const char *order, size_t *rows, size_t n,
                          bs_error *err) {
  size_t k = 0;
  if (order == NULL)
    return BS_OK;
  while (k + 1 < N_ORDERS && strcmp(ORDERS[k].name, order) != 0)
    k++;
  sorted_row *sorted = bs_array_new(n, sizeof *sorted, err);
  if (sorted == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    sorted[i] = ORDERS[k].key(analysis, rows[i]);
  qsort(sorted, n, sizeof *sorted, compare_rows);
  for (size_t i = 0; i < n; i++)
    rows[i] = sorted[i].row;
  free(sorted);
  return BS_OK;
}
