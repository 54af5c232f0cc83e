/* A worker rank's talk with rank 0: takes messages, sends answers and signs of life. */
#include "sweep/worker/contact_internal.h"

#include "sweep/protocol/messages_internal.h"
#include "sweep/worker/supervisor_internal.h"
#include "sweep/worker/worker_internal.h"

static const double TICK_SECONDS = 0.1;
/* A supervisor looks for messages of the coordinator so often, less while nothing comes. */
static const double LEAST_PAUSE_SECONDS = 0.001, MOST_PAUSE_SECONDS = 0.005;

typedef struct contact {
  bs_transport *transport;
  bs_supervisor *supervisor;
  const bs_limits *limits;
  double last_heard, last_beat, pause;
  bool stop;
} contact;

/* Takes what rank 0 has sent. */
static bs_status take_messages(contact *l, bs_text *message, bs_error *err) {
  bs_status status = BS_OK;
  while (status == BS_OK && !l->stop) {
    int from;
    status = bs_transport_receive(l->transport, 0, &from, message, err);
    if (status != BS_OK || from < 0)
      break;
    l->last_heard = bs_steady_seconds();
    l->pause = LEAST_PAUSE_SECONDS;
    status = bs_supervisor_handle(l->supervisor, message, &l->stop, err);
  }
  return status;
}

/* Sends what the supervisor has for rank 0, waiting a while for it. */
static bs_status send_answers(contact *l, bs_text *message, bs_error *err) {
  double pause = l->pause;
  bs_status status = bs_supervisor_next(l->supervisor, pause, message, err);
  while (status == BS_OK && message->n_bytes > 0) {
    pause = 0;
    status = bs_transport_send(l->transport, 0, message, err);
    if (status == BS_OK)
      status = bs_supervisor_next(l->supervisor, 0, message, err);
  }
  l->pause = pause == 0 ? LEAST_PAUSE_SECONDS : l->pause * 1.25;
  if (l->pause > MOST_PAUSE_SECONDS)
    l->pause = MOST_PAUSE_SECONDS;
  return status;
}

static bs_status keep_contact(contact *l, bs_text *message, bs_error *err) {
  double now = bs_steady_seconds();
  if (now - l->last_heard > l->limits->silence_seconds)
    return bs_error_set(err, BS_ERR_IO, "no word from rank 0 for %.0f s", now - l->last_heard);
  if (now - l->last_beat < l->limits->beat_seconds)
    return BS_OK;
  l->last_beat = now;
  bs_status status = bs_encode_plain(message, BS_MESSAGE_BEAT, err);
  return status == BS_OK ? bs_transport_send(l->transport, 0, message, err) : status;
}

/* Says the last word and waits for rank 0's, which is false where ranks are missing. Until then it
   may be busy with the results, and sends signs of life. */
static bool part(contact *l, bs_text *message) {
  bool all_here = false;
  if (bs_encode_plain(message, BS_MESSAGE_BYE, NULL) != BS_OK ||
      bs_transport_send(l->transport, 0, message, NULL) != BS_OK)
    return false;
  l->last_heard = bs_steady_seconds();
  while (bs_steady_seconds() - l->last_heard < l->limits->silence_seconds) {
    int from;
    bs_message_kind kind;
    if (bs_transport_receive(l->transport, TICK_SECONDS, &from, message, NULL) != BS_OK)
      return false;
    if (from != 0)
      continue;
    l->last_heard = bs_steady_seconds();
    if (bs_message_kind_of(message, &kind, NULL) == BS_OK && kind == BS_MESSAGE_END)
      return bs_decode_end(message, &all_here, NULL) == BS_OK && all_here;
  }
  return false;
}

bs_status bs_work_for_rank_0(bs_transport *transport, const char *program,
                             const bs_threads *threads, const bs_limits *limits, bool *all_here,
                             bs_error *err) {
  contact l = {.transport = transport,
               .limits = limits,
               .last_heard = bs_steady_seconds(),
               .pause = LEAST_PAUSE_SECONDS};
  bs_text message = {0};
  bs_status status = bs_supervisor_new(&l.supervisor, program, threads->n_threads, limits, err);
  if (status == BS_OK)
    status = bs_worker_hello(threads, &message, err);
  if (status == BS_OK)
    status = bs_transport_send(transport, 0, &message, err);
  while (status == BS_OK && !l.stop) {
    status = take_messages(&l, &message, err);
    if (status == BS_OK && !l.stop)
      status = send_answers(&l, &message, err);
    if (status == BS_OK && !l.stop)
      status = keep_contact(&l, &message, err);
  }
  bs_supervisor_free(&l.supervisor);
  /* One that cannot go on just leaves: rank 0 finds it lost, or the launcher ends the job. */
  *all_here = status == BS_OK && part(&l, &message);
  bs_text_free(&message);
  return status;
}
