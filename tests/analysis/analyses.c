/* Analyses for the tests of this folder, and what is printed of them. */
#include "analyses.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

bs_analysis *from_text(const char *text) {
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  BS_TEST_OK(bs_analysis_from_csv(&analysis, bs_test_write("scores.csv", text, strlen(text)), &err),
             err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(analysis);
  return analysis;
}

bs_analysis *of_results(const bs_tables *results) {
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  BS_TEST_OK(bs_analysis_from_tables(&analysis, results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(analysis);
  return analysis;
}

bs_text printed(const bs_analysis *analysis, bool csv) {
  bs_error err = {0};
  const char *path = bs_test_path("printed");
  FILE *to = fopen(path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(to);
  BS_TEST_OK(csv ? bs_report_linearity_csv(analysis, to, &err)
                 : bs_report_tables(analysis, to, &err),
             err);
  fclose(to);
  return bs_test_read(path);
}
