/* Messages between ranks by MPI. */
#include "sweep/protocol/transport_internal.h"

#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory_internal.h"
#include "sweep/limits_internal.h"

enum { TAG_MESSAGE = 1 };

/* Waiting sleeps: a rank that spins takes its core from one that computes. The longer nothing
   comes, the longer it sleeps. */
static const struct timespec PAUSE = {.tv_nsec = 200 * 1000};
static const long LONGEST_PAUSE = 2 * 1000 * 1000;

/* A message on its way: MPI reads its bytes until the request is complete. */
typedef struct outgoing {
  MPI_Request request;
  char *bytes;
} outgoing;

struct bs_transport {
  MPI_Comm communicator, here; /* all ranks; those on this node */
  int rank, size, rank_here, ranks_here;
  outgoing *sent;
  size_t n_sent, sent_capacity;
};

bool bs_transport_is_launched(void) {
  static const char *const marks[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (getenv(marks[i]) != NULL)
      return true;
  return false;
}

bool bs_transport_is_hurried(void) { return getenv("OMPI_COMM_WORLD_SIZE") != NULL; }

static bs_status check(int code, const char *what, bs_error *err) {
  if (code == MPI_SUCCESS)
    return BS_OK;
  char text[MPI_MAX_ERROR_STRING] = "";
  int n = 0;
  MPI_Error_string(code, text, &n);
  return bs_error_set(err, BS_ERR_IO, "%s: %s", what, text);
}

static bs_status find_neighbours(bs_transport *transport, bs_error *err) {
  bs_status status = check(MPI_Comm_split_type(transport->communicator, MPI_COMM_TYPE_SHARED, 0,
                                               MPI_INFO_NULL, &transport->here),
                           "MPI_Comm_split_type", err);
  if (status != BS_OK)
    return status;
  MPI_Comm_set_errhandler(transport->here, MPI_ERRORS_RETURN);
  MPI_Comm_rank(transport->here, &transport->rank_here);
  MPI_Comm_size(transport->here, &transport->ranks_here);
  return BS_OK;
}

/* MPI libraries would read long messages out of the sender's memory, and the receiver does not
   survive it when the sender has been killed meanwhile. Handed over in pieces such a message merely
   never ends. Each library has its own word for it; those of others are not read. What the user has
   set stays. */
static void forbid_single_copies(void) {
  static const char *const settings[][2] = {
      {"OMPI_MCA_btl_vader_single_copy_mechanism", "none"}, /* Open MPI up to 4 */
      {"OMPI_MCA_smsc", "^cma,knem,xpmem"},                 /* ... from 5 on */
      {"UCX_TLS", "^cma"},                                  /* UCX, below either and MPICH */
      {"FI_SHM_DISABLE_CMA", "1"},                          /* libfabric, likewise */
      {"MPIR_CVAR_CH4_CMA_ENABLE", "0"},                    /* MPICH */
      {"MPIR_CVAR_CH4_XPMEM_ENABLE", "0"},
      {"MV2_SMP_USE_CMA", "0"}, /* MVAPICH */
  };
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    setenv(settings[i][0], settings[i][1], 0);
}

bs_status bs_transport_open(bs_transport **out, bs_error *err) {
  *out = NULL;
  int provided;
  forbid_single_copies();
  bs_status status =
      check(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread", err);
  if (status != BS_OK)
    return status;
  bs_transport *transport = bs_array_new(1, sizeof *transport, err);
  if (transport == NULL)
    return BS_ERR_MEMORY;
  status = check(MPI_Comm_dup(MPI_COMM_WORLD, &transport->communicator), "MPI_Comm_dup", err);
  if (status == BS_OK) {
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(transport->communicator, MPI_ERRORS_RETURN);
    MPI_Comm_rank(transport->communicator, &transport->rank);
    MPI_Comm_size(transport->communicator, &transport->size);
    status = find_neighbours(transport, err);
  }
  if (status == BS_OK)
    *out = transport;
  else
    free(transport);
  return status;
}

/* Forgets the messages that have gone, or that cannot go any more (MPI has given the request back):
   waiting for those at the end would be for ever. */
static void reap(bs_transport *transport) {
  for (size_t i = 0; i < transport->n_sent;) {
    int gone = 0;
    if (MPI_Test(&transport->sent[i].request, &gone, MPI_STATUS_IGNORE) != MPI_SUCCESS || gone) {
      free(transport->sent[i].bytes);
      transport->sent[i] = transport->sent[--transport->n_sent];
    } else {
      i++;
    }
  }
}

static void free_sent(bs_transport *transport) {
  free(transport->sent);
  free(transport);
}

void bs_transport_close(bs_transport **handle, bool all_here) {
  bs_transport *transport = *handle;
  *handle = NULL;
  if (transport == NULL)
    return;
  if (!all_here)
    return; /* MPI may still read what is on its way to ranks that have gone */
  for (reap(transport); transport->n_sent > 0; reap(transport))
    nanosleep(&PAUSE, NULL);
  MPI_Comm_free(&transport->here);
  MPI_Comm_free(&transport->communicator);
  MPI_Finalize();
  free_sent(transport);
}

int bs_transport_rank(const bs_transport *transport) { return transport->rank; }

int bs_transport_size(const bs_transport *transport) { return transport->size; }

int bs_transport_rank_here(const bs_transport *transport) { return transport->rank_here; }

int bs_transport_ranks_here(const bs_transport *transport) { return transport->ranks_here; }

bs_status bs_transport_share(bs_transport *transport, const void *mine, size_t n_bytes, void *all,
                             bs_error *err) {
  if (n_bytes > INT_MAX)
    return bs_error_set(err, BS_ERR_LIMIT, "%zu bytes for every rank of a node", n_bytes);
  return check(
      MPI_Allgather(mine, (int)n_bytes, MPI_BYTE, all, (int)n_bytes, MPI_BYTE, transport->here),
      "MPI_Allgather", err);
}

bs_status bs_transport_send(bs_transport *transport, int to, const bs_text *message,
                            bs_error *err) {
  reap(transport);
  if (message->n_bytes > INT_MAX)
    return bs_error_set(err, BS_ERR_LIMIT, "a message of %zu bytes", message->n_bytes);
  bs_status status =
      bs_reserve(&transport->sent, &transport->sent_capacity, transport->n_sent, 1, err);
  if (status != BS_OK)
    return status;
  outgoing *out = &transport->sent[transport->n_sent];
  out->bytes = bs_string_new(message->data, message->n_bytes, err);
  if (out->bytes == NULL)
    return BS_ERR_MEMORY;
  status = check(MPI_Isend(out->bytes, (int)message->n_bytes, MPI_BYTE, to, TAG_MESSAGE,
                           transport->communicator, &out->request),
                 "MPI_Isend", err);
  if (status == BS_OK)
    transport->n_sent++;
  else
    free(out->bytes);
  return status;
}

void bs_transport_progress(bs_transport *transport) {
  MPI_Status info;
  int there;
  reap(transport);
  MPI_Iprobe(MPI_ANY_SOURCE, TAG_MESSAGE, transport->communicator, &there, &info);
}

bs_status bs_transport_receive(bs_transport *transport, double timeout_seconds, int *from,
                               bs_text *message, bs_error *err) {
  double deadline = bs_steady_seconds() + timeout_seconds;
  MPI_Status info;
  struct timespec pause = PAUSE;
  int there = 0;
  *from = -1;
  message->n_bytes = 0;
  for (;;) {
    reap(transport);
    bs_status status =
        check(MPI_Iprobe(MPI_ANY_SOURCE, TAG_MESSAGE, transport->communicator, &there, &info),
              "MPI_Iprobe", err);
    if (status != BS_OK)
      return status;
    if (there)
      break;
    if (bs_steady_seconds() >= deadline)
      return BS_OK;
    nanosleep(&pause, NULL);
    if (pause.tv_nsec < LONGEST_PAUSE)
      pause.tv_nsec += pause.tv_nsec / 4;
  }
  int n_bytes = 0;
  MPI_Get_count(&info, MPI_BYTE, &n_bytes);
  bs_status status = bs_text_reserve(message, (size_t)n_bytes, err);
  if (status == BS_OK)
    status = check(MPI_Recv(message->data, n_bytes, MPI_BYTE, info.MPI_SOURCE, TAG_MESSAGE,
                            transport->communicator, MPI_STATUS_IGNORE),
                   "MPI_Recv", err);
  if (status == BS_OK) {
    message->n_bytes = (size_t)n_bytes;
    message->data[n_bytes] = '\0';
    *from = info.MPI_SOURCE;
  }
  return status;
}
