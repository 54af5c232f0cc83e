/* A tokenizer as a whole: its parts in the order in which text passes them. */
#include "tokenizer/tokenizer_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"

bs_status bs_tokenizer_note(bs_tokenizer *tokenizer, bs_error *err, const char *format, ...) {
  char message[BS_ERROR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  bs_status status =
      bs_reserve(&tokenizer->notes, &tokenizer->note_capacity, tokenizer->n_notes, 1, err);
  char *note = status == BS_OK ? bs_string_copy(message, err) : NULL;
  if (note == NULL)
    return BS_ERR_MEMORY;
  tokenizer->notes[tokenizer->n_notes++] = note;
  return BS_OK;
}

const char *const *bs_tokenizer_notes(const bs_tokenizer *tokenizer, size_t *n) {
  *n = tokenizer->n_notes;
  return (const char *const *)tokenizer->notes;
}

void bs_tokenizer_free(bs_tokenizer **handle) {
  bs_tokenizer *tokenizer = *handle;
  if (tokenizer == NULL)
    return;
  if (tokenizer->model_state != NULL)
    tokenizer->model->release(tokenizer->model_state);
  bs_added_free(&tokenizer->added);
  bs_vocabulary_free(&tokenizer->vocabulary);
  bs_chain_free(&tokenizer->normalizers);
  bs_chain_free(&tokenizer->pretokenizers);
  bs_chain_free(&tokenizer->postprocessors);
  bs_chain_free(&tokenizer->decoders);
  for (size_t i = 0; i < tokenizer->n_notes; i++)
    free(tokenizer->notes[i]);
  free(tokenizer->notes);
  free(tokenizer);
  *handle = NULL;
}

const char *bs_tokenizer_kind(const bs_tokenizer *tokenizer) { return tokenizer->model->type; }

size_t bs_tokenizer_vocab_size(const bs_tokenizer *tokenizer) {
  int32_t model = tokenizer->vocabulary.n > 0 ? tokenizer->vocabulary.max_id : -1;
  int32_t added = tokenizer->added.vocabulary.n > 0 ? tokenizer->added.vocabulary.max_id : -1;
  return (size_t)((model > added ? model : added) + 1);
}

/* The largest id of a piece that is no added token, which are special or come by their spelling. */
static const bs_vocabulary_entry *largest_piece(const bs_tokenizer *tokenizer) {
  const bs_vocabulary_entry *largest = NULL;
  for (size_t i = 0; i < tokenizer->vocabulary.n; i++) {
    const bs_vocabulary_entry *entry = &tokenizer->vocabulary.entries[i];
    if ((largest == NULL || entry->id > largest->id) &&
        bs_added_find(&tokenizer->added, entry->id) == NULL)
      largest = entry;
  }
  return largest;
}

bs_status bs_tokenizer_check_fits(const bs_tokenizer *tokenizer, size_t vocab_size, bs_error *err) {
  const bs_vocabulary_entry *largest = largest_piece(tokenizer);
  if (largest != NULL && (size_t)largest->id >= vocab_size)
    return bs_error_set(err, BS_ERR_INPUT,
                        "its tokenizer.json is another model's: it has tokens up to number %d "
                        "(\"%.*s\"), config.json a vocabulary of %zu",
                        (int)largest->id, largest->n_bytes < 64 ? (int)largest->n_bytes : 64,
                        tokenizer->vocabulary.bytes.data + largest->offset, vocab_size);
  bs_tokens before = {0}, behind = {0};
  bs_status status = bs_tokenizer_surroundings(tokenizer, &before, &behind, err);
  for (size_t i = 0; status == BS_OK && i < before.n; i++)
    if ((size_t)before.ids[i] >= vocab_size)
      status = bs_error_set(err, BS_ERR_INPUT,
                            "its tokenizer.json puts token %d before every text, config.json has a "
                            "vocabulary of %zu: another model's tokenizer",
                            (int)before.ids[i], vocab_size);
  bs_tokens_free(&before);
  bs_tokens_free(&behind);
  return status;
}

int32_t bs_tokenizer_id(const bs_tokenizer *tokenizer, const char *content) {
  size_t n_bytes = strlen(content);
  int32_t id = bs_vocabulary_find(&tokenizer->added.vocabulary, content, n_bytes);
  return id >= 0 ? id : bs_vocabulary_find(&tokenizer->vocabulary, content, n_bytes);
}

/* What one encoding needs beside the tokenizer. */
typedef struct encoding {
  bs_segments raw, normalized;
  bs_text text, spare; /* a segment and its normal form */
  bs_pieces pieces;
  bs_tokens ids, processed;
  void *scratch; /* the model's */
} encoding;

static void encoding_free(const bs_tokenizer *tokenizer, encoding *e) {
  free(e->raw.segments);
  free(e->normalized.segments);
  bs_text_free(&e->text);
  bs_text_free(&e->spare);
  bs_pieces_free(&e->pieces);
  bs_tokens_free(&e->ids);
  bs_tokens_free(&e->processed);
  tokenizer->model->scratch_free(e->scratch);
}

/* Text without added tokens, in its normal form. */
static bs_status encode_plain(const bs_tokenizer *tokenizer, encoding *e, const char *text,
                              size_t n_bytes, bool from_start, bs_error *err) {
  bs_pieces *pieces = &e->pieces;
  pieces->text.n_bytes = 0;
  pieces->from_start = from_start;
  bs_status status = bs_text_append(&pieces->text, text, n_bytes, err);
  if (status == BS_OK)
    status = bs_pieces_whole(pieces, err);
  for (size_t i = 0; i < tokenizer->pretokenizers.n && status == BS_OK; i++) {
    const bs_part *part = &tokenizer->pretokenizers.parts[i];
    status = part->kind->run.pretokenize(part->state, pieces, err);
  }
  for (size_t i = 0; i < pieces->list.n && status == BS_OK; i++) {
    bs_piece piece = pieces->list.pieces[i];
    status = tokenizer->model->encode(tokenizer->model_state, &tokenizer->vocabulary, e->scratch,
                                      pieces->text.data + piece.start, piece.end - piece.start,
                                      &e->ids, err);
  }
  return status;
}

/* Text without added tokens of the raw kind: normalised, cut at those of the other kind. */
static bs_status encode_raw(const bs_tokenizer *tokenizer, encoding *e, const char *text,
                            size_t n_bytes, bool from_start, bs_error *err) {
  e->text.n_bytes = 0;
  bs_status status = bs_text_append(&e->text, text, n_bytes, err);
  if (status == BS_OK)
    status = bs_chain_normalize(&tokenizer->normalizers, &e->text, &e->spare, err);
  if (status == BS_OK)
    status = bs_added_cut(&tokenizer->added, &tokenizer->added.normalized, e->text.data,
                          e->text.n_bytes, &e->normalized, err);
  for (size_t i = 0; status == BS_OK && i < e->normalized.n; i++) {
    bs_segment segment = e->normalized.segments[i];
    if (segment.id >= 0)
      status = bs_tokens_push(&e->ids, segment.id, err);
    else
      status = encode_plain(tokenizer, e, e->text.data + segment.start, segment.end - segment.start,
                            from_start && segment.start == 0, err);
  }
  return status;
}

static bs_status post_process(const bs_tokenizer *tokenizer, encoding *e, bool add_special,
                              bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < tokenizer->postprocessors.n && status == BS_OK; i++) {
    const bs_part *part = &tokenizer->postprocessors.parts[i];
    e->processed.n = 0;
    status = part->kind->run.process(part->state, &e->ids, add_special, &e->processed, err);
    bs_tokens ids = e->ids;
    e->ids = e->processed;
    e->processed = ids;
  }
  return status;
}

bs_status bs_tokenizer_encode(const bs_tokenizer *tokenizer, const char *text, size_t n_bytes,
                              bool add_special, bs_tokens *ids, bs_error *err) {
  size_t valid = bs_utf8_valid_bytes(text, n_bytes);
  if (valid < n_bytes)
    return bs_error_set(err, BS_ERR_INPUT, "text is not UTF-8 at byte %zu", valid);
  encoding e = {.scratch = tokenizer->model->scratch_new(err)};
  bs_status status = e.scratch == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK)
    status = bs_added_cut(&tokenizer->added, &tokenizer->added.raw, text, n_bytes, &e.raw, err);
  for (size_t i = 0; status == BS_OK && i < e.raw.n; i++) {
    bs_segment segment = e.raw.segments[i];
    if (segment.id >= 0)
      status = bs_tokens_push(&e.ids, segment.id, err);
    else
      status = encode_raw(tokenizer, &e, text + segment.start, segment.end - segment.start,
                          segment.start == 0, err);
  }
  if (status == BS_OK)
    status = post_process(tokenizer, &e, add_special, err);
  if (status == BS_OK)
    status = bs_tokens_append(ids, e.ids.ids, e.ids.n, err);
  encoding_free(tokenizer, &e);
  return status;
}

bs_status bs_tokenizer_surroundings(const bs_tokenizer *tokenizer, bs_tokens *before,
                                    bs_tokens *behind, bs_error *err) {
  enum { TEXT = -2 }; /* stands for the tokens of a text, whatever they are; no id is negative */
  encoding e = {0};
  bs_status status = bs_tokens_push(&e.ids, TEXT, err);
  if (status == BS_OK)
    status = post_process(tokenizer, &e, true, err);
  size_t at = 0, n_texts = 0;
  for (size_t i = 0; status == BS_OK && i < e.ids.n; i++)
    if (e.ids.ids[i] == TEXT && n_texts++ == 0)
      at = i;
  if (status == BS_OK && n_texts != 1)
    status = bs_error_set(
        err, BS_ERR_UNSUPPORTED,
        "post_processor: the text stands %zu times in its template, expected once", n_texts);
  if (status == BS_OK && before != NULL)
    status = bs_tokens_append(before, e.ids.ids, at, err);
  if (status == BS_OK && behind != NULL)
    status = bs_tokens_append(behind, e.ids.ids + at + 1, e.ids.n - at - 1, err);
  bs_tokens_free(&e.ids);
  bs_tokens_free(&e.processed);
  return status;
}

/* The texts of the ids, as the vocabulary has them. */
static bs_status token_texts(const bs_tokenizer *tokenizer, const int32_t *ids, size_t n,
                             bool skip_special, bs_strings *strings, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    size_t n_bytes;
    if (ids[i] < 0)
      return bs_error_set(err, BS_ERR_INPUT, "token %zu of %zu: an id of %d", i, n, (int)ids[i]);
    const char *text = bs_vocabulary_text(&tokenizer->added.vocabulary, ids[i], &n_bytes);
    if (text != NULL && skip_special && bs_added_find(&tokenizer->added, ids[i])->special)
      continue;
    if (text == NULL)
      text = bs_vocabulary_text(&tokenizer->vocabulary, ids[i], &n_bytes);
    if (text == NULL)
      continue;
    status = bs_text_append(&strings->bytes, text, n_bytes, err);
    if (status == BS_OK)
      status = bs_strings_end(strings, err);
  }
  return status;
}

static bs_status join(const bs_strings *strings, const char *between, bs_text *text,
                      bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < strings->n && status == BS_OK; i++) {
    size_t n_bytes;
    if (i > 0)
      status = bs_text_append_string(text, between, err);
    const char *string = bs_strings_at(strings, i, &n_bytes);
    if (status == BS_OK)
      status = bs_text_append(text, string, n_bytes, err);
  }
  return status;
}

bs_status bs_tokenizer_decode(const bs_tokenizer *tokenizer, const int32_t *ids, size_t n,
                              bool skip_special, bs_text *text, bs_error *err) {
  bs_strings strings = {0}, spare = {0};
  bs_status status = token_texts(tokenizer, ids, n, skip_special, &strings, err);
  for (size_t i = 0; i < tokenizer->decoders.n && status == BS_OK; i++) {
    const bs_part *part = &tokenizer->decoders.parts[i];
    bs_strings_clear(&spare);
    status = part->kind->run.decode(part->state, &strings, &spare, err);
    bs_strings kept = strings;
    strings = spare;
    spare = kept;
  }
  if (status == BS_OK)
    status = join(&strings, tokenizer->has_decoder ? "" : " ", text, err);
  bs_strings_free(&strings);
  bs_strings_free(&spare);
  return status;
}
