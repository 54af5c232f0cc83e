/* The table of metrics: what a name means in it, and that its documentation says the same. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bigsweep/metric.h"
#include "harness.h"

static void the_table_is_whole(void) {
  CU_ASSERT_EQUAL(bs_metric_count(), 35);
  for (size_t i = 0; i < bs_metric_count(); i++) {
    const bs_metric *metric = bs_metric_at(i);
    CU_ASSERT_PTR_EQUAL(bs_metric_find(metric->name), metric);
    CU_ASSERT_TRUE(metric->example != NULL || metric->corpus != NULL);
    CU_ASSERT_PTR_NOT_NULL(metric->definition);
    CU_ASSERT_PTR_NOT_NULL(metric->source);
    CU_ASSERT_TRUE(metric->needs != 0);
    CU_ASSERT_FALSE(isnan(metric->high_score));
    CU_ASSERT_TRUE(isnan(metric->low_score) ||
                   (metric->low_score < metric->high_score) == metric->higher_is_better);
    CU_ASSERT_PTR_NULL(bs_metric_unsupported_reason(metric->name));
  }
  CU_ASSERT_PTR_NULL(bs_metric_at(bs_metric_count()));
  CU_ASSERT_PTR_NULL(bs_metric_find("exact"));
  CU_ASSERT_PTR_NOT_NULL(bs_metric_unsupported_reason("normalized_aggregate_score"));
  CU_ASSERT_PTR_NOT_NULL(strstr(bs_metric_unsupported_reason("bleurt"), "BLEURT"));
}

static void an_alias_names_several(void) {
  static const char *const rouge[] = {"rouge1", "rouge2", "rougeLsum"};
  const char *listed[] = {"bleu", "rouge"};
  size_t n_named = 0, n_leading = 0;
  bs_error err = {0};
  for (size_t i = 0; i < bs_metric_count(); i++) {
    const bs_metric *metric = bs_metric_at(i);
    CU_ASSERT_TRUE(bs_metric_is_named(metric, metric->name));
    CU_ASSERT_PTR_EQUAL(bs_metric_meant(metric->name), metric);
    CU_ASSERT_TRUE(metric->alias == NULL || bs_metric_find(metric->alias) == NULL);
    CU_ASSERT_FALSE(metric->leads_alias && metric->alias == NULL);
    n_named += bs_metric_is_named(metric, "rouge");
    n_leading += metric->leads_alias;
    CU_ASSERT_EQUAL(bs_metric_is_listed(metric, listed, 2),
                    strcmp(metric->name, "bleu") == 0 || bs_metric_is_named(metric, "rouge"));
  }
  CU_ASSERT_EQUAL(n_named, 3);
  CU_ASSERT_EQUAL(n_leading, 1);
  for (size_t i = 0; i < 3; i++)
    CU_ASSERT_TRUE(bs_metric_is_named(bs_metric_find(rouge[i]), "rouge"));
  CU_ASSERT_PTR_EQUAL(bs_metric_meant("rouge"), bs_metric_find("rougeLsum"));
  CU_ASSERT_PTR_NULL(bs_metric_find("rouge"));
  CU_ASSERT_PTR_NULL(bs_metric_meant("rouge3"));
  BS_TEST_OK(bs_metric_name_check("rouge", &err), err);
  BS_TEST_FAILS(bs_metric_name_check("rouge3", &err), BS_ERR_USAGE, err, "did you mean \"rouge");
  CU_ASSERT_TRUE(bs_metrics_need_text(listed + 1, 1));
  CU_ASSERT_STRING_EQUAL(bs_metric_needed("rouge"), "answers that are generated");
}

/* One row of the documentation's table: its cells between bars, a bar in a cell is "\\|". */
enum { N_CELLS = 5 };
typedef struct row {
  char cells[N_CELLS][1024]; /* names, kind, definition, source, checked against */
} row;

static bool read_row(const char *line, row *out) {
  size_t cell = 0, n = 0;
  *out = (row){0};
  if (line[0] != '|' || strchr(line, '`') == NULL)
    return false;
  for (const char *at = line + 1; *at != '\0' && *at != '\n' && cell < N_CELLS; at++) {
    if (*at == '|' && at[-1] != '\\') {
      cell++;
      n = 0;
    } else if (n + 1 < sizeof out->cells[cell]) {
      out->cells[cell][n++] = *at;
    }
  }
  return cell == N_CELLS;
}

static bool says(const char *cell, const char *part) { return strstr(cell, part) != NULL; }

static void check_row(const row *of, const bs_metric *metric, const char *quoted) {
  char slanted[128];
  snprintf(slanted, sizeof slanted, "*%s*", quoted);
  bool is_of_choices = (metric->needs & BS_NEEDS_CHOICES) != 0;
  bool is_of_text = (metric->needs & BS_NEEDS_TEXT) != 0;
  const char *kind = !metric->is_always_computed ? " "
                     : is_of_choices             ? " C "
                     : is_of_text                ? " T "
                                                 : " L ";
  bool is_right = says(of->cells[0], slanted) == metric->is_variant &&
                  strcmp(of->cells[1], kind) == 0 &&
                  (says(of->cells[2], "*corpus*") || says(of->cells[2], "*pairs*")) ==
                      (metric->corpus != NULL) &&
                  says(of->cells[2], "0 to 100") == (metric->high_score == 100) &&
                  (metric->alias == NULL || says(of->cells[2], metric->alias)) &&
                  says(of->cells[3], metric->source);
  if (!is_right)
    printf("\n    docs/metrics.md and the table differ in %s (source \"%s\")", metric->name,
           metric->source);
  CU_ASSERT_TRUE(is_right);
}

static void the_documentation_has_every_row(void) {
  bs_text file = bs_test_read(BS_SOURCE_DIR "/docs/metrics.md");
  size_t n_rows = 0, n_found[BS_MOST_METRICS] = {0};
  CU_ASSERT_PTR_NOT_NULL_FATAL(file.data);
  for (const char *line = file.data; line != NULL; line = strchr(line, '\n')) {
    row of;
    line += line[0] == '\n';
    if (line[0] == '\0' || !read_row(line, &of))
      continue;
    n_rows++;
    for (size_t i = 0; i < bs_metric_count(); i++) {
      char quoted[120];
      snprintf(quoted, sizeof quoted, "`%s`", bs_metric_at(i)->name);
      if (!says(of.cells[0], quoted))
        continue;
      n_found[i]++;
      check_row(&of, bs_metric_at(i), quoted);
    }
  }
  CU_ASSERT_TRUE(n_rows > 20);
  for (size_t i = 0; i < bs_metric_count(); i++) {
    if (n_found[i] != 1)
      printf("\n    docs/metrics.md has %zu rows of %s", n_found[i], bs_metric_at(i)->name);
    CU_ASSERT_EQUAL(n_found[i], 1);
  }
  bs_text_free(&file);
}

int main(void) {
  static const bs_test tests[] = {
      {"the table of metrics is whole", the_table_is_whole},
      {"an alias names several metrics", an_alias_names_several},
      {"the documentation has every row", the_documentation_has_every_row},
  };
  return bs_test_main("metric_table", tests, sizeof tests / sizeof *tests);
}
