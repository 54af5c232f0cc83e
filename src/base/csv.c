/* Reading CSV, field by field. */
#include "base/csv_internal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"

static bs_status begin_field(bs_csv *csv, bs_error *err) {
  bs_status status = bs_reserve(&csv->fields, &csv->cap_fields, csv->n_fields, 1, err);
  if (status == BS_OK)
    csv->fields[csv->n_fields++] = csv->bytes.n_bytes;
  return status;
}

static bool at_line_end(const bs_csv *csv) {
  if (csv->at == csv->n_bytes || csv->text[csv->at] == '\n')
    return true;
  return csv->text[csv->at] == '\r' &&
         (csv->at + 1 == csv->n_bytes || csv->text[csv->at + 1] == '\n');
}

static void pass_line_end(bs_csv *csv) {
  if (csv->at < csv->n_bytes && csv->text[csv->at] == '\r')
    csv->at++;
  if (csv->at < csv->n_bytes && csv->text[csv->at] == '\n')
    csv->at++;
  csv->next_line++;
}

/* Between quotes: everything up to the closing one, "" being one quote. */
static bs_status quoted_field(bs_csv *csv, bs_error *err) {
  size_t begun = csv->next_line;
  csv->at++;
  for (;;) {
    const char *from = csv->text + csv->at;
    const char *quote = memchr(from, '"', csv->n_bytes - csv->at);
    if (quote == NULL)
      return bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: field %zu: the quote is never closed",
                          csv->name, begun, csv->n_fields);
    size_t n = (size_t)(quote - from);
    for (size_t i = 0; i < n; i++)
      csv->next_line += from[i] == '\n';
    bs_status status = bs_text_append(&csv->bytes, from, n, err);
    csv->at += n + 1;
    bool doubled = csv->at < csv->n_bytes && csv->text[csv->at] == '"';
    if (status == BS_OK && doubled) {
      status = bs_text_append(&csv->bytes, "\"", 1, err);
      csv->at++;
    }
    if (status != BS_OK)
      return status;
    if (doubled)
      continue;
    if (!at_line_end(csv) && csv->text[csv->at] != ',')
      return bs_error_set(err, BS_ERR_INPUT,
                          "%s: line %zu: field %zu: expected a comma after the closing quote",
                          csv->name, csv->next_line, csv->n_fields);
    return BS_OK;
  }
}

static bs_status plain_field(bs_csv *csv, bs_error *err) {
  size_t first = csv->at;
  for (; !at_line_end(csv) && csv->text[csv->at] != ','; csv->at++)
    if (csv->text[csv->at] == '"')
      return bs_error_set(err, BS_ERR_INPUT,
                          "%s: line %zu: field %zu: a quote inside a field that has none around it",
                          csv->name, csv->next_line, csv->n_fields);
  return bs_text_append(&csv->bytes, csv->text + first, csv->at - first, err);
}

static bs_status check_field(const bs_csv *csv, bs_error *err) {
  size_t first = csv->fields[csv->n_fields - 1];
  const char *bytes = csv->bytes.data + first;
  size_t n = csv->bytes.n_bytes - first;
  bool has_nul = memchr(bytes, '\0', n) != NULL;
  if (has_nul || bs_utf8_valid_bytes(bytes, n) != n)
    return bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: field %zu: %s", csv->name, csv->line,
                        csv->n_fields, has_nul ? "the text holds U+0000" : "not UTF-8 text");
  return BS_OK;
}

bs_status bs_csv_next(bs_csv *csv, bs_error *err) {
  if (csv->at == 0) {
    csv->next_line = 1;
    if (csv->n_bytes >= 3 && memcmp(csv->text, "\xEF\xBB\xBF", 3) == 0)
      csv->at = 3; /* the byte order mark that spreadsheets write */
  }
  csv->n_fields = 0;
  csv->bytes.n_bytes = 0;
  while (csv->at < csv->n_bytes && at_line_end(csv))
    pass_line_end(csv);
  csv->line = csv->next_line;
  if (csv->at == csv->n_bytes)
    return BS_OK;
  for (;;) {
    bs_status status = begin_field(csv, err);
    if (status == BS_OK && csv->at < csv->n_bytes && csv->text[csv->at] == '"')
      status = quoted_field(csv, err);
    else if (status == BS_OK)
      status = plain_field(csv, err);
    if (status == BS_OK)
      status = check_field(csv, err);
    if (status == BS_OK)
      status = bs_text_append(&csv->bytes, "", 1, err);
    if (status != BS_OK)
      return status;
    if (at_line_end(csv))
      break;
    csv->at++; /* the comma */
  }
  pass_line_end(csv);
  return BS_OK;
}

const char *bs_csv_field(const bs_csv *csv, size_t i) { return csv->bytes.data + csv->fields[i]; }

void bs_csv_free(bs_csv *csv) {
  bs_text_free(&csv->bytes);
  free(csv->fields);
  csv->fields = NULL;
  csv->n_fields = csv->cap_fields = 0;
}
