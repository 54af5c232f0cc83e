/* A JSON document whose longest lists are left out of its tree, to be read by a reader. */
#include "base/json_cut_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/helpers.h"

static bool is_text(const bs_json_bytes *bytes, const char *text) {
  size_t n = strlen(text);
  return bytes->n_bytes == n && memcmp(bytes->data, text, n) == 0;
}

/* Notes the member if it is one of those to leave out; of repeated ones the last counts. */
static bool pass_member(bs_json_reader *r, bs_json_cut *cut, const bs_json_bytes *key) {
  size_t n_elements, i = 0;
  while (i < cut->names.n && !is_text(key, cut->names.members[i]))
    i++;
  bool is_object = bs_json_reader_take(r, '{'), is_list = is_object || bs_json_reader_take(r, '[');
  size_t start = r->at -= is_list;
  if (!bs_json_reader_skip(r, &n_elements))
    return false;
  if (i < cut->names.n)
    cut->members[i] =
        is_list ? (bs_json_cut_member){start, r->at, n_elements, false} : (bs_json_cut_member){0};
  return true;
}

static bool pass_object(bs_json_reader *r, bs_json_cut *cut) {
  bs_json_bytes key;
  memset(cut->members, 0, sizeof cut->members);
  size_t i = 0, unused;
  if (!bs_json_reader_take(r, '{'))
    return bs_json_reader_skip(r, &unused);
  while (bs_json_reader_next(r, i++, '}'))
    if (!bs_json_reader_key(r, &key) || !pass_member(r, cut, &key))
      return false;
  return !r->broken;
}

/* Finds the members. False: the text is no JSON. */
static bool find_members(bs_json_reader *r, bs_json_cut *cut) {
  static const char mark[] = "\xEF\xBB\xBF"; /* of UTF-8, which the parser passes over */
  bs_json_bytes key;
  size_t i = 0, unused;
  if (r->end >= 3 && memcmp(r->text, mark, 3) == 0)
    r->at = 3;
  if (!bs_json_reader_take(r, '{'))
    return true;
  while (bs_json_reader_next(r, i++, '}')) {
    if (!bs_json_reader_key(r, &key))
      return false;
    bool is_it = is_text(&key, cut->names.object);
    if (is_it ? !pass_object(r, cut) : !bs_json_reader_skip(r, &unused))
      return false;
  }
  return !r->broken;
}

/* The text with the lines of the members alone between their brackets. */
static bs_status shorten(const bs_json_cut *cut, bs_text *text, bs_error *err) {
  bs_status status = BS_OK;
  size_t done = 0;
  for (size_t round = 0; round < cut->names.n; round++) {
    const bs_json_cut_member *next = NULL;
    for (size_t i = 0; i < cut->names.n; i++) /* in the order of the text */
      if (cut->members[i].end > 0 && cut->members[i].start >= done &&
          (next == NULL || cut->members[i].start < next->start))
        next = &cut->members[i];
    if (next == NULL)
      break;
    if (status == BS_OK)
      status = bs_text_append(text, cut->text + done, next->start + 1 - done, err);
    const char *at = cut->text + next->start, *end = cut->text + next->end;
    while (status == BS_OK && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
      status = bs_text_append(text, "\n", 1, err);
      at++;
    }
    done = next->end - 1;
  }
  return status == BS_OK ? bs_text_append(text, cut->text + done, cut->n_bytes - done, err)
                         : status;
}

/* The text is as JSON has it up to the members, which are found. */
static bool prepare(bs_json_cut *cut, bs_json_reader *reader) {
  bool is_whole = bs_utf8_valid_bytes(cut->text, cut->n_bytes) == cut->n_bytes &&
                  strnlen(cut->text, cut->n_bytes) == cut->n_bytes;
  return is_whole && find_members(reader, cut);
}

bs_status bs_json_cut_parse(bs_json_cut *cut, const char *text, size_t n_bytes, const char *name,
                            const bs_json_cut_names *names, bs_error *err) {
  bs_text left = {0};
  bs_json_reader reader = {.text = text, .end = n_bytes};
  *cut = (bs_json_cut){.name = name, .text = text, .n_bytes = n_bytes, .names = *names};
  bool is_prepared = prepare(cut, &reader);
  bs_text_free(&reader.decoded);
  if (!is_prepared)
    return bs_json_cut_broken(cut, &reader, err);
  bs_status status = shorten(cut, &left, err);
  if (status == BS_OK && bs_json_parse(&cut->json, left.data, left.n_bytes, name, NULL) != BS_OK)
    status = bs_json_cut_broken(cut, &reader, err); /* columns are those of the whole text */
  bs_text_free(&left);
  return status;
}

void bs_json_cut_free(bs_json_cut *cut) { bs_json_free(&cut->json); }

bool bs_json_cut_begin(bs_json_cut *cut, size_t i, char open, bs_json_reader *reader) {
  bs_json_cut_member *member = &cut->members[i];
  *reader = (bs_json_reader){.text = cut->text, .at = member->start, .end = member->end};
  member->was_read = bs_json_reader_take(reader, open);
  return member->was_read;
}

static size_t line_of(const bs_json_cut *cut, size_t place) {
  size_t line = 1;
  for (size_t at = 0; at < place; at++)
    line += cut->text[at] == '\n';
  return line;
}

bs_status bs_json_cut_check(const bs_json_cut *cut, bs_error *err) {
  bs_json *whole = NULL;
  bs_status status = bs_json_parse(&whole, cut->text, cut->n_bytes, cut->name, err);
  bs_json_free(&whole);
  return status;
}

bs_status bs_json_cut_broken(const bs_json_cut *cut, const bs_json_reader *reader, bs_error *err) {
  bs_status status = bs_json_cut_check(cut, err);
  if (status != BS_OK)
    return status;
  return bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: not JSON from here", cut->name,
                      line_of(cut, reader->at));
}

/* Puts the reader before an element, and the element's place into `path`. */
static bs_status find_element(bs_json_reader *r, bool is_object, size_t element, bs_text *path,
                              bs_error *err) {
  bs_json_bytes key = {0};
  size_t unused, start = r->at;
  for (size_t i = 0; i <= element && bs_json_reader_next(r, i, is_object ? '}' : ']'); i++) {
    bool is_last = i == element && bs_json_reader_blanks(r);
    start = r->at;
    if ((is_object && !bs_json_reader_key(r, &key)) || is_last || !bs_json_reader_skip(r, &unused))
      break;
  }
  r->at = start;
  if (!is_object)
    return bs_text_printf(path, err, "[%zu]", element);
  bs_status status = bs_text_append(path, ".", 1, err);
  return status == BS_OK ? bs_text_append(path, key.data, key.n_bytes, err) : status;
}

bs_status bs_json_cut_fault(const bs_json_cut *cut, size_t i, size_t element, bs_error *err,
                            const char *format, ...) {
  char message[BS_ERROR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  const bs_json_cut_member *member = &cut->members[i];
  bs_json_reader r = {.text = cut->text, .at = member->start + 1, .end = member->end};
  bs_text path = {0};
  bs_status status = find_element(&r, cut->text[member->start] == '{', element, &path, err);
  if (status == BS_OK)
    status =
        bs_error_set(err, BS_ERR_INPUT, "%s: line %zu: %s.%s%s: %s", cut->name, line_of(cut, r.at),
                     cut->names.object, cut->names.members[i], path.data, message);
  bs_text_free(&path);
  bs_text_free(&r.decoded);
  return status;
}
