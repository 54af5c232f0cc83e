/* A table of scores in CSV: its records alone, and its analysis, printed both ways. */
#include <stdio.h>
#include <stdlib.h>

#include "base/csv_internal.h"
#include "bigsweep/analysis.h"
#include "bigsweep/report.h"
#include "folder.h"
#include "fuzz.h"

static void read_records(const uint8_t *data, size_t size) {
  bs_csv csv = {.name = "fuzz", .text = (const char *)data, .n_bytes = size};
  while (bs_csv_next(&csv, NULL) == BS_OK && csv.n_fields > 0)
    ;
  bs_csv_free(&csv);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static FILE *null;
  if (null == NULL && (null = fopen("/dev/null", "we")) == NULL)
    exit(1);
  read_records(data, size);
  char path[256];
  snprintf(path, sizeof path, "%s/scores.csv", bs_fuzz_folder());
  bs_fuzz_write("scores.csv", data, size);
  bs_analysis *analysis = NULL;
  if (bs_analysis_from_csv(&analysis, path, NULL) == BS_OK &&
      (bs_report_tables(analysis, null, NULL) != BS_OK ||
       bs_report_linearity_csv(analysis, null, NULL) != BS_OK))
    abort();
  bs_analysis_free(&analysis);
}
