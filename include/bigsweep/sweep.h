/* The sweep: a coordinator hands out units of work to worker ranks and gathers the results into one
   file. Under mpirun or srun with several ranks, rank 0 coordinates and the others work; alone, one
   process does both. Inference runs in processes of its own, one for each worker, which may crash
   or hang without harm to the run. */
#ifndef BIGSWEEP_SWEEP_H
#define BIGSWEEP_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "bigsweep/analysis.h"
#include "bigsweep/config.h"
#include "bigsweep/error.h"
#include "bigsweep/tables.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A piece of work: examples [first, first + n) of a task with a number of shots under a model. */
typedef struct bs_unit {
  uint32_t model, task; /* of the plan */
  uint32_t shots, first, n;
  double cost; /* estimated floating-point operations */
} bs_unit;

/* A model of the plan. */
typedef struct bs_plan_model {
  bs_model_row row;      /* strings owned by the plan; its path as the configuration has it */
  const char *path;      /* to open; borrowed from the configuration */
  const bs_wrap *wrap;   /* around prompts; borrowed from the configuration; NULL: none */
  char *fingerprints;    /* bs_backend_identify; owned; NULL: no hashes were asked for */
  uint64_t memory_bytes; /* of an engine, beside the mapped files */
  uint64_t least_bytes;  /* a lower bound of what an engine takes in any instruction set and
                            precision: two bytes for each parameter */
  uint64_t weights_bytes;
  double token_cost;    /* operations for a token */
  double answer_weight; /* a token of an answer costs so many of a prompt */
  double load_cost;     /* of opening it, in the unit of bs_unit.cost */
  double smallest_cost; /* of the smallest unit that still runs at full speed */
} bs_plan_model;

/* The largest cost of a unit, about a minute on a slow rank: so much work is lost when a worker
 * dies. */
#define BS_LARGEST_UNIT_COST 6e12

/* The models and tasks of a configuration that can be used, and the units of work. */
typedef struct bs_plan {
  const bs_config *config; /* borrowed */
  bs_plan_model *models;
  size_t n_models;
  struct bs_task **tasks;
  const bs_task_spec **specs; /* [n_tasks] what each is, of the configuration */
  size_t *n_unmatched;        /* [n_tasks] evaluated examples of which no accepted answer can match
                                 (bigsweep/reach.h); counted where there is a notice */
  size_t n_tasks;
  bs_unit *units; /* in order of model, task, shots, first */
  size_t n_units;
  size_t n_bad_inputs; /* models and tasks left out because they cannot be used */
} bs_plan;

/* Receives what a person should read: one line each, no newline. */
typedef void (*bs_notice)(void *user, bool is_error, const char *message);

/* Reads headers of models, tasks, and lays out the units for n_workers. A model or task that cannot
   be used is reported to `notice`, counted and left out; with none left of either it is
   BS_ERR_INPUT. Also reported, without an error: missing tasks of a suite, baselines of no task,
   accepted answers that can never match, remarks on a tokenizer, and different models of one family
   and scale. Two tasks of one name are BS_ERR_USAGE. `config` is borrowed until bs_plan_free.
   `with_hashes`: also the content hashes of the checkpoints (reads them whole). */
BS_API bs_status bs_plan_new(bs_plan **out, const bs_config *config, size_t n_workers,
                             bool with_hashes, bs_notice notice, void *user, bs_error *err);
BS_API void bs_plan_free(bs_plan **plan);

/* How fast a worker is with a model. */
typedef struct bs_plan_speed {
  double rate; /* estimated operations (bs_unit.cost) that it gets done in a second */
  double load_seconds;
  bool is_measured; /* else estimated from the largest model that is measured */
} bs_plan_speed;

/* Measures on this machine, in a few seconds, by evaluating some examples of the plan. It begins
   with the smallest model and goes on until its time is up; the speeds of the others are estimated.
   n_threads: 0 is OpenMP's default. speeds[n_models]. A model that cannot be opened or computed
   here is reported to `notice` (optional), counted in *n_faulty and filled in like those that were
   not measured; where none can be, all rates are 0. */
BS_API bs_status bs_plan_measure(const bs_plan *plan, int n_threads, bs_plan_speed *speeds,
                                 bs_notice notice, void *user, size_t *n_faulty, bs_error *err);

/* Counts what is done with the prompts under each model: counts[n_models]. Where there are many
 * prompts, a sample of each task and number of shots is counted. A model whose tokenizer cannot be
 * read has no counts.
 */
BS_API bs_status bs_plan_count_prompts(const bs_plan *plan, bs_prompt_counts *counts,
                                       bs_error *err);

/* The speeds of an earlier run, from its units that the plan has too (by names). Its loading counts
   as work. BS_ERR_INPUT when there are none. */
BS_API bs_status bs_plan_speeds_of_run(const bs_plan *plan, const bs_tables *run,
                                       bs_plan_speed *speeds, bs_error *err);

/* What to expect of a run of the plan on n_workers. */
typedef struct bs_plan_expectation {
  size_t n_workers;
  double seconds;
  double efficiency;    /* of the perfect balance without any loading */
  double loading_share; /* of the workers' time */
  uint64_t n_loads;
  double requests_per_second; /* to the coordinator: units that are done */
} bs_plan_expectation;

/* Runs the coordinator itself on a virtual clock, so that it hands out the same units as a run with
 * these speeds. */
BS_API bs_status bs_plan_expect(const bs_plan *plan, size_t n_workers, const bs_plan_speed *speeds,
                                bs_plan_expectation *out, bs_error *err);

/* How far a run is. */
typedef struct bs_progress {
  size_t units_done, units_total; /* of this run; work found done is not counted */
  uint64_t examples_done, examples_total;
  uint64_t examples_reused; /* found done by an earlier run, beside those */
  double cost_done, cost_total;
  /* Tokens that the engines have computed so far in this run, and those that they would have
   * computed if prompts shared no beginnings. */
  uint64_t tokens, tokens_asked;
  double seconds;                               /* since the first unit was handed out */
  size_t n_models, models_done, models_running; /* the others wait */
  size_t n_failed;                              /* examples that could not be scored */
  size_t n_workers, n_lost;                     /* workers that are alive, and that were lost */
} bs_progress;

/* What a run begins with. */
typedef struct bs_sweep_start {
  int n_ranks;
  size_t n_workers, n_nodes;            /* ranks that compute; the machines that any rank is on */
  uint32_t least_threads, most_threads; /* of a worker; 0: not known */
  const char *isa, *precision;          /* isa "": nothing was ever computed */
  size_t n_models, n_tasks;
  uint64_t examples_total, examples_reused; /* reused: of the total, found done */
  double expected_seconds;                  /* by an earlier run's speeds; 0: not known */
  const char *output;
} bs_sweep_start;

typedef struct bs_sweep_options {
  const char *output; /* NULL: the configuration's */
  const char *isa; /* the name of the instruction set of all ranks, read by the coordinator, which
                      reports a wrong one once; NULL: the configuration's */
  void (*start)(void *user, const bs_sweep_start *start);    /* (optional) once, before the work */
  bs_notice notice;                                          /* (optional) */
  void (*progress)(void *user, const bs_progress *progress); /* (optional) at most every 0.1 s */
  bs_analysis_progress *analysis_progress; /* (optional) of the statistics after the work */
  void *user;
  /* The bigsweep program, whose command "engine-process" does the inference (optional). NULL: the
     running one, if it is bigsweep; any other program must give it. Borrowed until bs_sweep_run
     returns. */
  const char *program;
  double grace_seconds; /* how long work in flight may go on after a signal to stop; 0: 20 s, below
                           0: none */
  /* The coordinator gives up a rank that is silent for this long; workers give up the coordinator
   * after four times as long. Must be the same on all ranks. 0: 30 s. */
  double lease_seconds;
} bs_sweep_options;

/* All that a results file holds, and its statistics. */
typedef struct bs_sweep_results {
  bs_tables *tables;
  bs_analysis *analysis;
} bs_sweep_results;
/* Frees what is in it; of {0} nothing. */
BS_API void bs_sweep_results_free(bs_sweep_results *results);

typedef struct bs_sweep_summary {
  bool is_coordinator; /* the other fields are filled there alone */
  bool finished;       /* nothing is left to do */
  size_t n_failed;     /* examples that could not be scored */
  size_t n_bad_inputs;
  uint64_t examples_reused; /* found done by an earlier run */
  bs_progress progress;
  int n_ranks;
  bool is_launched;  /* by mpirun, srun or the like */
  char output[4096]; /* "": no output was opened */
  /* Of a finished run: what was written. Owned by the caller; free with bs_sweep_results_free. */
  bs_sweep_results results;
  /* The process must end with _exit, after flushing open files, on every rank where this is set:
   * ranks are missing, so that MPI cannot be finalised, or a thread still reads the inputs of a run
   * that was stopped. */
  bool must_leave;
} bs_sweep_summary;

/* Runs a configuration; every rank of the job must call it. Started again on the same output it
   continues: examples that are there for the same checkpoint, task and protocol are kept. A change
   that would mix unlike results is BS_ERR_USAGE and says what differs; so is an output that another
   run is at work on. SIGTERM, SIGINT and SIGUSR1 end it early (BS_OK, finished false): finished
   work is committed, no more is handed out, and work in flight has options->grace_seconds to end;
   after SIGTERM under mpirun, which kills within a second, only a moment. A second signal, at least
   a second later, ends it at once. options->notice may be called from another thread, but never
   from two at a time.

   A model or task that a worker cannot open is given to the other workers. If none can open it, it
   is reported once, counted in n_bad_inputs and left out of this run.

   A unit whose engine process crashes, is killed, hangs or fails is tried again, on another worker
   where there is one, then in halves; an example that keeps failing alone is given up, with its
   reason in /run. The units of a lost worker are tried again, if the launcher lets the other ranks
   live.

   Time limits are constants; tests may scale them by the environment variable
   BIGSWEEP_TIME_SCALE. */
BS_API bs_status bs_sweep_run(const char *config_path, const bs_sweep_options *options,
                              bs_sweep_summary *summary, bs_error *err);

/* Writes OUTPUT.done with the exit code that the program is about to end with: for scripts that
   wait for the end of a run whose launcher does not end by itself. A run removes it when it begins.
 */
BS_API bs_status bs_sweep_mark_done(const char *output, int exit_code, bs_error *err);

typedef struct bs_sweep_model_state {
  char *name;
  uint64_t examples_total; /* 0: not known */
  uint64_t examples_done, examples_failed;
  bs_prompt_counts prompts; /* of those done */
  bool is_running;
} bs_sweep_model_state;

/* How far a run is or came, as other processes can see it. */
typedef struct bs_sweep_state {
  bool is_running;
  char holder[512];     /* who is at work on it, or was */
  int64_t updated;      /* seconds since 1970: when `progress` was written; 0: never */
  bs_progress progress; /* of the run that is at work, or was the last */
  bs_sweep_model_state *models;
  size_t n_models;
} bs_sweep_state;

/* Reads, of a running sweep, what its coordinator wrote last, a few seconds ago; otherwise what is
 * committed. BS_ERR_IO where there is neither. */
BS_API bs_status bs_sweep_state_read(bs_sweep_state **out, const char *output, bs_error *err);
BS_API void bs_sweep_state_free(bs_sweep_state **state);

/* The work of the command "engine-process", which bs_sweep_run starts: answers messages on a socket
   at stdin until it closes. `parent`: the process that must have started this one. */
BS_API bs_status bs_engine_process(int parent, int threads, bs_error *err);

/* Reads everything that RESULTS.h5 and RESULTS.h5.parts/ hold, sorted. */
BS_API bs_status bs_sweep_collect(bs_tables **out, const char *path, bs_error *err);

/* A model whose checkpoint lies elsewhere than the results say. */
typedef struct bs_moved_model {
  const char *name, *path;
} bs_moved_model;

typedef struct bs_verify_options {
  size_t n;      /* examples, at random */
  uint64_t seed; /* of the choice of them */
  const bs_moved_model *moved;
  size_t n_moved;
  int n_threads;                                 /* 0: the default */
  void (*differs)(void *user, const char *what); /* (optional) an example that came out otherwise */
  bs_notice notice;                              /* (optional) */
  void *user;
} bs_verify_options;

typedef struct bs_verify_summary {
  size_t n_checked, n_differing;
  size_t n_failed; /* that could not be computed; `notice` has heard why */
  char isa[32];    /* that computed here */
  /* Another than the results': numbers were compared to within 1e-4, relative or below 1 absolute,
     and not bit for bit. */
  bool is_other_isa;
} bs_verify_summary;

/* Computes random examples of a results file anew from the checkpoints, with tasks made from the
   file itself, and compares everything of them bit for bit: log-probabilities, texts, samples,
   metrics. A model's path is taken as it stands, or relative to the folder of the results. A
   checkpoint of another content is reported and counts as failed. BS_ERR_INPUT where the file lacks
   what is needed, or was made under other rules for scores (BS_PROTOCOL_REVISION). */
BS_API bs_status bs_sweep_verify(bs_verify_summary *out, const char *path,
                                 const bs_verify_options *options, bs_error *err);

/* Several results files as one (bs_tables_merge), or the one that there is; with their parts.
 * `notice` (optional) hears of files that a run is still at work on, and of results of several
 * instruction sets, whose last bits may differ. A file that is named twice counts once. */
BS_API bs_status bs_sweep_collect_all(bs_tables **out, const char *const *paths, size_t n,
                                      bs_notice notice, void *user, bs_error *err);
/* Puts all models on an axis: sets their `scale` and `axis` to what the results know of them.
   BS_ERR_INPUT names a model of which nothing above 0 is known, BS_ERR_USAGE an axis that results
   do not keep (the given scale, the bytes of weights); nothing is changed then. */
BS_API bs_status bs_results_put_on_axis(bs_tables *results, bs_axis axis, bs_error *err);
/* The results of several files with statistics, which are written nowhere. `axis`: that all models
   are put on; BS_AXIS_GIVEN: they stay on theirs. `progress` is optional. */
BS_API bs_status bs_sweep_analyze_all(bs_sweep_results *out, const char *const *paths, size_t n,
                                      bs_axis axis, bs_notice notice,
                                      bs_analysis_progress *progress, void *user, bs_error *err);

/* Writes several results files as one, with statistics, as a new file; results of several
   instruction sets are BS_ERR_INPUT, a file that is there BS_ERR_USAGE. *out has what was written;
   the caller owns it in any case. */
BS_API bs_status bs_sweep_merge(bs_sweep_results *out, const char *const *paths, size_t n,
                                const char *output, bs_notice notice,
                                bs_analysis_progress *progress, void *user, bs_error *err);

/* Chooses what goes, of what was read: fills arrays that it owns into the selection. */
typedef bs_status (*bs_sweep_choose)(void *user, const bs_tables *tables, bs_selection *selection,
                                     bs_error *err);
/* Writes a results file without what `choose` selects (bs_tables_without), with statistics. The
   output may be the file itself, which is replaced as a whole; any other file that is there is
   BS_ERR_USAGE, and so is a run that is at work on either. *out has what was written. */
BS_API bs_status bs_sweep_remove(bs_sweep_results *out, const char *path, const char *output,
                                 bs_sweep_choose choose, bs_analysis_progress *progress, void *user,
                                 bs_error *err);

/* Computes the statistics of a results file, and of parts that are not yet in it, and writes them
 * into the file. While a run is at work on the file (*is_running) they are not written, because the
 * run will do so. Failing to write is no error of the call: *not_written says why, and *out has the
 * statistics. The caller owns *out in any case. `progress` is optional. */
BS_API bs_status bs_sweep_analyze(bs_sweep_results *out, const char *path,
                                  bs_analysis_progress *progress, void *user, bool *is_running,
                                  bs_error *not_written, bs_error *err);

/* Scores a results file again (bs_analysis_rescore, which tells `notice` what it leaves out) and
   replaces it. `notice` and `progress` are optional. BS_ERR_USAGE while a run is at work on it.
   *out has what was read and the statistics that were written; the caller owns it in any case. */
BS_API bs_status bs_sweep_rescore(bs_sweep_results *out, const char *path, const char *const *added,
                                  size_t n_added, void (*notice)(void *user, const char *message),
                                  bs_analysis_progress *progress, void *user, bs_error *err);

/* Fills in where results come from: version, compiler, host. The strings are static. */
BS_API void bs_provenance_fill(bs_provenance *provenance);

#ifdef __cplusplus
}
#endif

#endif
