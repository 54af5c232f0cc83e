/* The table of model families. */
#include <string.h>

#include "checkpoint/family_internal.h"

#define LISTED(name) &bs_family_##name,
static const bs_family *const families[] = {BS_FAMILY_TABLE(LISTED)};
#undef LISTED

enum { N_FAMILIES = sizeof families / sizeof *families };

static bool has_architecture(const bs_family *family, const char *name) {
  return strcmp(name, family->architecture) == 0 ||
         (family->older_architecture != NULL && strcmp(name, family->older_architecture) == 0);
}

bool bs_family_has_type(const bs_family *family, const char *model_type) {
  for (const char *const *type = family->older_types; type != NULL && *type != NULL; type++)
    if (strcmp(model_type, *type) == 0)
      return true;
  return strcmp(model_type, family->model_type) == 0;
}

const bs_family *bs_family_find(const char *architecture, const char *model_type) {
  for (size_t i = 0; i < N_FAMILIES; i++) {
    if (architecture != NULL ? has_architecture(families[i], architecture)
                             : bs_family_has_type(families[i], model_type))
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
