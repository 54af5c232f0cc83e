/* What two groups of models differ by at each scale. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/csv_internal.h"
#include "report/comparing_internal.h"

enum { N_COLUMNS = 6 };

/* The two groups, and which side is asked for first. */
typedef struct selection {
  const bs_analysis *of;
  const char *kind, *first, *second;
} selection;

static const bs_comparison_row *row_of(const selection *s, const bs_scale_difference *at) {
  return &s->of->tables->comparisons[at->comparison];
}

/* 1 or -1, the sign of differences as they are asked for; 0: it is of other groups. */
static int sign_of(const selection *s, const bs_scale_difference *at) {
  const bs_comparison_row *row = row_of(s, at);
  if (strcmp(row->kind, s->kind) != 0)
    return 0;
  if (strcmp(row->first, s->first) == 0 && strcmp(row->second, s->second) == 0)
    return 1;
  return strcmp(row->first, s->second) == 0 && strcmp(row->second, s->first) == 0 ? -1 : 0;
}

static double difference_of(const bs_scale_difference *at, int sign) {
  return sign > 0 ? at->of.value : 0 - at->of.value; /* 0 has no sign */
}

static bs_interval interval_of(const bs_scale_difference *at, int sign) {
  bs_interval of = at->of.interval;
  return sign > 0 ? of : (bs_interval){-of.high, -of.low};
}

static bs_status append_csv(bs_text *to, const selection *s, bs_error *err) {
  bs_writer w = {.to = to};
  bs_writer_append_string(&w, "family,first,second,task,metric,shots,scale,difference,stderr,"
                              "difference_low,difference_high,p\n");
  for (size_t i = 0; i < s->of->n_scale_differences; i++) {
    const bs_scale_difference *at = &s->of->scale_differences[i];
    const bs_comparison_row *row = row_of(s, at);
    int sign = sign_of(s, at);
    if (sign == 0)
      continue;
    const char *const names[] = {row->family, s->first, s->second, row->task, row->metric};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
      bs_csv_write_field(&w, names[k]);
      bs_writer_append_string(&w, ",");
    }
    bs_interval interval = interval_of(at, sign);
    const double numbers[] = {at->scale,    difference_of(at, sign), at->of.standard_error,
                              interval.low, interval.high,           at->of.p};
    bs_writer_printf(&w, "%" PRIu32, row->shots);
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
      bs_writer_append_string(&w, ",");
      bs_csv_write_number(&w, numbers[k]);
    }
    bs_writer_append_string(&w, "\n");
  }
  return bs_writer_status(&w, err);
}

/* People look at the metrics that tasks go by, and at their mean. */
static bool is_shown(const selection *s, const bs_scale_difference *at) {
  const bs_comparison_row *row = row_of(s, at);
  return sign_of(s, at) != 0 && (row->preferred || strcmp(row->metric, BS_AGGREGATE_METRIC) == 0);
}

static bs_status fill_row(bs_grid *to, const selection *s, const bs_scale_difference *at,
                          bool is_new, bs_error *err) {
  const bs_comparison_row *row = row_of(s, at);
  char cells[N_COLUMNS - 1][BS_CELL_BYTES] = {{0}};
  int sign = sign_of(s, at);
  if (is_new)
    snprintf(cells[0], BS_CELL_BYTES, "%" PRIu32, row->shots);
  bs_format_scale(cells[1], at->scale);
  bs_format_difference(cells[2], difference_of(at, sign));
  bs_format_interval(cells[3], interval_of(at, sign));
  bs_format_p(cells[4], at->of.p);
  bs_status status = bs_grid_set(to, to->n_rows, 0, is_new ? row->task : "", err);
  for (size_t i = 0; status == BS_OK && i < N_COLUMNS - 1; i++)
    status = bs_grid_set(to, to->n_rows, i + 1, cells[i], err);
  to->n_rows++;
  return status;
}

/* The differences from `first` on that are of one family. */
static bs_status append_family(bs_text *to, const selection *s, size_t first, size_t *end,
                               bs_error *err) {
  static const char *const NAMES[N_COLUMNS] = {"task", "shots", "scale", "A-B", "95 %", "p"};
  const bs_scale_difference *all = s->of->scale_differences;
  const char *family = row_of(s, &all[first])->family;
  bs_grid grid;
  size_t before = SIZE_MAX;
  bs_status status = bs_grid_open(&grid, s->of->n_scale_differences - first + 1, N_COLUMNS, err);
  for (size_t i = 0; status == BS_OK && i < N_COLUMNS; i++)
    status = bs_grid_set(&grid, 0, i, NAMES[i], err);
  grid.n_rows = 1;
  grid.left = 1;
  for (*end = first; *end < s->of->n_scale_differences && status == BS_OK; ++*end) {
    if (!is_shown(s, &all[*end]))
      continue;
    if (strcmp(row_of(s, &all[*end])->family, family) != 0)
      break;
    status = fill_row(&grid, s, &all[*end], all[*end].comparison != before, err);
    before = all[*end].comparison;
  }
  if (status == BS_OK)
    status = bs_text_printf(to, err, "\n%s%s%spreferred metrics\n", family[0] ? "family " : "",
                            family, family[0] ? ", " : "");
  if (status == BS_OK)
    status = bs_append_narrow(to, &grid, err);
  bs_grid_close(&grid);
  return status;
}

static bs_status append_people(bs_text *to, const selection *s, bs_error *err) {
  bs_status status = bs_append_sides(to, s->first, s->second, err);
  bool is_any = false;
  for (size_t i = 0, end; status == BS_OK && i < s->of->n_scale_differences; i = end) {
    end = i + 1;
    if (!is_shown(s, &s->of->scale_differences[i]))
      continue;
    is_any = true;
    status = append_family(to, s, i, &end, err);
  }
  if (status == BS_OK)
    status = bs_text_append_string(
        to,
        is_any
            ? "\nA-B: difference at this scale, on the lines through the scores (mean over tasks:\n"
              "normalised scores); p is not corrected for the number of comparisons\n"
            : "\nno scale that both reach\n",
        err);
  return status;
}

bs_status bs_report_groups_by_scale(const bs_analysis *analysis, const char *kind,
                                    const char *first, const char *second, bool as_csv, FILE *to,
                                    bs_error *err) {
  selection s = {analysis, kind, first, second};
  bs_text text = {0};
  bs_status status = bs_check_compared(analysis, kind, first, second, err);
  if (status == BS_OK)
    status = as_csv ? append_csv(&text, &s, err) : append_people(&text, &s, err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}
