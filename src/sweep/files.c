/* Several results files as one, and one without a part of it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory_internal.h"
#include "bigsweep/analysis.h"
#include "bigsweep/store.h"
#include "bigsweep/sweep.h"
#include "sweep/lock_internal.h"

static bool is_same_file(const char *a, const char *b) {
  struct stat first, second;
  return strcmp(a, b) == 0 || (stat(a, &first) == 0 && stat(b, &second) == 0 &&
                               first.st_dev == second.st_dev && first.st_ino == second.st_ino);
}

static bool is_repeated(const char *const *paths, size_t i) {
  for (size_t k = 0; k < i; k++)
    if (is_same_file(paths[k], paths[i]))
      return true;
  return false;
}

static void tell(bs_notice notice, void *user, const char *format, const char *a, const char *b) {
  bs_text line = {0};
  if (notice != NULL && bs_text_printf(&line, NULL, "%s%s%s", a, format, b) == BS_OK)
    notice(user, false, line.data);
  bs_text_free(&line);
}

static void tell_of_runs(const char *path, bs_notice notice, void *user) {
  char holder[512] = "";
  if (bs_lock_holder(path, holder, sizeof holder))
    tell(notice, user, ": a run is at work on it: these are its results so far", path, "");
}

/* `sources` has room for n. */
static bs_status read_all(bs_tables_source *sources, size_t *n_sources, const char *const *paths,
                          size_t n, bs_notice notice, void *user, bs_error *err) {
  bs_status status = BS_OK;
  *n_sources = 0;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    bs_tables *tables = NULL;
    if (is_repeated(paths, i))
      continue;
    tell_of_runs(paths[i], notice, user);
    status = bs_sweep_collect(&tables, paths[i], err);
    if (status == BS_OK)
      sources[(*n_sources)++] = (bs_tables_source){tables, paths[i]};
  }
  return status;
}

/* `other_isa`: the path of a file of another instruction set than the first's, or NULL. */
static bs_status collect_all(bs_tables **out, const char **other_isa, const char *const *paths,
                             size_t n, bs_notice notice, void *user, bs_error *err) {
  bs_tables_source *sources = bs_array_new(n, sizeof *sources, err);
  const bs_tables_source *other = NULL;
  size_t n_sources = 0;
  *out = NULL;
  *other_isa = NULL;
  bs_status status =
      sources != NULL ? read_all(sources, &n_sources, paths, n, notice, user, err) : BS_ERR_MEMORY;
  bool is_one = status == BS_OK && n_sources == 1;
  if (status == BS_OK && !is_one)
    status = bs_tables_merge(out, sources, n_sources, &other, err);
  if (other != NULL)
    *other_isa = other->name;
  for (size_t i = 0; i < n_sources; i++) {
    bs_tables *read = (bs_tables *)(size_t)sources[i].tables;
    if (is_one)
      *out = read;
    else
      bs_tables_free(&read);
  }
  free(sources);
  return status;
}

bs_status bs_sweep_collect_all(bs_tables **out, const char *const *paths, size_t n,
                               bs_notice notice, void *user, bs_error *err) {
  const char *other_isa;
  bs_status status = collect_all(out, &other_isa, paths, n, notice, user, err);
  if (status == BS_OK && other_isa != NULL)
    tell(notice, user, " was computed with another instruction set than ", other_isa, paths[0]);
  return status;
}

bs_status bs_sweep_analyze_all(bs_sweep_results *out, const char *const *paths, size_t n,
                               bs_axis axis, bs_notice notice, bs_analysis_progress *progress,
                               void *user, bs_error *err) {
  *out = (bs_sweep_results){0};
  bs_status status = bs_sweep_collect_all(&out->tables, paths, n, notice, user, err);
  if (status == BS_OK && axis != BS_AXIS_GIVEN)
    status = bs_results_put_on_axis(out->tables, axis, err);
  return status == BS_OK
             ? bs_analysis_from_tables_telling(&out->analysis, out->tables, progress, user, err)
             : status;
}

/* What is to be written, and how it is made. */
typedef struct making {
  const char *const *paths;
  size_t n;
  const char *output;
  bs_notice notice;
  bs_sweep_choose choose;
  bs_analysis_progress *progress;
  void *user;
  bs_sweep_results *out;
} making;

static bs_status write_results(const making *m, bs_error *err) {
  bs_sweep_results *out = m->out;
  bs_status status =
      bs_analysis_from_tables_telling(&out->analysis, out->tables, m->progress, m->user, err);
  if (status == BS_OK)
    status = bs_store_write(m->output, out->tables, bs_analysis_tables(out->analysis), err);
  return status;
}

static bs_status merge(void *user, bs_error *err) {
  const making *m = user;
  const char *other_isa;
  bs_status status =
      collect_all(&m->out->tables, &other_isa, m->paths, m->n, m->notice, m->user, err);
  if (status == BS_OK && other_isa != NULL)
    status = bs_error_set(err, BS_ERR_INPUT,
                          "%s was computed with another instruction set than %s, so that the last "
                          "bits of its numbers may differ: run one of them again with the "
                          "other's (\"isa\"). analyze, report and show take both as they are",
                          other_isa, m->paths[0]);
  return status == BS_OK ? write_results(m, err) : status;
}

static bs_status check_new(const char *output, bs_error *err) {
  return bs_file_exists(output)
             ? bs_error_set(err, BS_ERR_USAGE, "%s is there already: give another name", output)
             : BS_OK;
}

bs_status bs_sweep_merge(bs_sweep_results *out, const char *const *paths, size_t n,
                         const char *output, bs_notice notice, bs_analysis_progress *progress,
                         void *user, bs_error *err) {
  making m = {.paths = paths,
              .n = n,
              .output = output,
              .notice = notice,
              .progress = progress,
              .user = user,
              .out = out};
  bs_lock *lock = NULL;
  bs_limits limits = bs_limits_get(0);
  *out = (bs_sweep_results){0};
  bs_status status = check_new(output, err);
  if (status == BS_OK)
    status = bs_store_check_writable(output, err);
  if (status == BS_OK)
    status = bs_lock_take(&lock, output, &limits, NULL, NULL, err);
  if (status == BS_OK)
    status = bs_lock_while(lock, merge, &m, err);
  bs_lock_free(&lock);
  return status;
}

static bs_status remove_some(void *user, bs_error *err) {
  const making *m = user;
  bs_tables *stored = NULL;
  bs_selection selection = {0};
  bs_status status = bs_sweep_collect(&stored, m->paths[0], err);
  if (status == BS_OK)
    status = m->choose(m->user, stored, &selection, err);
  if (status == BS_OK)
    status = bs_tables_without(&m->out->tables, stored, &selection, err);
  bs_tables_free(&stored);
  if (status == BS_OK)
    status = write_results(m, err);
  if (status == BS_OK && is_same_file(m->paths[0], m->output))
    status = bs_store_remove_parts(m->output, err); /* they are in the file now */
  return status;
}

bs_status bs_sweep_remove(bs_sweep_results *out, const char *path, const char *output,
                          bs_sweep_choose choose, bs_analysis_progress *progress, void *user,
                          bs_error *err) {
  making m = {.paths = &path,
              .n = 1,
              .output = output,
              .choose = choose,
              .progress = progress,
              .user = user,
              .out = out};
  bs_lock *lock = NULL;
  char holder[512] = "";
  bs_limits limits = bs_limits_get(0);
  bool is_itself = is_same_file(path, output);
  *out = (bs_sweep_results){0};
  bs_status status = is_itself ? BS_OK : check_new(output, err);
  if (status == BS_OK && !is_itself && bs_lock_holder(path, holder, sizeof holder))
    status = bs_error_set(err, BS_ERR_USAGE, "%s: a run is at work on it (%s): wait for its end",
                          path, holder);
  if (status == BS_OK)
    status = bs_store_check_writable(output, err);
  if (status == BS_OK)
    status = bs_lock_take(&lock, output, &limits, NULL, NULL, err);
  if (status == BS_OK)
    status = bs_lock_while(lock, remove_some, &m, err);
  bs_lock_free(&lock);
  return status;
}
