/* Added tokens: reading them and cutting texts at them, by a trie. */
#include "tokenizer/added_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/unicode_internal.h"

static bs_status new_node(bs_trie *trie, unsigned char byte, uint32_t *index, bs_error *err) {
  bs_status status = BS_OK;
  if (trie->n >= UINT32_MAX)
    return bs_error_set(err, BS_ERR_LIMIT, "added tokens: too many bytes");
  status = bs_reserve(&trie->nodes, &trie->capacity, trie->n, 1, err);
  if (status != BS_OK)
    return status;
  *index = (uint32_t)trie->n;
  trie->nodes[trie->n++] = (bs_trie_node){.token = -1, .byte = byte};
  return BS_OK;
}

static uint32_t child_of(const bs_trie *trie, uint32_t node, unsigned char byte) {
  if (node == 0)
    return trie->first[byte];
  uint32_t child = trie->nodes[node].child;
  while (child != 0 && trie->nodes[child].byte != byte)
    child = trie->nodes[child].sibling;
  return child;
}

/* Of two tokens with the same text the first stays. */
static bs_status insert(bs_trie *trie, const char *text, size_t n_bytes, int32_t token,
                        bs_error *err) {
  bs_status status = BS_OK;
  uint32_t node = 0;
  if (trie->n == 0)
    status = new_node(trie, 0, &node, err);
  for (size_t i = 0; i < n_bytes && status == BS_OK; i++) {
    unsigned char byte = (unsigned char)text[i];
    uint32_t child = child_of(trie, node, byte);
    if (child == 0) {
      status = new_node(trie, byte, &child, err);
      if (status != BS_OK)
        break;
      if (node == 0) {
        trie->first[byte] = child;
      } else {
        trie->nodes[child].sibling = trie->nodes[node].child;
        trie->nodes[node].child = child;
      }
    }
    node = child;
  }
  if (status == BS_OK && n_bytes > 0 && trie->nodes[node].token < 0)
    trie->nodes[node].token = token;
  return status;
}

/* The longest token at text[0..n), or -1. */
static int32_t longest(const bs_trie *trie, const char *text, size_t n, size_t *length) {
  int32_t token = -1;
  uint32_t node = 0;
  for (size_t i = 0; i < n; i++) {
    node = child_of(trie, node, (unsigned char)text[i]);
    if (node == 0)
      break;
    if (trie->nodes[node].token >= 0) {
      token = trie->nodes[node].token;
      *length = i + 1;
    }
  }
  return token;
}

/* The id that a token gets which the model does not have: one above all others. */
static int64_t next_id(const bs_added *added, const bs_vocabulary *model) {
  int64_t largest = -1;
  for (size_t i = 0; i < added->vocabulary.n; i++)
    if (added->vocabulary.entries[i].id > largest)
      largest = added->vocabulary.entries[i].id;
  return largest + 1 > (int64_t)model->n ? largest + 1 : (int64_t)model->n;
}

static bs_status add_token(bs_added *added, const bs_vocabulary *model, const bs_text *content,
                           bs_added_token token, int64_t *next, bs_error *err) {
  bs_vocabulary *vocabulary = &added->vocabulary;
  int64_t id = bs_vocabulary_find(vocabulary, content->data, content->n_bytes);
  bool known = id >= 0;
  if (!known)
    id = bs_vocabulary_find(model, content->data, content->n_bytes);
  if (id < 0)
    id = *next;
  if (id >= BS_ID_LIMIT)
    return bs_error_set(err, BS_ERR_LIMIT, "added tokens: no id is left");
  if (id >= *next)
    *next = id + 1;
  if (known) {
    for (size_t i = 0; i < vocabulary->n; i++) {
      const bs_vocabulary_entry *entry = &vocabulary->entries[i];
      if (entry->id == id) {
        token.special = token.special || added->tokens[i].special;
        added->tokens[i] = token;
      }
    }
    return BS_OK;
  }
  bs_status status = bs_reserve(&added->tokens, &added->capacity, vocabulary->n, 1, err);
  if (status != BS_OK)
    return status;
  added->tokens[vocabulary->n] = token;
  return bs_vocabulary_add(vocabulary, content->data, content->n_bytes, (int32_t)id, err);
}

static bs_status read_token(bs_text *content, bs_added_token *token, const bs_json *json,
                            const cJSON *item, bs_error *err) {
  content->n_bytes = 0;
  *token = (bs_added_token){0};
  bs_status status = bs_part_text(json, item, "content", content, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "special", false, &token->special, err);
  token->normalized = !token->special;
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "normalized", false, &token->normalized, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "single_word", false, &token->single_word, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "lstrip", false, &token->lstrip, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "rstrip", false, &token->rstrip, err);
  return status;
}

/* Special tokens come first, so that one of them wins over another token with its text. */
static bs_status build_tries(bs_added *added, const bs_chain *normalizers, bs_error *err) {
  bs_text text = {0}, spare = {0};
  bs_status status = BS_OK;
  for (int special = 1; special >= 0; special--) {
    for (size_t i = 0; i < added->vocabulary.n && status == BS_OK; i++) {
      const bs_vocabulary_entry *entry = &added->vocabulary.entries[i];
      const bs_added_token *token = &added->tokens[i];
      if (token->special != (special == 1))
        continue;
      if (token->single_word && added->word == NULL)
        status = bs_regex_new_own(&added->word, "[" BS_REGEX_RUST_WORD "]", err);
      text.n_bytes = 0;
      if (status == BS_OK)
        status = bs_text_append(&text, added->vocabulary.bytes.data + entry->offset, entry->n_bytes,
                                err);
      if (status == BS_OK && token->normalized)
        status = bs_chain_normalize(normalizers, &text, &spare, err);
      if (status == BS_OK)
        status = insert(token->normalized ? &added->normalized : &added->raw, text.data,
                        text.n_bytes, (int32_t)i, err);
    }
  }
  bs_text_free(&text);
  bs_text_free(&spare);
  return status;
}

bs_status bs_added_parse(bs_added *added, const bs_vocabulary *model, const bs_json *json,
                         const cJSON *item, bs_error *err) {
  if (item == NULL || cJSON_IsNull(item))
    return BS_OK;
  if (!cJSON_IsArray(item))
    return bs_json_fault(json, item, err, "expected an array of added tokens");
  bs_text content = {0};
  bs_added_token token;
  bs_status status = BS_OK;
  int64_t next = next_id(added, model);
  const cJSON *member;
  cJSON_ArrayForEach(member, item) {
    status = read_token(&content, &token, json, member, err);
    if (status == BS_OK && content.n_bytes > 0)
      status = add_token(added, model, &content, token, &next, err);
    if (status != BS_OK)
      break;
  }
  bs_text_free(&content);
  return status;
}

bs_status bs_added_add(bs_added *added, const bs_vocabulary *model, const bs_json *json,
                       const cJSON *item, bool special, bs_error *err) {
  bs_text content = {0};
  bs_added_token token;
  int64_t next = next_id(added, model);
  bs_status status = read_token(&content, &token, json, item, err);
  token.special = token.special || special;
  if (status == BS_OK && content.n_bytes > 0)
    status = add_token(added, model, &content, token, &next, err);
  bs_text_free(&content);
  return status;
}

bool bs_added_has(const bs_added *added, const char *content) {
  return bs_vocabulary_find(&added->vocabulary, content, strlen(content)) >= 0;
}

bs_status bs_added_add_special(bs_added *added, const bs_vocabulary *model, const char *content,
                               bs_error *err) {
  return bs_added_add_text(added, model, content, true, err);
}

bs_status bs_added_add_text(bs_added *added, const bs_vocabulary *model, const char *content,
                            bool special, bs_error *err) {
  bs_added_token token = {.special = special, .normalized = !special};
  bs_text text = {0};
  int64_t next = next_id(added, model);
  if (*content == '\0' || bs_added_has(added, content))
    return BS_OK;
  bs_status status = bs_text_append_string(&text, content, err);
  if (status == BS_OK)
    status = add_token(added, model, &text, token, &next, err);
  bs_text_free(&text);
  return status;
}

bs_status bs_added_finish(bs_added *added, const bs_chain *normalizers, bs_error *err) {
  int32_t twice;
  bs_status status = bs_vocabulary_index_ids(&added->vocabulary, &twice, err);
  return status == BS_OK ? build_tries(added, normalizers, err) : status;
}

void bs_added_free(bs_added *added) {
  bs_vocabulary_free(&added->vocabulary);
  free(added->tokens);
  free(added->raw.nodes);
  free(added->normalized.nodes);
  bs_regex_free(&added->word);
  *added = (bs_added){0};
}

const bs_added_token *bs_added_find(const bs_added *added, int32_t id) {
  size_t n_bytes;
  const char *text = bs_vocabulary_text(&added->vocabulary, id, &n_bytes);
  if (text == NULL)
    return NULL;
  size_t offset = (size_t)(text - added->vocabulary.bytes.data), low = 0;
  for (size_t high = added->vocabulary.n; low < high;) { /* entries lie in order of their offsets */
    size_t middle = low + (high - low) / 2;
    if (added->vocabulary.entries[middle].offset < offset)
      low = middle + 1;
    else
      high = middle;
  }
  return &added->tokens[low];
}

static bs_status is_word(const bs_added *added, bs_matches *matches, const char *text,
                         size_t n_bytes, bool *word, bs_error *err) {
  size_t start, end;
  bs_status status = BS_OK;
  if (matches->regex == NULL)
    status = bs_matches_open(matches, added->word, err);
  if (status != BS_OK)
    return status;
  bs_matches_begin(matches, text, n_bytes);
  return bs_matches_next(matches, word, &start, &end, err);
}

/* Whether no word character stands right before `start` or behind `end`. */
static bs_status stands_alone(const bs_added *added, bs_matches *matches, const char *text,
                              size_t n_bytes, size_t start, size_t end, bool *alone,
                              bs_error *err) {
  bool before = false, behind = false;
  uint32_t c;
  bs_status status = BS_OK;
  if (start > 0) {
    size_t length = bs_utf8_decode_before(text, start, &c);
    status = is_word(added, matches, text + start - length, length, &before, err);
  }
  if (status == BS_OK && end < n_bytes)
    status = is_word(added, matches, text + end, bs_utf8_decode(text + end, n_bytes - end, &c),
                     &behind, err);
  *alone = !before && !behind;
  return status;
}

static bs_status push_segment(bs_segments *out, size_t start, size_t end, int32_t id,
                              bs_error *err) {
  bs_status status = bs_reserve(&out->segments, &out->capacity, out->n, 1, err);
  if (status == BS_OK)
    out->segments[out->n++] = (bs_segment){.start = start, .end = end, .id = id};
  return status;
}

/* Adds the token found at [start, end) and the text before it, from `done` on. White space that a
   token takes in may reach over a token of white space that follows: both count, unless the second
   one takes in space before it, of which nothing is left then. */
static bs_status push_token(bs_segments *out, const bs_added_token *token, int32_t id,
                            const char *text, size_t n_bytes, size_t *done, size_t start,
                            size_t end, bs_error *err) {
  uint32_t c;
  bs_status status = BS_OK;
  if (token->lstrip && start < *done)
    start = *done;
  while (token->lstrip && start > *done) {
    size_t length = bs_utf8_decode_before(text, start, &c);
    if (!bs_is_white_space(c))
      break;
    start -= length;
  }
  while (token->rstrip && end < n_bytes) {
    size_t length = bs_utf8_decode(text + end, n_bytes - end, &c);
    if (length == 0 || !bs_is_white_space(c))
      break;
    end += length;
  }
  if (*done < start)
    status = push_segment(out, *done, start, -1, err);
  if (status == BS_OK && start < end)
    status = push_segment(out, start, end, id, err);
  *done = end;
  return status;
}

bs_status bs_added_cut(const bs_added *added, const bs_trie *trie, const char *text, size_t n_bytes,
                       bs_segments *out, bs_error *err) {
  bs_matches matches = {0};
  bs_status status = BS_OK;
  size_t done = 0;
  out->n = 0;
  for (size_t at = 0; trie->n > 0 && at < n_bytes && status == BS_OK;) {
    size_t length = 0;
    int32_t index = -1;
    if (trie->first[(unsigned char)text[at]] != 0)
      index = longest(trie, text + at, n_bytes - at, &length);
    if (index < 0) {
      at++;
      continue;
    }
    const bs_added_token *token = &added->tokens[index];
    bool counts = !(added->splits_special && token->special);
    if (counts && token->single_word)
      status = stands_alone(added, &matches, text, n_bytes, at, at + length, &counts, err);
    if (status == BS_OK && counts)
      status = push_token(out, token, added->vocabulary.entries[index].id, text, n_bytes, &done, at,
                          at + length, err);
    at += length;
  }
  if (status == BS_OK && done < n_bytes)
    status = push_segment(out, done, n_bytes, -1, err);
  if (matches.regex != NULL)
    bs_matches_free(&matches);
  return status;
}
