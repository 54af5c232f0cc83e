/* What a run says of how far it is: on narrow and wide terminals, and how often in a log. */
#include <string.h>

#include "harness.h"
#include "program/progress.h"

static const bs_progress LARGE = {.units_done = 120,
                                  .units_total = 2240,
                                  .examples_done = 20000,
                                  .examples_total = 422400,
                                  .examples_reused = 300,
                                  .cost_done = 25,
                                  .cost_total = 100,
                                  .tokens = 1234000,
                                  .seconds = 100,
                                  .n_models = 16,
                                  .models_done = 3,
                                  .models_running = 2};

static const char *line_of(const bs_progress *progress, size_t width) {
  static char line[384];
  progress_format_line(line, sizeof line, width, progress);
  return line;
}

static void time_left_and_rate_come_first(void) {
  CU_ASSERT_STRING_EQUAL(line_of(&LARGE, 79), " 25 %, 5 min 00 s left, 12340 tokens/s, "
                                              "20000/422400 examples, 3/16 models");
  CU_ASSERT_STRING_EQUAL(line_of(&LARGE, 300),
                         " 25 %, 5 min 00 s left, 12340 tokens/s, 20000/422400 examples, 3/16 "
                         "models, 120/2240 units, 2 models at work, 300 examples done before");
}

/* A field is there whole or not at all, and none behind one that is missing. */
static void no_width_cuts_a_field(void) {
  char whole[384];
  snprintf(whole, sizeof whole, "%s", line_of(&LARGE, 300));
  for (size_t width = 1; width < 300; width++) {
    const char *line = line_of(&LARGE, width);
    size_t n = strlen(line);
    CU_ASSERT_TRUE(n <= width);
    CU_ASSERT_EQUAL(strncmp(line, whole, n), 0);
    CU_ASSERT_TRUE(n == 0 || whole[n] == ',' || whole[n] == '\0');
  }
}

static void trouble_comes_before_counts(void) {
  bs_progress p = LARGE;
  p.n_failed = 7;
  p.n_lost = 1;
  CU_ASSERT_STRING_EQUAL(line_of(&p, 79),
                         " 25 %, 5 min 00 s left, 12340 tokens/s, 7 failed, 1 worker lost");
  CU_ASSERT_STRING_EQUAL(line_of(&p, 89),
                         " 25 %, 5 min 00 s left, 12340 tokens/s, 7 failed, 1 worker lost, "
                         "20000/422400 examples");
}

static void nothing_done_has_no_speed(void) {
  bs_progress p = LARGE;
  p.cost_done = 0;
  p.n_failed = 0;
  CU_ASSERT_EQUAL(strncmp(line_of(&p, 79), "  0 %, no speed yet, ", 21), 0);
}

/* An hour with a call every tenth of a second. */
static void a_log_hears_early_and_not_too_often(void) {
  double last = 0, first[5] = {0};
  size_t n = 0, n_ten_minutes = 0;
  for (int tenth = 0; tenth <= 36000; tenth++) {
    double seconds = tenth / 10.0;
    if (!progress_is_due(n, last, seconds))
      continue;
    if (n < 5)
      first[n] = seconds;
    last = seconds;
    n++;
    n_ten_minutes += seconds < 600;
  }
  CU_ASSERT_DOUBLE_EQUAL(first[0], 1, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(first[1], 3, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(first[2], 10, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(first[3], 20, 1e-9);
  CU_ASSERT_EQUAL(n_ten_minutes, 2 + 59);
  CU_ASSERT_TRUE(n - n_ten_minutes >= 50 && n - n_ten_minutes <= 51);
}

int main(void) {
  static const bs_test tests[] = {
      {"time left and rate come first", time_left_and_rate_come_first},
      {"no width cuts a field", no_width_cuts_a_field},
      {"trouble comes before counts", trouble_comes_before_counts},
      {"nothing done has no speed", nothing_done_has_no_speed},
      {"a log hears early and not too often", a_log_hears_early_and_not_too_often},
  };
  return bs_test_main("progress", tests, sizeof tests / sizeof *tests);
}
