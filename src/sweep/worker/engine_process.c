/* The process in which inference and scoring run: a worker at the end of a socket. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bigsweep/sweep.h"
#include "sweep/protocol/frames_internal.h"
#include "sweep/stop_signals_internal.h"
#include "sweep/worker/worker_internal.h"

enum { SOCKET = STDIN_FILENO };

/* The memory killer shall take this process before the one that supervises it. */
static void offer_to_memory_killer(void) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  static const char score[] = "500";
  ssize_t n = write(fd, score, sizeof score - 1);
  (void)n; /* best effort */
  close(fd);
}

static bs_status serve(bs_worker *worker, bs_error *err) {
  bs_text stream = {0}, message = {0}, answer = {0};
  bool stop = false;
  bs_status status = BS_OK;
  while (status == BS_OK && !stop) {
    bool closed;
    status = bs_frame_read(SOCKET, &stream, &message, &closed, err);
    if (status != BS_OK || closed)
      break;
    status = bs_worker_handle(worker, &message, &answer, &stop, err);
    if (status == BS_OK && answer.n_bytes > 0)
      status = bs_frame_write(SOCKET, &answer, err);
  }
  bs_text_free(&stream);
  bs_text_free(&message);
  bs_text_free(&answer);
  return status;
}

bs_status bs_engine_process(int parent, int threads, bs_error *err) {
  int type = 0;
  socklen_t n = sizeof type;
  if (getsockopt(SOCKET, SOL_SOCKET, SO_TYPE, &type, &n) != 0)
    return bs_error_set(err, BS_ERR_USAGE, "is started by bigsweep run alone");
  /* They reach the whole process group, but an engine finishes its unit. */
  bs_stop_signals_ignore();
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_NAME, "bigsweep-engine");
  /* Dies with its supervisor, which may have gone before this. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != (pid_t)parent)
    return bs_error_set(err, BS_ERR_IO, "the process that started this one has gone");
  offer_to_memory_killer();
  bs_worker *worker = NULL;
  bs_status status = bs_worker_new(&worker, threads, err);
  if (status == BS_OK)
    status = serve(worker, err);
  bs_worker_free(&worker);
  return status;
}
