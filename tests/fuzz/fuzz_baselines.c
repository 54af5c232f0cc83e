/* A file of human baselines, as a configuration names it. What is kept are finite numbers or
   none. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bigsweep/config.h"
#include "folder.h"
#include "fuzz.h"

static const char CONFIG[] = "{\"models\": [{\"path\": \".\"}], \"tasks\": [\"t.json\", "
                             "\"u.json\"], \"baselines\": \"b.json\"}";

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static char path[256];
  if (path[0] == '\0') {
    snprintf(path, sizeof path, "%s/c.json", bs_fuzz_folder());
    bs_fuzz_write("t.json", "{}", 2);
    bs_fuzz_write("u.json", "{}", 2);
  }
  bs_fuzz_write("b.json", data, size);
  bs_config *config = NULL;
  if (bs_config_parse(&config, CONFIG, sizeof CONFIG - 1, path, NULL) == BS_OK)
    for (size_t i = 0; i < config->n_baselines; i++)
      if (isinf(config->baselines[i].average) || isinf(config->baselines[i].best) ||
          (isnan(config->baselines[i].average) && isnan(config->baselines[i].best)))
        abort();
  bs_config_free(&config);
}
