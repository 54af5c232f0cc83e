/* The command `prompt`: a digit (shots), a variant (may be empty), a NUL and a task file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "folder.h"
#include "fuzz.h"

void bs_fuzz_one(const uint8_t *data, size_t size) {
  const uint8_t *end = size > 1 ? memchr(data + 1, 0, size - 1) : NULL;
  if (end == NULL)
    return;
  char path[256], shots[] = {(char)('0' + data[0] % 4), '\0'};
  bs_fuzz_write("task.json", end + 1, size - (size_t)(end + 1 - data));
  snprintf(path, sizeof path, "%s/task.json", bs_fuzz_folder());
  char *variant = strdup((const char *)data + 1);
  char *argv[] = {"prompt", "--shots", shots, path, "--variant", variant, NULL};
  if (variant == NULL)
    abort();
  if (variant[0] == '\0')
    argv[4] = NULL;
  bs_text output = {0};
  if (bs_fuzz_command(&prompt_command, argv, "", 0, &output) == EXIT_DONE)
    bs_fuzz_expect_objects(&output, SIZE_MAX);
  bs_text_free(&output);
  free(variant);
}
