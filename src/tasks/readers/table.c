/* The table of readers, by format. */
#include <string.h>

#include "base/text_internal.h"
#include "tasks/readers/reader_internal.h"

#define LISTED(name) &bs_task_reader_##name,
static const bs_task_reader *const TABLE[] = {BS_TASK_READER_TABLE(LISTED)};
#undef LISTED
enum { N_READERS = sizeof TABLE / sizeof *TABLE };

static const char AUTO[] = "auto";

const bs_task_reader *bs_task_reader_of(bs_task_format format) {
  for (size_t i = 0; i < N_READERS; i++)
    if (TABLE[i]->format == format)
      return TABLE[i];
  return NULL;
}

const char *bs_task_format_name(bs_task_format format) {
  const bs_task_reader *reader = bs_task_reader_of(format);
  return reader != NULL ? reader->name : AUTO;
}

bs_status bs_task_format_parse(bs_task_format *out, const char *name, bs_error *err) {
  const char *names[N_READERS + 1] = {AUTO};
  bs_text known = {0};
  *out = BS_FORMAT_AUTO;
  if (strcmp(name, AUTO) == 0)
    return BS_OK;
  bs_status status = bs_text_append_string(&known, AUTO, err);
  for (size_t i = 0; i < N_READERS && status == BS_OK; i++) {
    names[i + 1] = TABLE[i]->name;
    if (strcmp(TABLE[i]->name, name) == 0) {
      *out = TABLE[i]->format;
      bs_text_free(&known);
      return BS_OK;
    }
    status = bs_text_printf(&known, err, ", %s", TABLE[i]->name);
  }
  const char *near = bs_nearest_name(name, names, N_READERS + 1);
  if (status == BS_OK && near != NULL)
    status =
        bs_error_set(err, BS_ERR_USAGE, "unknown format \"%s\", did you mean \"%s\"?", name, near);
  else if (status == BS_OK)
    status = bs_error_set(err, BS_ERR_USAGE, "unknown format \"%s\", the known ones are %s", name,
                          known.data);
  bs_text_free(&known);
  return status;
}
