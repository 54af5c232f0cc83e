/* Messages between ranks: a byte says which (small_messages.h), the others change it; behind RAW
   stands a message of its own. It is read as every kind and as a stream, and what is read comes out
   and in again as the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "orders.h"
#include "small_messages.h"
#include "sweep/protocol/frames_internal.h"
#include "sweep/protocol/messages_internal.h"

/* One kind: reads `in`, writes what was read to `out`. */
typedef bs_status (*again)(const bs_text *in, bs_text *out);

static bs_status hello_again(const bs_text *in, bs_text *out) {
  bs_hello hello;
  bs_status status = bs_decode_hello(in, &hello, NULL);
  return status == BS_OK ? bs_encode_hello(out, &hello, NULL) : status;
}

static bs_status setup_again(const bs_text *in, bs_text *out) {
  bs_setup setup;
  bs_status status = bs_decode_setup(in, &setup, NULL);
  if (status == BS_OK)
    status = bs_encode_setup(out, &setup, NULL);
  bs_setup_free(&setup);
  return status;
}

static bs_status unit_again(const bs_text *in, bs_text *out) {
  bs_assignment assignment;
  bs_status status = bs_decode_unit(in, &assignment, NULL);
  if (status == BS_OK && assignment.unit.first + assignment.unit.n < assignment.unit.first)
    abort();
  return status == BS_OK ? bs_encode_unit(out, &assignment, NULL) : status;
}

static bs_status failed_again(const bs_text *in, bs_text *out) {
  bs_attempt attempt;
  bs_status status = bs_decode_failed(in, &attempt, NULL);
  return status == BS_OK ? bs_encode_failed(out, &attempt, NULL) : status;
}

static bs_status end_again(const bs_text *in, bs_text *out) {
  bool all_here;
  bs_status status = bs_decode_end(in, &all_here, NULL);
  return status == BS_OK ? bs_encode_end(out, all_here, NULL) : status;
}

static bs_status result_again(const bs_text *in, bs_text *out) {
  bs_unit_result result;
  bs_status status = bs_decode_result(in, &result, NULL);
  if (status == BS_OK)
    status = bs_encode_result(out, &result, NULL);
  bs_unit_result_free(&result);
  return status;
}

/* In the order of small_messages.h. */
static const again KINDS[] = {hello_again,  setup_again, unit_again,
                              failed_again, end_again,   result_again};
enum { N_KINDS = sizeof KINDS / sizeof *KINDS };

static bool are_same(const bs_text *a, const bs_text *b) {
  return a->n_bytes == b->n_bytes && memcmp(a->data, b->data, a->n_bytes) == 0;
}

static void read_message(const bs_text *message) {
  bs_text once = {0}, twice = {0};
  bs_message_kind kind;
  bs_message_kind_of(message, &kind, NULL);
  for (size_t i = 0; i < N_KINDS; i++)
    if (KINDS[i](message, &once) == BS_OK &&
        (KINDS[i](&once, &twice) != BS_OK || !are_same(&once, &twice)))
      abort();
  bs_text_free(&once);
  bs_text_free(&twice);
}

/* The bytes come in pieces, as they do from a socket. Returns how many messages came. */
static size_t read_stream(const bs_text *bytes) {
  bs_text stream = {0}, message = {0};
  bs_status status = BS_OK;
  size_t piece = bytes->n_bytes / 3 + 1, n_messages = 0;
  for (size_t at = 0; status == BS_OK && at < bytes->n_bytes; at += piece) {
    size_t n = bytes->n_bytes - at < piece ? bytes->n_bytes - at : piece;
    status = bs_text_append(&stream, bytes->data + at, n, NULL);
    for (bool found = true; status == BS_OK && found;) {
      status = bs_frame_take(&stream, &message, &found, NULL);
      if (status != BS_OK || !found)
        break;
      read_message(&message);
      n_messages++;
    }
  }
  bs_text_free(&stream);
  bs_text_free(&message);
  return n_messages;
}

/* What is changed must be whole to begin with. */
static void check_small_messages(void) {
  bs_text message = {0}, back = {0};
  for (size_t i = 0; i < N_KINDS; i++) {
    bs_fuzz_small_message(i, &message);
    if (KINDS[i](&message, &back) != BS_OK || !are_same(&message, &back))
      abort();
  }
  bs_fuzz_small_message(BS_FUZZ_N_MESSAGES - 1, &message);
  if (read_stream(&message) != BS_FUZZ_N_MESSAGES - 1)
    abort();
  bs_text_free(&message);
  bs_text_free(&back);
}

enum { RAW = 0xFF };

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static bool checked;
  if (!checked)
    check_small_messages();
  checked = true;
  bs_fuzz_orders orders = {data, size};
  bs_text message = {0};
  uint8_t which = bs_fuzz_next(&orders);
  if (which != RAW) {
    bs_fuzz_small_message(which % BS_FUZZ_N_MESSAGES, &message);
    bs_fuzz_change(&message, &orders);
  } else if (bs_text_append(&message, (const char *)orders.at, orders.left, NULL) != BS_OK) {
    abort();
  }
  read_message(&message);
  read_stream(&message);
  bs_text_free(&message);
}
