/* Statistics and scores of a results file again, while its lock keeps runs away. */
#include "bigsweep/analysis.h"
#include "bigsweep/store.h"
#include "bigsweep/sweep.h"
#include "sweep/lock_internal.h"

void bs_sweep_results_free(bs_sweep_results *results) {
  bs_analysis_free(&results->analysis);
  bs_tables_free(&results->tables);
}

/* What is asked for, and what comes of it. */
typedef struct analyzing {
  const char *path;
  bs_analysis_progress *progress;
  void *user;
  bool is_running;
  bs_sweep_results *out;
  bs_error *not_written;
} analyzing;

static bs_status analyze(void *user, bs_error *err) {
  analyzing *a = user;
  bs_sweep_results *out = a->out;
  bs_status status = bs_sweep_collect(&out->tables, a->path, err);
  if (status == BS_OK)
    status =
        bs_analysis_from_tables_telling(&out->analysis, out->tables, a->progress, a->user, err);
  if (status == BS_OK && !a->is_running &&
      bs_store_write(a->path, out->tables, bs_analysis_tables(out->analysis), a->not_written) !=
          BS_OK)
    bs_error_prefix(a->not_written, "the statistics are printed but not written into the file");
  return status;
}

bs_status bs_sweep_analyze(bs_sweep_results *out, const char *path, bs_analysis_progress *progress,
                           void *user, bool *is_running, bs_error *not_written, bs_error *err) {
  analyzing a = {
      .path = path, .progress = progress, .user = user, .out = out, .not_written = not_written};
  bs_lock *lock = NULL;
  char holder[512] = "";
  bs_limits limits = bs_limits_get(0);
  *out = (bs_sweep_results){0};
  a.is_running = *is_running = bs_lock_holder(path, holder, sizeof holder) ||
                               bs_lock_take(&lock, path, &limits, NULL, NULL, NULL) == BS_ERR_USAGE;
  bs_status status = bs_lock_while(lock, analyze, &a, err);
  bs_lock_free(&lock);
  return status;
}

typedef struct rescoring {
  const char *path, *const *added;
  size_t n_added;
  void (*notice)(void *user, const char *message);
  bs_analysis_progress *progress;
  void *user;
  bs_sweep_results *out;
} rescoring;

/* Reads the file (and parts that are not yet in it), scores it again and replaces it. */
static bs_status rescore(void *user, bs_error *err) {
  rescoring *r = user;
  bs_sweep_results *out = r->out;
  bs_tables *stored = NULL;
  bs_status status = bs_sweep_collect(&stored, r->path, err);
  if (status == BS_OK)
    status =
        bs_analysis_rescore(&out->tables, stored, r->added, r->n_added, r->notice, r->user, err);
  if (status == BS_OK)
    status =
        bs_analysis_from_tables_telling(&out->analysis, out->tables, r->progress, r->user, err);
  if (status == BS_OK)
    status = bs_store_write(r->path, out->tables, bs_analysis_tables(out->analysis), err);
  bs_tables_free(&stored);
  return status;
}

bs_status bs_sweep_rescore(bs_sweep_results *out, const char *path, const char *const *added,
                           size_t n_added, void (*notice)(void *user, const char *message),
                           bs_analysis_progress *progress, void *user, bs_error *err) {
  rescoring r = {path, added, n_added, notice, progress, user, out};
  bs_lock *lock = NULL;
  bs_limits limits = bs_limits_get(0);
  *out = (bs_sweep_results){0};
  bs_status status = bs_lock_take(&lock, path, &limits, NULL, NULL, err);
  if (status == BS_OK)
    status = bs_lock_while(lock, rescore, &r, err);
  bs_lock_free(&lock);
  return status;
}
