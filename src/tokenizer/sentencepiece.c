/* Reading SentencePiece models: protocol buffers, of which every length is checked against what is
   left, and fields that do not matter here are passed over. Format: the "Encoding" page of the
   protocol buffers documentation; sentencepiece_model.proto. */
#include "tokenizer/sentencepiece_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"

/* What is left of a message. */
typedef struct message {
  const char *at, *end;
} message;

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

typedef struct field {
  uint64_t number;
  int wire;
  uint64_t value; /* of a varint or a fixed field */
  message bytes;
} field;

static bool read_varint(message *m, uint64_t *value) {
  *value = 0;
  for (unsigned shift = 0; shift < 64 && m->at < m->end; shift += 7) {
    unsigned char byte = (unsigned char)*m->at++;
    *value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80)
      return true;
  }
  return false;
}

static bool read_fixed(message *m, size_t n, uint64_t *value) {
  *value = 0;
  if ((size_t)(m->end - m->at) < n)
    return false;
  for (size_t i = n; i-- > 0;)
    *value = *value << 8 | (unsigned char)m->at[i];
  m->at += n;
  return true;
}

/* The next field; false where the bytes are none. */
static bool read_field(message *m, field *f) {
  uint64_t key, n;
  *f = (field){0};
  if (!read_varint(m, &key) || key >> 3 == 0)
    return false;
  f->number = key >> 3;
  f->wire = (int)(key & 7);
  switch (f->wire) {
  case VARINT:
    return read_varint(m, &f->value);
  case FIXED64:
    return read_fixed(m, 8, &f->value);
  case FIXED32:
    return read_fixed(m, 4, &f->value);
  case BYTES:
    if (!read_varint(m, &n) || n > (uint64_t)(m->end - m->at))
      return false;
    f->bytes = (message){m->at, m->at + n};
    m->at += n;
    return true;
  default:
    return false;
  }
}

static bool is_field(const field *f, uint64_t number, int wire) {
  return f->number == number && f->wire == wire;
}

bs_status bs_sentencepiece_add(bs_sentencepiece *model, const char *text, size_t n_bytes,
                               float score, int32_t type, bs_error *err) {
  bs_status status = bs_reserve(&model->pieces, &model->piece_capacity, model->n, 1, err);
  if (status == BS_OK)
    status = bs_reserve(&model->scores, &model->score_capacity, model->n, 1, err);
  if (status == BS_OK)
    status = bs_reserve(&model->types, &model->type_capacity, model->n, 1, err);
  if (status != BS_OK)
    return status;
  model->pieces[model->n] = (bs_piece_text){.data = text, .n_bytes = n_bytes};
  model->scores[model->n] = score;
  model->types[model->n++] = type;
  return BS_OK;
}

/* ModelProto.SentencePiece: piece 1, score 2, type 3. */
static bs_status read_piece(bs_sentencepiece *model, message m, bool *fits, bs_error *err) {
  message text = {m.at, m.at};
  float score = 0;
  int32_t type = BS_PIECE_NORMAL;
  field f;
  while (m.at < m.end) {
    *fits = read_field(&m, &f);
    if (!*fits)
      return BS_OK;
    if (is_field(&f, 1, BYTES))
      text = f.bytes;
    if (is_field(&f, 2, FIXED32)) {
      uint32_t bits = (uint32_t)f.value;
      memcpy(&score, &bits, sizeof score);
    }
    if (is_field(&f, 3, VARINT))
      type = f.value <= INT32_MAX ? (int32_t)f.value : 0;
  }
  return bs_sentencepiece_add(model, text.at, (size_t)(text.end - text.at), score, type, err);
}

/* TrainerSpec: model_type 3. NormalizerSpec: precompiled_charsmap 2, add_dummy_prefix 3,
   escape_whitespaces 5. */
static bool read_spec(bs_sentencepiece *model, message m, bool is_normalizer) {
  field f;
  while (m.at < m.end) {
    if (!read_field(&m, &f))
      return false;
    if (!is_normalizer && is_field(&f, 3, VARINT))
      model->model_type = f.value <= INT32_MAX ? (int64_t)f.value : 0;
    if (is_normalizer && is_field(&f, 2, BYTES))
      model->charsmap = (bs_piece_text){f.bytes.at, (size_t)(f.bytes.end - f.bytes.at)};
    if (is_normalizer && is_field(&f, 3, VARINT))
      model->adds_dummy_prefix = f.value != 0;
    if (is_normalizer && is_field(&f, 5, VARINT))
      model->escapes_spaces = f.value != 0;
  }
  return true;
}

bs_status bs_sentencepiece_read(bs_sentencepiece *model, const char *bytes, size_t n_bytes,
                                const char *name, bs_error *err) {
  message m = {bytes, bytes + n_bytes};
  field f;
  bs_status status = BS_OK;
  *model = (bs_sentencepiece){
      .model_type = BS_SPM_UNIGRAM, .adds_dummy_prefix = true, .escapes_spaces = true};
  while (m.at < m.end && status == BS_OK) {
    size_t offset = (size_t)(m.at - bytes);
    bool fits = read_field(&m, &f);
    if (fits && is_field(&f, 1, BYTES))
      status = read_piece(model, f.bytes, &fits, err);
    else if (fits && (is_field(&f, 2, BYTES) || is_field(&f, 3, BYTES)))
      fits = read_spec(model, f.bytes, f.number == 3);
    if (status == BS_OK && !fits)
      status = bs_error_set(err, BS_ERR_INPUT,
                            "%s: no SentencePiece model, or one that is cut short: byte %zu of %zu "
                            "begins no complete field",
                            name, offset, n_bytes);
  }
  if (status == BS_OK && model->n == 0)
    status = bs_error_set(err, BS_ERR_INPUT, "%s: a SentencePiece model without pieces", name);
  return status;
}

void bs_sentencepiece_free(bs_sentencepiece *model) {
  free(model->pieces);
  free(model->scores);
  free(model->types);
  *model = (bs_sentencepiece){0};
}
