/* Specs of tasks as a line of JSON, and back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tasks/variant_internal.h"

static uint64_t state = 1;

static uint32_t draw(uint32_t n) {
  state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(state >> 33) % n;
}

/* A text of anything that a text may hold; NULL at times. */
static char *draw_text(bool may_lack) {
  static const char *const pieces[] = {"a",    "\"",       "\\",   "\n",
                                       "\t",   "{task}",   "\x01", "\x7F",
                                       "\r\n", "\xC3\xA9", "e\\u", "\xF0\x9F\x98\x80",
                                       ", ",   "}",        "]"};
  if (may_lack && draw(2) == 0)
    return NULL;
  bs_text text = {0};
  bs_error err = {0};
  bs_text_append(&text, "", 0, &err);
  for (uint32_t n = draw(6); n > 0; n--)
    bs_text_append_string(&text, pieces[draw(sizeof pieces / sizeof *pieces)], &err);
  return text.data;
}

static bs_variant *draw_variant(void) {
  static const char *const names[] = {"v", "a-b_c.1", "PLAIN"};
  static const char *const regexes[] = {"[^\n]+", "is (.*)\\.", "\"\\\\"};
  bs_variant *v = calloc(1, sizeof *v);
  *v = (bs_variant){.name = strdup(names[draw(3)]),
                    .task_prefix = draw_text(true),
                    .input_prefix = draw_text(true),
                    .output_prefix = draw_text(true),
                    .choice_prefix = draw_text(true),
                    .separator = draw_text(true),
                    .append_choices = (int)draw(3) - 1,
                    .stop_string = draw_text(true),
                    .generates_answer = draw(2) == 0,
                    .max_length = draw(5) == 0 ? BS_WHOLE_LENGTH : draw(2) * draw(1000),
                    .max_new_tokens = draw(2) * draw(1000)};
  if (draw(2) == 0)
    v->head = strdup("heads/{task}.txt");
  if (draw(2) == 0)
    v->output_regex = strdup(regexes[draw(3)]);
  if (draw(2) == 0) {
    v->reasoning_prompt = draw_text(false);
    v->reasoning_stop = draw_text(true);
    v->answer_prompt = draw_text(v->output_regex != NULL);
  }
  if (draw(2) == 0) {
    v->n_samples = 1 + draw(1000);
    v->temperature = 1.0 / (1 + draw(1000));
    v->top_p = draw(2) == 0 ? 0 : 1.0 / (1 + draw(1000));
  }
  return v;
}

static bs_task_spec draw_spec(void) {
  static const char *const names[] = {"bbh:{task}", "x", "{task}{task}", "\xC3\xA9 and: more"};
  bs_task_spec spec = {.format = (bs_task_format)draw(BS_N_FORMATS),
                       .human_average = draw(2) == 0 ? NAN : 1.0 / (1 + draw(100)),
                       .human_best = draw(2) == 0 ? NAN : -1e300 / (1 + draw(100))};
  spec.path = draw_text(false);
  if (spec.path[0] == '\0') {
    free(spec.path);
    spec.path = strdup("p");
  }
  if (draw(2) == 0)
    spec.name = strdup(names[draw(4)]);
  if (draw(4) > 0)
    spec.variant = draw_variant();
  static const char *const metrics[] = {"bleu", "rouge", "macro_f1"};
  spec.n_metrics = draw(4);
  spec.metrics = calloc(3, sizeof *spec.metrics);
  for (size_t i = 0; i < spec.n_metrics; i++)
    spec.metrics[i] = strdup(metrics[i]);
  spec.shots = calloc(4, sizeof *spec.shots);
  for (uint32_t next = draw(300); spec.n_shots < 4 && (spec.n_shots == 0 || draw(2) == 0);
       next += 1 + draw(200))
    spec.shots[spec.n_shots++] = next;
  return spec;
}

static void check_text(const char *a, const char *b) {
  CU_ASSERT_EQUAL(a == NULL, b == NULL);
  if (a != NULL && b != NULL)
    CU_ASSERT_STRING_EQUAL(a, b);
}

static void check_double(double a, double b) { CU_ASSERT_TRUE(a == b || (isnan(a) && isnan(b))); }

static void check_variant(const bs_variant *a, const bs_variant *b) {
  check_text(a->name, b->name);
  check_text(a->task_prefix, b->task_prefix);
  check_text(a->input_prefix, b->input_prefix);
  check_text(a->output_prefix, b->output_prefix);
  check_text(a->choice_prefix, b->choice_prefix);
  check_text(a->separator, b->separator);
  check_text(a->head, b->head);
  check_text(a->reasoning_prompt, b->reasoning_prompt);
  check_text(a->reasoning_stop, b->reasoning_stop);
  check_text(a->answer_prompt, b->answer_prompt);
  check_text(a->stop_string, b->stop_string);
  check_text(a->output_regex, b->output_regex);
  CU_ASSERT_EQUAL(a->append_choices, b->append_choices);
  CU_ASSERT_EQUAL(a->max_length, b->max_length);
  CU_ASSERT_EQUAL(a->max_new_tokens, b->max_new_tokens);
  CU_ASSERT_EQUAL(a->generates_answer, b->generates_answer);
  CU_ASSERT_EQUAL(a->n_samples, b->n_samples);
  check_double(a->temperature, b->temperature);
  check_double(a->top_p, b->top_p);
}

static void specs_survive_print_and_parse(void) {
  for (int i = 0; i < 5000; i++) {
    bs_error err = {0};
    bs_task_spec spec = draw_spec(), back;
    bs_text json = {0}, again = {0};
    if (spec.variant != NULL)
      BS_TEST_OK(bs_variant_check(spec.variant, NULL, &err), err);
    BS_TEST_OK(bs_task_spec_print(&spec, &json, &err), err);
    CU_ASSERT_PTR_NULL(strchr(json.data, '\n'));
    BS_TEST_OK(bs_task_spec_parse(&back, json.data, json.n_bytes, &err), err);
    CU_ASSERT_EQUAL_FATAL(back.n_shots, spec.n_shots);
    CU_ASSERT_EQUAL(memcmp(back.shots, spec.shots, spec.n_shots * sizeof *spec.shots), 0);
    CU_ASSERT_EQUAL_FATAL(back.n_metrics, spec.n_metrics);
    for (size_t k = 0; k < spec.n_metrics; k++)
      check_text(back.metrics[k], spec.metrics[k]);
    check_text(back.path, spec.path);
    check_text(back.name, spec.name);
    CU_ASSERT_EQUAL(back.format, spec.format);
    check_double(back.human_average, spec.human_average);
    check_double(back.human_best, spec.human_best);
    CU_ASSERT_EQUAL_FATAL(back.variant == NULL, spec.variant == NULL);
    if (spec.variant != NULL)
      check_variant(back.variant, spec.variant);
    BS_TEST_OK(bs_task_spec_print(&back, &again, &err), err);
    CU_ASSERT_STRING_EQUAL(again.data, json.data);
    bs_text_free(&json);
    bs_text_free(&again);
    bs_task_spec_clear(&spec);
    bs_task_spec_clear(&back);
  }
}

static void other_texts_are_refused(void) {
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"", "expected JSON"},
      {"[]", "expected an object"},
      {"{\"shots\": [0]}", "expected a \"path\""},
      {"{\"path\": \"\", \"shots\": [0]}", "expected a \"path\""},
      {"{\"path\": \"a\\u0000b\", \"shots\": [0]}", "U+0000"},
      {"{\"path\": \"p\"}", "expected a list of numbers of shots"},
      {"{\"path\": \"p\", \"shots\": []}", "expected a list of numbers of shots"},
      {"{\"path\": \"p\", \"shots\": [1, 1]}", "1 shots stand twice"},
      {"{\"path\": \"p\", \"shots\": [1e9]}", "expected a whole number from 0"},
      {"{\"path\": \"p\", \"shots\": [-1]}", "expected a whole number from 0"},
      {"{\"path\": \"p\", \"shots\": [\"1\"]}", "expected a whole number from 0"},
      {"{\"path\": \"p\", \"shots\": [0], \"format\": \"bigbenc\"}", "did you mean \"bigbench\"?"},
      {"{\"path\": \"p\", \"shots\": [0], \"name\": \"a/b\"}", "is no name of a task"},
      {"{\"path\": \"p\", \"shots\": [0], \"name\": \"a@b\"}", "is no name of a task"},
      {"{\"path\": \"p\", \"shots\": [0], \"name\": \"\"}", "is no name of a task"},
      {"{\"path\": \"p\", \"shots\": [0], \"name\": \"{tsk}\"}", "braces stand only in {task}"},
      {"{\"path\": \"p\", \"shots\": [0], \"name\": \"{task}}\"}", "braces stand only in {task}"},
      {"{\"path\": \"p\", \"shots\": [0], \"variant\": null}", "expected a variant"},
      {"{\"path\": \"p\", \"shots\": [0], \"variant\": {\"name\": \"v\", \"shots\": [0]}}",
       "unknown key \"shots\""},
      {"{\"path\": \"p\", \"shots\": [0], \"human_best\": 1e999}", "expected a finite number"},
      {"{\"path\": \"p\", \"shots\": [0], \"human_bst\": 1}", "did you mean \"human_best\"?"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_task_spec spec;
    BS_TEST_FAILS(bs_task_spec_parse(&spec, cases[i].json, strlen(cases[i].json), &err),
                  BS_ERR_INPUT, err, cases[i].message);
    CU_ASSERT_PTR_NULL(spec.path);
    CU_ASSERT_PTR_NULL(spec.variant);
  }
}

static void damaged_texts_are_survived(void) {
  static const char bytes[] = "\"{}[],:0-.eE\\ \nnt\x01\x7F\xC3\xFF";
  for (int i = 0; i < 40; i++) {
    bs_error err = {0};
    bs_task_spec spec = draw_spec(), back;
    bs_text json = {0};
    BS_TEST_OK(bs_task_spec_print(&spec, &json, &err), err);
    for (size_t n = 0; n < json.n_bytes; n++) {
      bs_error_clear(&err);
      CU_ASSERT_EQUAL(bs_task_spec_parse(&back, json.data, n, &err), BS_ERR_INPUT);
      bs_task_spec_clear(&back);
    }
    for (size_t at = 0; at < json.n_bytes; at++) {
      char was = json.data[at];
      json.data[at] = bytes[draw(sizeof bytes)];
      bs_error_clear(&err);
      bs_task_spec_parse(&back, json.data, json.n_bytes, &err); /* no sanitizer may complain */
      bs_task_spec_clear(&back);
      json.data[at] = was;
    }
    bs_text_free(&json);
    bs_task_spec_clear(&spec);
  }
}

static void paths_must_be_text(void) {
  bs_error err = {0};
  uint32_t zero = 0;
  bs_text json = {0};
  bs_task_spec spec = {.path = (char *)"a\xFF", .shots = &zero, .n_shots = 1};
  BS_TEST_FAILS(bs_task_spec_print(&spec, &json, &err), BS_ERR_INPUT, err, "path is not UTF-8");
  bs_text_free(&json);
}

static const char TASK[] =
    "{\"name\": \"no matter\", \"description\": \"d\", \"keywords\": [], "
    "\"metrics\": [\"multiple_choice_grade\"], \"preferred_score\": \"multiple_choice_grade\", "
    "\"examples\": [{\"input\": \"i\", \"target_scores\": {\"a\": 1, \"b\": 0}}]}";

static size_t n_reported;

static void count(void *user, bool is_error, const char *message) {
  (void)user;
  n_reported += is_error && message[0] != '\0';
}

static void tasks_are_opened_by_specs(void) {
  bs_error err = {0};
  bs_task *task = NULL;
  uint32_t zero = 0;
  const char *path = bs_test_write("some.json", TASK, sizeof TASK - 1);
  bs_task_spec spec = {.path = (char *)(size_t)path,
                       .shots = &zero,
                       .n_shots = 1,
                       .human_average = 0.5,
                       .human_best = NAN};
  BS_TEST_OK(bs_task_open(&task, &spec, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  CU_ASSERT_STRING_EQUAL(task->name, "some");
  CU_ASSERT_EQUAL(task->human_average, 0.5);
  CU_ASSERT_TRUE(isnan(task->human_best));
  bs_task_free(&task);
  bs_variant variant = {.name = (char *)"v", .append_choices = -1};
  spec.name = (char *)"x:{task}+{task}";
  spec.variant = &variant;
  BS_TEST_OK(bs_task_open(&task, &spec, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  CU_ASSERT_STRING_EQUAL(task->name, "x:some+some@v");
  bs_task_free(&task);
  spec.name = (char *)"a@b";
  BS_TEST_FAILS(bs_task_open(&task, &spec, NULL, NULL, &err), BS_ERR_USAGE, err, "is no name");
  CU_ASSERT_PTR_NULL(task);
  spec.name = NULL;
  variant.head = (char *)"/none/{task}";
  BS_TEST_FAILS(bs_task_open(&task, &spec, count, NULL, &err), BS_ERR_INPUT, err, "/none/some");
  CU_ASSERT_EQUAL(n_reported, 1);
  CU_ASSERT_PTR_NULL(task);
}

static void files_are_peeked_into(void) {
  static const struct {
    const char *json, *keywords, *description;
    bs_status status;
  } cases[] = {
      {TASK, "", "d", BS_OK},
      {"{\"keywords\": [\"a b\", \"\\u00e9\", 3], \"examples\": [{\"keywords\": [\"no\"]}], "
       "\"description\": \"x\\\"y\", \"keywords\": [\"last\"]}",
       "last\n", "x\"y", BS_OK},
      {" {\"description\": 3}", "", "", BS_OK},
      {"[]", "", "", BS_ERR_INPUT},
      {"", "", "", BS_ERR_INPUT},
      {"{\"keywords\": [\"a\"", "", "", BS_ERR_INPUT},
      {"{\"keywords\": \"\xFF\"}", "", "", BS_ERR_INPUT},
      {"{\"a\" \"keywords\"", "", "", BS_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_text keywords = {0}, description = {0};
    const char *path = bs_test_write("peek.json", cases[i].json, strlen(cases[i].json));
    CU_ASSERT_EQUAL(bs_task_peek(path, &keywords, &description, &err), cases[i].status);
    if (cases[i].status == BS_OK) {
      CU_ASSERT_STRING_EQUAL(keywords.data, cases[i].keywords);
      CU_ASSERT_STRING_EQUAL(description.data, cases[i].description);
    }
    bs_text_free(&keywords);
    bs_text_free(&description);
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"specs survive print and parse", specs_survive_print_and_parse},
      {"other texts are refused", other_texts_are_refused},
      {"damaged texts are survived", damaged_texts_are_survived},
      {"paths must be text", paths_must_be_text},
      {"tasks are opened by specs", tasks_are_opened_by_specs},
      {"files are peeked into", files_are_peeked_into},
  };
  return bs_test_main("specs", tests, sizeof tests / sizeof *tests);
}
