/* Fields of a CSV file (RFC 4180). */
#include <math.h>
#include <string.h>

#include "base/csv_internal.h"

void bs_csv_write_field(bs_writer *w, const char *field) {
  if (strpbrk(field, ",\"\r\n") == NULL) {
    bs_writer_append_string(w, field);
    return;
  }
  bs_writer_append_string(w, "\"");
  for (; *field != '\0'; field++)
    bs_writer_append(w, *field == '"' ? "\"\"" : field, *field == '"' ? 2 : 1);
  bs_writer_append_string(w, "\"");
}

void bs_csv_write_number(bs_writer *w, double number) {
  if (!isnan(number))
    bs_writer_printf(w, "%.17g", number);
}
