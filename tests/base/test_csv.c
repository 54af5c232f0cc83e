/* The strict CSV reader, and the writer of fields. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/csv_internal.h"
#include "harness.h"

/* Records joined by "|", fields by ";", with the line of each record in front. */
static bs_status read_all(const char *text, size_t n_bytes, bs_text *all, bs_error *err) {
  bs_csv csv = {.name = "f.csv", .text = text, .n_bytes = n_bytes};
  bs_status status = bs_csv_next(&csv, err);
  for (; status == BS_OK && csv.n_fields > 0; status = bs_csv_next(&csv, err)) {
    bs_text_printf(all, NULL, "%s%zu:", all->n_bytes > 0 ? "|" : "", csv.line);
    for (size_t i = 0; i < csv.n_fields; i++)
      bs_text_printf(all, NULL, "%s%s", i > 0 ? ";" : "", bs_csv_field(&csv, i));
  }
  bs_csv_free(&csv);
  return status;
}

static void records_are_read(void) {
  static const struct {
    const char *text, *expected;
  } cases[] = {
      {"a,b\nc,d", "1:a;b|2:c;d"},
      {"a,b\r\nc,d\r\n", "1:a;b|2:c;d"},
      {"\xEF\xBB\xBF"
       "a,b\n",
       "1:a;b"},
      {",\n", "1:;"},
      {"\"a,\"\"b\"\"\",c\n", "1:a,\"b\";c"},
      {"\"a\nb\r\nc\",d\ne,f\n", "1:a\nb\r\nc;d|4:e;f"},
      {"a\n\n\r\nb\n", "1:a|4:b"},
      {"\"\"\n", "1:"},
      {" a , b \n", "1: a ; b "},
      {"a,\"b\"", "1:a;b"},
      {"a\rb,c\n", "1:a\rb;c"},
      {"", ""},
      {"\n\n", ""},
  };
  bs_error err = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_text all = {0};
    bs_text_append(&all, "", 0, NULL);
    BS_TEST_OK(read_all(cases[i].text, strlen(cases[i].text), &all, &err), err);
    CU_ASSERT_STRING_EQUAL(all.data, cases[i].expected);
    bs_text_free(&all);
  }
}

static void faults_name_line_and_field(void) {
  static const struct {
    const char *text;
    size_t n_bytes;
    const char *message;
  } cases[] = {
      {"a,\"b\nc", 6, "f.csv: line 1: field 2: the quote is never closed"},
      {"x\na,\"b\"c\n", 9, "f.csv: line 2: field 2: expected a comma after the closing quote"},
      {"a,b\"c\n", 6, "f.csv: line 1: field 2: a quote inside a field that has none around it"},
      {"a,\xC3,b\n", 6, "f.csv: line 1: field 2: not UTF-8"},
      {"a\nb,\0\n", 6, "f.csv: line 2: field 2: the text holds U+0000"},
  };
  bs_error err = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_text all = {0};
    BS_TEST_FAILS(read_all(cases[i].text, cases[i].n_bytes, &all, &err), BS_ERR_INPUT, err,
                  cases[i].message);
    bs_text_free(&all);
  }
}

static void what_is_written_is_read_again(void) {
  static const char *const FIELDS[] = {"plain",      "",   "a,b",     "say \"so\"",
                                       "two\nlines", "\r", "\xC3\xA9"};
  bs_text text = {0}, all = {0};
  bs_error err = {0};
  bs_writer w = {.to = &text};
  for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
    bs_writer_append_string(&w, i > 0 ? "," : "");
    bs_csv_write_field(&w, FIELDS[i]);
  }
  BS_TEST_OK(bs_writer_status(&w, &err), err);
  CU_ASSERT_STRING_EQUAL(text.data,
                         "plain,,\"a,b\",\"say \"\"so\"\"\",\"two\nlines\",\"\r\",\xC3\xA9");
  BS_TEST_OK(read_all(text.data, text.n_bytes, &all, &err), err);
  CU_ASSERT_STRING_EQUAL(all.data, "1:plain;;a,b;say \"so\";two\nlines;\r;\xC3\xA9");
  bs_text_free(&text);
  bs_text_free(&all);
}

static void numbers_keep_all_digits(void) {
  static const double NUMBERS[] = {0.1, 1e300, -0.0, 3, NAN, INFINITY, -INFINITY};
  bs_text text = {0};
  bs_error err = {0};
  bs_writer w = {.to = &text};
  for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
    bs_csv_write_number(&w, NUMBERS[i]);
    bs_writer_append_string(&w, ";");
  }
  BS_TEST_OK(bs_writer_status(&w, &err), err);
  CU_ASSERT_STRING_EQUAL(text.data, "0.10000000000000001;1.0000000000000001e+300;-0;3;;inf;-inf;");
  bs_text_free(&text);
}

int main(void) {
  static const bs_test tests[] = {
      {"records are read", records_are_read},
      {"what is written is read again", what_is_written_is_read_again},
      {"numbers keep all digits", numbers_keep_all_digits},
      {"faults name line and field", faults_name_line_and_field},
  };
  return bs_test_main("csv", tests, sizeof tests / sizeof *tests);
}
