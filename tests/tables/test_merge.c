/* Several results as one, and one without a part: halves make the whole. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../store/synthetic.h"
#include "harness.h"
#include "tables/tables_internal.h"

static const synthetic_size SIZE = {4, 5, 3, 6};

/* With texts of all tasks and a unit of work. */
static bs_tables *whole(void) {
  bs_error err = {0};
  bs_tables *results = synthetic_results(SIZE, false);
  for (uint32_t task = 0; task < SIZE.n_tasks; task++)
    for (uint32_t example = 0; example < SIZE.n_examples; example++) {
      char query[32];
      snprintf(query, sizeof query, "Q%u of %u", example, task);
      const bs_input_row input = {
          .task = task, .example = example, .query = query, .identity = example, .answer = ""};
      const bs_choice_text_row choice = {.task = task, .example = example, .text = query};
      BS_TEST_OK(bs_tables_add_input(results, &input, &err), err);
      BS_TEST_OK(bs_tables_add_choice_text(results, &choice, &err), err);
    }
  results->n_runs = 0;
  const bs_skipped_row skipped = {.model = 2, .task = 3, .shots = 9, .prompt_tokens = 5};
  BS_TEST_OK(bs_tables_add_skipped(results, &skipped, &err), err);
  BS_TEST_OK(bs_tables_set_provenance(results, &synthetic_provenance, &err), err);
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  return results;
}

static bs_tables *without(const bs_tables *from, const bs_selection *selection) {
  bs_error err = {0};
  bs_tables *to = NULL;
  BS_TEST_OK(bs_tables_without(&to, from, selection, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(to);
  BS_TEST_OK(bs_tables_check(to, &err), err);
  CU_ASSERT_TRUE(bs_tables_in_order(to));
  return to;
}

static bs_status merge(bs_tables **out, const bs_tables *a, const bs_tables *b, bs_error *err) {
  const bs_tables_source sources[] = {{a, "a.h5"}, {b, "b.h5"}};
  return bs_tables_merge(out, sources, 2, NULL, err);
}

static void halves_make_the_whole(void) {
  static const bool FIRST[5] = {true, true}, REST[5] = {false, false, true, true, true};
  static const uint32_t NONE[] = {0}, SOME[] = {1, 2, 9};
  const bs_selection halves[][2] = {
      {{.models = FIRST}, {.models = REST}},
      {{.tasks = FIRST}, {.tasks = REST}},
      {{.shots = NONE, .n_shots = 1}, {.shots = SOME, .n_shots = 3}},
      /* overlapping ones */
      {{.models = FIRST, .tasks = REST}, {.models = REST}},
      {{.models = FIRST, .shots = SOME, .n_shots = 3}, {.models = REST, .tasks = FIRST}}};
  bs_tables *all = whole();
  for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
    bs_error err = {0};
    bs_tables *a = without(all, &halves[i][1]), *b = without(all, &halves[i][0]), *both = NULL;
    CU_ASSERT_TRUE(a->n_examples > 0 && a->n_examples < all->n_examples);
    BS_TEST_OK(merge(&both, a, b, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(both);
    CU_ASSERT_STRING_EQUAL(both->provenance.config, all->provenance.config);
    synthetic_equal(all, both);
    CU_ASSERT_EQUAL(both->n_inputs, all->n_inputs);
    bs_tables_free(&a);
    bs_tables_free(&b);
    bs_tables_free(&both);
  }
  bs_tables_free(&all);
}

static void what_is_selected_goes(void) {
  static const bool ONE[5] = {false, true};
  bs_tables *all = whole();
  bs_tables *left = without(all, &(bs_selection){.models = ONE});
  CU_ASSERT_EQUAL(left->n_models, 3);
  CU_ASSERT_EQUAL(left->n_tasks, 5);
  CU_ASSERT_EQUAL(left->n_examples, all->n_examples / 4 * 3);
  CU_ASSERT_STRING_EQUAL(left->models[1].name, "ladder-2");
  bs_tables_free(&left);
  left = without(all, &(bs_selection){.models = ONE, .tasks = ONE});
  CU_ASSERT_EQUAL(left->n_models, 4);
  CU_ASSERT_EQUAL(left->n_tasks, 5);
  CU_ASSERT_EQUAL(left->n_examples, all->n_examples / 20 * 19);
  CU_ASSERT_EQUAL(left->n_inputs, all->n_inputs);
  bs_tables_free(&left);
  left = without(all, &(bs_selection){.tasks = ONE});
  CU_ASSERT_EQUAL(left->n_tasks, 4);
  CU_ASSERT_EQUAL(left->n_inputs, all->n_inputs / 5 * 4);
  CU_ASSERT_STRING_EQUAL(left->inputs[6].query, "Q0 of 2");
  CU_ASSERT_EQUAL(left->inputs[6].task, 1);
  bs_tables_free(&left);
  left = without(all, &(bs_selection){0});
  CU_ASSERT_EQUAL(left->n_models + left->n_tasks + left->n_examples + left->n_skipped, 0);
  bs_tables_free(&left);
  bs_tables_free(&all);
}

/* A change to the second of two, and what is said of it. */
static void refused(void (*change)(bs_tables *of), const char *part) {
  bs_error err = {0};
  bs_tables *a = whole(), *b = whole(), *both = NULL;
  change(b);
  BS_TEST_FAILS(merge(&both, a, b, &err), BS_ERR_INPUT, err, part);
  CU_ASSERT_PTR_NULL(both);
  bs_tables_free(&a);
  bs_tables_free(&b);
}

static void other_protocol(bs_tables *of) { of->provenance.protocol = "seed=7"; }
static void other_model(bs_tables *of) { of->models[1].sha256[3] = 'e'; }
static void other_family(bs_tables *of) { of->models[1].family = "fam"; }
static void other_scale(bs_tables *of) { of->models[0].scale = 3001; }
static void other_task(bs_tables *of) { of->tasks[2].sha256[3] = 'e'; }
static void other_metrics(bs_tables *of) { of->tasks[0].metrics = "multiple_choice_grade"; }
static void other_humans(bs_tables *of) { of->tasks[1].human_average = 0.25; }
static void other_columns(bs_tables *of) { of->n_metrics = 2; }
static void other_text(bs_tables *of) { of->examples[7].prediction = "maybe"; }
static void other_value(bs_tables *of) { of->metric_values[3 * 7 + 2] = -1; }
static void other_choice(bs_tables *of) { of->choices[5].logprob = -1; }
static void other_sample(bs_tables *of) { of->samples[0].answer = "8"; }
static void skipped_here(bs_tables *of) {
  bs_error err = {0};
  BS_TEST_OK(bs_tables_add_skipped(of, &(bs_skipped_row){.shots = 1, .example = 2}, &err), err);
}

static void contradictions_are_refused_by_name(void) {
  refused(other_protocol,
          "a.h5 and b.h5 were made under different settings (\"ff\" and \"seed=7\")");
  refused(other_model, "model \"ladder-1\" is one checkpoint in a.h5 and another in b.h5");
  refused(other_family, "model \"ladder-1\": its family is \"ladder\" in a.h5 and \"fam\" in b.h5");
  refused(other_scale, "model \"ladder-0\": its scale is 3000 in a.h5 and 3001 in b.h5");
  refused(other_task, "task \"chance\" is not the same in a.h5 and b.h5");
  refused(other_metrics, "task \"facts\": its metrics is");
  refused(other_humans, "task \"addition\": its human_average is 1.5 in a.h5 and 0.25 in b.h5");
  refused(other_columns, "`bigsweep rescore` of both");
  refused(other_text, "model \"ladder-0\", task \"facts\", 1 shots, example 1 came out differently "
                      "in a.h5 and b.h5: prediction: ");
  refused(other_value, "log_likelihood: ");
  refused(other_choice, "logprob of choice 1: ");
  refused(other_sample, "answer of sample 0: \"7\" and \"8\"");
  refused(skipped_here, "example 2 is left out in one file and not in another");
}

/* Paths move, files get older, failures are made good. */
static void what_one_does_not_know_comes_from_the_other(void) {
  bs_error err = {0};
  bs_tables *all = whole(), *old = whole(), *both = NULL;
  old->models[0].path = "elsewhere";
  old->tasks[0].human_best = NAN;
  old->n_inputs = 0;
  old->choice_texts[0].text = "as it was";
  old->provenance.config = "";
  old->provenance.isa = "avx512";
  const bs_run_row failure = {.n_examples = 1, .host = "h", .failure = "killed"};
  const bs_run_row other = {.shots = 77, .n_examples = 1, .host = "h", .failure = "killed"};
  BS_TEST_OK(bs_tables_add_run(old, &failure, &err), err);
  BS_TEST_OK(bs_tables_add_run(old, &other, &err), err);
  old->n_examples--; /* the last one has no choices or samples behind it */
  old->n_choices -= old->examples[old->n_examples].n_choices;
  old->n_samples -= old->examples[old->n_examples].n_samples;
  const bs_tables_source sources[] = {{old, "old.h5"}, {all, "new.h5"}};
  const bs_tables_source *isa = NULL;
  BS_TEST_OK(bs_tables_merge(&both, sources, 2, &isa, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(both);
  CU_ASSERT_PTR_EQUAL(isa, &sources[1]);
  CU_ASSERT_STRING_EQUAL(both->models[0].path, "elsewhere");
  CU_ASSERT_STRING_EQUAL(both->provenance.config, "{\"merged\": [null, {\"name\": \"\xC3\xA9\"}]}");
  CU_ASSERT_EQUAL_FATAL(both->n_runs, 1);
  CU_ASSERT_EQUAL(both->runs[0].shots, 77);
  both->models[0].path = all->models[0].path;
  both->n_runs = 0;
  synthetic_equal(all, both);
  bs_tables_free(&both);
  bs_tables_free(&old);
  bs_tables_free(&all);
}

int main(void) {
  static const bs_test tests[] = {
      {"halves make the whole", halves_make_the_whole},
      {"what is selected goes", what_is_selected_goes},
      {"contradictions are refused by name", contradictions_are_refused_by_name},
      {"what one does not know comes from the other", what_one_does_not_know_comes_from_the_other},
  };
  return bs_test_main("merge", tests, sizeof tests / sizeof *tests);
}
