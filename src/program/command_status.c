/* How far a run is, or came. */
#include <stdio.h>
#include <time.h>

#include "bigsweep/analysis.h"
#include "bigsweep/sweep.h"
#include "program/options.h"
#include "program/progress.h"

static void print_run(const bs_sweep_state *state) {
  const bs_progress *p = &state->progress;
  char left[32] = "?";
  double share = p->cost_total > 0 ? p->cost_done / p->cost_total : 0;
  if (share > 0)
    progress_format_duration(left, sizeof left, p->seconds * (1 - share) / share);
  char before[48] = "";
  if (p->examples_reused > 0)
    snprintf(before, sizeof before, " (%llu %s done before)",
             (unsigned long long)p->examples_reused, p->examples_reused == 1 ? "was" : "were");
  printf(
      "%.0f %% of this run: %zu of %zu unit%s, %llu of %llu example%s%s, %.0f tokens/s, %s left; "
      "%zu worker%s, %zu lost; %lld s ago\n",
      100 * share, p->units_done, p->units_total, bs_plural(p->units_total),
      (unsigned long long)p->examples_done, (unsigned long long)p->examples_total,
      bs_plural(p->examples_total), before, p->seconds > 0 ? (double)p->tokens / p->seconds : 0.0,
      left, p->n_workers, p->n_workers == 1 ? "" : "s", p->n_lost,
      (long long)time(NULL) - (long long)state->updated);
}

/* What is left waits only while a run is at work. */
static const char *state_name(const bs_sweep_model_state *model, bool run_is_at_work) {
  uint64_t seen = model->examples_done + model->examples_failed;
  if (seen > 0 && seen >= model->examples_total)
    return model->examples_failed == 0 ? "done"
           : model->examples_done > 0  ? "done, with failures"
                                       : "failed";
  if (run_is_at_work)
    return model->is_running ? "running" : "waiting";
  return seen > 0 ? "stopped" : "not begun";
}

static void print_models(const bs_sweep_state *state) {
  unsigned long long done = 0, left = 0, failed = 0;
  printf("%-32s %12s %12s %12s  %s\n", "model", "done", "left", "failed", "state");
  for (size_t m = 0; m < state->n_models; m++) {
    const bs_sweep_model_state *model = &state->models[m];
    unsigned long long seen = model->examples_done + model->examples_failed;
    unsigned long long rest = model->examples_total > seen ? model->examples_total - seen : 0;
    printf("%-32s %12llu %12llu %12llu  %s\n", model->name,
           (unsigned long long)model->examples_done, rest,
           (unsigned long long)model->examples_failed, state_name(model, state->is_running));
    done += model->examples_done;
    left += rest;
    failed += model->examples_failed;
  }
  printf("%-32s %12llu %12llu %12llu  examples\n", "all", done, left, failed);
}

static bs_status print_prompts(const bs_sweep_state *state, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t m = 0; status == BS_OK && m < state->n_models; m++) {
    const bs_sweep_model_state *model = &state->models[m];
    bs_text text = {0};
    if (!bs_prompt_counts_any(&model->prompts))
      continue;
    status = bs_prompt_counts_tell(&model->prompts, &text, err);
    if (status == BS_OK)
      printf("%s: %s\n", model->name, text.data);
    bs_text_free(&text);
  }
  return status;
}

static int run(const bs_command *command, int argc, char **argv) {
  parsed p = options_parse(command, argc, argv, NULL, 0, 1, 1);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  bs_sweep_state *state = NULL;
  if (bs_sweep_state_read(&state, p.arguments[0], &err) != BS_OK)
    return fail(command, &err);
  printf("%s: ", p.arguments[0]);
  if (state->is_running)
    printf("running, %s\n", state->holder);
  else if (state->holder[0] != '\0')
    printf("not running; the last run has died: %s\n", state->holder);
  else
    printf("not running\n");
  if (state->is_running && state->updated > 0)
    print_run(state);
  print_models(state);
  bs_status status = print_prompts(state, &err);
  bs_sweep_state_free(&state);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

const bs_command status_command = {"status", "RESULTS.h5",
                                   "how far a run is, while it runs or after", run};
