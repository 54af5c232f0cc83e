/* Axes, marks, and texts that mean no good. */
#include <math.h>
#include <string.h>

#include "harness.h"
#include "page/plot_internal.h"

static void expect_ticks(const bs_plot_axis *axis, size_t n_wanted, const double *expected,
                         size_t n) {
  bs_plot_ticks ticks = bs_plot_ticks_of(axis, n_wanted);
  CU_ASSERT_EQUAL_FATAL(ticks.n, n);
  for (size_t i = 0; i < n; i++)
    CU_ASSERT_DOUBLE_EQUAL(ticks.at[i], expected[i], 1e-9 * fabs(expected[i]) + 1e-12);
}

static void linear_ticks_are_round(void) {
  expect_ticks(&(bs_plot_axis){.low = 0, .high = 1}, 4, (double[]){0, .5, 1}, 3);
  expect_ticks(&(bs_plot_axis){.low = 0, .high = 1}, 5, (double[]){0, .2, .4, .6, .8, 1}, 6);
  expect_ticks(&(bs_plot_axis){.low = -9.3, .high = -0.2}, 4, (double[]){-5}, 1);
  expect_ticks(&(bs_plot_axis){.low = -9.3, .high = -0.2}, 5, (double[]){-8, -6, -4, -2}, 4);
}

static void log_ticks_are_powers_of_ten(void) {
  bs_plot_axis axis = {.kind = BS_AXIS_LOG, .low = 3e3, .high = 2e6};
  expect_ticks(&axis, 5, (double[]){1e4, 1e5, 1e6}, 3);
  axis = (bs_plot_axis){.kind = BS_AXIS_LOG, .low = 1e2, .high = 1e12};
  expect_ticks(&axis, 4, (double[]){1e2, 1e5, 1e8, 1e11}, 4);
  axis = (bs_plot_axis){.kind = BS_AXIS_LOG, .low = 60e6, .high = 900e6};
  expect_ticks(&axis, 5, (double[]){1e8, 2e8, 5e8}, 3);
  axis = (bs_plot_axis){.kind = BS_AXIS_LOG, .low = 6e6, .high = 9e6};
  expect_ticks(&axis, 5, (double[]){6e6, 9e6}, 2);
}

static void asinh_ticks_have_both_signs(void) {
  bs_plot_axis axis = {.kind = BS_AXIS_ASINH, .low = -12, .high = 150};
  expect_ticks(&axis, 9, (double[]){-10, -1, 0, 1, 10, 100}, 6);
}

/* Nothing that a file may hold makes an axis without a length, or ticks without an end. */
static void strange_ranges_have_axes(void) {
  const double strange[][2] = {{0, 0},      {1, 1},         {-3, -3},        {NAN, 1},
                               {1, NAN},    {5, 2},         {INFINITY, 1},   {-INFINITY, INFINITY},
                               {0, 1e-300}, {1e300, 1e300}, {-1e300, 1e300}, {1e-320, 2e-320}};
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
    for (int kind = BS_AXIS_LINEAR; kind <= BS_AXIS_ASINH; kind++) {
      bs_plot_axis axis = bs_plot_axis_around((bs_axis_kind)kind, strange[i][0], strange[i][1]);
      CU_ASSERT(axis.high > axis.low);
      CU_ASSERT(isfinite(axis.low) && isfinite(axis.high));
      CU_ASSERT(kind != BS_AXIS_LOG || axis.low > 0);
      CU_ASSERT(bs_plot_ticks_of(&axis, 5).n <= BS_PLOT_MOST_TICKS);
      axis = bs_plot_axis_round(strange[i][0], strange[i][1]);
      CU_ASSERT(axis.high > axis.low);
    }
}

static bs_plot begin(bs_writer *w) {
  bs_plot plot = {.w = w,
                  .width = 320,
                  .height = 200,
                  .x = {.kind = BS_AXIS_LOG, .low = 1e3, .high = 1e6, .is_size = true},
                  .y = {.low = 0, .high = 1}};
  bs_plot_begin(&plot, "a \"title\" & <more>");
  return plot;
}

static void values_stand_where_they_belong(void) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_plot plot = begin(&w);
  CU_ASSERT_DOUBLE_EQUAL(bs_plot_x(&plot, 1e3), plot.left, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(bs_plot_x(&plot, 1e6), plot.right, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(bs_plot_x(&plot, 1e4), plot.left + (plot.right - plot.left) / 3, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(bs_plot_y(&plot, 0), plot.bottom, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(bs_plot_y(&plot, .25), plot.bottom + (plot.top - plot.bottom) / 4, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(bs_plot_y(&plot, 7), plot.top, 1e-9); /* kept inside */
  CU_ASSERT_DOUBLE_EQUAL(bs_plot_x(&plot, -1), plot.left, 1e-9);
  bs_plot_end(&plot);
  CU_ASSERT_PTR_NOT_NULL(
      strstr(text.data, "aria-label=\"a &quot;title&quot; &amp; &lt;more&gt;\""));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, ">10K</text>"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, ">0.6</text>"));
  CU_ASSERT_PTR_NULL(strstr(text.data, "nan"));
  bs_text_free(&text);
}

static size_t count(const char *in, const char *what) {
  size_t n = 0;
  for (const char *at = in; (at = strstr(at, what)) != NULL; at++)
    n++;
  return n;
}

/* What is undefined is left out, and the line goes on behind it. */
static void marks_are_drawn_where_values_are(void) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_plot plot = begin(&w);
  const bs_plot_point points[] = {{1e3, .1, .05, .15, "<first>"},
                                  {1e4, NAN, NAN, NAN, "gone"},
                                  {1e5, .5, NAN, NAN, "third"},
                                  {1e6, .9, .8, 1, "last"}};
  size_t before = text.n_bytes;
  bs_plot_line(&plot, points, 4, (bs_plot_style){.number = 9});
  CU_ASSERT_EQUAL(count(text.data + before, "L"), 2);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data + before, "class=\"s c1\""));
  before = text.n_bytes;
  bs_plot_points(&plot, points, 4, (bs_plot_style){.number = 0, .is_hollow = true});
  CU_ASSERT_EQUAL(count(text.data + before, "class=\"p c0 h\""), 3);
  CU_ASSERT_EQUAL(count(text.data + before, "V"), 2); /* bars */
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data + before, "<title>&lt;first&gt;</title>"));
  CU_ASSERT_PTR_NULL(strstr(text.data + before, "gone"));
  before = text.n_bytes;
  bs_plot_rule(&plot, .25, "chance", "chance");
  bs_plot_rule(&plot, 1.5, "human", "beyond");
  CU_ASSERT_EQUAL(count(text.data + before, "<text"), 1);
  CU_ASSERT_PTR_NULL(strstr(text.data, "nan"));
  bs_text_free(&text);
}

static void expect_text(const char *from, const char *expected) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_markup_text(&w, from);
  bs_writer_append_string(&w, ".");
  CU_ASSERT_STRING_EQUAL(text.data, expected);
  bs_text_free(&text);
}

static void expect_json(const char *from, size_t n_most, const char *expected) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_markup_json(&w, from, n_most);
  CU_ASSERT_STRING_EQUAL(text.data, expected);
  bs_text_free(&text);
}

static void texts_become_no_markup(void) {
  expect_text("</script><b a='1' b=\"2\">&amp;",
              "&lt;/script&gt;&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;amp;.");
  expect_text("a\xFF\xC3(\xED\xA0\x80z", "a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD"
                                         "\xEF\xBF\xBDz.");
  expect_text("x\x01\x1B\x7Fy\n\tz", "x\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDy\n\tz.");
  expect_text("a\xE2\x80\xAE"
              "b\xE2\x81\xA6",
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD."); /* U+202E, U+2066 */
  expect_text("\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80", "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80.");
  expect_text(NULL, ".");
}

static void names_may_be_broken(void) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_markup_name(&w, "a_<b>-_c\xFF:");
  bs_writer_append_string(&w, " ");
  bs_markup_clip(&w, "<\xC3\xA9tude", 2);
  bs_writer_append_string(&w, " ");
  bs_markup_clip(&w, "ab", 2);
  CU_ASSERT_STRING_EQUAL(text.data, "a_<wbr>&lt;b&gt;-<wbr>_<wbr>c\xEF\xBF\xBD: "
                                    "&lt;\xC3\xA9\xE2\x80\xA6 ab");
  bs_text_free(&text);
}

static void texts_end_no_script(void) {
  expect_json("</script><!--&\"\\\n\t", 0,
              "\"\\u003c/script\\u003e\\u003c!--\\u0026\\\"\\\\\\n\\t\"");
  expect_json("\xE2\x80\xA8\xE2\x80\xA9\x02\xFF", 0, "\"\\u2028\\u2029\xEF\xBF\xBD\xEF\xBF\xBD\"");
  expect_json("abcdef", 6, "\"abcdef\"");
  expect_json("abcdef", 3, "\"abc \xE2\x80\xA6\"");
  expect_json("ab\xE4\xB8\xAD"
              "de",
              4, "\"ab \xE2\x80\xA6\""); /* no half characters */
  expect_json(NULL, 4, "\"\"");
}

int main(void) {
  static const bs_test tests[] = {
      {"linear ticks are round", linear_ticks_are_round},
      {"log ticks are powers of ten", log_ticks_are_powers_of_ten},
      {"asinh ticks have both signs", asinh_ticks_have_both_signs},
      {"strange ranges have axes", strange_ranges_have_axes},
      {"values stand where they belong", values_stand_where_they_belong},
      {"marks are drawn where values are", marks_are_drawn_where_values_are},
      {"texts become no markup", texts_become_no_markup},
      {"names may be broken", names_may_be_broken},
      {"texts end no script", texts_end_no_script},
  };
  return bs_test_main("plot", tests, sizeof tests / sizeof *tests);
}
