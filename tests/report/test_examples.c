/* Examples for people and programs: who is right, which are shown, and that no text does anything
   to a terminal. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../store/synthetic.h"
#include "bigsweep/evaluate.h"
#include "harness.h"
#include "report/examples_internal.h"

static bs_text plain(const char *text, size_t width) {
  bs_error err = {0};
  bs_text to = {0};
  bs_writer w = {.to = &to};
  bs_writer_append_string(&w, "");
  if (width == 0)
    bs_plain_append(&w, text, strlen(text), true);
  else
    BS_TEST_OK(bs_plain_wrap(&w, text, strlen(text), 2, width, &err), err);
  BS_TEST_OK(bs_writer_status(&w, &err), err);
  return to;
}

static void expect_plain(const char *text, size_t width, const char *expected) {
  bs_text to = plain(text, width);
  CU_ASSERT_STRING_EQUAL(to.data, expected);
  bs_text_free(&to);
}

static void texts_are_harmless(void) {
  expect_plain("\x1b[31mred\x1b[0m\a", 0, "\\x1b[31mred\\x1b[0m\\x07");
  expect_plain("a\r\nb\rc\nd\te\x7f", 0, "a b\\x0dc d    e\\x7f");
  expect_plain("\xC2\x9B"
               "31m \xE2\x80\xAE"
               "evil \xEF\xBB\xBF",
               0, "\\u{009b}31m \\u{202e}evil \\u{feff}");
  expect_plain("\xFF\xC3", 0, "\\xff\\xc3");
  expect_plain("\xC3\xA9 \xE4\xBD\xA0", 0, "\xC3\xA9 \xE4\xBD\xA0");
  for (int c = 1; c < 256; c++) {
    const char text[] = {(char)c, 'x', '\0'};
    bs_text to = plain(text, 0);
    for (size_t i = 0; i < to.n_bytes; i++)
      CU_ASSERT_TRUE(to.data[i] >= ' ' && to.data[i] <= '~');
    bs_text_free(&to);
  }
}

static void lines_fit(void) {
  expect_plain("one two three four", 10, "  one two \n  three \n  four\n");
  expect_plain("\nA line\n\nand another", 80, "\n  A line\n\n  and another\n");
  expect_plain("abcdefghijklm", 7, "  abcde\n  fghij\n  klm\n");
  expect_plain("\xE4\xBD\xA0\xE4\xBD\xA0\xE4\xBD\xA0", 6,
               "  \xE4\xBD\xA0\xE4\xBD\xA0\n  \xE4\xBD\xA0\n");
  expect_plain("x", 1, "  x\n");
  bs_error err = {0};
  bs_text to = {0};
  bs_writer w = {.to = &to};
  BS_TEST_OK(bs_plain_cut(&w, "abcdef", 6, &err), err);
  bs_writer_append_string(&w, "|");
  BS_TEST_OK(bs_plain_cut(&w, "abcdefg", 6, &err), err);
  bs_writer_append_string(&w, "|");
  BS_TEST_OK(bs_plain_cut(&w, "\xE4\xBD\xA0\xE4\xBD\xA0\xE4\xBD\xA0", 4, &err), err);
  CU_ASSERT_STRING_EQUAL(to.data, "abcdef|abcde\xE2\x80\xA6|\xE4\xBD\xA0\xE2\x80\xA6");
  bs_text_free(&to);
}

static const synthetic_size SIZE = {3, 3, 2, 6};

static bs_tables *results_with_texts(void) {
  bs_error err = {0};
  bs_tables *results = synthetic_results(SIZE, false);
  static const char *const TEXTS[] = {"yes", "no, \xE4\xBD\xA0", "perhaps", "never"};
  for (uint32_t task = 0; task < SIZE.n_tasks; task++)
    for (uint32_t example = 0; example < SIZE.n_examples; example++) {
      const bs_input_row input = {.task = task,
                                  .example = example,
                                  .query = "\nQ: is it?\x1b[2J\nA: ",
                                  .input_start = 4,
                                  .input_bytes = 10,
                                  .identity = example,
                                  .answer = ""};
      BS_TEST_OK(bs_tables_add_input(results, &input, &err), err);
      for (uint32_t k = 0; k < 4 && task % 3 != 1; k++) {
        const bs_choice_text_row choice = {.task = task,
                                           .example = example,
                                           .choice = k,
                                           .text = TEXTS[k],
                                           .target_score = k == 0};
        BS_TEST_OK(bs_tables_add_choice_text(results, &choice, &err), err);
      }
      const bs_target_row target = {.task = task, .example = example, .text = "7"};
      if (task % 3 == 1)
        BS_TEST_OK(bs_tables_add_target(results, &target, &err), err);
    }
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  return results;
}

/* What is printed; the caller frees it. */
static char *shown(const bs_tables *results, bs_examples_options options, size_t *n_found) {
  bs_error err = {0};
  char *text = NULL;
  size_t n_bytes, n_shown;
  FILE *to = open_memstream(&text, &n_bytes);
  if (options.most == 0)
    options.most = SIZE_MAX;
  BS_TEST_OK(bs_report_examples(results, &options, to, &n_shown, n_found, &err), err);
  fclose(to);
  CU_ASSERT_EQUAL(n_shown, *n_found < options.most ? *n_found : options.most);
  return text;
}

static void examples_are_chosen(void) {
  static const bool TWO[3] = {true, false, true}, ONE[3] = {false, false, true};
  static const uint32_t SHOTS[] = {1};
  bs_tables *results = results_with_texts();
  const size_t n_all = (size_t)SIZE.n_tasks * SIZE.n_shots * SIZE.n_examples;
  size_t n_right = 0, n_wrong = 0, n_differ = 0, n;
  bs_examples_options options = {.example = UINT32_MAX, .selection = {.models = ONE}};
  free(shown(results, options, &n));
  CU_ASSERT_EQUAL(n, n_all);
  options.asked = BS_EXAMPLES_RIGHT;
  free(shown(results, options, &n_right));
  options.asked = BS_EXAMPLES_WRONG;
  free(shown(results, options, &n_wrong));
  CU_ASSERT_TRUE(n_right > 0 && n_wrong > 0);
  CU_ASSERT_EQUAL(n_right + n_wrong, n_all);
  options = (bs_examples_options){
      .example = UINT32_MAX, .selection = {.models = TWO}, .differ = true, .second = 2};
  free(shown(results, options, &n_differ));
  options.differ = false;
  options.asked = BS_EXAMPLES_RIGHT;
  free(shown(results, options, &n_right));
  options.asked = BS_EXAMPLES_WRONG;
  free(shown(results, options, &n_wrong));
  CU_ASSERT_TRUE(n_differ > 0);
  CU_ASSERT_EQUAL(n_right + n_wrong + n_differ, n_all);
  options = (bs_examples_options){.example = 4,
                                  .selection = {.tasks = ONE, .shots = SHOTS, .n_shots = 1}};
  free(shown(results, options, &n));
  CU_ASSERT_EQUAL(n, 1);
  bs_tables_free(&results);
}

static void examples_are_readable(void) {
  bs_tables *results = results_with_texts();
  static const size_t WIDTHS[] = {80, 40};
  for (size_t k = 0; k < 2; k++) {
    size_t n;
    bs_examples_options options = {.example = UINT32_MAX, .width = WIDTHS[k]};
    char *text = shown(results, options, &n);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "== facts, example 0, 0 shots\n  is it?\\x1b[2J\n\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n* yes "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " | 7\n"));
    CU_ASSERT_PTR_NULL(strchr(text, '\x1b'));
    for (char *line = strtok(text, "\n"); k == 0 && line != NULL; line = strtok(NULL, "\n"))
      if (bs_text_columns(line) > 80) {
        printf("\n    %zu columns: %s\n", bs_text_columns(line), line);
        CU_FAIL("a line is too long");
      }
    free(text);
  }
  bs_tables_free(&results);
}

static void programs_read_all_of_it(void) {
  bs_tables *results = results_with_texts();
  size_t n;
  bs_examples_options options = {.example = 0, .as_json = true};
  char *text = shown(results, options, &n);
  CU_ASSERT_EQUAL(n, (size_t)SIZE.n_tasks * SIZE.n_shots);
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"query\": \"\\nQ: is it?\\u001b[2J\\nA: \""));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"text\": \"yes\", \"target_score\": 1}"));
  free(text);
  bs_tables_free(&results);
}

/* Files without questions are shown, but not their prompts. */
static void what_is_missing_is_said(void) {
  bs_error err = {0};
  bs_tables *results = results_with_texts();
  size_t n_shown, n_found;
  bs_examples_options options = {.example = UINT32_MAX, .most = 5};
  results->n_inputs = results->n_targets = results->n_choice_texts = 0;
  FILE *to = fopen("/dev/null", "w");
  BS_TEST_OK(bs_report_examples(results, &options, to, &n_shown, &n_found, &err), err);
  CU_ASSERT_EQUAL(n_shown, 5);
  options.with_prompt = true;
  BS_TEST_FAILS(bs_report_examples(results, &options, to, &n_shown, &n_found, &err), BS_ERR_INPUT,
                err, "are not in the file (/inputs)");
  fclose(to);
  bs_tables_free(&results);
}

static void settings_are_read_back(void) {
  bs_error err = {0};
  bs_protocol protocol = {.seed = 4000000000U,
                          .border = BS_BORDER_SEPARATE,
                          .overlong = BS_OVERLONG_SKIP,
                          .max_tokens = 77,
                          .precision = BS_PRECISION_BF16},
              read;
  bs_text text = {0};
  BS_TEST_OK(bs_protocol_print(&protocol, &text, &err), err);
  BS_TEST_OK(bs_protocol_parse(&read, text.data, &err), err);
  CU_ASSERT_EQUAL(read.seed, protocol.seed);
  CU_ASSERT_EQUAL(read.border, protocol.border);
  CU_ASSERT_EQUAL(read.overlong, protocol.overlong);
  CU_ASSERT_EQUAL(read.max_tokens, protocol.max_tokens);
  CU_ASSERT_EQUAL(read.precision, protocol.precision);
  BS_TEST_OK(bs_text_append_string(&text, " more=1", &err), err);
  BS_TEST_FAILS(bs_protocol_parse(&read, text.data, &err), BS_ERR_INPUT, err, "another version");
  BS_TEST_FAILS(bs_protocol_parse(&read, "", &err), BS_ERR_INPUT, err, "another version");
  protocol.reading = BS_READING_5_0;
  text.n_bytes = 0;
  BS_TEST_OK(bs_protocol_print(&protocol, &text, &err), err);
  BS_TEST_OK(bs_protocol_parse(&read, text.data, &err), err);
  CU_ASSERT_EQUAL(read.reading, protocol.reading);
  bs_text_free(&text);
}

int main(void) {
  static const bs_test tests[] = {
      {"texts are harmless", texts_are_harmless},
      {"lines fit", lines_fit},
      {"examples are chosen", examples_are_chosen},
      {"examples are readable", examples_are_readable},
      {"programs read all of it", programs_read_all_of_it},
      {"what is missing is said", what_is_missing_is_said},
      {"settings are read back", settings_are_read_back},
  };
  return bs_test_main("examples", tests, sizeof tests / sizeof *tests);
}
