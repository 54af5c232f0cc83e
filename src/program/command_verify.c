/* Whether results come out again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bigsweep/helpers.h"
#include "program/options.h"
#include "program/screen.h"

typedef struct request {
  text_list moved;
  int64_t n, seed, threads;
} request;

enum { DEFAULT_EXAMPLES = 20 };

static void print_difference(void *user, const char *what) {
  (void)user;
  printf("differs: %s\n", what);
}

/* NAME=PATH, which is cut in two: names point into the list's own bytes. */
static bs_status read_moved(const text_list *list, bs_moved_model *moved, bs_error *err) {
  for (size_t i = 0; i < list->n; i++) {
    char *text = list->bytes + (list->texts[i] - list->bytes);
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
      return bs_error_set(err, BS_ERR_USAGE, "option --models: expected NAME=PATH, found \"%s\"",
                          text);
    *equals = '\0';
    moved[i] = (bs_moved_model){.name = text, .path = equals + 1};
  }
  return BS_OK;
}

static void print_summary(const bs_verify_summary *of, const request *asked) {
  printf("%zu of %zu example%s come out the same%s (%s)", of->n_checked - of->n_differing,
         of->n_checked, bs_plural(of->n_checked), of->is_other_isa ? "" : ", bit for bit", of->isa);
  if (of->n_failed > 0)
    printf("; %zu could not be computed", of->n_failed);
  printf("; --seed %lld chooses these again\n", (long long)asked->seed);
  if (of->is_other_isa)
    printf("the results were computed with another instruction set, which this machine does not "
           "have: numbers\nwere compared to within 1e-4, since their last bits may differ\n");
}

static int verify(const bs_command *command, const char *path, const request *of) {
  bs_error err = {0};
  bs_verify_summary summary = {0};
  screen s = {.command = command, .progress = progress_new()};
  bs_moved_model *moved = bs_array_new(of->moved.n, sizeof *moved, &err);
  bs_status status = moved != NULL ? read_moved(&of->moved, moved, &err) : BS_ERR_MEMORY;
  if (status == BS_OK)
    status = expect_file(path, &err);
  bs_verify_options options = {.n = (size_t)of->n,
                               .seed = (uint64_t)of->seed,
                               .moved = moved,
                               .n_moved = of->moved.n,
                               .n_threads = (int)of->threads,
                               .differs = print_difference,
                               .notice = screen_notice,
                               .user = &s};
  if (status == BS_OK)
    status = bs_sweep_verify(&summary, path, &options, &err);
  free(moved);
  if (status != BS_OK)
    return fail(command, &err);
  print_summary(&summary, of);
  return summary.n_differing + summary.n_failed > 0 ? EXIT_BAD_INPUT : EXIT_DONE;
}

static int run(const bs_command *command, int argc, char **argv) {
  enum { MOST_THREADS = 4096 };
  request of = {.n = DEFAULT_EXAMPLES, .seed = (int64_t)time(NULL)};
  const option options[] = {
      {.name = "--number",
       .letter = "-n",
       .kind = OPTION_INTEGER,
       .to = &of.n,
       .low = 1,
       .high = INT64_MAX,
       .help = "so many examples, at random (20)"},
      {.name = "--models",
       .kind = OPTION_LIST,
       .to = &of.moved,
       .help = "NAME=PATH,...: where models are now; else where the results say, also as seen from "
               "their folder"},
      {.name = "--seed",
       .kind = OPTION_INTEGER,
       .to = &of.seed,
       .high = INT64_MAX,
       .help = "of the choice of examples (the time)"},
      {.name = "--threads",
       .kind = OPTION_INTEGER,
       .to = &of.threads,
       .low = 1,
       .high = MOST_THREADS,
       .help = "of the engine; the results do not depend on it"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1, 1);
  int exit_code = p.go_on ? verify(command, p.arguments[0], &of) : p.exit_code;
  text_list_free(&of.moved);
  return exit_code;
}

const bs_command verify_command = {
    "verify", "RESULTS.h5 [-n N] [--models NAME=PATH,...] [--seed S]",
    "compute random examples of a results file anew from the checkpoints and compare every bit",
    run};
