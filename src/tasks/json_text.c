/* Texts of JSON objects that are kept as C strings. */
#include <string.h>

#include "base/memory_internal.h"
#include "tasks/variant_internal.h"

bs_status bs_json_copy_text(const bs_json *json, const cJSON *object, const char *key, char **out,
                            bs_error *err) {
  const char *value = NULL;
  *out = NULL;
  bs_status status = bs_json_get_string(json, object, key, false, &value, err);
  if (status != BS_OK || value == NULL)
    return status;
  if (strstr(value, "\xC0\x80") != NULL) /* how U+0000 comes out of bs_json_parse */
    return bs_json_fault(json, bs_json_get(object, key), err, "the text holds U+0000");
  *out = bs_string_copy(value, err);
  return *out != NULL ? BS_OK : BS_ERR_MEMORY;
}
