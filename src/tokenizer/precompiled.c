/* The precompiled normalizer of SentencePiece: lookup in its trie. */
#include "tokenizer/precompiled_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/parts_internal.h"

typedef struct charsmap {
  uint32_t *units;
  size_t n_units;
  bs_text forms; /* each with a NUL behind */
} charsmap;

enum { LONGEST_CLUSTER = 5 /* bytes; what is longer is looked up character by character */ };

static uint32_t read_u32(const char *bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; i--)
    value = value << 8 | (unsigned char)bytes[i];
  return value;
}

static bs_status read_block(charsmap *map, const bs_text *block, bs_error *err) {
  size_t n_trie = block->n_bytes >= 4 ? read_u32(block->data) : 0;
  if (block->n_bytes < 4 || n_trie > block->n_bytes - 4 || n_trie % 4 != 0 || n_trie == 0)
    return bs_error_set(err, BS_ERR_INPUT, "%zu bytes with a trie of %zu bytes", block->n_bytes,
                        n_trie);
  map->n_units = n_trie / 4;
  map->units = bs_array_new(map->n_units, sizeof *map->units, err);
  if (map->units == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < map->n_units; i++)
    map->units[i] = read_u32(block->data + 4 + 4 * i);
  const char *forms = block->data + 4 + n_trie;
  size_t n_forms = block->n_bytes - 4 - n_trie;
  if (n_forms == 0 || forms[n_forms - 1] != '\0')
    return bs_error_set(err, BS_ERR_INPUT, "the normal forms do not end in a NUL");
  uint32_t c;
  for (size_t at = 0, length; at < n_forms; at += length)
    if ((length = bs_utf8_decode(forms + at, n_forms - at, &c)) == 0)
      return bs_error_set(err, BS_ERR_INPUT, "the normal forms are not UTF-8 at byte %zu", at);
  return bs_text_append(&map->forms, forms, n_forms, err);
}

bs_status bs_precompiled_parse(void **state, const bs_json *json, const cJSON *item,
                               bs_error *err) {
  charsmap *map = bs_array_new(1, sizeof *map, err);
  *state = map;
  if (map == NULL)
    return BS_ERR_MEMORY;
  const char *base64 = NULL;
  bs_text block = {0};
  bs_error why = {0};
  bs_status status = bs_json_get_string(json, item, "precompiled_charsmap", true, &base64, err);
  if (status != BS_OK)
    return status;
  status = bs_base64_undo(&block, base64, &why);
  if (status == BS_OK)
    status = read_block(map, &block, &why);
  if (status == BS_ERR_INPUT)
    status = bs_json_fault(json, bs_json_get(item, "precompiled_charsmap"), err,
                           "expected a character map of SentencePiece: %s", why.message);
  else if (status != BS_OK)
    status = bs_error_set(err, status, "%s: %s", json->name, why.message);
  bs_text_free(&block);
  return status;
}

void bs_precompiled_release(void *state) {
  charsmap *map = state;
  free(map->units);
  bs_text_free(&map->forms);
  free(map);
}

/* How far a unit's children lie from it, and whether a value stands among them. */
static size_t offset_of(uint32_t unit) { return (size_t)(unit >> 10) << ((unit & 1U << 9) >> 6); }
static bool has_value(uint32_t unit) { return (unit >> 8 & 1) != 0; }

/* The normal form of the shortest prefix of text[0..n) that the map has, or NULL. The walk ends
   with the text, whatever cycles the units form; a place outside the block ends it too. */
static const char *form_of(const charsmap *map, const char *text, size_t n) {
  size_t at = offset_of(map->units[0]);
  for (size_t i = 0; i < n && text[i] != '\0'; i++) {
    unsigned char byte = (unsigned char)text[i];
    at ^= byte;
    if (at >= map->n_units || (map->units[at] & (1U << 31 | 0xFF)) != byte)
      return NULL;
    bool found = has_value(map->units[at]);
    at ^= offset_of(map->units[at]);
    if (!found)
      continue;
    size_t place = at < map->n_units ? map->units[at] & 0x7FFFFFFF : SIZE_MAX;
    bool is_start =
        place < map->forms.n_bytes && ((unsigned char)map->forms.data[place] & 0xC0) != 0x80;
    return is_start ? map->forms.data + place : NULL;
  }
  return NULL;
}

/* The bytes of the grapheme cluster at text[0..n). */
static size_t cluster_length(const char *text, size_t n) {
  utf8proc_int32_t state = 0;
  uint32_t before, behind;
  size_t end = bs_utf8_decode(text, n, &before);
  for (size_t length; end < n && end > 0; end += length, before = behind) {
    length = bs_utf8_decode(text + end, n - end, &behind);
    if (length == 0 || utf8proc_grapheme_break_stateful((utf8proc_int32_t)before,
                                                        (utf8proc_int32_t)behind, &state))
      break;
  }
  return end;
}

/* Appends the form of text[0..n), or the text where the map has none. */
static bs_status append_form(const charsmap *map, const char *text, size_t n, bs_text *out,
                             bs_error *err) {
  const char *form = form_of(map, text, n);
  return form != NULL ? bs_text_append_string(out, form, err) : bs_text_append(out, text, n, err);
}

/* As in the library, a short cluster that the map knows the beginning of gives way to that
   beginning's form as a whole. */
bs_status bs_precompiled_text(const void *state, const char *text, size_t n_bytes, bs_text *out,
                              bs_error *err) {
  const charsmap *map = state;
  bs_status status = BS_OK;
  for (size_t at = 0, length; at < n_bytes && status == BS_OK; at += length) {
    length = cluster_length(text + at, n_bytes - at);
    if (length == 0)
      return bs_error_set(err, BS_ERR_INPUT, "not UTF-8 at byte %zu", at);
    if (length <= LONGEST_CLUSTER && form_of(map, text + at, length) != NULL) {
      status = append_form(map, text + at, length, out, err);
      continue;
    }
    for (size_t i = 0, n; i < length && status == BS_OK; i += n) {
      uint32_t c;
      n = bs_utf8_decode(text + at + i, length - i, &c);
      status = append_form(map, text + at + i, n, out, err);
    }
  }
  return status;
}
