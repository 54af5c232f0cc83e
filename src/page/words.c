/* Texts that live as long as the page, and the families' numbers. */
#include <stdarg.h>

#include "base/buffer_internal.h"
#include "page/page_internal.h"

size_t bs_family_number(const bs_page *page, const char *family) {
  uint32_t number;
  return bs_interner_find(&page->analysis->families, family, &number) ? number : 0;
}

const char *bs_page_printf(bs_page *page, const char *format, ...) {
  bs_text text = {0};
  va_list arguments;
  va_start(arguments, format);
  bs_status status = bs_text_vprintf(&text, &page->w->error, format, arguments);
  va_end(arguments);
  const char *copy = status == BS_OK ? bs_arena_string(page->arena, text.data, text.n_bytes) : NULL;
  if (status == BS_OK && copy == NULL)
    bs_error_set(&page->w->error, BS_ERR_MEMORY, "cannot keep a text of the page");
  bs_text_free(&text);
  return copy != NULL ? copy : "";
}
