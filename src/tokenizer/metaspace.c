/* Metaspace: spaces as a visible mark and back. */
#include "tokenizer/metaspace_internal.h"

#include <string.h>

#include "tokenizer/parts_internal.h"

bs_status bs_metaspace_parse(bs_metaspace_options *options, bs_text *mark, const bs_json *json,
                             const cJSON *item, bs_error *err) {
  static const char *const names[] = {
      [BS_PREPEND_ALWAYS] = "always", [BS_PREPEND_FIRST] = "first", [BS_PREPEND_NEVER] = "never"};
  bool add_prefix_space = true;
  const char *scheme = NULL;
  *options = (bs_metaspace_options){.scheme = BS_PREPEND_ALWAYS, .split = true};
  bs_status status = bs_part_character(json, item, "replacement", mark, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "add_prefix_space", false, &add_prefix_space, err);
  if (status == BS_OK)
    status = bs_json_get_string(json, item, "prepend_scheme", false, &scheme, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "split", false, &options->split, err);
  if (status != BS_OK)
    return status;
  size_t i = 0;
  while (scheme != NULL && i < 3 && strcmp(names[i], scheme) != 0)
    i++;
  if (i == 3)
    return bs_json_fault(json, item, err,
                         "unknown prepend_scheme \"%s\"; known: always, first, never", scheme);
  options->scheme = (bs_prepend_scheme)i;
  if (!add_prefix_space) { /* the older way to say "never" */
    if (scheme != NULL && options->scheme != BS_PREPEND_NEVER)
      return bs_json_fault(json, item, err, "add_prefix_space is false, prepend_scheme is \"%s\"",
                           scheme);
    options->scheme = BS_PREPEND_NEVER;
  }
  return BS_OK;
}
