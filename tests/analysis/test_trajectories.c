/* Forecasts by laws that learn from the trainings' checkpoints: which of these count, and how well
   the largest OLMo models are foretold. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "base/csv_internal.h"
#include "bigsweep/forecast.h"
#include "harness.h"

enum { N_RUNS = 8, N_KNOWN = 7, N_STEPS = 3 };

static double compute_of(size_t run) { return 1e18 * pow(4, (double)run); }
static double loss_at(double compute) { return .3 + 1.2 * pow(compute / 1e18, -.2); }
/* Not what a logistic curve could be, so that every further point matters. */
static double score_at(double loss) { return 1 - .75 * pow(fmin(loss / 1.6, 1), 3); }

static bs_text scores_text(void) {
  bs_error err = {0};
  bs_text text = {0};
  BS_TEST_OK(
      bs_text_printf(&text, &err, "family,model,scale,compute,chance,task,metric,shots,value\n"),
      err);
  for (size_t i = 0; i < N_RUNS; i++) {
    double compute = compute_of(i) * (i == N_RUNS - 1 ? 16 : 1), loss = loss_at(compute);
    BS_TEST_OK(bs_text_printf(&text, &err,
                              "f,run%zu,1,%.17g,.25,t,acc,0,%.17g\nf,run%zu,1,%.17g,,t,bpb,0,"
                              "%.17g\n",
                              i, compute, score_at(loss), i, compute, loss),
               err);
  }
  return text;
}

/* Checkpoints of the runs from `first` on; those of one run have no loss. */
static bs_text steps_text(size_t first, size_t without_loss) {
  bs_error err = {0};
  bs_text text = {0};
  BS_TEST_OK(bs_text_printf(&text, &err, "family,model,scale,task,metric,shots,value\n"), err);
  for (size_t i = first; i < N_RUNS; i++)
    for (size_t s = 0; s < N_STEPS; s++) {
      double loss = loss_at(compute_of(i)) + .1 * (double)(N_STEPS - s);
      BS_TEST_OK(bs_text_printf(&text, &err, "run%zu,step%zu,1,t,acc,0,%.17g\n", i, s,
                                score_at(loss) - .02),
                 err);
      if (i != without_loss)
        BS_TEST_OK(bs_text_printf(&text, &err, "run%zu,step%zu,1,t,bpb,0,%.17g\n", i, s, loss),
                   err);
    }
  return text;
}

static const bs_forecast_row *row_of(const bs_analysis *analysis, const char *task) {
  const bs_tables *tables = bs_analysis_tables(analysis);
  for (size_t i = 0; i < tables->n_forecasts; i++)
    if (strcmp(tables->forecasts[i].task, task) == 0 &&
        strcmp(tables->forecasts[i].metric, "bpb") != 0)
      return &tables->forecasts[i];
  CU_FAIL_FATAL("there is no such forecast");
  return NULL;
}

static double forecast_with(const char *scores, const char *steps) {
  bs_error err = {0};
  bs_analysis *analysis = from_text(scores);
  bs_analysis *trajectories = steps != NULL ? from_text(steps) : NULL;
  bs_forecast_request request = {.n_held = 1, .trajectories = trajectories};
  BS_TEST_OK(bs_analysis_forecast(analysis, NULL, &request, &err), err);
  const bs_forecast_row *row = row_of(analysis, "t");
  CU_ASSERT_STRING_EQUAL(row->method, "laws");
  double forecast = row->forecast;
  bs_analysis_free(&analysis);
  bs_analysis_free(&trajectories);
  return forecast;
}

/* The same from the library: of runs before `first`, or without losses, the end counts. */
static double expected(size_t first, size_t without_loss) {
  bs_error err = {0};
  double compute[N_RUNS], x[N_RUNS], losses[N_RUNS], scores[N_RUNS], errors[N_RUNS], chance = .25;
  double point_losses[N_RUNS * N_STEPS], point_scores[N_RUNS * N_STEPS], trend, median;
  bs_runs runs = {.n = N_KNOWN,
                  .compute = compute,
                  .scores = scores,
                  .chance = chance,
                  .losses = losses,
                  .point_losses = point_losses,
                  .point_scores = point_scores,
                  .target_compute = compute_of(N_RUNS - 1) * 16};
  for (size_t i = 0; i < N_KNOWN; i++) {
    compute[i] = compute_of(i);
    x[i] = log(compute[i]);
    losses[i] = loss_at(compute[i]);
    scores[i] = score_at(losses[i]);
    errors[i] = NAN;
    bool has_steps = i >= first && i != without_loss;
    for (size_t s = 0; s < (has_steps ? N_STEPS : 1); s++) {
      double loss = losses[i] + (has_steps ? .1 * (double)(N_STEPS - s) : 0);
      point_losses[runs.n_points] = loss;
      point_scores[runs.n_points++] = score_at(loss) - (has_steps ? .02 : 0);
    }
  }
  bs_suite suite = {1, N_KNOWN, x, scores, errors, &chance};
  BS_TEST_OK(bs_forecast_method_find("trend")->forecast(&suite, N_KNOWN, log(runs.target_compute),
                                                        &trend, &err),
             err);
  BS_TEST_OK(bs_laws_median(&runs, &trend, 1, &median, &err), err);
  return median;
}

/* What was held out has a trajectory too, which must not help. */
static void checkpoints_of_known_runs_count(void) {
  bs_text scores = scores_text();
  double without = forecast_with(scores.data, NULL);
  static const size_t CASES[][2] = {{0, SIZE_MAX}, {2, SIZE_MAX}, {0, 3}, {N_KNOWN, SIZE_MAX}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    bs_text steps = steps_text(CASES[i][0], CASES[i][1]);
    double got = forecast_with(scores.data, steps.data);
    CU_ASSERT_DOUBLE_EQUAL(got, expected(CASES[i][0], CASES[i][1]), 1e-12);
    CU_ASSERT_EQUAL(fabs(got - without) < 1e-12, i == 3); /* of known runs none has any */
    bs_text_free(&steps);
  }
  bs_text_free(&scores);
}

static void wrong_trajectories_are_faults(void) {
  static const struct {
    const char *lines, *message;
  } CASES[] = {
      {"f,run1,1,t,acc,0,.5\n", "nothing in them belongs to the scores"},
      {"run1,s,1,u,acc,0,.5\n", "nothing in them belongs to the scores"},
      {"run1,s,1,t,acc,0,50\nrun1,s,1,t,bpb,0,1\n",
       "acc of \"s\" on \"t\" is 50, which is outside the metric's range 0 to 1"},
      {"run2,s,1,t,acc,0,.5\n", "\"run2\" is a model of two families of the scores"},
  };
  bs_error err = {0};
  bs_text scores = scores_text();
  BS_TEST_OK(bs_text_append_string(&scores, "g,run2,1,9,,u2,acc,0,.5\n", &err), err);
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    bs_text text = {0};
    BS_TEST_OK(bs_text_printf(&text, &err, "family,model,scale,task,metric,shots,value\n%s",
                              CASES[i].lines),
               err);
    bs_analysis *analysis = from_text(scores.data), *trajectories = from_text(text.data);
    bs_forecast_request request = {.n_held = 1, .trajectories = trajectories};
    BS_TEST_FAILS(bs_analysis_forecast(analysis, NULL, &request, &err), BS_ERR_INPUT, err,
                  CASES[i].message);
    bs_analysis_free(&analysis);
    bs_analysis_free(&trajectories);
    bs_text_free(&text);
  }
  bs_text_free(&scores);
}

/* Columns of the shared table. */
enum { FAMILY, MODEL, SCALE, TOKENS, COMPUTE, TASK, METRIC, SHOTS, VALUE };

static const char *chance_of(const char *task) {
  return strstr(task, "piqa") != NULL || strstr(task, "winogrande") != NULL ? ".5"
         : strstr(task, "csqa") != NULL                                     ? ".2"
                                                                            : ".25";
}

/* The runs up to 1.3B with 1 to 10 times Chinchilla's tokens, and the target, as one family. */
static bs_text olmo_text(const char *target) {
  bs_error err = {0};
  bs_text table = bs_test_read(bs_test_data("curves/olmo-ladder/table.csv")), text = {0};
  bs_csv csv = {.name = "table.csv", .text = table.data, .n_bytes = table.n_bytes};
  BS_TEST_OK(bs_text_printf(&text, &err,
                            "family,model,scale,tokens,compute,chance,task,metric,shots,value\n"),
             err);
  while (bs_csv_next(&csv, &err) == BS_OK && csv.n_fields > 0) {
    const char *family = bs_csv_field(&csv, FAMILY), *metric = bs_csv_field(&csv, METRIC);
    bool is_run = strncmp(family, "ladder-", 7) == 0 && strcmp(family, "ladder-0.5xC") != 0 &&
                  strtod(bs_csv_field(&csv, SCALE), NULL) < 1.5e9;
    bool is_loss = strcmp(metric, "bpb") == 0;
    if ((!is_run && strcmp(family, target) != 0) || (!is_loss && strcmp(metric, "accuracy") != 0))
      continue;
    BS_TEST_OK(bs_text_printf(&text, &err, "olmo,%s,%s,%s,%s,%s,%s,%s,5,%s\n",
                              bs_csv_field(&csv, MODEL), bs_csv_field(&csv, SCALE),
                              bs_csv_field(&csv, TOKENS), bs_csv_field(&csv, COMPUTE),
                              is_loss ? "" : chance_of(bs_csv_field(&csv, TASK)),
                              bs_csv_field(&csv, TASK), metric, bs_csv_field(&csv, VALUE)),
               err);
  }
  bs_csv_free(&csv);
  bs_text_free(&table);
  return text;
}

/* The bounds are those of docs/statistics.md. */
static void the_largest_olmo_models(void) {
  if (!bs_test_have_data("curves/olmo-ladder/steps.csv"))
    return;
  static const struct {
    const char *target;
    double mean, largest;
  } CASES[] = {{"target-7B-4T", .0333, .0534}, {"target-13B-5T", .0357, .0533}};
  for (size_t k = 0; k < 2; k++) {
    bs_error err = {0};
    bs_text text = olmo_text(CASES[k].target);
    bs_analysis *analysis = from_text(text.data), *trajectories = NULL;
    BS_TEST_OK(bs_analysis_scores_from_csv(&trajectories,
                                           bs_test_data("curves/olmo-ladder/steps.csv"), &err),
               err);
    bs_forecast_request request = {.n_held = 1, .trajectories = trajectories};
    BS_TEST_OK(bs_analysis_forecast(analysis, NULL, &request, &err), err);
    double sum = 0, largest = 0;
    size_t n = 0;
    for (size_t i = 0; i < bs_analysis_tables(analysis)->n_forecasts; i++) {
      const bs_forecast_row *row = &bs_analysis_tables(analysis)->forecasts[i];
      if (strcmp(row->metric, "accuracy") != 0 || strcmp(row->task, BS_ALL_TASKS) == 0)
        continue;
      n++;
      sum += fabs(row->forecast - row->observed);
      largest = fmax(largest, fabs(row->forecast - row->observed));
    }
    CU_ASSERT_EQUAL_FATAL(n, 6);
    CU_ASSERT_TRUE(sum / (double)n <= CASES[k].mean);
    CU_ASSERT_TRUE(largest <= CASES[k].largest);
    bs_analysis_free(&analysis);
    bs_analysis_free(&trajectories);
    bs_text_free(&text);
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"checkpoints of known runs count", checkpoints_of_known_runs_count},
      {"wrong trajectories are faults", wrong_trajectories_are_faults},
      {"the largest OLMo models", the_largest_olmo_models},
  };
  return bs_test_main("trajectories", tests, sizeof tests / sizeof *tests);
}
