/* Looking things up in sorted tables. */
#include "export/scores_internal.h"

#include <stdio.h>

/* Whether a row's model and task, or task and example, come before a pair. */
static bool is_before(const bs_table_schema *schema, const char *row, uint32_t a, uint32_t b) {
  uint64_t first = bs_field_number(&schema->columns[0], row);
  return first < a || (first == a && bs_field_number(&schema->columns[1], row) < b);
}

/* The first row that is not before a pair. */
static size_t lower_bound(const bs_tables *tables, bs_table_id id, uint32_t a, uint32_t b) {
  const bs_table_schema *schema = &bs_schemas[id];
  size_t low = 0, high;
  const char *rows = bs_table_rows(tables, id, &high);
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (is_before(schema, rows + middle * schema->row_bytes, a, b))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

const bs_score_row *bs_export_scores(const bs_tables *analysis, uint32_t model, uint32_t task,
                                     size_t *n) {
  size_t first = lower_bound(analysis, BS_TABLE_SCORES, model, task);
  *n = lower_bound(analysis, BS_TABLE_SCORES, model, task + 1) - first;
  return *n > 0 ? &analysis->scores[first] : NULL;
}

size_t bs_export_same_shots(const bs_score_row *first, size_t n) {
  size_t k = 0;
  while (k < n && first[k].shots == first->shots)
    k++;
  return k;
}

size_t bs_export_rows_of(const bs_tables *results, bs_table_id id, uint32_t task, uint32_t example,
                         size_t *n) {
  size_t first = lower_bound(results, id, task, example);
  *n = lower_bound(results, id, task, example + 1) - first;
  return first;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t days_to(int64_t year, int64_t month, int64_t day) {
  static const int64_t BEFORE[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  int64_t past = year - 1;
  bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  int64_t days = past * 365 + past / 4 - past / 100 + past / 400 - 719162;
  return days + BEFORE[month - 1] + (is_leap && month > 2 ? 1 : 0) + day - 1;
}

int64_t bs_export_seconds(const char *created) {
  int year, month, day, hour, minute, second;
  if (created == NULL || sscanf(created, "%4d-%2d-%2dT%2d:%2d:%2dZ", &year, &month, &day, &hour,
                                &minute, &second) != 6)
    return 0;
  if (year < 1970 || month < 1 || month > 12)
    return 0;
  return ((days_to(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}

void bs_export_number(bs_writer *w, const char *key, double value) {
  bs_writer_key(w, key);
  bs_writer_number(w, value);
}

void bs_export_unsigned(bs_writer *w, const char *key, uint64_t value) {
  bs_writer_key(w, key);
  bs_writer_unsigned(w, value);
}
