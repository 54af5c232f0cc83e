/* How messages travel between ranks. The only door to MPI. */
#ifndef BIGSWEEP_SWEEP_PROTOCOL_TRANSPORT_INTERNAL_H
#define BIGSWEEP_SWEEP_PROTOCOL_TRANSPORT_INTERNAL_H

#include <stdbool.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"

typedef struct bs_transport bs_transport;

/* Whether this process was started as one of several by mpirun, srun or the like. */
bool bs_transport_is_launched(void);

/* Whether the launcher is mpirun, which kills what has not ended about a second after SIGTERM. To
   be asked before bs_transport_open. */
bool bs_transport_is_hurried(void);

/* Initialises MPI; all ranks must call it. */
bs_status bs_transport_open(bs_transport **out, bs_error *err);
/* `all_here`: every rank is alive and calls this: waits until what was sent has been taken, and
   finalises MPI. Else nothing that other ranks have a part in is done, MPI stays as it is, and the
   process must end with _exit. */
void bs_transport_close(bs_transport **transport, bool all_here);

int bs_transport_rank(const bs_transport *transport);
int bs_transport_size(const bs_transport *transport);
/* Ranks on this node, this one included, and this one's number among them. */
int bs_transport_ranks_here(const bs_transport *transport);
int bs_transport_rank_here(const bs_transport *transport);

/* Tells the ranks of this node n_bytes, the same number on all. On output, all[ranks here] of
   n_bytes each has what everyone has told. All ranks must call it; it waits for those of the
   node. */
bs_status bs_transport_share(bs_transport *transport, const void *mine, size_t n_bytes, void *all,
                             bs_error *err);

/* Sends a copy of the message; never waits for the receiver. */
bs_status bs_transport_send(bs_transport *transport, int to, const bs_text *message, bs_error *err);

/* Gives MPI time to move what is on its way, without taking a message. */
void bs_transport_progress(bs_transport *transport);

/* Takes the next message from any rank into `message` (its content is replaced). Without one within
   timeout_seconds *from is -1. */
bs_status bs_transport_receive(bs_transport *transport, double timeout_seconds, int *from,
                               bs_text *message, bs_error *err);

#endif
