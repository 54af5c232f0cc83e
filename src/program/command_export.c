/* Results as files of other tools. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/analysis.h"
#include "bigsweep/export.h"
#include "bigsweep/sweep.h"
#include "program/options.h"
#include "program/progress.h"

/* What the options ask for. */
typedef struct request {
  const char *format, *table, *output;
} request;

static void print_progress(void *user, size_t n_done, size_t n_curves) {
  progress_print_analysis(user, n_done, n_curves);
}

static bool is_same_file(const char *a, const char *b) {
  struct stat first, second;
  return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/* What can be known before results are read. */
static bs_status check(const request *of, const char *path, bs_export_request *what,
                       bool *needs_analysis, bs_error *err) {
  bs_status status =
      bs_export_format_find(&what->format, of->format != NULL ? of->format : "", err);
  if (of->format == NULL && status == BS_ERR_USAGE)
    bs_error_prefix(err, "option --format NAME is missing");
  if (status == BS_OK)
    status = bs_export_check(what, needs_analysis, err);
  if (status == BS_OK && of->output == NULL && of->table == NULL)
    status = bs_error_set(err, BS_ERR_USAGE,
                          "everything is several files: say where with --output FOLDER, or name "
                          "one table with --table");
  if (status == BS_OK)
    status = expect_file(path, err);
  if (status == BS_OK && of->output != NULL && is_same_file(path, of->output))
    status = bs_error_set(err, BS_ERR_USAGE, "--output is the results file: give another name");
  return status;
}

static bs_status print_table(const bs_export_request *what, bs_error *err) {
  bs_text text = {0};
  bs_status status = bs_export_text(what, &text, err);
  if (status == BS_OK && text.n_bytes > 0 &&
      fwrite(text.data, 1, text.n_bytes, stdout) != text.n_bytes)
    status = bs_error_set(err, BS_ERR_IO, "cannot print: %s", strerror(errno));
  bs_text_free(&text);
  return status;
}

static bs_status export(const request *of, const char *path, bs_error *err) {
  bs_export_request what = {.table = of->table};
  bool needs_analysis;
  bs_tables *results = NULL;
  bs_analysis *analysis = NULL;
  progress_printer printer = progress_new();
  bs_status status = check(of, path, &what, &needs_analysis, err);
  if (status == BS_OK)
    status = bs_sweep_collect(&results, path, err);
  if (status == BS_OK && needs_analysis)
    status = bs_analysis_from_tables_telling(&analysis, results, print_progress, &printer, err);
  progress_clear(&printer);
  what.results = results;
  what.analysis = analysis != NULL ? bs_analysis_tables(analysis) : NULL;
  if (status == BS_OK)
    status = of->output != NULL ? bs_export_write(&what, of->output, err) : print_table(&what, err);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
  return status;
}

/* "csv (a table ...), jsonl (...)" */
static bs_status describe_formats(bs_text *to, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < bs_export_format_count(); i++) {
    const bs_export_format *format = bs_export_format_at(i);
    status = bs_text_printf(to, err, "%s%s (%s)", i > 0 ? "; " : "", bs_export_format_name(format),
                            bs_export_format_description(format));
  }
  return status;
}

static int run(const bs_command *command, int argc, char **argv) {
  request of = {0};
  bs_text formats = {0};
  bs_error err = {0};
  if (describe_formats(&formats, &err) != BS_OK)
    return fail(command, &err);
  const option options[] = {
      {.name = "--format", .kind = OPTION_TEXT, .to = &of.format, .help = formats.data},
      {.name = "--table",
       .kind = OPTION_TEXT,
       .to = &of.table,
       .help = "of csv and jsonl, one table of the results (examples, scores, "
               "analysis/linearity ...) instead of a file for each"},
      {.name = "--output",
       .letter = "-o",
       .kind = OPTION_TEXT,
       .to = &of.output,
       .help = "the file of one table (without it: the standard output), else the folder of all "
               "files"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1, 1);
  int code = p.exit_code;
  if (p.go_on)
    code = export(&of, p.arguments[0], &err) == BS_OK ? EXIT_DONE : fail(command, &err);
  bs_text_free(&formats);
  return code;
}

const bs_command export_command = {"export", "RESULTS.h5 --format NAME [--table TABLE] [-o PATH]",
                                   "results as files that other tools read", run};
