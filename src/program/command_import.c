/* Scores of other tools as a table. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bigsweep/import.h"
#include "program/options.h"

typedef struct request {
  const char *models, *output;
} request;

static bs_status read_files(bs_import *import, const request *of, const parsed *p, bs_error *err) {
  bs_status status = of->models != NULL ? expect_file(of->models, err) : BS_OK;
  for (size_t i = 0; status == BS_OK && i < p->n_arguments; i++)
    status = expect_file(p->arguments[i], err);
  if (status == BS_OK && of->models != NULL)
    status = bs_import_models(import, of->models, err);
  for (size_t i = 0; status == BS_OK && i < p->n_arguments; i++)
    status = bs_import_file(import, p->arguments[i], err);
  if (status == BS_OK && bs_import_n_scores(import) == 0)
    status = bs_error_set(err, BS_ERR_INPUT, "%s: no scores", p->arguments[0]);
  return status;
}

static bs_status print(const bs_import *import, bs_error *err) {
  bs_text table = {0};
  bs_status status = bs_import_table(import, &table, err);
  if (status == BS_OK && fwrite(table.data, 1, table.n_bytes, stdout) != table.n_bytes)
    status = bs_error_set(err, BS_ERR_IO, "cannot print: %s", strerror(errno));
  bs_text_free(&table);
  return status;
}

static int run(const bs_command *command, int argc, char **argv) {
  request of = {0};
  const option options[] = {
      {.name = "--models",
       .kind = OPTION_TEXT,
       .to = &of.models,
       .help = "a table in CSV that says what the models are: model (as in the files), and any of "
               "scale, family, seed, tokens, compute; it overrides files and names"},
      {.name = "--output",
       .letter = "-o",
       .kind = OPTION_TEXT,
       .to = &of.output,
       .help = "the table (without it: the standard output)"},
  };
  parsed p =
      options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1, MOST_FILES);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  bs_import *import = NULL;
  bs_status status = bs_import_new(&import, &err);
  if (status == BS_OK)
    status = read_files(import, &of, &p, &err);
  if (status == BS_OK)
    status = of.output != NULL ? bs_import_write(import, of.output, &err) : print(import, &err);
  bs_import_free(&import);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

const bs_command import_command = {
    "import", "FILE... [--models TABLE.csv] [-o SCORES.csv]",
    "results of lm-evaluation-harness, BIG-bench and others as a table for analyze and forecast "
    "--scores",
    run};
