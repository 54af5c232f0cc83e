/* A sweep from its configuration to the results, as coordinator or as worker. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/store.h"
#include "bigsweep/version.h"
#include "sweep/background_internal.h"
#include "sweep/coordinator/coordinator_internal.h"
#include "sweep/coordinator/start_internal.h"
#include "sweep/limits_internal.h"
#include "sweep/lock_internal.h"
#include "sweep/protocol/frames_internal.h"
#include "sweep/protocol/messages_internal.h"
#include "sweep/protocol/transport_internal.h"
#include "sweep/run_status_internal.h"
#include "sweep/stop_signals_internal.h"
#include "sweep/threads_internal.h"
#include "sweep/worker/contact_internal.h"
#include "sweep/worker/supervisor_internal.h"
#include "sweep/worker/worker_internal.h"

static const double TICK_SECONDS = 0.1;
static const double DEFAULT_GRACE_SECONDS = 20;
/* Launchers may send a signal to a process and to its group: what comes within this time is one. */
static const double SAME_SIGNAL_SECONDS = 1;
/* mpirun kills what has not ended a second after SIGTERM, and all as soon as one of them has: time
   for what is as good as done. */
static const double HURRY_SECONDS = 0.3;

/* The run as one process sees it. */
typedef struct run {
  bs_transport *transport; /* NULL: alone */
  const bs_sweep_options *options;
  const char *program; /* of the engine process */
  bs_threads threads;
  const char *config_path;
  bs_limits limits;
  bs_sweep_summary *summary;
  size_t n_workers;
  bs_lock *lock;
  bs_coordinator *coordinator;
  /* Belong to the step in the background while there is one. */
  bs_isa isa; /* asked for on the command line; AUTO: none */
  bs_config *config;
  bs_lock *new_lock;
  bs_plan *plan;
  bs_coordinator *new_coordinator;
  bool is_hurried;         /* the launcher kills soon after SIGTERM */
  bool is_leaving;         /* it has sent one */
  bool is_abandoned;       /* a step in the background goes on until the process ends */
  double expected_seconds; /* 0: not known */
  bool has_started;        /* and has said so */
  double last_progress, last_status, last_beat;
  bs_stops seen; /* and obeyed */
  double first_stop;
  bs_text to_worker; /* alone: frames for the supervisor in this process */
} run;

static bs_status send_to_rank(void *user, size_t worker, const bs_text *message, bs_error *err) {
  run *r = user;
  return bs_transport_send(r->transport, (int)worker + 1, message, err);
}

static bs_status send_to_self(void *user, size_t worker, const bs_text *message, bs_error *err) {
  run *r = user;
  (void)worker;
  return bs_frame_append(&r->to_worker, message, err);
}

static void say(const run *r, bool is_error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(const run *r, bool is_error, const char *format, ...) {
  char message[8192];
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  if (r->options->notice != NULL)
    r->options->notice(r->options->user, is_error, message);
}

/* A keyboard sends one signal at a time, to this process and to the engine, which ignores it. */
static bool is_insisting(const run *r, bs_stops stops, double now) {
  bool typed = r->transport == NULL && stops.n_ints > r->seen.n_ints;
  return typed || now - r->first_stop >= SAME_SIGNAL_SECONDS;
}

/* The first signal gives what is in flight some time, a second one none. */
static bs_status obey_signals(run *r, double now, bs_error *err) {
  bs_stops stops = bs_stops_asked(), seen = r->seen;
  if (stops.n == seen.n)
    return BS_OK;
  double grace = r->options->grace_seconds;
  if (grace == 0)
    grace = DEFAULT_GRACE_SECONDS;
  if (r->is_hurried && stops.n_terms != seen.n_terms) {
    r->seen = stops;
    r->is_leaving = true;
    grace = grace < HURRY_SECONDS ? grace : HURRY_SECONDS;
    return bs_coordinator_stop(r->coordinator, now + grace, now, err);
  }
  bool insists =
      seen.n > 0 ? is_insisting(r, stops, now) : r->transport == NULL && stops.n_ints > 1;
  r->seen = stops;
  if (seen.n == 0) {
    r->first_stop = now;
    if (grace > 0 && !insists)
      say(r, false, "stops: what is in flight has %.0f s to end; a second signal gives it none",
          grace);
  }
  if (insists)
    return bs_coordinator_stop(r->coordinator, now, now, err);
  return seen.n == 0 ? bs_coordinator_stop(r->coordinator, now + grace, now, err) : BS_OK;
}

static void send_to_all(bs_transport *transport, const bs_text *message) {
  for (int rank = 1; rank < bs_transport_size(transport); rank++)
    bs_transport_send(transport, rank, message, NULL);
}

/* What others see of this process while it is busy with a long step. */
static void show_life(run *r) {
  double now = bs_steady_seconds();
  bs_text message = {0};
  if (r->lock != NULL)
    bs_lock_beat(r->lock, now);
  if (r->transport == NULL)
    return;
  bs_transport_progress(r->transport);
  if (now - r->last_beat < r->limits.beat_seconds)
    return;
  r->last_beat = now;
  if (bs_encode_plain(&message, BS_MESSAGE_BEAT, NULL) == BS_OK)
    send_to_all(r->transport, &message);
  bs_text_free(&message);
}

/* Whether a step may be left to itself when a signal says stop. */
typedef enum patience {
  /* Before the work: nothing depends on the step any more, and what it waits for may take long (a
     large checkpoint, a file server that hangs). */
  LEAVES_AT_ONCE,
  /* The results: all but the last second is in parts, and is put together by the next run. */
  LEAVES_IF_TYPED_TWICE
} patience;

static bool shall_leave(const run *r, patience how, bs_stops at_start) {
  bs_stops stops = bs_stops_asked();
  if (how == LEAVES_AT_ONCE)
    return stops.n > 0;
  return r->transport == NULL && stops.n_ints >= at_start.n_ints + 2;
}

/* Does a long step of the run. */
static bs_status in_background(run *r, bs_step step, patience how, bs_error *err) {
  static const long LONGEST_PAUSE = 20 * 1000 * 1000;
  struct timespec pause = {.tv_nsec = 100 * 1000};
  bs_stops at_start = bs_stops_asked();
  bs_background *background;
  bs_status status = bs_background_start(&background, step, r, err);
  if (status != BS_OK)
    return status;
  while (!bs_background_is_over(background)) {
    if (shall_leave(r, how, at_start)) {
      r->is_abandoned = true;
      r->is_leaving = r->is_hurried && bs_stops_asked().n_terms > 0;
      bs_background_abandon(&background);
      return BS_OK;
    }
    show_life(r);
    nanosleep(&pause, NULL);
    if (pause.tv_nsec < LONGEST_PAUSE)
      pause.tv_nsec += pause.tv_nsec / 2;
  }
  return bs_background_join(&background, err);
}

/* Once, when the workers are there. */
static void tell_start(run *r) {
  bs_sweep_start start = {.expected_seconds = r->expected_seconds, .output = r->summary->output};
  char host[256] = "";
  bool is_apart = r->transport != NULL && bs_transport_size(r->transport) > 1;
  gethostname(host, sizeof host - 1);
  if (r->has_started || !bs_coordinator_describe(r->coordinator, is_apart ? host : NULL, &start))
    return;
  r->has_started = true;
  start.n_ranks = r->summary->n_ranks;
  if (r->options->start != NULL)
    r->options->start(r->options->user, &start);
}

static bs_status tick(run *r, bs_error *err) {
  double now = bs_steady_seconds();
  bs_status status = obey_signals(r, now, err);
  tell_start(r);
  bs_lock_beat(r->lock, now);
  bool tell = r->options->progress != NULL && now - r->last_progress >= TICK_SECONDS;
  bool write = now - r->last_status >= r->limits.status_seconds;
  if (tell || write)
    bs_coordinator_summary(r->coordinator, now, r->summary);
  if (tell) {
    r->last_progress = now;
    r->options->progress(r->options->user, &r->summary->progress);
  }
  if (write) {
    r->last_status = now;
    bs_run_status_write(r->summary->output, r->coordinator, r->summary);
  }
  return status == BS_OK ? bs_coordinator_tick(r->coordinator, now, err) : status;
}

static bs_status coordinate_ranks(run *r, bs_error *err) {
  bs_text message = {0};
  bs_status status = BS_OK;
  while (status == BS_OK && !bs_coordinator_is_over(r->coordinator)) {
    int from;
    status = bs_transport_receive(r->transport, TICK_SECONDS, &from, &message, err);
    if (status == BS_OK && from > 0)
      status = bs_coordinator_handle(r->coordinator, (size_t)from - 1, &message,
                                     bs_steady_seconds(), err);
    if (status == BS_OK)
      status = tick(r, err);
  }
  bs_text_free(&message);
  return status;
}

/* Gives the supervisor in this process what the coordinator has sent. */
static bs_status deliver(run *r, bs_supervisor *supervisor, bs_text *message, bs_error *err) {
  bool found = true, stop;
  bs_status status = BS_OK;
  while (status == BS_OK && found) {
    status = bs_frame_take(&r->to_worker, message, &found, err);
    if (status == BS_OK && found)
      status = bs_supervisor_handle(supervisor, message, &stop, err);
  }
  return status;
}

static bs_status work_alone(run *r, bs_error *err) {
  bs_text message = {0}, beat = {0};
  bs_supervisor *supervisor = NULL;
  double last_beat = 0;
  bs_status status =
      bs_supervisor_new(&supervisor, r->program, r->threads.n_threads, &r->limits, err);
  if (status == BS_OK)
    status = bs_encode_plain(&beat, BS_MESSAGE_BEAT, err);
  if (status == BS_OK)
    status = bs_worker_hello(&r->threads, &message, err);
  if (status == BS_OK)
    status = bs_coordinator_handle(r->coordinator, 0, &message, bs_steady_seconds(), err);
  while (status == BS_OK && !bs_coordinator_is_over(r->coordinator)) {
    status = deliver(r, supervisor, &message, err);
    if (status == BS_OK)
      status = bs_supervisor_next(supervisor, TICK_SECONDS, &message, err);
    double now = bs_steady_seconds();
    if (status == BS_OK && message.n_bytes > 0)
      status = bs_coordinator_handle(r->coordinator, 0, &message, now, err);
    if (status == BS_OK && now - last_beat >= r->limits.beat_seconds) {
      last_beat = now;
      status = bs_coordinator_handle(r->coordinator, 0, &beat, now, err);
    }
    if (status == BS_OK)
      status = tick(r, err);
  }
  bs_supervisor_free(&supervisor);
  bs_text_free(&message);
  bs_text_free(&beat);
  return status;
}

/* Whether a worker still owes its last word. */
static bool is_awaited(const run *r, const bool *said, int rank) {
  return !said[rank] &&
         (r->coordinator == NULL || !bs_coordinator_has_lost(r->coordinator, (size_t)rank - 1));
}

static bool anybody_awaited(const run *r, const bool *said, int size) {
  for (int rank = 1; rank < size; rank++)
    if (is_awaited(r, said, rank))
      return true;
  return false;
}

/* Tells every rank to stop and waits for their last words, then tells all whether everybody is
   there, so that MPI can be finalised. Where the launcher is about to kill they had better stay:
   the first to end would take this process with it, which has a last word for the outer world. */
static void say_goodbye(run *r) {
  if (r->is_leaving) {
    r->summary->must_leave = true;
    return;
  }
  int size = bs_transport_size(r->transport), n_said = 0;
  bool *said = bs_array_new((size_t)size, sizeof *said, NULL);
  bs_text message = {0};
  if (bs_encode_plain(&message, BS_MESSAGE_STOP, NULL) == BS_OK)
    send_to_all(r->transport, &message);
  double deadline = bs_steady_seconds() + r->limits.goodbye_seconds;
  while (said != NULL && anybody_awaited(r, said, size) && bs_steady_seconds() < deadline) {
    int from;
    bs_message_kind kind;
    if (bs_transport_receive(r->transport, TICK_SECONDS, &from, &message, NULL) != BS_OK)
      break;
    if (from > 0 && bs_message_kind_of(&message, &kind, NULL) == BS_OK && kind == BS_MESSAGE_BYE &&
        !said[from]) {
      said[from] = true;
      n_said++;
    }
  }
  bool all_here = n_said == size - 1;
  r->summary->must_leave = !all_here;
  if (bs_encode_end(&message, all_here, NULL) == BS_OK)
    send_to_all(r->transport, &message);
  int from;
  if (!all_here) /* gives the message time to leave */
    bs_transport_receive(r->transport, 2 * TICK_SECONDS, &from, &message, NULL);
  bs_text_free(&message);
  free(said);
}

static bs_status choose_output(run *r, bs_error *err) {
  const bs_config *config = r->config;
  const char *output = r->options->output != NULL ? r->options->output : config->output;
  if (output == NULL)
    return bs_error_set(err, BS_ERR_USAGE,
                        "%s: no output: give the key \"output\" or the option -o", config->path);
  if (strlen(output) >= sizeof r->summary->output)
    return bs_error_set(err, BS_ERR_USAGE, "the output path is too long: %s", output);
  char *folder = bs_path_folder(output, err);
  bs_status status = folder == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK && !bs_is_folder(folder))
    status = bs_error_set(err, BS_ERR_IO,
                          "%s: the folder for the results does not exist: %s (make it, or give "
                          "another output)",
                          output, folder);
  free(folder);
  if (status == BS_OK)
    status =
        bs_lock_take(&r->new_lock, output, &r->limits, r->options->notice, r->options->user, err);
  if (status == BS_OK)
    status = bs_store_check_writable(output, err);
  if (status != BS_OK)
    return status;
  memcpy(r->summary->output, output, strlen(output) + 1);
  bs_run_done_remove(output);
  return BS_OK;
}

/* Steps in the background. The first may wait for a lock, the second reads and hashes checkpoints
   and what an earlier run has left, the third writes the results. */

static bs_status take_output(void *user, bs_error *err) {
  run *r = user;
  bs_status status = bs_isa_parse(&r->isa, r->options->isa, err);
  if (status == BS_OK)
    status = bs_config_load(&r->config, r->config_path, err);
  if (status == BS_OK)
    status = choose_output(r, err);
  if (status == BS_OK)
    say(r, false, "version %s, %s, results in %s: reads models and tasks", BS_VERSION,
        r->config_path, r->summary->output);
  return status;
}

static bs_status make_coordinator(void *user, bs_error *err) {
  run *r = user;
  bs_isa isa = r->isa != BS_ISA_AUTO ? r->isa : r->config->isa;
  bs_coordinator_options options = {.limits = r->limits,
                                    .isa = isa != BS_ISA_AUTO ? bs_isa_name(isa) : NULL,
                                    .notice = r->options->notice,
                                    .analysis_progress = r->options->analysis_progress,
                                    .notice_user = r->options->user};
  bs_status status = bs_plan_new(&r->plan, r->config, r->n_workers, true, r->options->notice,
                                 r->options->user, err);
  if (status == BS_OK)
    status = bs_coordinator_new(
        &r->new_coordinator, r->plan, r->summary->output, r->n_workers,
        r->transport != NULL && bs_transport_size(r->transport) > 1 ? send_to_rank : send_to_self,
        r, &options, err);
  if (status == BS_OK)
    r->expected_seconds = bs_coordinator_expected_seconds(r->new_coordinator);
  return status;
}

static bs_status write_results(void *user, bs_error *err) {
  const run *r = user;
  return bs_coordinator_finish(r->coordinator, err);
}

static bs_status prepare(run *r, bs_error *err) {
  bs_status status = in_background(r, take_output, LEAVES_AT_ONCE, err);
  if (r->is_abandoned)
    return status;
  r->lock = r->new_lock;
  if (status == BS_OK)
    status = in_background(r, make_coordinator, LEAVES_AT_ONCE, err);
  if (r->is_abandoned)
    return status;
  r->coordinator = r->new_coordinator;
  return status;
}

/* After the work: the results file, or what is there of it. */
static bs_status end_run(run *r, bs_error *err) {
  bs_coordinator_summary(r->coordinator, bs_steady_seconds(), r->summary);
  bs_status status = in_background(r, write_results, LEAVES_IF_TYPED_TWICE, err);
  if (r->is_abandoned) {
    r->summary->finished = false;
  } else if (status == BS_OK && r->summary->finished) {
    bs_run_status_remove(r->summary->output);
    bs_coordinator_take_results(r->coordinator, &r->summary->results);
  } else {
    bs_run_status_write(r->summary->output, r->coordinator, r->summary);
  }
  return status;
}

static bs_status coordinate(run *r, bs_error *err) {
  int size = r->transport != NULL ? bs_transport_size(r->transport) : 1;
  r->n_workers = size > 1 ? (size_t)size - 1 : 1;
  bs_status status = prepare(r, err);
  if (status == BS_OK && !r->is_abandoned)
    status = size > 1 ? coordinate_ranks(r, err) : work_alone(r, err);
  if (status == BS_OK && !r->is_abandoned) /* nothing to do: it was over before the first tick */
    tell_start(r);
  if (status == BS_OK && !r->is_abandoned)
    status = end_run(r, err);
  if (size > 1)
    say_goodbye(r);
  bs_text_free(&r->to_worker);
  bs_lock_free(&r->lock);
  if (!r->is_abandoned) {
    bs_coordinator_free(&r->coordinator);
    bs_plan_free(&r->plan);
    bs_config_free(&r->config);
  }
  return status;
}

/* The running program, when it is one that has the command. */
static bs_status choose_program(run *r, bs_error *err) {
  static const char self[] = "/proc/self/exe", name[] = "bigsweep";
  char path[4096];
  r->program = r->options->program;
  if (r->program != NULL)
    return BS_OK;
  ssize_t n = readlink(self, path, sizeof path - 1);
  path[n > 0 ? n : 0] = '\0';
  if (strncmp(bs_path_name(path), name, sizeof name - 1) != 0)
    return bs_error_set(err, BS_ERR_USAGE,
                        "the program that runs a sweep is not bigsweep: give the option `program`");
  r->program = self; /* the same file, also when it has been replaced on disk */
  return BS_OK;
}

static bs_status open_transport(run *r, bs_error *err) {
  bs_sweep_summary *summary = r->summary;
  if (!bs_transport_is_launched())
    return BS_OK;
  r->is_hurried = bs_transport_is_hurried();
  bs_status status = bs_transport_open(&r->transport, err);
  if (status == BS_OK) {
    summary->is_launched = true;
    summary->is_coordinator = bs_transport_rank(r->transport) == 0;
    summary->n_ranks = bs_transport_size(r->transport);
  }
  return status;
}

bs_status bs_sweep_run(const char *config_path, const bs_sweep_options *options,
                       bs_sweep_summary *summary, bs_error *err) {
  static const bs_sweep_options no_options = {0};
  bs_error fault = {0};
  *summary = (bs_sweep_summary){.is_coordinator = true, .n_ranks = 1};
  run *r = bs_array_new(1, sizeof *r, err); /* may have to outlive this call */
  if (r == NULL)
    return BS_ERR_MEMORY;
  *r = (run){.options = options != NULL ? options : &no_options,
             .config_path = config_path,
             .summary = summary};
  r->limits = bs_limits_get(r->options->lease_seconds);
  bs_status status = choose_program(r, &fault);
  if (status == BS_OK)
    status = open_transport(r, &fault);
  if (status == BS_OK)
    status = bs_threads_agree(&r->threads, r->transport, &fault);
  if (status == BS_OK) {
    bool all_here = true;
    bs_stop_signals_catch(summary->is_coordinator);
    if (summary->is_coordinator)
      status = coordinate(r, &fault);
    else
      status =
          bs_work_for_rank_0(r->transport, r->program, &r->threads, &r->limits, &all_here, &fault);
    bs_stop_signals_restore();
    summary->must_leave |= !all_here;
    bs_transport_close(&r->transport, !summary->must_leave);
  }
  if (r->is_abandoned)
    summary->must_leave = true;
  else
    free(r);
  return status == BS_OK ? BS_OK : bs_error_set(err, status, "%s", fault.message);
}
