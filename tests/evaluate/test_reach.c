/* White space at the ends, which decides no match, and accepted answers that can never match. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/reach.h"
#include "harness.h"
#include "metrics/text_internal.h"

#define DEFAULT_REGEX "[^\\.\\?\\!\\;\\n]+"
#define BBH_REGEX "\\s*(\\S(?:[^\\n]*?\\S)?)\\.?[^\\S\\n]*(?:\\n|$)"
#define COT_REGEX "the answer is (.*?)\\.?(?:\\n|$)"

/* What Python's str.strip takes away, each in UTF-8. */
static const char *const SPACES[] = {"\t",
                                     "\n",
                                     "\v",
                                     "\f",
                                     "\r",
                                     "\x1C",
                                     "\x1D",
                                     "\x1E",
                                     "\x1F",
                                     " ",
                                     "\xC2\x85",
                                     "\xC2\xA0",
                                     "\xE1\x9A\x80",
                                     "\xE2\x80\x80",
                                     "\xE2\x80\x8A",
                                     "\xE2\x80\xA8",
                                     "\xE2\x80\xA9",
                                     "\xE2\x80\xAF",
                                     "\xE2\x81\x9F",
                                     "\xE3\x80\x80",
                                     " \n\t\xC2\xA0 "};
/* What it leaves: zero width space, byte order mark, word joiner. */
static const char *const NO_SPACES[] = {"\xE2\x80\x8B", "\xEF\xBB\xBF", "\xE2\x81\xA0", "_"};

static void the_ends_are_stripped_as_python_does(void) {
  char text[64];
  for (size_t i = 0; i < sizeof SPACES / sizeof *SPACES; i++) {
    snprintf(text, sizeof text, "%sa%sb%s", SPACES[i], SPACES[i], SPACES[i]);
    bs_stripped part = bs_strip(text);
    CU_ASSERT_PTR_EQUAL(part.bytes, text + strlen(SPACES[i]));
    CU_ASSERT_EQUAL(part.n_bytes, 2 + strlen(SPACES[i]));
    CU_ASSERT_EQUAL(bs_strip(SPACES[i]).n_bytes, 0);
    CU_ASSERT_TRUE(bs_texts_match(SPACES[i], ""));
  }
  for (size_t i = 0; i < sizeof NO_SPACES / sizeof *NO_SPACES; i++) {
    snprintf(text, sizeof text, "a%s", NO_SPACES[i]);
    CU_ASSERT_FALSE(bs_texts_match(text, "a"));
  }
  CU_ASSERT_EQUAL(bs_strip("").n_bytes, 0);
  CU_ASSERT_FALSE(bs_texts_match("a b", "a  b"));
  CU_ASSERT_FALSE(bs_texts_match("ab", "abc"));
}

static double value_of(const bs_metric *metric, const char *prediction, const char *target) {
  const char *targets[] = {"other", target};
  bs_error err = {0};
  bs_estimate out = {0};
  bs_outcome outcomes[] = {
      {.prediction = prediction, .targets = targets, .n_targets = 2, .target_logprob = NAN},
      {.prediction = "other", .targets = targets, .n_targets = 1, .target_logprob = NAN}};
  outcomes[1].has_token_edits = outcomes[0].has_token_edits = true;
  BS_TEST_OK(bs_metric_evaluate(metric, outcomes, 2, &out, &err), err);
  return out.value;
}

/* No metric over text sees the white space at the ends, of the text or of an accepted answer. */
static void no_metric_sees_white_space_at_the_ends(void) {
  static const char *const texts[] = {"Paris", "12.5", "a b", "two words here", "no", ""};
  char with[96];
  size_t n = 0;
  for (size_t m = 0; m < bs_metric_count(); m++) {
    const bs_metric *metric = bs_metric_at(m);
    if ((metric->needs & BS_NEEDS_TEXT) == 0)
      continue;
    n++;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
      for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        for (size_t s = 0; s < sizeof SPACES / sizeof *SPACES; s++) {
          double bare = value_of(metric, texts[i], texts[k]);
          snprintf(with, sizeof with, "%s%s%s", SPACES[s], texts[i], s % 2 != 0 ? SPACES[s] : "");
          double text = value_of(metric, with, texts[k]);
          snprintf(with, sizeof with, "%s%s%s", s % 2 != 0 ? SPACES[s] : "", texts[k], SPACES[s]);
          double target = value_of(metric, texts[i], with);
          if (!((bare == text && bare == target) || (isnan(bare) && isnan(text) && isnan(target))))
            printf("\n    %s: \"%s\", \"%s\", space %zu: %g, %g, %g", metric->name, texts[i],
                   texts[k], s, bare, text, target);
          CU_ASSERT_TRUE((bare == text && bare == target) ||
                         (isnan(bare) && isnan(text) && isnan(target)));
        }
  }
  CU_ASSERT_EQUAL(n, 11);
}

typedef struct way {
  size_t max_length;
  const char *stop, *regex;
} way;

/* "lost", "fine" or "untold" for an example with these accepted answers. */
static const char *fate(way w, const char *mark, const char *const *targets, size_t n) {
  bs_reach reach;
  bs_error err = {0};
  const bs_cut cut = {mark, w.max_length, w.stop, w.regex};
  bs_reach_begin(&reach, &cut, false);
  BS_TEST_OK(bs_reach_add(&reach, 7, targets, n, &err), err);
  const char *found = reach.lost.n > 0 ? "lost" : reach.n_untold > 0 ? "untold" : "fine";
  CU_ASSERT_EQUAL(reach.n, 1);
  bs_reach_free(&reach);
  return found;
}

static void lost_answers_are_found(void) {
  static const struct {
    way w;
    const char *target, *fate;
  } cases[] = {
      {{128, NULL, DEFAULT_REGEX}, "I walked to school", "fine"},
      {{128, NULL, DEFAULT_REGEX}, "I walked to school.", "lost"},
      {{128, NULL, DEFAULT_REGEX}, " Paris\n", "fine"},
      {{128, NULL, DEFAULT_REGEX}, "3.14", "lost"},
      {{128, NULL, DEFAULT_REGEX}, "a\nb", "lost"},
      {{128, NULL, DEFAULT_REGEX}, "", "fine"},
      {{128, NULL, DEFAULT_REGEX}, " \n", "fine"},
      {{128, NULL, DEFAULT_REGEX}, "?", "lost"},
      {{128, NULL, "[^\\n]+"}, "I walked to school.", "fine"},
      {{0, NULL, NULL}, "a.\nb", "fine"},
      /* behind a stop string nothing comes, but the stop string itself stays */
      {{128, "\n", NULL}, "a", "fine"},
      {{128, "\n", NULL}, "a\nb", "lost"},
      {{128, "\n", NULL}, "\na\nb", "fine"}, /* at the very start it does not stop */
      {{128, "\n", NULL}, "a\n", "fine"},
      {{128, ".", NULL}, "a.b", "lost"},
      {{128, ".", NULL}, "a.", "fine"},
      /* lengths are of code points */
      {{4, NULL, NULL}, "abcd", "fine"},
      {{4, NULL, NULL}, "abcde", "lost"},
      {{4, NULL, NULL}, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xC3\xA9", "fine"},
      {{4, NULL, NULL}, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xC3\xA9x", "lost"},
      {{4, NULL, NULL}, "  abcd  ", "fine"},
      /* expressions that need a text around the answer */
      {{0, NULL, COT_REGEX}, "(B)", "fine"},
      {{0, NULL, COT_REGEX}, "I walked.", "lost"},
      {{0, NULL, COT_REGEX}, "a\nb", "lost"},
      {{0, NULL, "answer: ([A-D])"}, "C", "fine"},
      {{0, NULL, "answer: ([A-D])"}, "E", "lost"},
      {{0, NULL, "answer: ([A-D])"}, "Brown", "lost"},
      {{0, NULL, "(?i)(?:the )?answer(?: is|:)\\s*\\(([A-D])\\)\\.?$"}, "C", "fine"},
      {{0, NULL, "(?i)(?:the )?answer(?: is|:)\\s*\\(([A-D])\\)\\.?$"}, "(C)", "lost"},
      {{0, NULL, "(?<=A: )\\w+"}, "yes", "fine"},
      {{0, NULL, "(?<=A: )\\w+"}, "a b", "lost"},
      {{0, NULL, "\\w+(?=!)"}, "yes", "fine"},
      {{0, NULL, "<a>(?P<x>[^<]{1,20})</a>"}, "yes", "fine"},
      {{0, NULL, "<a>(?P<x>[^<]{1,20})</a>"}, "a<b", "lost"},
      {{0, NULL, "a{3}: (?:is (\\d+))"}, "12", "fine"},
      {{0, NULL, "a{3}: (?:is (\\d+))"}, "x", "lost"},
      {{0, NULL, "\xE7\xAD\x94\xEF\xBC\x9A(.+)"}, "yes", "fine"},
      {{0, NULL, "(?:Answer|\\u56de\\u7b54)\\s*[:\\uff1a]\\s*(\\w+)"}, "4", "fine"},
      {{0, NULL, "\\U0001F600\\x3a \\u7b54(\\d)"}, "4", "fine"},
      {{0, NULL, "\\U0001F600\\x3a \\u7b54(\\d)"}, "x", "lost"},
      {{0, NULL, "\\x00(\\d)"}, "4", "untold"},
      {{0, NULL, "(?=.*x)zz(?!y)q([ab])"}, "a", "untold"},
      /* BIG-Bench Hard's reader: a full stop at the end is dropped */
      {{500, "\n", BBH_REGEX}, "(A)", "fine"},
      {{500, "\n", BBH_REGEX}, "] ] >", "fine"},
      {{500, "\n", BBH_REGEX}, "Yes.", "lost"},
      {{500, "\n", BBH_REGEX}, " No ", "fine"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *found = fate(cases[i].w, NULL, &cases[i].target, 1);
    if (strcmp(found, cases[i].fate) != 0)
      printf("\n    \"%s\" under \"%s\": %s", cases[i].target,
             cases[i].w.regex != NULL ? cases[i].w.regex : "", found);
    CU_ASSERT_STRING_EQUAL(found, cases[i].fate);
  }
  /* one answer that survives is enough; another answer's remains are one, too */
  way standard = {128, NULL, DEFAULT_REGEX};
  CU_ASSERT_STRING_EQUAL(fate(standard, NULL, (const char *[]){"a.b", "c"}, 2), "fine");
  CU_ASSERT_STRING_EQUAL(fate(standard, NULL, (const char *[]){"No.", "No"}, 2), "fine");
  CU_ASSERT_STRING_EQUAL(fate(standard, NULL, (const char *[]){"a.b", "c.d"}, 2), "lost");
  CU_ASSERT_STRING_EQUAL(fate((way){0, NULL, COT_REGEX}, "Q:", (const char *[]){"a Q: b"}, 1),
                         "lost");
}

typedef struct told {
  size_t n;
  bs_text all;
} told;

static void take(void *user, const char *message) {
  told *t = user;
  t->n++;
  bs_text_printf(&t->all, NULL, "%s\n", message);
}

static bool says(const told *t, const char *part) {
  bool found = t->all.data != NULL && strstr(t->all.data, part) != NULL;
  if (!found)
    printf("\n    no \"%s\" in: %s", part, t->all.data != NULL ? t->all.data : "");
  return found;
}

static told tell_of(const char *json, bs_reach *reach, size_t n_examples) {
  bs_task *task = NULL;
  bs_error err = {0};
  told t = {0};
  BS_TEST_OK(bs_task_parse(&task, json, strlen(json), "a/task.json", NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  BS_TEST_OK(bs_reach_of_task(reach, task, n_examples, &err), err);
  BS_TEST_OK(bs_reach_tell(reach, task->name, take, &t, &err), err);
  bs_task_free(&task);
  return t;
}

static void tasks_are_counted_and_told(void) {
  bs_reach reach;
  told t = tell_of("{\"metrics\": [\"exact_str_match\"], \"examples\": ["
                   "{\"input\": \"1\", \"target\": \"a.\"}, {\"input\": \"2\", \"target\": \"b\"},"
                   "{\"input\": \"3\", \"target\": [\"c.d\", \"e;f\"]}]}",
                   &reach, 0);
  CU_ASSERT_EQUAL(reach.n, 3);
  CU_ASSERT_EQUAL(reach.lost.n, 2);
  CU_ASSERT_EQUAL(t.n, 1);
  CU_ASSERT_TRUE(says(&t, "a: exact_str_match: of 3 examples 2 can never match"));
  CU_ASSERT_TRUE(says(&t, "output_regex (2); of example 0's \"a.\" is left \"a\""));
  CU_ASSERT_TRUE(says(&t, "{\"output_regex\": \"[^\\\\n]+\"}"));
  bs_reach_free(&reach);
  bs_text_free(&t.all);

  /* of those that are evaluated */
  t = tell_of("{\"examples\": [{\"input\": \"1\", \"target\": \"a\"},"
              "{\"input\": \"2\", \"target\": \"b.\"}]}",
              &reach, 1);
  CU_ASSERT_EQUAL(reach.n, 1);
  CU_ASSERT_EQUAL(t.n, 0);
  bs_reach_free(&reach);
  bs_text_free(&t.all);

  /* where choices alone are scored nothing is cut */
  t = tell_of("{\"examples\": [{\"input\": \"1\", \"target_scores\": {\"a.\": 1, \"b.\": 0}}]}",
              &reach, 0);
  CU_ASSERT_EQUAL(reach.n, 0);
  CU_ASSERT_EQUAL(t.n, 0);
  bs_reach_free(&reach);
  bs_text_free(&t.all);
  t = tell_of("{\"metrics\": [\"bleu\"], \"examples\": "
              "[{\"input\": \"1\", \"target_scores\": {\"a.\": 1, \"b.\": 0}}]}",
              &reach, 0);
  CU_ASSERT_EQUAL(reach.lost.n, 1);
  bs_reach_free(&reach);
  bs_text_free(&t.all);
}

static void other_traps_are_told(void) {
  bs_reach reach;
  told t =
      tell_of("{\"metrics\": [\"numeric_match_with_0_1_relative_error\"], "
              "\"output_regex\": \".+\", \"examples\": ["
              "{\"input\": \"1\", \"target\": \"1,000\"}, {\"input\": \"2\", \"target\": \"12\"},"
              "{\"input\": \"3\", \"target\": \"5 km\"}, {\"input\": \"4\", \"target\": 1e3}]}",
              &reach, 0);
  CU_ASSERT_EQUAL(reach.lost.n, 0);
  CU_ASSERT_EQUAL(reach.numbers.n, 2);
  CU_ASSERT_TRUE(says(&t, "numeric_match_with_0_1_relative_error: of 4 examples 2 can never"));
  CU_ASSERT_TRUE(says(&t, "\"1,000\""));
  bs_reach_free(&reach);
  bs_text_free(&t.all);

  /* the default cut makes 0 of 0.5, which is no number near it */
  t = tell_of("{\"metrics\": [\"numeric_match_with_0_1_relative_error\"], \"examples\": ["
              "{\"input\": \"1\", \"target\": 0.5}, {\"input\": \"2\", \"target\": 3.1}]}",
              &reach, 0);
  CU_ASSERT_EQUAL(reach.lost.n, 2);
  CU_ASSERT_EQUAL(reach.numbers.n, 1);
  bs_reach_free(&reach);
  bs_text_free(&t.all);

  t = tell_of("{\"stop_string\": \"\", \"examples\": [{\"input\": \"1\", \"target\": \" \"},"
              "{\"input\": \"2\", \"target\": \"e\\u0301\"}]}",
              &reach, 0);
  CU_ASSERT_EQUAL(reach.blank.n, 1);
  CU_ASSERT_EQUAL(reach.decomposed.n, 1);
  CU_ASSERT_TRUE(says(&t, "1 accepts an empty answer (example 0 is the first)"));
  CU_ASSERT_TRUE(says(&t, "decomposed characters (example 1: \"e\xCC\x81\")"));
  CU_ASSERT_TRUE(says(&t, "neither stop_string nor output_regex ends the generated text"));
  bs_reach_free(&reach);
  bs_text_free(&t.all);

  t = tell_of(
      "{\"output_regex\": \"(?:a|aa)+[^a]\", \"examples\": [{\"input\": \"1\", \"target\": \""
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}",
      &reach, 0);
  CU_ASSERT_TRUE(says(&t, "accepted answers were not all checked: example 0: regex"));
  bs_reach_free(&reach);
  bs_text_free(&t.all);
}

int main(void) {
  static const bs_test tests[] = {
      {"the ends are stripped as Python does", the_ends_are_stripped_as_python_does},
      {"no metric sees white space at the ends", no_metric_sees_white_space_at_the_ends},
      {"answers that are lost are found", lost_answers_are_found},
      {"tasks are counted and told", tasks_are_counted_and_told},
      {"other traps are told", other_traps_are_told},
  };
  return bs_test_main("reach", tests, sizeof tests / sizeof *tests);
}
