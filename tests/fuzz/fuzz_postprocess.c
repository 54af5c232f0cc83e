/* Generated text as a task compares it: a byte (the most characters; 0: all), an output_regex, a
   NUL, a stop_string, a NUL and the text. When a beginning of the text is said to settle the
   prediction, the whole text must give the same one. */
#include <stdlib.h>
#include <string.h>

#include "bigsweep/metric.h"
#include "fuzz.h"
#include "metrics/postprocess_internal.h"

typedef struct cuts {
  size_t max_length;
  const char *regex, *stop;
} cuts;

static bs_status process(const cuts *by, const char *text, size_t n, bs_text *out) {
  out->n_bytes = 0;
  return bs_postprocess(text, n, by->max_length, by->stop, by->regex, out, NULL);
}

static void compare(const cuts *by, const char *text, size_t n_bytes) {
  bs_text whole = {0}, begun = {0};
  if (process(by, text, n_bytes, &whole) == BS_OK)
    for (size_t n = 0; n < n_bytes; n += 1 + n_bytes / 4) {
      if (!bs_prediction_settled(text, n, by->max_length, by->stop, by->regex))
        continue;
      if (process(by, text, n, &begun) != BS_OK || begun.n_bytes != whole.n_bytes ||
          memcmp(begun.data, whole.data, whole.n_bytes) != 0)
        abort();
    }
  bs_text_free(&whole);
  bs_text_free(&begun);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  if (size == 0)
    return;
  const uint8_t *end = data + size, *regex = data + 1;
  const uint8_t *regex_end = memchr(regex, 0, (size_t)(end - regex));
  const uint8_t *stop = regex_end != NULL ? regex_end + 1 : end;
  const uint8_t *stop_end = memchr(stop, 0, (size_t)(end - stop));
  if (stop_end == NULL)
    return;
  cuts by = {data[0], (const char *)regex, (const char *)stop};
  compare(&by, (const char *)stop_end + 1, (size_t)(end - stop_end - 1));
}
