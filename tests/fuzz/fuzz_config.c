/* A configuration, in a folder with a model's folder, tasks and baselines. One that may point out
   of this folder is passed over: what it finds there is not the input's. */
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "bigsweep/config.h"
#include "folder.h"
#include "fuzz.h"

static bool may_leave_folder(const uint8_t *data, size_t size) {
  for (size_t i = 0; i + 1 < size; i++)
    if ((data[i] == '"' && data[i + 1] == '/') || (data[i] == '.' && data[i + 1] == '.') ||
        (data[i] == '\\' && (data[i + 1] == '/' || data[i + 1] == 'u')))
      return true;
  return false;
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static char path[256];
  if (path[0] == '\0') {
    snprintf(path, sizeof path, "%s/c.json", bs_fuzz_folder());
    bs_fuzz_write("t.json", "{}", 2);
    bs_fuzz_write("navigate.json", "{}", 2);
    bs_fuzz_write("b.json", "{\"t\": {\"average\": 0.5, \"best\": 1}}", 35);
    bs_fuzz_write("task.json", "{\"subtasks\": [\"a\"]}", 19);
  }
  if (may_leave_folder(data, size))
    return;
  bs_config *config = NULL;
  bs_config_parse(&config, (const char *)data, size, path, NULL);
  bs_config_free(&config);
}
