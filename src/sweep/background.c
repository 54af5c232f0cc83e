/* A thread that works while the caller waits and shows signs of life. */
#include "sweep/background_internal.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory_internal.h"

struct bs_background {
  bs_step step;
  void *user;
  bs_status status;
  bs_error err;
  pthread_t thread;
  bool has_thread;
  atomic_bool is_over; /* what the step has written may be read after this was seen set */
};

static void *run_step(void *argument) {
  bs_background *b = argument;
  b->status = b->step(b->user, &b->err);
  atomic_store_explicit(&b->is_over, true, memory_order_release);
  return NULL;
}

bs_status bs_background_start(bs_background **out, bs_step step, void *user, bs_error *err) {
  bs_background *b = *out = bs_array_new(1, sizeof *b, err);
  if (b == NULL)
    return BS_ERR_MEMORY;
  b->step = step;
  b->user = user;
  atomic_init(&b->is_over, false);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  b->has_thread = pthread_create(&b->thread, NULL, run_step, b) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!b->has_thread)
    run_step(b);
  return BS_OK;
}

bool bs_background_is_over(const bs_background *b) {
  return atomic_load_explicit(&b->is_over, memory_order_acquire);
}

bs_status bs_background_join(bs_background **handle, bs_error *err) {
  bs_background *b = *handle;
  *handle = NULL;
  if (b->has_thread)
    pthread_join(b->thread, NULL);
  bs_status status = b->status;
  if (status != BS_OK)
    bs_error_set(err, status, "%s", b->err.message);
  free(b);
  return status;
}

void bs_background_abandon(bs_background **handle) {
  if ((*handle)->has_thread)
    pthread_detach((*handle)->thread);
  *handle = NULL;
}
