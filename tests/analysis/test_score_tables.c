/* Tables of scores as CSV: read in any form, refused with the place of a fault, and the tables that
   are printed of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "harness.h"

static void table_of_any_form(void) {
  bs_analysis *analysis =
      from_text("\xEF\xBB\xBFnote,value,\"shots\",metric,task,scale,model,family,n\r\n"
                "x,0.5,0,acc,\"a, \"\"b\"\"\r\nc\",2e6,m2,f,10\r\n"
                "\r\n"
                ",0.25,0,acc,\"a, \"\"b\"\"\r\nc\",1000000,m1,f,\r\n"
                "y,,0,acc,plain,1e6,m1,f,7\r\n"
                "y,1,3,acc,\"a, \"\"b\"\"\r\nc\",1e6,m1,f,7");
  CU_ASSERT_EQUAL_FATAL(bs_analysis_tables(analysis)->n_scores, 4);
  const bs_score_row *scores = bs_analysis_tables(analysis)->scores;
  CU_ASSERT_EQUAL(scores[0].value, 0.5);
  CU_ASSERT_EQUAL(scores[0].n, 10);
  CU_ASSERT_TRUE(isnan(scores[0].standard_error));
  CU_ASSERT_EQUAL(scores[1].n, 0);
  CU_ASSERT_TRUE(isnan(scores[2].value));
  CU_ASSERT_STRING_EQUAL(bs_analysis_task(analysis, scores[0].task), "a, \"b\"\r\nc");
  CU_ASSERT_EQUAL(bs_analysis_scale(analysis, scores[0].model), 2e6);
  CU_ASSERT_STRING_EQUAL(bs_analysis_model(analysis, scores[3].model), "m1");
  CU_ASSERT_PTR_NULL(bs_analysis_model(analysis, 2));
  CU_ASSERT_TRUE(isnan(bs_analysis_scale(analysis, 2)));
  CU_ASSERT_EQUAL_FATAL(bs_analysis_tables(analysis)->n_linearity, 3);
  size_t n = 0;
  const bs_scale_point *points = bs_analysis_curve(analysis, 0, &n);
  CU_ASSERT_EQUAL_FATAL(n, 2);
  CU_ASSERT_EQUAL(points[0].value, 0.25);
  CU_ASSERT_EQUAL(points[1].scale, 2e6);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->linearity[1].shots, 3);
  CU_ASSERT_PTR_NULL(bs_analysis_curve(analysis, 3, &n));
  bs_analysis_free(&analysis);
  CU_ASSERT_PTR_NULL(analysis);
  bs_analysis_free(&analysis);
}

static void faults_of_a_table_are_placed(void) {
#define HEAD "family,model,scale,task,metric,shots,value\n"
  static const struct {
    const char *text, *message;
  } CASES[] = {
      {"", "empty: expected a header"},
      {"\n\n", "empty: expected a header"},
      {"family,model,scale,task,metric,shots\n", "line 1: no column \"value\""},
      {"family,model,scale,task,metrik,shots,value\n",
       "line 1: no column \"metric\" (is \"metrik\" meant?)"},
      {"family,model,scale,task,metric,shots,value,task\n", "two columns are called \"task\""},
      {HEAD "f,m,1,t,acc,0\n", "line 2: 6 fields, the header has 7"},
      {HEAD "f,m,1,t,acc,0,1\n\nf,m,1,t,acc,0,1,2\n", "line 4: 8 fields, the header has 7"},
      {HEAD "f,m,one,t,acc,0,1\n", "line 2: column scale: expected a number, found \"one\""},
      {HEAD "f,m,0,t,acc,0,1\n", "line 2: column scale: expected a number above 0"},
      {HEAD "f,m,nan,t,acc,0,1\n", "column scale: expected a number"},
      {HEAD "f,m,1,t,acc,0,1\nf,m,1,t,acc,1.5,1\n",
       "line 3: column shots: expected a whole number, found \"1.5\""},
      {HEAD "f,m,1,t,acc,-1,1\n", "column shots: expected a whole number"},
      {HEAD "f,m,1,t,acc,99999999999999999999,1\n", "column shots: expected a whole number"},
      {HEAD "f,m,1,t,acc,4294967296,1\n",
       "column shots: expected a whole number up to 4294967295, found \"4294967296\""},
      {HEAD "f,m,1,t,acc,0,1e300\n",
       "column value: expected a number between -1e100 and 1e100, found \"1e300\""},
      {HEAD "f,m,1,t,acc,0,-1e999\n", "column value: expected a number between"},
      {HEAD "f,m,1,t,acc,0,0x1p3\n", "column value: expected a number, found \"0x1p3\""},
      {HEAD "f,m,1,t,acc,0, 1\n", "column value: expected a number"},
      {HEAD "f,m,1,t,acc,0,inf\n", "column value: expected a number"},
      {HEAD "f,m,1,t,acc,0,1e999\n", "column value: expected a number"},
      {HEAD "f,m,1,t,acc,0,1e\n", "column value: expected a number"},
      {HEAD "f,,1,t,acc,0,1\n", "line 2: column model: expected a name"},
      {HEAD "f,m,1,t,acc,0,1\nf,m,2,t,acc,1,1\n",
       "line 3: column scale: model \"m\" has 2 here and 1 before"},
      {HEAD "f,m,1,t,acc,0,1\nf,m,1,u,acc,0,1\nf,m,1,t,acc,0,2\n",
       "line 4: the score of \"m\" on \"t\", acc, 0 shots stands in line 2 already"},
      {HEAD "f,m,1,\"t\nu,acc,0,1\n", "line 2: field 4: the quote is never closed"},
      {HEAD "f,m,1,\"t\nu\"v,acc,0,1\n", "line 3: field 4: expected a comma"},
      {HEAD "f,m,1,t\"u,acc,0,1\n", "line 2: field 4: a quote inside"},
      {HEAD "f,m,1,t\xFF,acc,0,1\n", "line 2: field 4: not UTF-8"},
      {"family,model,scale,task,metric,shots,value,stderr\nf,m,1,t,acc,0,1,-1\n",
       "column stderr: expected a number not below 0"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    bs_error err = {0};
    bs_analysis *analysis = NULL;
    const char *path = bs_test_write("bad.csv", CASES[i].text, strlen(CASES[i].text));
    BS_TEST_FAILS(bs_analysis_from_csv(&analysis, path, &err), BS_ERR_INPUT, err, CASES[i].message);
    CU_ASSERT_PTR_NULL(analysis);
  }
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  BS_TEST_FAILS(bs_analysis_from_csv(&analysis, bs_test_path("none.csv"), &err), BS_ERR_IO, err,
                "No such file");
#undef HEAD
}

/* Cut anywhere and with any byte changed, a table is read or refused, never more. */
static void any_bytes_are_survived(void) {
  static const char TEXT[] = "family,model,scale,task,metric,shots,value,stderr\r\n"
                             "f,\"m,\"\"1\",1e3,t\xC3\xA9,acc,0,0.5,0.1\r\nf,m2,2e3,t,acc,0,1,\n";
  for (size_t n = 0; n < sizeof TEXT; n++) {
    bs_error err = {0};
    bs_analysis *analysis = NULL;
    bs_status status = bs_analysis_from_csv(&analysis, bs_test_write("cut.csv", TEXT, n), &err);
    CU_ASSERT_EQUAL(status == BS_OK, analysis != NULL);
    CU_ASSERT_EQUAL(status == BS_OK, err.message[0] == '\0');
    bs_analysis_free(&analysis);
  }
  static const char BYTES[] = {'"', ',', '\n', '\r', '\0', (char)0xFF, '9'};
  char changed[sizeof TEXT - 1];
  for (size_t at = 0; at < sizeof changed; at++)
    for (size_t k = 0; k < sizeof BYTES; k++) {
      bs_error err = {0};
      bs_analysis *analysis = NULL;
      memcpy(changed, TEXT, sizeof changed);
      changed[at] = BYTES[k];
      bs_status status = bs_analysis_from_csv(
          &analysis, bs_test_write("changed.csv", changed, sizeof changed), &err);
      CU_ASSERT_EQUAL(status == BS_OK, analysis != NULL);
      bs_analysis_free(&analysis);
    }
}

static bool equal_or_empty(const char *field, double value) {
  if (field[0] == '\0')
    return isnan(value);
  double expected = strtod(field, NULL);
  return fabs(value - expected) <= 1e-12 * fmax(1, fabs(expected));
}

/* The expected file has no quotes: split at commas. */
static size_t split(char *line, char *fields[8]) {
  size_t n = 0;
  line[strcspn(line, "\r\n")] = '\0';
  for (char *at = line; at != NULL && n < 8; n++) {
    fields[n] = at;
    at = strchr(at, ',');
    if (at != NULL)
      *at++ = '\0';
  }
  return n;
}

static const bs_linearity_row *find_row(const bs_analysis *analysis, char *const *fields) {
  const bs_linearity_row *rows = bs_analysis_tables(analysis)->linearity;
  for (size_t i = 0; i < bs_analysis_tables(analysis)->n_linearity; i++)
    if (strcmp(rows[i].family, fields[0]) == 0 &&
        rows[i].shots == (uint32_t)strtoul(fields[1], NULL, 10) &&
        strcmp(rows[i].task, fields[2]) == 0 && strcmp(rows[i].metric, fields[3]) == 0)
      return &rows[i];
  return NULL;
}

static void published_results_are_reproduced(void) {
  if (!bs_test_have_data("pythia-evals/evals.csv"))
    return;
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  BS_TEST_OK(bs_analysis_from_csv(&analysis, bs_test_data("pythia-evals/evals.csv"), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(analysis);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_scores, 4800);
  CU_ASSERT_EQUAL(bs_analysis_n_models(analysis), 16);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_linearity, 600);
  FILE *expected = fopen(bs_test_data("pythia-evals/expected_linearity.csv"), "r");
  CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
  char line[1024], *fields[8];
  CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, expected));
  size_t n_rows = 0, n_good = 0;
  while (fgets(line, sizeof line, expected) != NULL && split(line, fields) == 8) {
    const bs_linearity_row *row = find_row(analysis, fields);
    n_rows++;
    n_good += row != NULL && row->n == strtoul(fields[4], NULL, 10) &&
              equal_or_empty(fields[5], row->improvement) &&
              equal_or_empty(fields[6], row->linearity) &&
              equal_or_empty(fields[7], row->breakthroughness);
  }
  CU_ASSERT_EQUAL(n_rows, 308);
  CU_ASSERT_EQUAL(n_good, 308);
  fclose(expected);
  bs_analysis_free(&analysis);
}

static void tables_are_printed(void) {
  bs_analysis *analysis =
      from_text("family,model,scale,task,metric,shots,value,stderr,n,preferred_metric\n"
                "f,a,3200,\"t,1\",acc,0,0.125,0.0125,40,acc\n"
                "f,b,70426624,\"t,1\",acc,0,0.25,0.01,40,acc\n"
                "f,c,1.4e9,\"t,1\",acc,0,0.375,,50,acc\n"
                "f,a,3200,\"t,1\",log_likelihood,0,-120.5,1.5,40,acc\n"
                "g\xC3\xA9,a,1e12,t2,bleu,2,12.5,,,\n");
  bs_text text = printed(analysis, false);
  static const char EXPECTED[] =
      "family f\n"
      "models: a (3.2K), b (70.4M), c (1.4B)\n"
      "task  shots  metric              n          3.2K         70.4M   1.4B      I      L      B\n"
      "t,1       0  acc *           40-50  0.125 ±0.013  0.250 ±0.010  0.375  0.250  2.000  2.000\n"
      "          0  log_likelihood     40   -120.5 ±1.5                           -      -      -\n"
      "\n"
      "family gé\n"
      "models: a (1T)\n"
      "task  shots  metric  n     1T  I  L  B\n"
      "t2        2  bleu    -  12.50  -  -  -\n"
      "\n* preferred metric;";
  CU_ASSERT_EQUAL(strncmp(text.data, EXPECTED, strlen(EXPECTED)), 0);
  if (strncmp(text.data, EXPECTED, strlen(EXPECTED)) != 0)
    printf("\n%s", text.data);
  bs_text_free(&text);
  text = printed(analysis, true);
  static const char *const LINES[] = {
      "family,shots,task,metric,n,improvement,linearity,breakthroughness,"
      "root_mean_square,root_median_square,linearity_per_step,shared_scales,improvement_low,",
      "f,0,\"t,1\",acc,3,0.25,2,2,0.125,0.125,1,0,", "f,0,\"t,1\",log_likelihood,1,0,,,,,,0,,",
      "g\xC3\xA9,2,t2,bleu,1,0,,,,,,0,,"};
  char *at = text.data;
  for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
    CU_ASSERT_EQUAL(strncmp(at, LINES[i], strlen(LINES[i])), 0);
    at = strchr(at, '\n') + 1;
  }
  CU_ASSERT_STRING_EQUAL(at, "");
  bs_text_free(&text);
  bs_analysis_free(&analysis);
}

static void a_full_disk_is_told(void) {
  bs_error err = {0};
  bs_analysis *analysis = from_text("family,model,scale,task,metric,shots,value\nf,a,1,t,m,0,1\n");
  FILE *full = fopen("/dev/full", "w");
  if (full != NULL) {
    BS_TEST_FAILS(bs_report_tables(analysis, full, &err), BS_ERR_IO, err, "No space left");
    fclose(full);
  }
  bs_analysis_free(&analysis);
}

static void two_scales_have_no_linearity(void) {
  bs_analysis *analysis = from_text("family,model,scale,task,metric,shots,value,stderr\n"
                                    "f,a,1,t,m,0,0.2,0.01\nf,b,2,t,m,0,0.4,0.01\n");
  const bs_linearity_row *row = &bs_analysis_tables(analysis)->linearity[0];
  CU_ASSERT_TRUE(row->improvement_low > 0.1 && row->improvement_high < 0.3);
  CU_ASSERT_TRUE(isnan(row->linearity) && isnan(row->linearity_low) && isnan(row->linearity_high) &&
                 isnan(row->linearity_corrected));
  CU_ASSERT_TRUE(isnan(row->breakthroughness_low) && isnan(row->breakthroughness_high));
  bs_analysis_free(&analysis);
}

int main(void) {
  static const bs_test tests[] = {
      {"a table of any form", table_of_any_form},
      {"faults of a table are placed", faults_of_a_table_are_placed},
      {"any bytes are survived", any_bytes_are_survived},
      {"published results are reproduced", published_results_are_reproduced},
      {"tables are printed", tables_are_printed},
      {"two scales have no linearity", two_scales_have_no_linearity},
      {"a full disk is told", a_full_disk_is_told},
  };
  return bs_test_main("score_tables", tests, sizeof tests / sizeof *tests);
}
