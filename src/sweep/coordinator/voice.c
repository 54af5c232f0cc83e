/* What the coordinator says: to a person, and to a worker. */
#include "sweep/coordinator/coordinator_state_internal.h"

void bs_coordinator_notice(bs_coordinator *c, const char *message) {
  if (c->options.notice != NULL)
    c->options.notice(c->options.notice_user, true, message);
}

const char *bs_coordinator_host_of(const bs_coordinator *c, size_t w) {
  return c->workers[w].host != NULL ? c->workers[w].host : "an unknown host";
}

/* Sends c->message. A worker that cannot be reached is found lost when its lease is over. */
void bs_coordinator_send(bs_coordinator *c, size_t w) { c->send(c->user, w, &c->message, NULL); }
