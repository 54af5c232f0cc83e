/* Results of other tools: a file of scores, and a table that says what models are. */
#include <stdio.h>
#include <stdlib.h>

#include "bigsweep/import.h"
#include "folder.h"
#include "fuzz.h"

void bs_fuzz_one(const uint8_t *data, size_t size) {
  char path[256];
  bs_text table = {0};
  bs_import *import = NULL;
  snprintf(path, sizeof path, "%s/scores", bs_fuzz_folder());
  bs_fuzz_write("scores", data, size);
  if (bs_import_new(&import, NULL) != BS_OK)
    exit(1);
  if (bs_import_file(import, path, NULL) == BS_OK &&
      (bs_import_table(import, &table, NULL) != BS_OK || table.n_bytes == 0))
    abort();
  bs_import_free(&import);
  bs_text_free(&table);
  if (bs_import_new(&import, NULL) != BS_OK)
    exit(1);
  bs_import_models(import, path, NULL);
  bs_import_free(&import);
}
