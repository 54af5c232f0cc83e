/* What is found wrong or odd in a task file: told with its place, the first fault kept. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tasks/findings_internal.h"

enum { MAX_UNKNOWN_NAMES = 32 };

static void print_place(bs_place place, char *text, size_t n_bytes) {
  const char *field = place.field != NULL ? place.field : "$";
  const char *dot = place.key != NULL ? "." : "", *key = place.key != NULL ? place.key : "";
  if (place.in_example && place.field == NULL)
    snprintf(text, n_bytes, "examples[%zu]", place.example);
  else if (place.in_example)
    snprintf(text, n_bytes, "examples[%zu].%s%s%s", place.example, field, dot, key);
  else
    snprintf(text, n_bytes, "%s%s%s", field, dot, key);
}

static void find(bs_findings *findings, bool is_fault, bs_place place, const char *format,
                 va_list arguments) __attribute__((format(printf, 4, 0)));

static void find(bs_findings *findings, bool is_fault, bs_place place, const char *format,
                 va_list arguments) {
  bool is_first = is_fault && findings->n_faults++ == 0;
  if (!is_first && findings->report == NULL)
    return;
  char where[BS_ERROR_MESSAGE_BYTES / 2], what[BS_ERROR_MESSAGE_BYTES];
  print_place(place, where, sizeof where);
  where[bs_utf8_valid_bytes(where, strlen(where))] = '\0'; /* a long key is cut */
  vsnprintf(what, sizeof what, format, arguments);
  what[bs_utf8_valid_bytes(what, strlen(what))] = '\0';
  bs_error finding = {0};
  bs_error_set(&finding, BS_ERR_INPUT, "%s: line %zu: %s: %s", findings->file, place.line, where,
               what);
  if (findings->report != NULL)
    findings->report(findings->user, is_fault, finding.message);
  if (is_first)
    bs_error_set(findings->err, BS_ERR_INPUT, "%s", finding.message);
}

void bs_finding_fault(bs_findings *findings, bs_place place, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  find(findings, true, place, format, arguments);
  va_end(arguments);
}

void bs_finding_warning(bs_findings *findings, bs_place place, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  find(findings, false, place, format, arguments);
  va_end(arguments);
}

void bs_finding_pass(bs_findings *findings, const bs_error *fault) {
  if (findings->report != NULL)
    findings->report(findings->user, true, fault->message);
  if (findings->n_faults++ == 0)
    bs_error_set(findings->err, BS_ERR_INPUT, "%s", fault->message);
}

static int by_bytes(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bs_status bs_finding_repeated(bs_findings *findings, bs_place place, const char *what,
                              const char *const *texts, size_t n, bs_error *err) {
  const char **sorted = bs_array_new(n, sizeof *sorted, err);
  if (sorted == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    sorted[i] = texts[i];
  qsort(sorted, n, sizeof *sorted, by_bytes);
  for (size_t i = 1; i < n; i++)
    if (strcmp(sorted[i - 1], sorted[i]) == 0 && (i < 2 || strcmp(sorted[i - 2], sorted[i]) != 0))
      bs_finding_fault(findings, place, "the %s \"%.40s\" stands twice", what, sorted[i]);
  free(sorted);
  return BS_OK;
}

bs_status bs_unknown_add(bs_unknown *unknown, const char *prefix, const char *name, bs_error *err) {
  size_t n_prefix = strlen(prefix);
  for (size_t i = 0; i < unknown->n; i++)
    if (strncmp(unknown->names[i], prefix, n_prefix) == 0 &&
        strcmp(unknown->names[i] + n_prefix, name) == 0)
      return BS_OK;
  if (unknown->n == MAX_UNKNOWN_NAMES) {
    unknown->overflow = true;
    return BS_OK;
  }
  bs_text full = {0};
  void *names = unknown->names;
  bs_status status = bs_text_printf(&full, err, "%s%s", prefix, name);
  if (status == BS_OK)
    status =
        bs_array_reserve(&names, &unknown->capacity, unknown->n, 1, sizeof *unknown->names, err);
  unknown->names = names;
  if (status == BS_OK)
    unknown->names[unknown->n++] = full.data;
  else
    bs_text_free(&full);
  return status;
}

void bs_unknown_free(bs_unknown *unknown) {
  for (size_t i = 0; i < unknown->n; i++)
    free(unknown->names[i]);
  free(unknown->names);
  *unknown = (bs_unknown){0};
}

bs_status bs_unknown_report(bs_unknown *unknown, const char *what, bs_findings *findings,
                            bs_error *err) {
  bs_text list = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; i < unknown->n && status == BS_OK; i++)
    status = bs_text_printf(&list, err, "%s%s", i > 0 ? ", " : "", unknown->names[i]);
  if (status == BS_OK && unknown->n > 0)
    bs_finding_warning(findings, (bs_place){.line = 1}, "unknown %s are ignored: %s%s", what,
                       list.data, unknown->overflow ? ", ..." : "");
  bs_text_free(&list);
  bs_unknown_free(unknown);
  return status;
}
