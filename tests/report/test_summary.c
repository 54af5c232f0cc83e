/* The results at a glance. */
#include <stdio.h>
#include <string.h>

#include "analyses.h"
#include "bigsweep/json.h"
#include "harness.h"
#include "report/report_internal.h"

static const char TABLE[] = "family,model,scale,task,metric,shots,value,stderr,n,preferred_metric\n"
                            "f,a,1000,set_jump,acc,0,0.01,0.001,900,acc\n"
                            "f,b,10000,set_jump,acc,0,0.011,0.001,900,acc\n"
                            "f,c,100000,set_jump,acc,0,0.012,0.001,900,acc\n"
                            "f,d,1e6,set_jump,acc,0,0.95,0.001,900,acc\n"
                            "f,a,1000,set_jump,log_likelihood,0,-9,0.1,900,acc\n"
                            "f,b,10000,set_jump,log_likelihood,0,-5,0.1,900,acc\n"
                            "f,a,1000,set_fall,acc,0,0.9,0.001,900,acc\n"
                            "f,b,10000,set_fall,acc,0,0.6,0.001,900,acc\n"
                            "f,c,100000,set_fall,acc,0,0.3,0.001,900,acc\n"
                            "f,d,1e6,set_fall,acc,0,0.05,0.001,900,acc\n"
                            "f,a,1000,set_even,acc,2,0.5,0.1,900,acc\n"
                            "f,c,100000,set_even,acc,2,0.51,0.1,900,acc\n"
                            "f,d,1e6,set_even,acc,2,0.49,0.1,900,acc\n";

static bs_text summary_of(const bs_analysis *analysis, const bs_report_options *options) {
  bs_error err = {0};
  const char *path = bs_test_path("summary");
  FILE *to = fopen(path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(to);
  BS_TEST_OK(bs_report_summary(analysis, NULL, options, to, &err), err);
  fclose(to);
  return bs_test_read(path);
}

static void expect_text(bs_text text, const char *expected) {
  CU_ASSERT_STRING_EQUAL(text.data, expected);
  if (strcmp(text.data, expected) != 0)
    printf("\n%s", text.data);
  bs_text_free(&text);
}

static void a_line_for_each_task(void) {
  bs_analysis *analysis = from_text(TABLE);
  expect_text(summary_of(analysis, NULL),
              "family f\n"
              "models: a (1K), b (10K), c (100K), d (1M)\n"
              "\n"
              "task      curve  first   last  shape         L [95 %]          B [95 %]\n"
              "acc, 0 shots (curves from 0 to 1)\n"
              "set_jump  ▁▁▁█   0.010  0.950  breakthrough  1.7 [1.7,1.7]     \xE2\x89\xA5 175\n"
              "set_fall  █▅▃▁   0.900  0.050  inverse       -3.0 [-3.0,-3.0]  -2.8 [-2.9,-2.8]\n"
              "acc, 2 shots (curves from 0 to 1)\n"
              "set_even  ▅ ▅▄   0.500  0.490  flat          ?                 ?\n"
              "\n"
              "Curves run over scale.\n"
              "L linearity, B breakthroughness, with 95 % intervals; \"?\": not determined.\n"
              "--all prints every metric, the scores of every model and more.\n"
              "\n"
              "breakthroughs: set_jump\n"
              "worse with size: set_fall (0.900 to 0.050)\n");
  bs_analysis_free(&analysis);
}

static bool is_of_a_task(const char *line) {
  return strstr(line, "▁") != NULL || strstr(line, "▅") != NULL || strstr(line, "first") != NULL;
}

/* No line is longer than what it is given. Where that is little the lines of tasks have fewer
   columns, down to the curve and its ends. */
static void lines_fit(void) {
  bs_analysis *analysis = from_text(TABLE);
  for (size_t width = 30; width < 72; width++) {
    bs_report_options options = {.width = width};
    bs_text text = summary_of(analysis, &options);
    size_t n = 0;
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "▁▁▁█"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "0.950"));
    for (char *line = strtok(text.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
      if (is_of_a_task(line)) {
        n++;
        CU_ASSERT(bs_text_width(line) <= width);
      }
    CU_ASSERT_EQUAL(n, 4);
    bs_text_free(&text);
  }
  for (size_t width = 72; width <= 120; width++) {
    bs_report_options options = {.width = width};
    bs_text text = summary_of(analysis, &options);
    for (char *line = strtok(text.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
      CU_ASSERT(bs_text_width(line) <= (width > 76 ? width : 76));
    bs_text_free(&text);
  }
  bs_analysis_free(&analysis);
}

static void long_names_lose_what_they_share(void) {
  static const char table[] = "family,model,scale,task,metric,shots,value,preferred_metric\n"
                              "f,a,1000,a_very_long_name_of_a_suite_of_tasks:one,acc,0,0.1,acc\n"
                              "f,b,10000,a_very_long_name_of_a_suite_of_tasks:one,acc,0,0.2,acc\n"
                              "f,c,100000,a_very_long_name_of_a_suite_of_tasks:one,acc,0,0.4,acc\n"
                              "f,a,1000,a_very_long_name_of_a_suite_of_tasks:owl,acc,0,0.1,acc\n"
                              "f,b,10000,a_very_long_name_of_a_suite_of_tasks:owl,acc,0,0.2,acc\n"
                              "f,c,100000,a_very_long_name_of_a_suite_of_tasks:owl,acc,0,0.3,acc\n";
  bs_analysis *analysis = from_text(table);
  bs_report_options options = {.width = 60};
  bs_text text = summary_of(analysis, &options);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "beginning, \"a_very_long_name_of_a_suite_of_tasks:\""));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "\none "));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "\nowl "));
  bs_text_free(&text);
  bs_analysis_free(&analysis);
}

static void what_is_asked_for_is_shown(void) {
  static const char *const fall[] = {"set_fall"}, *const likelihood[] = {"log_likelihood"};
  static const uint32_t two[] = {2};
  bs_analysis *analysis = from_text(TABLE);
  bs_text text = summary_of(analysis, &(bs_report_options){.tasks = fall, .n_tasks = 1});
  CU_ASSERT_PTR_NULL(strstr(text.data, "set_jump"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "set_fall"));
  bs_text_free(&text);
  text = summary_of(analysis, &(bs_report_options){.metrics = likelihood, .n_metrics = 1});
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "log_likelihood, 0 shots (each curve from"));
  CU_ASSERT_PTR_NULL(strstr(text.data, "acc, "));
  bs_text_free(&text);
  text = summary_of(analysis, &(bs_report_options){.shots = two, .n_shots = 1});
  CU_ASSERT_PTR_NULL(strstr(text.data, "set_fall"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "set_even"));
  bs_text_free(&text);
  bs_analysis_free(&analysis);
}

/* The places of texts in another ascend. */
static bool are_in_order(const char *text, const char *const *parts, size_t n) {
  const char *at = text;
  for (size_t i = 0; i < n; i++) {
    at = at != NULL ? strstr(at, parts[i]) : NULL;
    if (at == NULL)
      printf("\n    \"%s\" is not behind what comes before it in:\n%s", parts[i], text);
  }
  return at != NULL;
}

static void lines_are_sorted(void) {
  static const struct {
    const char *order, *lines[2];
  } CASES[] = {
      {"task", {"\nset_fall", "\nset_jump"}},  {"first", {"\nset_fall", "\nset_jump"}},
      {"last", {"\nset_jump", "\nset_fall"}},  {"improvement", {"\nset_jump", "\nset_fall"}},
      {"shape", {"\nset_jump", "\nset_fall"}}, {"linearity", {"\nset_jump", "\nset_fall"}},
      {NULL, {"\nset_jump", "\nset_fall"}}};
  bs_analysis *analysis = from_text(TABLE);
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    bs_text text = summary_of(analysis, &(bs_report_options){.sort = CASES[i].order});
    CU_ASSERT_TRUE(are_in_order(text.data, CASES[i].lines, 2));
    bs_text_free(&text);
  }
  bs_error err = {0};
  BS_TEST_FAILS(
      bs_report_summary(analysis, NULL, &(bs_report_options){.sort = "lineraity"}, stdout, &err),
      BS_ERR_USAGE, err, "not by \"lineraity\"; did you mean \"linearity\"?");
  bs_analysis_free(&analysis);
}

/* Curves of some models, with their own ends; the statistics stay those of all. */
static void some_models_are_shown(void) {
  static const char *const some[] = {"b", "d"}, *const wrong[] = {"e"};
  bs_analysis *analysis = from_text(TABLE);
  bs_text text = summary_of(analysis, &(bs_report_options){.models = some, .n_models = 2});
  static const char *const parts[] = {
      "models: b (10K), d (1M)\n", "set_jump  ▁█     0.011  0.950  breakthrough  1.7 [1.7,1.7]",
      "set_fall  ▅▁     0.600  0.050  inverse       -3.0", "set_even   ▄     0.490  0.490",
      "Shape, L and B are of all models of a family.\n"};
  CU_ASSERT_TRUE(are_in_order(text.data, parts, sizeof parts / sizeof *parts));
  bs_text_free(&text);
  bs_error err = {0};
  BS_TEST_FAILS(bs_report_summary(analysis, NULL,
                                  &(bs_report_options){.models = wrong, .n_models = 1}, stdout,
                                  &err),
                BS_ERR_USAGE, err, "there is no model \"e\"");
  bs_analysis_free(&analysis);
}

static void markdown_is_a_table(void) {
  bs_analysis *analysis = from_text(
      "family,model,scale,task,metric,shots,value\nf,a,1,t|u,acc,0,.1\nf,b,10,t|u,acc,0,.5\n"
      "f,c,100,t|u,acc,0,.9\n");
  expect_text(summary_of(analysis, &(bs_report_options){.as_markdown = true}),
              "### family f\n\nmodels: a (1), b (10), c (100)\n\n"
              "| task | metric | shots | curve | first | last | shape | L [95 %] | B [95 %] |\n"
              "|---|---|---|---|---|---|---|---|---|\n"
              "| t\\|u | acc | 0 | ▁▅█ | 0.100 | 0.900 | - | 2.0 | 2.0 |\n"
              "\nCurves run over scale.\n"
              "L linearity, B breakthroughness, with 95 % intervals; \"?\": not determined.\n");
  bs_analysis_free(&analysis);
}

static void json_has_the_curves(void) {
  static const char *const tasks[] = {"set_jump"}, *const some[] = {"b", "d"};
  bs_analysis *analysis = from_text(TABLE);
  bs_report_options options = {.tasks = tasks, .n_tasks = 1, .models = some, .n_models = 2};
  const char *path = bs_test_path("curves.json");
  bs_error err = {0};
  FILE *to = fopen(path, "w");
  BS_TEST_OK(bs_report_json(analysis, &options, to, &err), err);
  fclose(to);
  bs_json *json = NULL;
  BS_TEST_OK(bs_json_load(&json, path, 0, &err), err);
  CU_ASSERT_EQUAL_FATAL(cJSON_GetArraySize(json->root), 1); /* under its preferred metric */
  const cJSON *curve = cJSON_GetArrayItem(json->root, 0);
  const bs_linearity_row *row = &bs_analysis_tables(analysis)->linearity[0];
  CU_ASSERT_STRING_EQUAL(bs_json_get(curve, "task")->valuestring, "set_jump");
  CU_ASSERT_STRING_EQUAL(bs_json_get(curve, "shape")->valuestring, row->shape);
  CU_ASSERT_EQUAL(bs_json_get(curve, "linearity_low")->valuedouble, row->linearity_low);
  CU_ASSERT_TRUE(cJSON_IsNull(bs_json_get(curve, "breakthroughness_high"))); /* infinite */
  CU_ASSERT_TRUE(cJSON_IsTrue(bs_json_get(curve, "preferred")));
  const cJSON *points = bs_json_get(curve, "points");
  CU_ASSERT_EQUAL_FATAL(cJSON_GetArraySize(points), 2);
  const cJSON *last = cJSON_GetArrayItem(points, 1);
  CU_ASSERT_STRING_EQUAL(bs_json_get(last, "models")->child->valuestring, "d");
  CU_ASSERT_EQUAL(bs_json_get(last, "value")->valuedouble, .95);
  CU_ASSERT_EQUAL(bs_json_get(last, "n")->valuedouble, 900);
  bs_json_free(&json);
  bs_analysis_free(&analysis);
}

/* What is printed is read as the same scores, in all columns. */
static void scores_are_read_back(void) {
  static const char table[] =
      "family,model,scale,task,metric,shots,value,stderr,n,seed,tokens,compute,chance,"
      "preferred_metric\n"
      "\"f,g\",a,1000,t,acc,0,0.10000000000000001,0.01,900,1,20000,1.2e+20,0.25,acc\n"
      "\"f,g\",a2,1000,t,acc,0,,,0,2,20000,1.2e+20,0.25,acc\n"
      "h,b,10000,t,acc,2,0.5,,0,,,,0.25,acc\n";
  bs_analysis *analysis = from_text(table);
  bs_error err = {0};
  for (size_t i = 0; i < 2; i++) {
    const char *path = bs_test_path("scores.csv");
    FILE *to = fopen(path, "w");
    BS_TEST_OK(bs_report_scores_csv(analysis, NULL, to, &err), err);
    fclose(to);
    bs_text text = bs_test_read(path);
    if (i == 0) {
      static const char *const parts[] = {
          "\"f,g\",a,1000,t,acc,0,0.10000000000000001,0.01,900,1,20000,1.2e+20,0.25,acc\n",
          "\"f,g\",a2,1000,t,acc,0,,,0,2,20000,1.2e+20,0.25,acc\n",
          "h,b,10000,t,acc,2,0.5,,0,,,,0.25,acc\n"};
      CU_ASSERT_TRUE(are_in_order(text.data, parts, 3));
    }
    bs_analysis_free(&analysis);
    analysis = from_text(text.data);
    bs_text_free(&text);
  }
  bs_analysis_free(&analysis);
}

static void what_is_not_there_is_told(void) {
  static const char *const names[] = {"set_fell"};
  bs_analysis *analysis = from_text(TABLE);
  bs_error err = {0};
  BS_TEST_FAILS(bs_report_summary(analysis, NULL,
                                  &(bs_report_options){.tasks = names, .n_tasks = 1}, stdout, &err),
                BS_ERR_USAGE, err, "there is no task \"set_fell\"; did you mean \"set_fall\"?");
  bs_analysis_free(&analysis);
}

static void a_full_disk_is_told(void) {
  bs_error err = {0};
  bs_analysis *analysis = from_text(TABLE);
  FILE *full = fopen("/dev/full", "w");
  if (full != NULL) {
    BS_TEST_FAILS(bs_report_summary(analysis, NULL, NULL, full, &err), BS_ERR_IO, err,
                  "No space left");
    fclose(full);
  }
  bs_analysis_free(&analysis);
}

int main(void) {
  static const bs_test tests[] = {
      {"a line for each task", a_line_for_each_task},
      {"lines fit", lines_fit},
      {"long names lose what they share", long_names_lose_what_they_share},
      {"what is asked for is shown", what_is_asked_for_is_shown},
      {"lines are sorted", lines_are_sorted},
      {"some models are shown", some_models_are_shown},
      {"markdown is a table", markdown_is_a_table},
      {"json has the curves", json_has_the_curves},
      {"scores are read back", scores_are_read_back},
      {"what is not there is told", what_is_not_there_is_told},
      {"a full disk is told", a_full_disk_is_told},
  };
  return bs_test_main("summary", tests, sizeof tests / sizeof *tests);
}
