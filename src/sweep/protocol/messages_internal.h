/* Messages between coordinator and workers. Bytes with a magic number, a version and a kind in
   front; every field is checked on receipt. They know nothing of how they travel. */
#ifndef BIGSWEEP_SWEEP_PROTOCOL_MESSAGES_INTERNAL_H
#define BIGSWEEP_SWEEP_PROTOCOL_MESSAGES_INTERNAL_H

#include "bigsweep/buffer.h"
#include "bigsweep/sweep.h"
#include "bigsweep/tables.h"

typedef enum bs_message_kind {
  BS_MESSAGE_HELLO = 1, /* worker to coordinator, first of all */
  BS_MESSAGE_SETUP,     /* coordinator to worker, once */
  BS_MESSAGE_UNIT,      /* coordinator to worker */
  BS_MESSAGE_RESULT,    /* worker to coordinator, answers a unit */
  BS_MESSAGE_STOP,      /* coordinator to worker: end at once */
  BS_MESSAGE_FAILED,    /* worker to coordinator, answers a unit that came to nothing */
  BS_MESSAGE_BEAT,      /* both ways, now and then: I am alive */
  BS_MESSAGE_CANCEL,    /* coordinator to worker: give back what you have not begun */
  BS_MESSAGE_BYE,       /* worker to coordinator, answers the stop, its last */
  BS_MESSAGE_END        /* coordinator to worker, the last */
} bs_message_kind;

/* The kind of a message; BS_ERR_PROTOCOL when it is not one of this version. */
bs_status bs_message_kind_of(const bs_text *message, bs_message_kind *kind, bs_error *err);

typedef struct bs_hello {
  const char *host;
  const char *isas;      /* names of the instruction sets, best first, separated by commas */
  uint32_t n_threads;    /* that an engine has where the setup does not say how many */
  uint32_t n_cores;      /* that the workers on this node may use together; 0: not known */
  uint32_t n_node_cores; /* that they could use, were they bound to none; 0: not known */
  uint64_t memory_bytes; /* that an engine could take now; 0: not known */
} bs_hello;

/* What a worker must know before its first unit. In a decoded one the strings are borrowed from the
   message and the arrays are owned (bs_setup_free). */
typedef struct bs_setup {
  bs_protocol protocol;
  int threads;
  const char *isa;
  const char **model_paths;  /* [n_models] */
  const char **model_prints; /* [n_models] bs_checkpoint_fingerprints; "": not checked */
  const char **model_wraps;  /* [n_models] bs_wrap_print; "": none */
  size_t n_models;
  const char **task_specs;  /* [n_tasks] bs_task_spec_print */
  const char **task_hashes; /* [n_tasks] bs_task.sha256 */
  size_t n_tasks;
} bs_setup;

void bs_setup_free(bs_setup *setup);

typedef struct bs_unit_failure {
  uint32_t example;
  char *message;
} bs_unit_failure;

/* Work for a worker. */
typedef struct bs_assignment {
  bs_unit unit;
  double limit_seconds; /* an engine that takes longer has failed */
} bs_assignment;

/* What is to blame for a unit that came to nothing. */
typedef enum bs_fault_of {
  BS_FAULT_OF_UNIT,  /* perhaps the unit itself */
  BS_FAULT_OF_MODEL, /* this worker cannot do anything with the model */
  BS_FAULT_OF_TASK,  /* ... with the task */
  BS_N_FAULTS
} bs_fault_of;

/* A unit that came to nothing. In a decoded one the reason is borrowed from the message. */
typedef struct bs_attempt {
  bs_unit unit;
  bool tried; /* false: given back as it came */
  bs_fault_of fault;
  const char *reason;
} bs_attempt;

/* What a unit came to: a row for every example of it, in `rows` or in `failures`. */
typedef struct bs_unit_result {
  bs_unit unit;
  double seconds;                         /* with load_seconds */
  double load_seconds;                    /* until the model was there */
  uint64_t tokens_asked, tokens_computed; /* as bs_engine_work counts them */
  bs_tables *rows;
  bs_unit_failure *failures;
  size_t n_failures;
} bs_unit_result;

void bs_unit_result_free(bs_unit_result *result);

/* Encoders replace the content of `message`. */
bs_status bs_encode_hello(bs_text *message, const bs_hello *hello, bs_error *err);
bs_status bs_encode_setup(bs_text *message, const bs_setup *setup, bs_error *err);
bs_status bs_encode_unit(bs_text *message, const bs_assignment *assignment, bs_error *err);
bs_status bs_encode_result(bs_text *message, const bs_unit_result *result, bs_error *err);
bs_status bs_encode_failed(bs_text *message, const bs_attempt *attempt, bs_error *err);
/* `all_here`: no rank is missing, so that MPI can be finalised. */
bs_status bs_encode_end(bs_text *message, bool all_here, bs_error *err);
/* A kind without fields: stop, beat, cancel, bye. */
bs_status bs_encode_plain(bs_text *message, bs_message_kind kind, bs_error *err);

/* Decoders refuse what is cut, too long or out of range: BS_ERR_PROTOCOL. */
bs_status bs_decode_hello(const bs_text *message, bs_hello *hello, bs_error *err);
bs_status bs_decode_setup(const bs_text *message, bs_setup *setup, bs_error *err);
bs_status bs_decode_unit(const bs_text *message, bs_assignment *assignment, bs_error *err);
bs_status bs_decode_failed(const bs_text *message, bs_attempt *attempt, bs_error *err);
bs_status bs_decode_end(const bs_text *message, bool *all_here, bs_error *err);
bs_status bs_decode_result(const bs_text *message, bs_unit_result *result, bs_error *err);

#endif
