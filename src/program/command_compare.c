/* Two models, two families or two ways to put tasks, compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/analysis.h"
#include "bigsweep/helpers.h"
#include "bigsweep/report.h"
#include "bigsweep/sweep.h"
#include "program/options.h"
#include "program/screen.h"

typedef struct request {
  text_list models, families, variants, tasks;
  bool as_csv, by_scale;
} request;

/* The one model of that name; without a name the only one. */
static bs_status find_model(const bs_tables *results, const char *path, const char *name,
                            uint32_t *model, bs_error *err) {
  size_t n_found = 0;
  const char **names = calloc(results->n_models + 1, sizeof *names);
  if (names == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot list the models of %s", path);
  for (uint32_t i = 0; i < results->n_models; i++) {
    names[i] = results->models[i].name;
    if (name == NULL || strcmp(name, names[i]) == 0) {
      *model = i;
      n_found++;
    }
  }
  bs_status status = BS_OK;
  if (n_found > 1)
    status = name == NULL
                 ? bs_error_set(err, BS_ERR_USAGE,
                                "%s has %zu models: say which two to compare with "
                                "--models A,B",
                                path, n_found)
                 : bs_error_set(err, BS_ERR_USAGE, "%s has %zu models with the name \"%s\"", path,
                                n_found, name);
  if (n_found == 0) {
    const char *near = name != NULL ? bs_nearest_name(name, names, results->n_models) : NULL;
    status = bs_error_set(err, BS_ERR_USAGE, "%s has no model \"%s\"%s%s%s", path,
                          name != NULL ? name : "", near != NULL ? ", did you mean \"" : "",
                          near != NULL ? near : "", near != NULL ? "\"?" : "");
  }
  free(names);
  return status;
}

/* Every model of the first file with that of its name in the second. */
static bs_status pair_by_name(bs_model_pair *pairs, size_t *n_pairs, const bs_tables *first,
                              const bs_tables *second, char *const paths[2], bs_error *err) {
  *n_pairs = 0;
  for (uint32_t i = 0; i < first->n_models; i++)
    for (uint32_t j = 0; j < second->n_models; j++)
      if (strcmp(first->models[i].name, second->models[j].name) == 0) {
        pairs[(*n_pairs)++] = (bs_model_pair){i, j};
        break; /* names are unique in a file */
      }
  return *n_pairs > 0 ? BS_OK
                      : bs_error_set(err, BS_ERR_USAGE,
                                     "no model of %s has the name of one of %s: say which two to "
                                     "compare with --models A,B",
                                     paths[0], paths[1]);
}

/* The two that are named; without names the only ones, or of two files all that both have. */
static bs_status choose_pairs(bs_model_pair *pairs, size_t *n_pairs, const request *of,
                              const bs_tables *first, const bs_tables *second, char *const paths[2],
                              bs_error *err) {
  const char *const *names = of->models.texts;
  if (of->models.n == 0 && first != second && (first->n_models > 1 || second->n_models > 1))
    return pair_by_name(pairs, n_pairs, first, second, paths, err);
  *n_pairs = 1;
  bs_status status =
      find_model(first, paths[0], of->models.n > 0 ? names[0] : NULL, &pairs[0].first, err);
  return status == BS_OK ? find_model(second, paths[1], of->models.n > 0 ? names[1] : NULL,
                                      &pairs[0].second, err)
                         : status;
}

static bs_status compare_models(const request *of, char *const paths[2], bs_error *err) {
  bs_tables *tables[2] = {NULL, NULL};
  bs_model_pair *pairs = NULL;
  bs_model_comparison *rows = NULL;
  size_t n = 0, n_pairs = 0;
  bool is_one_file = strcmp(paths[0], paths[1]) == 0;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < 2; i++)
    status = i == 1 && is_one_file ? BS_OK : bs_sweep_collect(&tables[i], paths[i], err);
  const bs_tables *second = is_one_file ? tables[0] : tables[1];
  if (status == BS_OK) {
    pairs = calloc(tables[0]->n_models + 1, sizeof *pairs);
    status = pairs != NULL ? choose_pairs(pairs, &n_pairs, of, tables[0], second, paths, err)
                           : bs_error_set(err, BS_ERR_MEMORY, "cannot pair models");
  }
  if (status == BS_OK)
    status = bs_analysis_compare_models(&rows, &n, tables[0], second, pairs, n_pairs, err);
  if (status == BS_OK && n == 0)
    status = bs_error_set(err, BS_ERR_INPUT,
                          "there is no example that both models have answered with as many shots");
  if (status == BS_OK)
    status = bs_report_models(rows, n, tables[0], second, is_one_file ? NULL : paths, of->as_csv,
                              stdout, err);
  free(rows);
  free(pairs);
  bs_tables_free(&tables[0]);
  bs_tables_free(&tables[1]);
  return status;
}

static bs_status compare_groups(const bs_command *command, const request *of, const parsed *p,
                                bs_error *err) {
  const text_list *names = of->families.n > 0 ? &of->families
                           : of->tasks.n > 0  ? &of->tasks
                                              : &of->variants;
  const char *kind = of->families.n > 0 ? BS_FAMILIES_COMPARED
                     : of->tasks.n > 0  ? BS_TASKS_COMPARED
                                        : BS_VARIANTS_COMPARED;
  bs_tables *tables = NULL;
  bs_analysis *analysis = NULL;
  screen s = {.command = command, .progress = progress_new()};
  bs_status status = bs_sweep_collect_all(&tables, (const char *const *)p->arguments,
                                          p->n_arguments, screen_notice, &s, err);
  progress_clear(&s.progress);
  if (status == BS_OK)
    status = bs_analysis_comparisons_from_tables(&analysis, tables, err);
  if (status == BS_OK && of->tasks.n > 0)
    status = bs_analysis_compare_tasks(analysis, tables, names->texts[0], names->texts[1], err);
  const char *second = names->n > 1 ? names->texts[1] : "";
  if (status == BS_OK && of->by_scale)
    status =
        bs_report_groups_by_scale(analysis, kind, names->texts[0], second, of->as_csv, stdout, err);
  else if (status == BS_OK)
    status = bs_report_groups(analysis, kind, names->texts[0], second, of->as_csv, stdout, err);
  bs_analysis_free(&analysis);
  bs_tables_free(&tables);
  return status;
}

static bs_status check(const request *of, const parsed *p, bs_error *err) {
  int n_asked =
      (of->models.n > 0) + (of->families.n > 0) + (of->variants.n > 0) + (of->tasks.n > 0);
  if (n_asked > 1)
    return bs_error_set(err, BS_ERR_USAGE,
                        "--models, --families, --variants and --tasks are not compared together");
  if (n_asked == 0 && p->n_arguments == 1)
    return bs_error_set(err, BS_ERR_USAGE,
                        "say what to compare: --models A,B, --families A,B, --variants A,B or "
                        "--tasks A,B");
  if (of->models.n == 1 || of->models.n > 2 || of->families.n == 1 || of->families.n > 2 ||
      of->variants.n > 2 || of->tasks.n == 1 || of->tasks.n > 2)
    return bs_error_set(err, BS_ERR_USAGE, "two are compared: give two names, as A,B");
  if (p->n_arguments > 2 && (n_asked == 0 || of->models.n > 0))
    return bs_error_set(err, BS_ERR_USAGE,
                        "models of one or two files are compared: merge others, or give two");
  if (of->by_scale && of->families.n + of->variants.n + of->tasks.n == 0)
    return bs_error_set(err, BS_ERR_USAGE,
                        "--by-scale is of --families, --variants or --tasks: two models have one "
                        "scale each");
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < p->n_arguments; i++)
    status = expect_file(p->arguments[i], err);
  return status;
}

static int compare(const bs_command *command, const parsed *p, const request *of) {
  bs_error err = {0};
  bs_status status = check(of, p, &err);
  if (status == BS_OK && (of->families.n > 0 || of->variants.n > 0 || of->tasks.n > 0))
    status = compare_groups(command, of, p, &err);
  else if (status == BS_OK)
    status = compare_models(of, (char *const[]){p->arguments[0], p->arguments[p->n_arguments - 1]},
                            &err);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

static int run(const bs_command *command, int argc, char **argv) {
  request of = {0};
  const option options[] = {
      {.name = "--models",
       .kind = OPTION_LIST,
       .to = &of.models,
       .help = "A,B: two models, by the examples that both answered; of two files A is in the "
               "first, B in the second (by default each model with that of its name)"},
      {.name = "--families",
       .kind = OPTION_LIST,
       .to = &of.families,
       .help = "A,B: two families over scale: difference at equal scale, and by how much B's "
               "scales must be larger"},
      {.name = "--variants",
       .kind = OPTION_LIST,
       .to = &of.variants,
       .help = "A,B: two ways to put tasks, in each family; A alone: with the task as its file "
               "has it"},
      {.name = "--tasks",
       .kind = OPTION_LIST,
       .to = &of.tasks,
       .help = "A,B: two tasks, such as one in two languages, in each family"},
      {.name = "--by-scale",
       .kind = OPTION_FLAG,
       .to = &of.by_scale,
       .help = "print the difference at each scale in place of the mean over scales"},
      {.name = "--csv",
       .kind = OPTION_FLAG,
       .to = &of.as_csv,
       .help = "print all metrics and numbers as CSV"},
  };
  parsed p =
      options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1, MOST_FILES);
  int exit_code = p.go_on ? compare(command, &p, &of) : p.exit_code;
  text_list_free(&of.models);
  text_list_free(&of.families);
  text_list_free(&of.variants);
  text_list_free(&of.tasks);
  return exit_code;
}

const bs_command compare_command = {
    "compare",
    "RESULTS.h5 ... --families A,B | --variants A[,B] | --tasks A,B [--by-scale] [--csv] | "
    "RESULTS.h5 --models A,B [--csv] | A.h5 B.h5 [--models A,B] [--csv]",
    "differences between models, families or ways to put tasks, of one file or two, with errors",
    run};
