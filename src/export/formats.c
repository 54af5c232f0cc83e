/* The table of formats. */
#include <string.h>

#include "base/text_internal.h"
#include "export/export_internal.h"

#define BS_EXPORT_ADDRESS(name) &bs_export_format_##name,
static const bs_export_format *const TABLE[] = {BS_EXPORT_FORMATS(BS_EXPORT_ADDRESS)};
enum { N_FORMATS = sizeof TABLE / sizeof *TABLE };

size_t bs_export_format_count(void) { return N_FORMATS; }

const bs_export_format *bs_export_format_at(size_t i) { return i < N_FORMATS ? TABLE[i] : NULL; }

const char *bs_export_format_name(const bs_export_format *format) { return format->name; }

const char *bs_export_format_description(const bs_export_format *format) {
  return format->description;
}

bs_status bs_export_format_find(const bs_export_format **out, const char *name, bs_error *err) {
  bs_text known = {0};
  bs_writer w = {.to = &known};
  *out = NULL;
  for (size_t i = 0; *out == NULL && i < N_FORMATS; i++) {
    if (strcmp(TABLE[i]->name, name) == 0)
      *out = TABLE[i];
    bs_writer_printf(&w, "%s%s", i > 0 ? ", " : "", TABLE[i]->name);
  }
  bs_status status = *out != NULL ? BS_OK : bs_writer_status(&w, err);
  if (*out == NULL && status == BS_OK)
    status = bs_error_set(err, BS_ERR_USAGE, "unknown format \"%s\", the known ones are %s", name,
                          known.data);
  bs_text_free(&known);
  return status;
}
