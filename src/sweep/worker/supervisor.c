/* Supervising an engine process: start, feed, watch, replace. */
#include "sweep/worker/supervisor_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory_internal.h"
#include "sweep/protocol/frames_internal.h"
#include "sweep/stop_signals_internal.h"

extern char **environ;

enum {
  MAX_QUEUE = 8,
  LINE_BYTES = 256,
  HOST_BYTES = 256,
  REASON_BYTES = HOST_BYTES + LINE_BYTES + 160,
  NO_FD = -1
};

static const double START_PAUSE_SECONDS = 0.2;

struct bs_supervisor {
  const char *program;
  int default_threads;
  const bs_limits *limits;
  char host[HOST_BYTES];
  bs_text setup; /* for every new engine */
  bs_assignment queue[MAX_QUEUE];
  size_t n_queue; /* the first is at work when `busy` */
  bool busy;
  double begun;     /* when the unit at work was sent */
  double last_work; /* when the engine's processor time was last seen to grow */
  double processor_seconds;
  pid_t engine; /* 0: none */
  int socket, errors;
  bs_text to_engine, from_engine;
  char line[LINE_BYTES]; /* the last one the engine wrote to stderr */
  size_t n_line;
  bool line_ended;
  bs_text outbox; /* frames for the coordinator */
  bs_text scratch;
};

bs_status bs_supervisor_new(bs_supervisor **out, const char *program, int default_threads,
                            const bs_limits *limits, bs_error *err) {
  bs_supervisor *s = *out = bs_array_new(1, sizeof *s, err);
  if (s == NULL)
    return BS_ERR_MEMORY;
  s->program = program;
  s->default_threads = default_threads;
  s->limits = limits;
  s->socket = s->errors = NO_FD;
  gethostname(s->host, sizeof s->host - 1);
  return BS_OK;
}

static void close_fd(int *fd) {
  if (*fd != NO_FD)
    close(*fd);
  *fd = NO_FD;
}

/* Reaps the engine, which has ended or is told to; returns its wait status. */
static int end_engine(bs_supervisor *s) {
  int how = 0;
  if (s->engine == 0)
    return 0;
  kill(s->engine, SIGKILL); /* has no effect on one that has ended */
  while (waitpid(s->engine, &how, 0) < 0 && errno == EINTR)
    continue;
  s->engine = 0;
  close_fd(&s->socket);
  close_fd(&s->errors);
  s->to_engine.n_bytes = s->from_engine.n_bytes = 0;
  return how;
}

void bs_supervisor_free(bs_supervisor **handle) {
  bs_supervisor *s = *handle;
  if (s == NULL)
    return;
  end_engine(s);
  bs_text_free(&s->setup);
  bs_text_free(&s->to_engine);
  bs_text_free(&s->from_engine);
  bs_text_free(&s->outbox);
  bs_text_free(&s->scratch);
  free(s);
  *handle = NULL;
}

static bs_status fault(bs_error *err, const char *what) {
  return bs_error_set(err, BS_ERR_IO, "cannot start an engine process: %s: %s", what,
                      strerror(errno));
}

/* Starts the program with `socket` as its stdin and `errors` as its stderr. exec, not fork: this
   process may have used OpenMP and holds MPI's state. */
static bs_status spawn(bs_supervisor *s, int socket, int errors, bs_error *err) {
  char parent[16], threads[16], name[] = "bigsweep", command[] = "engine-process";
  snprintf(parent, sizeof parent, "%ld", (long)getpid());
  snprintf(threads, sizeof threads, "%d", s->default_threads);
  char *const arguments[] = {name, command, parent, threads, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t blocked;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  /* Until the engine ignores them, the signals to stop well must not end it. */
  sigprocmask(SIG_SETMASK, NULL, &blocked);
  bs_stop_signals_add(&blocked);
  posix_spawnattr_setsigmask(&attributes, &blocked);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  errno = posix_spawn(&s->engine, s->program, &actions, &attributes, arguments, environ);
  bs_status status = BS_OK;
  if (errno != 0) {
    s->engine = 0;
    status = fault(err, s->program);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

static void set_flags(int fd, bool may_block) {
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (!may_block)
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static bs_status start_engine(bs_supervisor *s, bs_error *err) {
  int sockets[2], errors[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
    return fault(err, "socketpair");
  if (pipe(errors) != 0) {
    close(sockets[0]);
    close(sockets[1]);
    return fault(err, "pipe");
  }
  set_flags(sockets[0], false);
  set_flags(sockets[1], true);
  set_flags(errors[0], false);
  set_flags(errors[1], true);
  bs_status status = spawn(s, sockets[1], errors[1], err);
  close(sockets[1]);
  close(errors[1]);
  s->socket = sockets[0];
  s->errors = errors[0];
  s->n_line = 0;
  s->line_ended = false;
  s->processor_seconds = 0;
  if (status == BS_OK)
    status = bs_frame_append(&s->to_engine, &s->setup, err);
  if (status != BS_OK) {
    end_engine(s);
    close_fd(&s->socket);
    close_fd(&s->errors);
  }
  return status;
}

/* Keeps the last line of what the engine writes to stderr. */
static void read_errors(bs_supervisor *s) {
  char bytes[1024];
  ssize_t n;
  if (s->errors == NO_FD)
    return;
  while ((n = read(s->errors, bytes, sizeof bytes)) > 0)
    for (ssize_t i = 0; i < n; i++) {
      if (bytes[i] == '\n') {
        s->line_ended = true;
        continue;
      }
      if (s->line_ended)
        s->n_line = 0;
      s->line_ended = false;
      if (s->n_line < sizeof s->line - 1)
        s->line[s->n_line++] = (char)(bytes[i] >= ' ' && bytes[i] < 127 ? bytes[i] : '?');
    }
  s->line[s->n_line] = '\0';
}

static bs_status post(bs_supervisor *s, const bs_text *message, bs_error *err) {
  return bs_frame_append(&s->outbox, message, err);
}

static bs_status post_attempt(bs_supervisor *s, const bs_unit *unit, bool tried, const char *reason,
                              bs_error *err) {
  bs_status status = bs_encode_failed(
      &s->scratch, &(bs_attempt){.unit = *unit, .tried = tried, .reason = reason}, err);
  return status == BS_OK ? post(s, &s->scratch, err) : status;
}

static void drop_first(bs_supervisor *s) {
  s->n_queue--;
  memmove(s->queue, s->queue + 1, s->n_queue * sizeof *s->queue);
  s->busy = false;
}

/* The unit at work came to nothing, and the engine has gone or goes. */
static bs_status fail_unit(bs_supervisor *s, const char *why, bs_error *err) {
  char reason[REASON_BYTES], end[128] = "";
  read_errors(s);
  int how = end_engine(s);
  if (why == NULL && WIFSIGNALED(how))
    snprintf(end, sizeof end, "killed by signal %d (%s)", WTERMSIG(how), strsignal(WTERMSIG(how)));
  else if (why == NULL)
    snprintf(end, sizeof end, "ended with exit status %d", WEXITSTATUS(how));
  snprintf(reason, sizeof reason, "the engine process on %s %s%s%s", s->host,
           why != NULL ? why : end, s->n_line > 0 ? ": " : "", s->n_line > 0 ? s->line : "");
  if (!s->busy)
    return BS_OK; /* died between two units: the next one gets a new engine */
  bs_unit unit = s->queue[0].unit;
  drop_first(s);
  return post_attempt(s, &unit, true, reason, err);
}

static void sleep_seconds(double seconds) {
  struct timespec pause = {.tv_sec = (time_t)seconds};
  pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
  nanosleep(&pause, NULL);
}

/* Gives the engine the first unit that waits. */
static bs_status feed(bs_supervisor *s, bs_error *err) {
  while (!s->busy && s->n_queue > 0) {
    bs_error cause = {0};
    bs_status status = s->engine == 0 ? start_engine(s, &cause) : BS_OK;
    if (status == BS_OK)
      status = bs_encode_unit(&s->scratch, &s->queue[0], &cause);
    if (status == BS_OK)
      status = bs_frame_append(&s->to_engine, &s->scratch, &cause);
    if (status != BS_OK) {
      bs_unit unit = s->queue[0].unit;
      drop_first(s);
      sleep_seconds(START_PAUSE_SECONDS); /* what is lacking may come back */
      if ((status = post_attempt(s, &unit, true, cause.message, err)) != BS_OK)
        return status;
      continue;
    }
    s->busy = true;
    s->begun = s->last_work = bs_steady_seconds();
  }
  return BS_OK;
}

static bs_status give_back_waiting(bs_supervisor *s, bs_error *err) {
  bs_status status = BS_OK;
  size_t n_at_work = s->busy ? 1 : 0;
  for (; status == BS_OK && s->n_queue > n_at_work; s->n_queue--)
    status = post_attempt(s, &s->queue[s->n_queue - 1].unit, false, "", err);
  return status;
}

bs_status bs_supervisor_handle(bs_supervisor *s, const bs_text *message, bool *stop,
                               bs_error *err) {
  bs_message_kind kind;
  *stop = false;
  bs_status status = bs_message_kind_of(message, &kind, err);
  if (status != BS_OK)
    return status;
  switch (kind) {
  case BS_MESSAGE_SETUP:
    s->setup.n_bytes = 0;
    return bs_text_append(&s->setup, message->data, message->n_bytes, err);
  case BS_MESSAGE_UNIT:
    if (s->setup.n_bytes == 0 || s->n_queue == MAX_QUEUE)
      return bs_error_set(err, BS_ERR_PROTOCOL, "%s",
                          s->n_queue == MAX_QUEUE ? "too many units" : "a unit before the setup");
    status = bs_decode_unit(message, &s->queue[s->n_queue], err);
    if (status != BS_OK)
      return status;
    s->n_queue++;
    return feed(s, err);
  case BS_MESSAGE_CANCEL:
    return give_back_waiting(s, err);
  case BS_MESSAGE_STOP:
    end_engine(s);
    s->n_queue = 0;
    s->busy = false;
    *stop = true;
    return BS_OK;
  case BS_MESSAGE_BEAT:
    return BS_OK;
  default:
    return bs_error_set(err, BS_ERR_PROTOCOL, "a worker does not take message %d", (int)kind);
  }
}

/* An engine at work uses processor time. One that does not, or that takes far too long, hangs. */
static bs_status check_hang(bs_supervisor *s, bs_error *err) {
  if (!s->busy)
    return BS_OK;
  double now = bs_steady_seconds();
  clockid_t clock;
  struct timespec used;
  if (clock_getcpuclockid(s->engine, &clock) == 0 && clock_gettime(clock, &used) == 0) {
    double seconds = (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
    if (seconds > s->processor_seconds) {
      s->processor_seconds = seconds;
      s->last_work = now;
    }
  }
  char why[96] = "";
  if (now - s->last_work > s->limits->stall_seconds)
    snprintf(why, sizeof why, "hung: it used no processor time for %.0f s", now - s->last_work);
  else if (now - s->begun > s->queue[0].limit_seconds)
    snprintf(why, sizeof why, "hung: it was at work for %.0f s", now - s->begun);
  if (why[0] == '\0')
    return BS_OK;
  bs_status status = fail_unit(s, why, err);
  return status == BS_OK ? feed(s, err) : status;
}

/* What the engine says must be an answer; it is checked in full where it is used. */
static bs_status take_answers(bs_supervisor *s, bool *broken, bs_error *err) {
  for (;;) {
    bool found;
    bs_message_kind kind;
    if (bs_frame_take(&s->from_engine, &s->scratch, &found, NULL) != BS_OK) {
      *broken = true;
      return BS_OK;
    }
    if (!found)
      return BS_OK;
    if (!s->busy || bs_message_kind_of(&s->scratch, &kind, NULL) != BS_OK ||
        (kind != BS_MESSAGE_RESULT && kind != BS_MESSAGE_FAILED)) {
      *broken = true;
      return BS_OK;
    }
    drop_first(s);
    bs_status status = post(s, &s->scratch, err);
    if (status == BS_OK)
      status = feed(s, err);
    if (status != BS_OK)
      return status;
  }
}

static bs_status serve_engine(bs_supervisor *s, double timeout_seconds, bs_error *err) {
  struct pollfd fds[] = {{.fd = s->socket, .events = POLLIN}, {.fd = s->errors, .events = POLLIN}};
  if (s->to_engine.n_bytes > 0)
    fds[0].events |= POLLOUT;
  int n = poll(fds, 2, (int)ceil(timeout_seconds * 1e3));
  bool gone = false, closed = false, broken = false;
  bs_status status = BS_OK;
  if (n > 0 && fds[1].revents != 0) {
    read_errors(s);
    if ((fds[1].revents & POLLIN) == 0)
      close_fd(&s->errors);
  }
  if (n > 0 && (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
    status = bs_stream_fill(s->socket, &s->from_engine, &gone, err);
    if (status == BS_OK)
      status = take_answers(s, &broken, err);
  }
  if (status == BS_OK && !gone && !broken && s->to_engine.n_bytes > 0)
    status = bs_stream_flush(s->socket, &s->to_engine, &closed, err);
  if (status == BS_OK && (gone || closed || broken)) {
    status = fail_unit(s, broken ? "sent what is not an answer" : NULL, err);
    if (status == BS_OK)
      status = feed(s, err);
  }
  return status == BS_OK ? check_hang(s, err) : status;
}

bs_status bs_supervisor_next(bs_supervisor *s, double timeout_seconds, bs_text *message,
                             bs_error *err) {
  bool found;
  message->n_bytes = 0;
  bs_status status = BS_OK;
  if (s->outbox.n_bytes > 0)
    timeout_seconds = 0;
  if (s->engine != 0)
    status = serve_engine(s, timeout_seconds, err);
  else if (timeout_seconds > 0)
    sleep_seconds(timeout_seconds);
  return status == BS_OK ? bs_frame_take(&s->outbox, message, &found, err) : status;
}
