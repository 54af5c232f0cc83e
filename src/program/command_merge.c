/* Several results files as one. */
#include <stdio.h>

#include "bigsweep/helpers.h"
#include "program/options.h"
#include "program/screen.h"

static int merge(const bs_command *command, const parsed *p, const char *output) {
  bs_error err = {0};
  bs_sweep_results results = {0};
  screen s = {.command = command, .progress = progress_new()};
  bs_status status = output != NULL
                         ? BS_OK
                         : bs_error_set(&err, BS_ERR_USAGE,
                                        "option -o OUT.h5 is missing: where the whole is "
                                        "written");
  for (size_t i = 0; status == BS_OK && i < p->n_arguments; i++)
    status = expect_file(p->arguments[i], &err);
  if (status == BS_OK)
    status = bs_sweep_merge(&results, (const char *const *)p->arguments, p->n_arguments, output,
                            screen_notice, screen_progress, &s, &err);
  progress_clear(&s.progress);
  if (status == BS_OK)
    printf("%s: %zu model%s, %zu task%s, %zu example%s\n", output, results.tables->n_models,
           bs_plural(results.tables->n_models), results.tables->n_tasks,
           bs_plural(results.tables->n_tasks), results.tables->n_examples,
           bs_plural(results.tables->n_examples));
  bs_sweep_results_free(&results);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

static int run(const bs_command *command, int argc, char **argv) {
  const char *output = NULL;
  const option options[] = {
      {.name = "--output",
       .letter = "-o",
       .kind = OPTION_TEXT,
       .to = &output,
       .help = "the new results file"},
  };
  parsed p =
      options_parse(command, argc, argv, options, sizeof options / sizeof *options, 2, MOST_FILES);
  return p.go_on ? merge(command, &p, output) : p.exit_code;
}

const bs_command merge_command = {
    "merge", "A.h5 B.h5 ... -o OUT.h5",
    "several results files as one, as if one run had made them; what contradicts is refused", run};
