/* The table of model families. */
#include <string.h>

#include "checkpoint/family_internal.h"

#define LISTED(name) &bs_family_##name,
static const bs_family *const families[] = {BS_FAMILY_TABLE(LISTED)};
#undef LISTED

enum { N_FAMILIES = sizeof families / sizeof *families };

const bs_family *bs_family_find(const char *architecture, const char *model_type) {
  for (size_t i = 0; i < N_FAMILIES; i++) {
    if (architecture != NULL ? strcmp(architecture, families[i]->architecture) == 0
                             : strcmp(model_type, families[i]->model_type) == 0)
      return families[i];
  }
  return NULL;
}

const bs_family *bs_family_at(size_t i) { return i < N_FAMILIES ? families[i] : NULL; }

bs_status bs_family_names(bs_text *names, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < N_FAMILIES && status == BS_OK; i++)
    status = bs_text_printf(names, err, "%s%s", i > 0 ? ", " : "", families[i]->architecture);
  return status;
}
