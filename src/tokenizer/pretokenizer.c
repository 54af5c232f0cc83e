/* The pre-tokenizers: where the model may not join. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/byte_level_internal.h"
#include "tokenizer/metaspace_internal.h"
#include "tokenizer/parts_internal.h"
#include "tokenizer/replace_internal.h"
#include "tokenizer/unicode_internal.h"

/* One round of splitting every piece by the matches of a pattern. */
static bs_status split_by_pattern(bs_pieces *pieces, const bs_pattern *pattern,
                                  bs_split_behavior behavior, bool invert, bs_error *err) {
  bs_pattern_walk walk = {0};
  bs_splitter splitter = {.pieces = pieces, .behavior = behavior, .invert = invert};
  bs_pieces_begin(pieces);
  bs_status status = bs_pattern_walk_open(&walk, pattern, err);
  for (size_t i = 0; i < pieces->list.n && status == BS_OK; i++) {
    bs_piece piece = pieces->list.pieces[i];
    size_t n_bytes = piece.end - piece.start, done = 0, start, end;
    bool found = true;
    bs_splitter_begin(&splitter);
    bs_pattern_walk_begin(&walk, pieces->text.data + piece.start, n_bytes);
    while (status == BS_OK && found) {
      status = bs_pattern_walk_next(&walk, &found, &start, &end, err);
      if (status != BS_OK || !found)
        break;
      if (start > done)
        status = bs_splitter_part(&splitter, piece.start + done, piece.start + start, false, err);
      if (status == BS_OK)
        status = bs_splitter_part(&splitter, piece.start + start, piece.start + end, true, err);
      done = end;
    }
    if (status == BS_OK && done < n_bytes)
      status = bs_splitter_part(&splitter, piece.start + done, piece.end, false, err);
    if (status == BS_OK)
      status = bs_splitter_end(&splitter, piece.end, err);
  }
  bs_pattern_walk_free(&walk);
  if (status == BS_OK)
    bs_pieces_end_split(pieces);
  return status;
}

/* The same for a class of characters, each a match of its own. */
static bs_status split_by_class(bs_pieces *pieces, bool (*is_match)(uint32_t code_point),
                                bs_split_behavior behavior, bs_error *err) {
  bs_splitter splitter = {.pieces = pieces, .behavior = behavior};
  bs_status status = BS_OK;
  bs_pieces_begin(pieces);
  for (size_t i = 0; i < pieces->list.n && status == BS_OK; i++) {
    bs_piece piece = pieces->list.pieces[i];
    size_t done = piece.start, at = piece.start, length;
    bs_splitter_begin(&splitter);
    for (; at < piece.end && status == BS_OK; at += length) {
      uint32_t c = 0;
      length = bs_utf8_decode(pieces->text.data + at, piece.end - at, &c);
      if (length == 0)
        return bs_error_set(err, BS_ERR_INTERNAL, "piece cut inside a character");
      if (!is_match(c))
        continue;
      if (at > done)
        status = bs_splitter_part(&splitter, done, at, false, err);
      if (status == BS_OK)
        status = bs_splitter_part(&splitter, at, at + length, true, err);
      done = at + length;
    }
    if (status == BS_OK && done < piece.end)
      status = bs_splitter_part(&splitter, done, piece.end, false, err);
    if (status == BS_OK)
      status = bs_splitter_end(&splitter, piece.end, err);
  }
  if (status == BS_OK)
    bs_pieces_end_split(pieces);
  return status;
}

static const char *const behavior_names[] = {
    [BS_SPLIT_REMOVED] = "Removed",
    [BS_SPLIT_ISOLATED] = "Isolated",
    [BS_SPLIT_MERGED_WITH_PREVIOUS] = "MergedWithPrevious",
    [BS_SPLIT_MERGED_WITH_NEXT] = "MergedWithNext",
    [BS_SPLIT_CONTIGUOUS] = "Contiguous",
};

static bs_status parse_behavior(bs_split_behavior *behavior, const bs_json *json, const cJSON *item,
                                bool required, bs_error *err) {
  const char *name = NULL;
  bs_status status = bs_json_get_string(json, item, "behavior", required, &name, err);
  if (status != BS_OK || name == NULL)
    return status;
  size_t n = sizeof behavior_names / sizeof *behavior_names;
  for (size_t i = 0; i < n; i++) {
    if (strcmp(behavior_names[i], name) == 0) {
      *behavior = (bs_split_behavior)i;
      return BS_OK;
    }
  }
  return bs_json_fault(json, bs_json_get(item, "behavior"), err,
                       "unknown behavior \"%s\"; known: Removed, Isolated, MergedWithPrevious, "
                       "MergedWithNext, Contiguous",
                       name);
}

/* Split */

typedef struct split {
  bs_pattern pattern;
  bs_split_behavior behavior;
  bool invert;
} split;

static bs_status parse_split(void **state, const bs_json *json, const cJSON *item, bs_error *err) {
  split *s = bs_array_new(1, sizeof *s, err);
  *state = s;
  if (s == NULL)
    return BS_ERR_MEMORY;
  bs_status status = bs_pattern_parse(&s->pattern, json, item, "pattern", err);
  if (status == BS_OK)
    status = parse_behavior(&s->behavior, json, item, true, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "invert", false, &s->invert, err);
  return status;
}

static void release_split(void *state) {
  split *s = state;
  bs_pattern_free(&s->pattern);
  free(s);
}

static bs_status run_split(const void *state, bs_pieces *pieces, bs_error *err) {
  const split *s = state;
  return split_by_pattern(pieces, &s->pattern, s->behavior, s->invert, err);
}

/* ByteLevel */

typedef struct byte_level {
  bool add_prefix_space, use_regex;
  bs_pattern words;
} byte_level;

/* GPT-2's: contractions, words, numbers and the rest, each with one space before it. */
static const char GPT2_WORDS[] = "'s|'t|'re|'ve|'m|'ll|'d| ?[\\p{L}]+| ?[\\p{N}]+|"
                                 " ?[^\\p{White_Space}\\p{L}\\p{N}]+|"
                                 "[\\p{White_Space}]+(?![^\\p{White_Space}])|[\\p{White_Space}]+";

static bs_status parse_byte_level(void **state, const bs_json *json, const cJSON *item,
                                  bs_error *err) {
  byte_level *b = bs_array_new(1, sizeof *b, err);
  *state = b;
  if (b == NULL)
    return BS_ERR_MEMORY;
  b->use_regex = true;
  bs_status status =
      bs_json_get_bool(json, item, "add_prefix_space", true, &b->add_prefix_space, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "use_regex", false, &b->use_regex, err);
  if (status == BS_OK && b->use_regex)
    status = bs_regex_new_own(&b->words.regex, GPT2_WORDS, err);
  return status;
}

static void release_byte_level(void *state) {
  byte_level *b = state;
  bs_pattern_free(&b->words);
  free(b);
}

/* Writes every piece anew: `prefix` before it where `prefix_wanted` says so, then its bytes, as
   they are or as letters of the byte-level alphabet. */
typedef bool (*prefix_test)(const void *state, const bs_pieces *pieces, size_t i);

static bs_status rewrite(bs_pieces *pieces, const char *prefix, size_t n_prefix,
                         prefix_test prefix_wanted, const void *state, bool to_letters,
                         bs_error *err) {
  bs_status status = BS_OK;
  bs_pieces_begin(pieces);
  for (size_t i = 0; i < pieces->list.n && status == BS_OK; i++) {
    bs_piece piece = pieces->list.pieces[i];
    const char *text = pieces->text.data + piece.start;
    size_t n_bytes = piece.end - piece.start, start = pieces->spare_text.n_bytes;
    if (prefix_wanted != NULL && prefix_wanted(state, pieces, i))
      status = bs_text_append(&pieces->spare_text, prefix, n_prefix, err);
    if (status == BS_OK && to_letters)
      status = bs_byte_level_append(&pieces->spare_text, text, n_bytes, err);
    else if (status == BS_OK)
      status = bs_text_append(&pieces->spare_text, text, n_bytes, err);
    if (status == BS_OK)
      status = bs_piece_list_push(&pieces->spare_list, start, pieces->spare_text.n_bytes, err);
  }
  if (status == BS_OK)
    bs_pieces_end_rewrite(pieces);
  return status;
}

static bool lacks_space(const void *state, const bs_pieces *pieces, size_t i) {
  (void)state;
  return pieces->text.data[pieces->list.pieces[i].start] != ' ';
}

static bs_status run_byte_level(const void *state, bs_pieces *pieces, bs_error *err) {
  const byte_level *b = state;
  bs_status status = BS_OK;
  if (b->add_prefix_space)
    status = rewrite(pieces, " ", 1, lacks_space, NULL, false, err);
  if (status == BS_OK && b->use_regex)
    status = split_by_pattern(pieces, &b->words, BS_SPLIT_ISOLATED, false, err);
  if (status == BS_OK)
    status = rewrite(pieces, NULL, 0, NULL, NULL, true, err);
  return status;
}

/* Digits, Punctuation, white space */

static bs_status parse_digits(void **state, const bs_json *json, const cJSON *item, bs_error *err) {
  bool *individual = bs_array_new(1, sizeof *individual, err);
  *state = individual;
  return individual == NULL
             ? BS_ERR_MEMORY
             : bs_json_get_bool(json, item, "individual_digits", true, individual, err);
}

static bs_status run_digits(const void *state, bs_pieces *pieces, bs_error *err) {
  const bool *individual = state;
  return split_by_class(pieces, bs_is_numeric,
                        *individual ? BS_SPLIT_ISOLATED : BS_SPLIT_CONTIGUOUS, err);
}

static bs_status parse_punctuation(void **state, const bs_json *json, const cJSON *item,
                                   bs_error *err) {
  bs_split_behavior *behavior = bs_array_new(1, sizeof *behavior, err);
  *state = behavior;
  if (behavior == NULL)
    return BS_ERR_MEMORY;
  *behavior = BS_SPLIT_ISOLATED;
  return parse_behavior(behavior, json, item, false, err);
}

static bs_status run_punctuation(const void *state, bs_pieces *pieces, bs_error *err) {
  const bs_split_behavior *behavior = state;
  return split_by_class(pieces, bs_is_punctuation, *behavior, err);
}

static bs_status run_whitespace_split(const void *state, bs_pieces *pieces, bs_error *err) {
  (void)state;
  return split_by_class(pieces, bs_is_white_space, BS_SPLIT_REMOVED, err);
}

static bs_status run_bert(const void *state, bs_pieces *pieces, bs_error *err) {
  (void)state;
  bs_status status = split_by_class(pieces, bs_is_white_space, BS_SPLIT_REMOVED, err);
  return status == BS_OK ? split_by_class(pieces, bs_is_punctuation, BS_SPLIT_ISOLATED, err)
                         : status;
}

static bs_status parse_whitespace(void **state, const bs_json *json, const cJSON *item,
                                  bs_error *err) {
  (void)json, (void)item;
  bs_pattern *words = bs_array_new(1, sizeof *words, err);
  *state = words;
  return words == NULL ? BS_ERR_MEMORY
                       : bs_regex_new_own(&words->regex,
                                          "[" BS_REGEX_RUST_WORD "]+|[^" BS_REGEX_RUST_WORD
                                          "\\p{White_Space}]+",
                                          err);
}

static void release_pattern(void *state) {
  bs_pattern_free(state);
  free(state);
}

static bs_status run_whitespace(const void *state, bs_pieces *pieces, bs_error *err) {
  return split_by_pattern(pieces, state, BS_SPLIT_REMOVED, true, err);
}

static bs_status parse_delimiter(void **state, const bs_json *json, const cJSON *item,
                                 bs_error *err) {
  bs_pattern *delimiter = bs_array_new(1, sizeof *delimiter, err);
  *state = delimiter;
  return delimiter == NULL ? BS_ERR_MEMORY
                           : bs_part_character(json, item, "delimiter", &delimiter->literal, err);
}

static bs_status run_delimiter(const void *state, bs_pieces *pieces, bs_error *err) {
  return split_by_pattern(pieces, state, BS_SPLIT_REMOVED, false, err);
}

/* Metaspace */

typedef struct metaspace {
  bs_pattern mark;
  bs_metaspace_options options;
} metaspace;

static bs_status parse_metaspace(void **state, const bs_json *json, const cJSON *item,
                                 bs_error *err) {
  metaspace *m = bs_array_new(1, sizeof *m, err);
  *state = m;
  return m == NULL ? BS_ERR_MEMORY
                   : bs_metaspace_parse(&m->options, &m->mark.literal, json, item, err);
}

static void release_metaspace(void *state) {
  metaspace *m = state;
  bs_pattern_free(&m->mark);
  free(m);
}

static bool lacks_mark(const void *state, const bs_pieces *pieces, size_t i) {
  const metaspace *m = state;
  const bs_text *mark = &m->mark.literal;
  bs_piece piece = pieces->list.pieces[i];
  if (m->options.scheme == BS_PREPEND_NEVER ||
      (m->options.scheme == BS_PREPEND_FIRST && !(pieces->from_start && i == 0)))
    return false;
  return piece.end - piece.start < mark->n_bytes ||
         memcmp(pieces->text.data + piece.start, mark->data, mark->n_bytes) != 0;
}

/* Every space becomes the mark. */
static bs_status mark_spaces(const bs_text *mark, bs_pieces *pieces, bs_error *err) {
  bs_status status = BS_OK;
  bs_text *out = &pieces->spare_text;
  bs_pieces_begin(pieces);
  for (size_t i = 0; i < pieces->list.n && status == BS_OK; i++) {
    bs_piece piece = pieces->list.pieces[i];
    size_t start = out->n_bytes;
    for (size_t at = piece.start; at < piece.end && status == BS_OK;) {
      const char *text = pieces->text.data + at;
      const char *space = memchr(text, ' ', piece.end - at);
      size_t n_bytes = space == NULL ? piece.end - at : (size_t)(space - text);
      status = bs_text_append(out, text, n_bytes, err);
      if (status == BS_OK && space != NULL)
        status = bs_text_append(out, mark->data, mark->n_bytes, err);
      at += n_bytes + (space != NULL);
    }
    if (status == BS_OK)
      status = bs_piece_list_push(&pieces->spare_list, start, out->n_bytes, err);
  }
  if (status == BS_OK)
    bs_pieces_end_rewrite(pieces);
  return status;
}

static bs_status run_metaspace(const void *state, bs_pieces *pieces, bs_error *err) {
  const metaspace *m = state;
  bs_status status = mark_spaces(&m->mark.literal, pieces, err);
  if (status == BS_OK)
    status =
        rewrite(pieces, m->mark.literal.data, m->mark.literal.n_bytes, lacks_mark, m, false, err);
  if (status == BS_OK && m->options.split)
    status = split_by_pattern(pieces, &m->mark, BS_SPLIT_MERGED_WITH_NEXT, false, err);
  return status;
}

static const bs_part_kind kinds[] = {
    {.type = "ByteLevel",
     .parse = parse_byte_level,
     .release = release_byte_level,
     .run.pretokenize = run_byte_level},
    {.type = "Split", .parse = parse_split, .release = release_split, .run.pretokenize = run_split},
    {.type = "Metaspace",
     .parse = parse_metaspace,
     .release = release_metaspace,
     .run.pretokenize = run_metaspace},
    {.type = "Digits", .parse = parse_digits, .release = free, .run.pretokenize = run_digits},
    {.type = "Punctuation",
     .parse = parse_punctuation,
     .release = free,
     .run.pretokenize = run_punctuation},
    {.type = "Whitespace",
     .parse = parse_whitespace,
     .release = release_pattern,
     .run.pretokenize = run_whitespace},
    {.type = "WhitespaceSplit", .run.pretokenize = run_whitespace_split},
    {.type = "BertPreTokenizer", .run.pretokenize = run_bert},
    {.type = "CharDelimiterSplit",
     .parse = parse_delimiter,
     .release = release_pattern,
     .run.pretokenize = run_delimiter},
};

const bs_stage bs_stage_pretokenizer = {.name = "pre-tokenizer",
                                        .children = "pretokenizers",
                                        .kinds = kinds,
                                        .n_kinds = sizeof kinds / sizeof *kinds};

bool bs_pretokenizers_set_prefix(bs_chain *chain, bool prefix) {
  bool changed = false;
  for (size_t i = 0; i < chain->n; i++) {
    if (chain->parts[i].kind->parse != parse_byte_level)
      continue;
    byte_level *b = chain->parts[i].state;
    changed = changed || b->add_prefix_space != prefix;
    b->add_prefix_space = prefix;
  }
  return changed;
}
