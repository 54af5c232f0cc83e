/* Texts that end a generated text. */
#include <string.h>

#include "backend/backend_internal.h"

bool bs_text_end_at_stop(bs_text *text, const char *const *stops, size_t n_stops) {
  const char *first = NULL;
  for (size_t i = 0; text->data != NULL && i < n_stops; i++) {
    const char *at = strstr(text->data, stops[i]);
    if (at != NULL && (first == NULL || at < first))
      first = at;
  }
  if (first == NULL)
    return false;
  text->n_bytes = (size_t)(first - text->data);
  text->data[text->n_bytes] = '\0';
  return true;
}
