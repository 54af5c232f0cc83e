/* One well-made message of every kind between ranks, and all of them as a stream: what the target
   `messages` changes. The encoders make them, so that they are always of today's format. */
#ifndef BIGSWEEP_TESTS_FUZZ_SMALL_MESSAGES_H
#define BIGSWEEP_TESTS_FUZZ_SMALL_MESSAGES_H

#include "bigsweep/buffer.h"

enum { BS_FUZZ_N_MESSAGES = 11 }; /* the stream is the last */

/* The message of that number; the caller's text is replaced. */
void bs_fuzz_small_message(size_t number, bs_text *message);

#endif
