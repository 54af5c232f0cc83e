/* The names of readings: versions of transformers. */
#include <string.h>

#include "bigsweep/checkpoint.h"

static const char *const names[] = {
    [BS_READING_DEFAULT] = "default",
    [BS_READING_4_52] = "4.52",
    [BS_READING_5_0] = "5.0",
};
enum { N_READINGS = sizeof names / sizeof *names };

bs_status bs_reading_parse(bs_reading *out, const char *name, bs_error *err) {
  for (size_t i = 0; i < N_READINGS; i++)
    if (strcmp(name, names[i]) == 0) {
      *out = (bs_reading)i;
      return BS_OK;
    }
  return bs_error_set(err, BS_ERR_USAGE,
                      "unknown version of transformers \"%s\"; known: default, 4.52, 5.0", name);
}

const char *bs_reading_name(bs_reading reading) { return names[reading]; }
