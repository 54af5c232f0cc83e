/* Texts that a configuration gives. */
#include "config/config_internal.h"

bs_status bs_config_copy_string(bs_config_reader *r, const cJSON *object, const char *key,
                                bool required, char **out) {
  const char *value = NULL;
  bs_status status = bs_json_get_string(r->json, object, key, required, &value, r->err);
  if (status == BS_OK && value != NULL && value[0] == '\0')
    return bs_json_fault(r->json, bs_json_get(object, key), r->err,
                         "expected a text, found an empty one");
  return status == BS_OK ? bs_json_copy_text(r->json, object, key, out, r->err) : status;
}
