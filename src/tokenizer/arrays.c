/* What stands around the model of a tokenizer from arrays, written as the parts of a
   tokenizer.json. Sources: convert_slow_tokenizer.py of transformers for SentencePiece; for the
   names of byte-level pre-tokenizers llama.cpp's converter, for their parts the tokenizer.json
   files of the models. */
#include "tokenizer/arrays_internal.h"

#include <stdlib.h>
#include <string.h>

#include "bigsweep/helpers.h"
#include "tokenizer/precompiled_internal.h"
#include "tokenizer/vocabulary_internal.h"

#define MARK "\xE2\x96\x81"
#define BYTE_LEVEL(regex)                                                                          \
  "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": " regex "}"
#define SPLIT(digits)                                                                              \
  "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\": {\"Regex\": "   \
  "\"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|" digits                 \
  "| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+\"}, "      \
  "\"behavior\": \"Isolated\", \"invert\": false}, " BYTE_LEVEL("false") "]}"
#define LLAMA3 SPLIT("\\\\p{N}{1,3}")
#define QWEN2 SPLIT("\\\\p{N}")
#define DIGITS                                                                                     \
  "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Digits\", \"individual_digits\": "    \
  "true}, " BYTE_LEVEL("true") "]}"
#define NFC "{\"type\": \"NFC\"}"

static const struct {
  const char *name, *normalizer, *parts;
  bool ignores_merges;
} pretokenizers[] = {
    {"gpt-2", "null", BYTE_LEVEL("true"), false},
    {"gpt2", "null", BYTE_LEVEL("true"), false},
    {"phi-2", "null", BYTE_LEVEL("true"), false},
    {"olmo", NFC, BYTE_LEVEL("true"), false},
    {"mpt", NFC, BYTE_LEVEL("true"), false},
    {"bytes", "null", BYTE_LEVEL("false"), false},
    {"llama-bpe", "null", LLAMA3, true},
    {"llama3", "null", LLAMA3, true},
    {"llama-v3", "null", LLAMA3, true},
    {"qwen2", NFC, QWEN2, false},
    {"smollm", "null", DIGITS, false},
    {"starcoder", "null", DIGITS, false},
};
enum { N_PRETOKENIZERS = sizeof pretokenizers / sizeof *pretokenizers };

static bs_status unknown_pretokenizer(const char *found, const char *name, bs_error *err) {
  bs_text known = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; i < N_PRETOKENIZERS && status == BS_OK; i++)
    status = bs_text_printf(&known, err, "%s%s", i == 0 ? "" : ", ", pretokenizers[i].name);
  if (status == BS_OK)
    status = bs_error_set(err, BS_ERR_UNSUPPORTED,
                          "%s: the pre-tokenizer \"%s\" is not known; known: %s", name,
                          found != NULL ? found : "", known.data);
  bs_text_free(&known);
  return status;
}

bs_status bs_arrays_append_byte_level(const char *pretokenizer, const char *name, bs_text *json,
                                      bool *ignores_merges, bs_error *err) {
  size_t i = 0;
  while (i < N_PRETOKENIZERS &&
         (pretokenizer == NULL || strcmp(pretokenizers[i].name, pretokenizer) != 0))
    i++;
  if (i == N_PRETOKENIZERS)
    return unknown_pretokenizer(pretokenizer, name, err);
  *ignores_merges = pretokenizers[i].ignores_merges;
  return bs_text_printf(json, err, "\"normalizer\": %s, \"pre_tokenizer\": %s, \"decoder\": %s, ",
                        pretokenizers[i].normalizer, pretokenizers[i].parts, BYTE_LEVEL("true"));
}

/* Spaces are marks; one stands before a text. */
static bs_status append_marks(const bs_token_arrays *arrays, bs_text *json, bs_error *err) {
#define REPLACE(from, to)                                                                          \
  "{\"type\": \"Replace\", \"pattern\": {\"String\": \"" from "\"}, \"content\": \"" to "\"}"
  return bs_text_printf(
      json, err,
      "\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [%s%s]}, \"decoder\": {\"type\": "
      "\"Sequence\", \"decoders\": [%s, {\"type\": \"ByteFallback\"}, {\"type\": \"Fuse\"}%s]}, ",
      arrays->adds_space ? "{\"type\": \"Prepend\", \"prepend\": \"" MARK "\"}, " : "",
      REPLACE(" ", MARK), REPLACE(MARK, " "),
      arrays->adds_space ? ", {\"type\": \"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0}"
                         : "");
}

static bs_status append_metaspace(const bs_token_arrays *arrays, bs_text *json, bs_error *err) {
  bs_status status = bs_text_append_string(
      json, "\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [", err);
  const char *between = "";
  if (status == BS_OK && arrays->charsmap != NULL) {
    status = bs_text_append_string(json, "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"",
                                   err);
    if (status == BS_OK)
      status = bs_base64_append(json, arrays->charsmap, arrays->n_charsmap, err);
    if (status == BS_OK)
      status = bs_text_append_string(json, "\"}", err);
    between = ", ";
  }
  if (status == BS_OK && arrays->strips_end) {
    status = bs_text_printf(json, err,
                            "%s{\"type\": \"Strip\", \"strip_left\": false, \"strip_right\": true}",
                            between);
    between = ", ";
  }
  if (status == BS_OK && arrays->joins_spaces)
    status = bs_text_printf(json, err,
                            "%s{\"type\": \"Replace\", \"pattern\": {\"Regex\": \" {2,}\"}, "
                            "\"content\": \" \"}",
                            between);
  const char *scheme = !arrays->adds_space         ? "never"
                       : arrays->first_space_alone ? "first"
                                                   : "always";
#define METASPACE                                                                                  \
  "{\"type\": \"Metaspace\", \"replacement\": \"" MARK "\", \"prepend_scheme\": \"%s\"}"
  return status == BS_OK
             ? bs_text_printf(json, err,
                              "]}, \"pre_tokenizer\": " METASPACE ", \"decoder\": " METASPACE ", ",
                              scheme, scheme)
             : status;
}

static bs_status append_added(const bs_token_arrays *arrays, bs_text *json, bs_error *err) {
  bs_status status = bs_text_append_string(json, "\"added_tokens\": [", err);
  const char *between = "";
  for (size_t i = 0; i < arrays->n && arrays->types != NULL && status == BS_OK; i++) {
    int32_t type = arrays->types[i];
    if (type < BS_PIECE_NORMAL || type > BS_PIECE_BYTE)
      return bs_error_set(err, BS_ERR_INPUT, "%s: piece %zu has the type %d, expected 1 to 6",
                          arrays->name, i, (int)type);
    if (type != BS_PIECE_CONTROL && type != BS_PIECE_UNKNOWN && type != BS_PIECE_USER_DEFINED)
      continue;
    status = bs_text_printf(json, err, "%s{\"content\": ", between);
    if (status == BS_OK)
      status = bs_json_append_string(json, arrays->pieces[i].data, arrays->pieces[i].n_bytes, err);
    if (status == BS_OK)
      status = bs_text_printf(json, err, ", \"special\": %s, \"normalized\": false}",
                              type != BS_PIECE_USER_DEFINED ? "true" : "false");
    between = ", ";
  }
  return status == BS_OK ? bs_text_append_string(json, "]}", err) : status;
}

/* The pieces stand in a JSON text below, which has to be UTF-8. */
static bs_status check(const bs_token_arrays *arrays, bs_error *err) {
  if (arrays->n == 0 || arrays->n >= BS_ID_LIMIT)
    return bs_error_set(err, BS_ERR_INPUT, "%s: a vocabulary of %zu pieces", arrays->name,
                        arrays->n);
  if (arrays->model != BS_ARRAYS_BYTE_LEVEL && arrays->scores == NULL)
    return bs_error_set(err, BS_ERR_INPUT, "%s: the pieces have no scores", arrays->name);
  for (size_t i = 0; i < arrays->n; i++) {
    const bs_piece_text *piece = &arrays->pieces[i];
    size_t valid = piece->n_bytes == 0 ? 0 : bs_utf8_valid_bytes(piece->data, piece->n_bytes);
    if (valid != piece->n_bytes)
      return bs_error_set(err, BS_ERR_INPUT, "%s: piece %zu is not UTF-8 at byte %zu", arrays->name,
                          i, valid);
  }
  const struct {
    const char *what;
    int32_t id;
    bool adds;
  } ends[] = {{"BOS", arrays->bos, arrays->adds_bos}, {"EOS", arrays->eos, arrays->adds_eos}};
  for (size_t i = 0; i < 2; i++)
    if (ends[i].adds && (ends[i].id < 0 || (size_t)ends[i].id >= arrays->n))
      return bs_error_set(err, BS_ERR_INPUT,
                          "%s: %s is to be added, its id is %d, and there are %zu pieces",
                          arrays->name, ends[i].what, (int)ends[i].id, arrays->n);
  return BS_OK;
}

bs_status bs_arrays_skeleton(const bs_token_arrays *arrays, bs_text *json, bs_error *err) {
  bool unused;
  bs_status status = check(arrays, err);
  if (status == BS_OK)
    status = bs_text_append_string(json, "{", err);
  if (status == BS_OK)
    status =
        arrays->model == BS_ARRAYS_SCORED_BPE ? append_marks(arrays, json, err)
        : arrays->model == BS_ARRAYS_UNIGRAM
            ? append_metaspace(arrays, json, err)
            : bs_arrays_append_byte_level(arrays->pretokenizer, arrays->name, json, &unused, err);
  return status == BS_OK ? append_added(arrays, json, err) : status;
}
