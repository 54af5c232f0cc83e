/* Votes among samples: what draws them, who wins, and which metrics a share of votes has. */
#include <math.h>
#include <string.h>

#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"
#include "evaluate/evaluate_internal.h"
#include "harness.h"
#include "metrics/vote_internal.h"
#include "ways.h"

static void seeds_depend_on_what_they_should(void) {
  char hash[65] = "";
  uint64_t seeds[6];
  bs_error err = {0};
  for (size_t i = 0; i < 32; i++)
    strcat(hash, "ab");
  BS_TEST_OK(bs_sample_seed(&seeds[0], 42, hash, 3, 7, (uint64_t)1 << 40, &err), err);
  /* Python: hashlib.sha256(b"ab" * 32 + struct.pack("<IIQQ", 42, 3, 7, 2 ** 40)) */
  CU_ASSERT_EQUAL(seeds[0], 0x91a97b91882129caU);
  BS_TEST_OK(bs_sample_seed(&seeds[1], 43, hash, 3, 7, (uint64_t)1 << 40, &err), err);
  BS_TEST_OK(bs_sample_seed(&seeds[2], 42, hash, 2, 7, (uint64_t)1 << 40, &err), err);
  BS_TEST_OK(bs_sample_seed(&seeds[3], 42, hash, 3, 8, (uint64_t)1 << 40, &err), err);
  BS_TEST_OK(bs_sample_seed(&seeds[4], 42, hash, 3, 7, 0, &err), err);
  hash[63] = 'c';
  BS_TEST_OK(bs_sample_seed(&seeds[5], 42, hash, 3, 7, (uint64_t)1 << 40, &err), err);
  for (size_t i = 0; i < 6; i++)
    for (size_t k = 0; k < i; k++)
      CU_ASSERT_NOT_EQUAL(seeds[i], seeds[k]);
}

static void check_vote(const char *const *answers, size_t n, bool with_empty, size_t winner,
                       double share) {
  bs_error err = {0};
  size_t found = 99;
  double found_share = NAN;
  BS_TEST_OK(bs_vote(answers, n, with_empty ? BS_VOTE_OF_CHOICES : BS_VOTE_OF_TEXTS, &found,
                     &found_share, &err),
             err);
  CU_ASSERT_EQUAL(found, winner);
  CU_ASSERT_EQUAL(found_share, share);
}

static void votes_are_counted(void) {
  check_vote((const char *[]){"b"}, 1, false, 0, 1);
  check_vote((const char *[]){"b", "a", "a"}, 3, false, 1, 2.0 / 3);
  check_vote((const char *[]){"b", "a", "a", "b"}, 4, false, 0, 0.5); /* a tie: what comes first */
  check_vote((const char *[]){"c", "b", "a", "b", "a"}, 5, false, 1, 0.4);
  check_vote((const char *[]){"", "", "a"}, 3, false, 2, 1.0 / 3);
  check_vote((const char *[]){"", "", "a"}, 3, true, 0, 2.0 / 3);
  check_vote((const char *[]){"", ""}, 2, false, 0, 1);
  check_vote((const char *[]){"b", "A", "a"}, 3, false, 0, 1.0 / 3);
  /* texts: white space at the ends tells nothing apart; choices: every byte does */
  check_vote((const char *[]){"b", "a", " a", "a\xC2\xA0\n"}, 4, false, 1, 3.0 / 4);
  check_vote((const char *[]){"b", "a b", "a  b", "b "}, 4, false, 0, 2.0 / 4);
  check_vote((const char *[]){" ", "", "\t", "a"}, 4, false, 3, 1.0 / 4);
  check_vote((const char *[]){" ", ""}, 2, false, 0, 1);
  check_vote((const char *[]){" a", "a", "a"}, 3, true, 1, 2.0 / 3);
  static const char *const words[] = {"", "a", "b", "ab", "\xC3\xA9"};
  uint32_t state = 7;
  for (size_t round = 0; round < 2000; round++) {
    const char *answers[MOST_SAMPLES];
    size_t n = 1 + round % MOST_SAMPLES, most;
    for (size_t i = 0; i < n; i++) {
      state = state * 1664525 + 1013904223;
      answers[i] = words[(state >> 16) % (2 + round % 4)];
    }
    for (int with_empty = 0; with_empty < 2; with_empty++) {
      size_t winner = count_votes(answers, n, with_empty, &most);
      check_vote(answers, n, with_empty, winner, (double)most / (double)n);
    }
  }
}

/* Every metric is a number or undefined when some choices have no votes at all. */
static void metrics_take_shares_of_votes(void) {
  const double logprobs[] = {-INFINITY, log(0.4), log(0.4), log(0.2)}, scores[] = {1, 0, 1, -1};
  const char *const texts[] = {"a", "bb", "c", "d"}, *const targets[] = {"c"};
  const uint32_t tokens[] = {1, 2, 1, 1};
  bs_outcome outcome = {.n_choices = 4,
                        .choice_logprobs = logprobs,
                        .target_scores = scores,
                        .choice_texts = texts,
                        .choice_tokens = tokens,
                        .is_vote = true,
                        .voted = 2,
                        .prediction = "c",
                        .targets = targets,
                        .n_targets = 1,
                        .target_logprob = NAN};
  const uint32_t roles[] = {BS_ROLE_BIASED, BS_ROLE_UNBIASED, BS_ROLE_UNKNOWN, BS_ROLE_NONE};
  bs_outcome two[] = {outcome, outcome};
  two[1].voted = 1;
  bs_error err = {0};
  for (size_t i = 0; i < bs_metric_count(); i++) {
    bs_estimate estimate;
    BS_TEST_OK(bs_metric_evaluate(bs_metric_at(i), two, 2, &estimate, &err), err);
    CU_ASSERT_FALSE(isinf(estimate.value));
    /* nobody has voted for the one that is right */
    const double none[] = {0, -INFINITY}, right[] = {0, 1};
    bs_outcome lost = outcome;
    lost.n_choices = 2;
    lost.choice_logprobs = none;
    lost.target_scores = right;
    lost.choice_roles = roles;
    lost.voted = 0;
    BS_TEST_OK(bs_metric_evaluate(bs_metric_at(i), &lost, 1, &estimate, &err), err);
    CU_ASSERT_FALSE(isinf(estimate.value));
    if ((bs_metric_at(i)->needs & BS_NEEDS_MODEL_LOGPROBS) != 0)
      CU_ASSERT_TRUE(isnan(estimate.value) && estimate.n == 0);
  }
  bs_estimate estimate;
  BS_TEST_OK(bs_metric_evaluate(bs_metric_find("multiple_choice_grade"), two, 2, &estimate, &err),
             err);
  CU_ASSERT_EQUAL(estimate.value, 0.5); /* choice 2 is right, choice 1 is not */
  BS_TEST_OK(bs_metric_evaluate(bs_metric_find("weighted_probabilities"), two, 1, &estimate, &err),
             err);
  CU_ASSERT_DOUBLE_EQUAL(estimate.value, 0.2, 1e-15);
  BS_TEST_OK(
      bs_metric_evaluate(bs_metric_find("expected_calibration_error"), two, 1, &estimate, &err),
      err);
  CU_ASSERT_DOUBLE_EQUAL(estimate.value, 0.6, 1e-15); /* sure to 0.4, and right */
}

static void what_does_not_apply_is_not_listed(void) {
  const bs_metric *metrics[BS_MOST_METRICS];
  bs_task *task = put(MIXED, &STEP_VOTES);
  size_t n = bs_task_metrics(task, metrics);
  bool has_grade = false, has_text = false;
  for (size_t i = 0; i < n; i++) {
    CU_ASSERT_EQUAL(metrics[i]->needs & (BS_NEEDS_TARGET_LOGPROB | BS_NEEDS_MODEL_LOGPROBS), 0);
    has_grade |= strcmp(metrics[i]->name, "multiple_choice_grade") == 0;
    has_text |= strcmp(metrics[i]->name, "bleu") == 0;
  }
  CU_ASSERT_TRUE(has_grade && has_text);
  bs_task_free(&task);
  task = put(MIXED, &TEXT_VOTES); /* one step: choices and targets are scored as ever */
  CU_ASSERT_TRUE(bs_task_metrics(task, metrics) > n);
  bs_task_free(&task);
}

int main(void) {
  static const bs_test tests[] = {
      {"seeds depend on what they should", seeds_depend_on_what_they_should},
      {"votes are counted", votes_are_counted},
      {"metrics take shares of votes", metrics_take_shares_of_votes},
      {"what does not apply is not listed", what_does_not_apply_is_not_listed},
  };
  return bs_test_main("votes", tests, sizeof tests / sizeof *tests);
}
