/* A message between ranks, as every kind, and a stream of them. What is read comes out and in again
   as the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
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

static void read_message(const bs_text *message) {
  static const again KINDS[] = {hello_again,  setup_again, unit_again,
                                failed_again, end_again,   result_again};
  bs_text once = {0}, twice = {0};
  for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
    if (KINDS[i](message, &once) == BS_OK &&
        (KINDS[i](&once, &twice) != BS_OK || once.n_bytes != twice.n_bytes ||
         memcmp(once.data, twice.data, once.n_bytes) != 0))
      abort();
  bs_text_free(&once);
  bs_text_free(&twice);
}

/* The bytes come in pieces, as they do from a socket. */
static void read_stream(const uint8_t *data, size_t size) {
  bs_text stream = {0}, message = {0};
  bs_status status = BS_OK;
  size_t piece = size / 3 + 1;
  for (size_t at = 0; status == BS_OK && at < size; at += piece) {
    size_t n = size - at < piece ? size - at : piece;
    status = bs_text_append(&stream, (const char *)data + at, n, NULL);
    for (bool found = true; status == BS_OK && found;) {
      status = bs_frame_take(&stream, &message, &found, NULL);
      if (status == BS_OK && found)
        read_message(&message);
    }
  }
  bs_text_free(&stream);
  bs_text_free(&message);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  bs_text message = {0};
  if (bs_text_append(&message, (const char *)data, size, NULL) != BS_OK)
    abort();
  read_message(&message);
  bs_text_free(&message);
  read_stream(data, size);
}
