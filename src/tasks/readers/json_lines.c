/* A file of JSON objects, one a line, read line by line. */
#include <stdlib.h>
#include <string.h>

#include "tasks/readers/reader_internal.h"

static void forget_line(bs_json_lines *lines) {
  bs_json_free(&lines->json);
  free(lines->members);
  lines->members = NULL;
  lines->n = 0;
}

/* One line: an object, or a fault (*there false). */
static bs_status read_line(bs_json_lines *lines, const char *text, size_t n, bool *there,
                           bs_error *err) {
  bs_error fault = {0};
  bs_status status =
      bs_json_parse_part(&lines->json, text, n, lines->findings->file, lines->line, &fault);
  if (status == BS_ERR_INPUT) {
    bs_finding_pass(lines->findings, &fault);
    return BS_OK;
  }
  if (status != BS_OK)
    return bs_error_set(err, status, "%s", fault.message);
  if (!cJSON_IsObject(lines->json->root)) {
    bs_finding_fault(lines->findings, (bs_place){.line = lines->line},
                     "expected an object: one example a line");
    return BS_OK;
  }
  bs_source source = bs_source_start(lines->json);
  source.line = lines->line;
  *there = true;
  return bs_source_members(source, lines->json->root, &lines->members, &lines->n, err);
}

bs_status bs_json_lines_next(bs_json_lines *lines, bool *there, bs_error *err) {
  *there = false;
  if (lines->at == 0 && lines->n_bytes >= 3 && memcmp(lines->text, "\xEF\xBB\xBF", 3) == 0)
    lines->at = 3;
  while (lines->at < lines->n_bytes && !*there) {
    forget_line(lines);
    const char *text = lines->text + lines->at;
    const char *end = memchr(text, '\n', lines->n_bytes - lines->at);
    size_t n = end != NULL ? (size_t)(end - text) : lines->n_bytes - lines->at;
    lines->at += n + (end != NULL);
    lines->line++;
    size_t blank = 0;
    while (blank < n && (text[blank] == ' ' || text[blank] == '\t' || text[blank] == '\r'))
      blank++;
    bs_status status = blank < n ? read_line(lines, text, n, there, err) : BS_OK;
    if (status != BS_OK)
      return status;
  }
  return BS_OK;
}

const bs_member *bs_json_lines_get(const bs_json_lines *lines, const char *key) {
  return bs_member_find(lines->members, lines->n, key);
}

bs_place bs_json_lines_place(const bs_json_lines *lines, const char *field) {
  return (bs_place){.line = lines->line, .field = field};
}

void bs_json_lines_free(bs_json_lines *lines) { forget_line(lines); }
