/* Folders without tokenizer.json. Sources: convert_slow_tokenizer.py and the slow classes of
   transformers 4.46 to 4.57. */
#include "gguf/gguf_internal.h"
#include "tokenizer/folder_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "tokenizer/absent_internal.h"
#include "tokenizer/byte_level_internal.h"
#include "tokenizer/sentencepiece_internal.h"
#include "tokenizer/vocabulary_internal.h"

enum { MAX_BYTES = 1 << 28, BYTE_OFFSET = 3, BYTE_EXTRA_IDS = 125, EXTRA_IDS = 100, MADE_UP = 7 };

typedef enum file_form {
  FORM_BYTES,
  FORM_LLAMA,
  FORM_GEMMA,
  FORM_T5,
  FORM_XGLM,
  FORM_MERGES
} file_form;

/* What the converter of a class reads. */
static const struct {
  const char *class_name;
  file_form form;
  const char *files[2];     /* all have to be there */
  const char *pretokenizer; /* of merges */
} known[] = {
    {"ByT5Tokenizer", FORM_BYTES, {NULL, NULL}, "bytes"},
    {"LlamaTokenizer", FORM_LLAMA, {"tokenizer.model", NULL}, NULL},
    {"GemmaTokenizer", FORM_GEMMA, {"tokenizer.model", NULL}, NULL},
    {"T5Tokenizer", FORM_T5, {"spiece.model", NULL}, NULL},
    {"MT5Tokenizer", FORM_T5, {"spiece.model", NULL}, NULL},
    {"XGLMTokenizer", FORM_XGLM, {"sentencepiece.bpe.model", NULL}, NULL},
    {"GPT2Tokenizer", FORM_MERGES, {"vocab.json", "merges.txt"}, "gpt-2"},
    {"CodeGenTokenizer", FORM_MERGES, {"vocab.json", "merges.txt"}, "gpt-2"},
    {"Qwen2Tokenizer", FORM_MERGES, {"vocab.json", "merges.txt"}, "qwen2"},
};
enum { N_KNOWN = sizeof known / sizeof *known };

/* The row of the settings' class; N_KNOWN: none. */
static size_t row_of(const bs_settings *settings) {
  size_t i = 0;
  while (i < N_KNOWN &&
         (settings->class == NULL || strcmp(known[i].class_name, settings->class->name) != 0))
    i++;
  return i;
}

bool bs_folder_is_bytes(const bs_settings *settings) {
  size_t row = row_of(settings);
  return row < N_KNOWN && known[row].form == FORM_BYTES;
}

static bool has_file(const char *dir, const char *name) {
  char *path = bs_path_join(dir, name, NULL);
  bool found = path != NULL && bs_file_exists(path);
  free(path);
  return found;
}

/* Whether the files of a row are there. */
static bool has_files(const char *dir, size_t row) {
  for (size_t i = 0; i < 2; i++)
    if (known[row].files[i] != NULL && !has_file(dir, known[row].files[i]))
      return false;
  return true;
}

/* Whether a GGUF file has tokens. */
static bool file_has_tokens(const char *path) {
  bs_gguf *gguf = NULL;
  bool has = bs_gguf_open(&gguf, path, NULL) == BS_OK &&
             bs_gguf_find(gguf, "tokenizer.ggml.tokens") != NULL;
  bs_gguf_free(&gguf);
  return has;
}

bool bs_folder_has_tokenizer(const char *dir) {
  if (bs_gguf_is_path(dir) && !bs_is_folder(dir))
    return file_has_tokens(dir);
  if (has_file(dir, "tokenizer.json"))
    return true;
  bs_settings settings;
  bs_error unused = {0};
  bs_status status = bs_settings_load(&settings, dir, true, &unused);
  size_t row = row_of(&settings);
  bs_settings_free(&settings);
  return status == BS_OK && row < N_KNOWN && has_files(dir, row);
}

static bs_status read_file(const char *dir, const char *name, bs_text *text, bs_error *err) {
  char *path = bs_path_join(dir, name, err);
  bs_status status = path == NULL ? BS_ERR_MEMORY : bs_file_read(path, MAX_BYTES, text, err);
  free(path);
  return status;
}

/* Bytes */

/* "<pad>", "</s>", "<unk>", a piece for each byte, and the extra ids behind them; "</s>" behind a
   text. It is a byte-level tokenizer without merges. */
static bs_status open_bytes(bs_tokenizer **out, const bs_settings *settings, bs_error *err) {
  static const char *const first[] = {"<pad>", "</s>", "<unk>"};
  bs_text text = {0};
  bool unused;
  int64_t n_extra = BYTE_EXTRA_IDS;
  bs_status status = bs_json_get_integer(settings->file, settings->file->root, "extra_ids", false,
                                         0, 100000, &n_extra, err);
  if (status == BS_OK)
    status = bs_text_append_string(&text, "{", err);
  if (status == BS_OK)
    status = bs_arrays_append_byte_level("bytes", "ByT5Tokenizer", &text, &unused, err);
  if (status == BS_OK)
    status = bs_text_append_string(
        &text, "\"model\": {\"type\": \"BPE\", \"merges\": [], \"vocab\": {", err);
  for (int i = 0; i < 256 + BYTE_OFFSET && status == BS_OK; i++) {
    char byte = (char)(unsigned char)(i - BYTE_OFFSET);
    bs_text letter = {0};
    status = i < BYTE_OFFSET ? bs_text_append_string(&letter, first[i], err)
                             : bs_byte_level_append(&letter, &byte, 1, err);
    if (status == BS_OK)
      status = bs_json_append_string(&text, letter.data, letter.n_bytes, err);
    if (status == BS_OK)
      status = bs_text_printf(&text, err, ": %d%s", i, i + 1 < 256 + BYTE_OFFSET ? ", " : "}}");
    bs_text_free(&letter);
  }
  if (status == BS_OK)
    status = bs_text_append_string(
        &text,
        ", \"post_processor\": {\"type\": \"TemplateProcessing\", \"single\": [{\"Sequence\": "
        "{\"id\": \"A\", \"type_id\": 0}}, {\"SpecialToken\": {\"id\": \"</s>\", \"type_id\": "
        "0}}], "
        "\"pair\": [], \"special_tokens\": {\"</s>\": {\"id\": \"</s>\", \"ids\": [1], \"tokens\": "
        "[\"</s>\"]}}}, \"added_tokens\": [{\"content\": \"<pad>\", \"special\": true}, "
        "{\"content\": \"</s>\", \"special\": true}, {\"content\": \"<unk>\", \"special\": true}",
        err);
  for (int64_t i = 0; i < n_extra && status == BS_OK; i++)
    status =
        bs_text_printf(&text, err, ", {\"content\": \"<extra_id_%d>\", \"special\": true}", (int)i);
  if (status == BS_OK)
    status = bs_text_append_string(&text, "]}", err);
  if (status == BS_OK)
    status = bs_tokenizer_from_text(out, text.data, text.n_bytes, "ByT5Tokenizer", settings, err);
  bs_text_free(&text);
  return status;
}

/* vocab.json and merges.txt */

/* The lines of merges.txt as strings of a JSON array. GPT-2's class passes over the first line
   whatever it says, Qwen's over a line with the version. */
static bs_status append_merges(bs_text *json, const bs_text *merges, bool passes_first,
                               const char *name, bs_error *err) {
  bs_status status = bs_text_append_string(json, "[", err);
  const char *between = "", *end = merges->data + merges->n_bytes;
  size_t n_lines = 0;
  for (const char *line = merges->data, *next; line != NULL && line < end && status == BS_OK;
       line = next + 1) {
    next = memchr(line, '\n', (size_t)(end - line));
    if (next == NULL)
      next = end;
    size_t n = (size_t)(next - line);
    n -= n > 0 && line[n - 1] == '\r';
    bool is_version = n >= 8 && memcmp(line, "#version", 8) == 0;
    if (n == 0 || (n_lines++ == 0 && (passes_first || is_version)))
      continue;
    if (bs_utf8_valid_bytes(line, n) != n)
      return bs_error_set(err, BS_ERR_INPUT, "%s: line %zu is not UTF-8", name, n_lines);
    status = bs_text_append_string(json, between, err);
    if (status == BS_OK)
      status = bs_json_append_string(json, line, n, err);
    between = ", ";
  }
  return status == BS_OK ? bs_text_append_string(json, "]", err) : status;
}

static bs_status open_merges(bs_tokenizer **out, const char *dir, size_t row, bs_settings *settings,
                             bs_error *err) {
  bs_text vocab = {0}, merges = {0}, text = {0};
  bs_json *check = NULL;
  bool unused, is_qwen = strcmp(known[row].class_name, "Qwen2Tokenizer") == 0;
  settings->converts_bos = !is_qwen;
  bs_status status = read_file(dir, "vocab.json", &vocab, err);
  if (status == BS_OK) /* by itself, so that it cannot end the document around it */
    status = bs_json_parse(&check, vocab.data, vocab.n_bytes, "vocab.json", err);
  bs_json_free(&check);
  if (status == BS_OK)
    status = read_file(dir, "merges.txt", &merges, err);
  if (status == BS_OK)
    status = bs_text_append_string(&text, "{", err);
  if (status == BS_OK)
    status =
        bs_arrays_append_byte_level(known[row].pretokenizer, "merges.txt", &text, &unused, err);
  if (status == BS_OK)
    status = bs_text_append_string(&text, "\"model\": {\"type\": \"BPE\", \"vocab\": ", err);
  if (status == BS_OK)
    status = bs_text_append(&text, vocab.data, vocab.n_bytes, err);
  if (status == BS_OK)
    status = bs_text_append_string(&text, ", \"merges\": ", err);
  if (status == BS_OK)
    status = append_merges(&text, &merges, !is_qwen, "merges.txt", err);
  if (status == BS_OK)
    status = bs_text_append_string(&text, "}}", err);
  if (status == BS_OK)
    status = bs_tokenizer_from_text(out, text.data, text.n_bytes, "vocab.json and merges.txt",
                                    settings, err);
  bs_text_free(&vocab);
  bs_text_free(&merges);
  bs_text_free(&text);
  return status;
}

/* SentencePiece */

/* Appends control pieces "<PREFIX_N>" for N from `from` in steps of one to `to`. */
static bs_status add_numbered(bs_sentencepiece *model, bs_text names[], const char *prefix,
                              int64_t from, int64_t to, bs_error *err) {
  bs_status status = BS_OK;
  for (int64_t i = from, k = 0; status == BS_OK; i += from > to ? -1 : 1, k++) {
    status = bs_text_printf(&names[k], err, "<%s%d>", prefix, (int)i);
    if (status == BS_OK)
      status =
          bs_sentencepiece_add(model, names[k].data, names[k].n_bytes, 0, BS_PIECE_CONTROL, err);
    if (i == to)
      break;
  }
  return status;
}

/* XGLM counts as fairseq does: four pieces of its own in place of the first three. */
static bs_status count_as_fairseq(bs_sentencepiece *model, bs_text names[], bs_error *err) {
  static const char *const first[] = {"<s>", "<pad>", "</s>", "<unk>"};
  if (model->n < 3)
    return bs_error_set(err, BS_ERR_INPUT, "sentencepiece.bpe.model: %zu pieces", model->n);
  bs_status status = bs_sentencepiece_add(model, "", 0, 0, BS_PIECE_NORMAL, err);
  if (status != BS_OK)
    return status;
  size_t n = model->n - 4; /* pieces behind the first three */
  memmove(model->pieces + 4, model->pieces + 3, n * sizeof *model->pieces);
  memmove(model->scores + 4, model->scores + 3, n * sizeof *model->scores);
  memmove(model->types + 4, model->types + 3, n * sizeof *model->types);
  for (size_t i = 0; i < 4; i++) {
    model->pieces[i] = (bs_piece_text){first[i], strlen(first[i])};
    model->scores[i] = 0;
    model->types[i] = i == 3 ? BS_PIECE_UNKNOWN : BS_PIECE_CONTROL;
  }
  return add_numbered(model, names, "madeupword", 0, MADE_UP - 1, err);
}

static int32_t find_piece(const bs_sentencepiece *model, const char *text) {
  size_t n = strlen(text);
  for (size_t i = 0; i < model->n && i < BS_ID_LIMIT; i++)
    if (model->pieces[i].n_bytes == n && memcmp(model->pieces[i].data, text, n) == 0)
      return (int32_t)i;
  return -1;
}

/* What the converter of the class makes of the model. */
static bs_status convert(bs_token_arrays *arrays, bs_sentencepiece *model, file_form form,
                         bs_settings *settings, int64_t n_extra, bs_text names[], bs_error *err) {
  bs_status status = BS_OK;
  bool is_bpe = form == FORM_LLAMA || form == FORM_GEMMA;
  if (model->model_type != (is_bpe ? BS_SPM_BPE : BS_SPM_UNIGRAM) || !model->escapes_spaces)
    return bs_error_set(err, BS_ERR_UNSUPPORTED,
                        "%s: %s, which %s is not converted from: make a tokenizer.json of it",
                        arrays->name,
                        !model->escapes_spaces                ? "it keeps spaces as they are"
                        : model->model_type == BS_SPM_UNIGRAM ? "a Unigram model"
                        : model->model_type == BS_SPM_BPE     ? "a BPE model"
                                                              : "a model of words or characters",
                        settings->class->name);
  settings->from_slow = form == FORM_LLAMA;
  if (form == FORM_T5 && n_extra > 0)
    status = add_numbered(model, names, "extra_id_", n_extra - 1, 0, err);
  if (form == FORM_XGLM)
    status = count_as_fairseq(model, names, err);
  *arrays = (bs_token_arrays){
      .name = arrays->name,
      .model = is_bpe ? BS_ARRAYS_SCORED_BPE : BS_ARRAYS_UNIGRAM,
      .n = model->n,
      .pieces = model->pieces,
      .scores = model->scores,
      .types = model->types,
      .charsmap = model->charsmap.n_bytes > 0 ? (const unsigned char *)model->charsmap.data : NULL,
      .n_charsmap = model->charsmap.n_bytes,
      .adds_space = form != FORM_GEMMA,
      .first_space_alone = form == FORM_T5 && !settings->is_legacy,
      .joins_spaces = true,
      .strips_end = true,
      .bos = form == FORM_XGLM ? find_piece(model, "</s>") : -1,
      .eos = form == FORM_T5 ? find_piece(model, "</s>") : -1,
      .adds_bos = form == FORM_XGLM,
      .adds_eos = form == FORM_T5};
  return status;
}

static bs_status open_sentencepiece(bs_tokenizer **out, const char *dir, size_t row,
                                    bs_settings *settings, bs_error *err) {
  bs_token_arrays arrays = {.name = known[row].files[0]};
  bs_sentencepiece model = {0};
  bs_text bytes = {0};
  int64_t n_extra = EXTRA_IDS;
  bs_text *names = NULL;
  size_t n_names = 0;
  bs_status status = bs_json_get_integer(settings->file, settings->file->root, "extra_ids", false,
                                         0, 100000, &n_extra, err);
  if (status == BS_OK)
    status = read_file(dir, arrays.name, &bytes, err);
  if (status == BS_OK)
    status = bs_sentencepiece_read(&model, bytes.data, bytes.n_bytes, arrays.name, err);
  if (status == BS_OK) {
    n_names = (size_t)n_extra + MADE_UP;
    names = bs_array_new(n_names, sizeof *names, err);
    status = names == NULL ? BS_ERR_MEMORY : BS_OK;
  }
  if (status == BS_OK)
    status = convert(&arrays, &model, known[row].form, settings, n_extra, names, err);
  if (status == BS_OK)
    status = bs_tokenizer_from_arrays_and(out, &arrays, settings, err);
  for (size_t i = 0; names != NULL && i < n_names; i++)
    bs_text_free(&names[i]);
  free(names);
  bs_sentencepiece_free(&model);
  bs_text_free(&bytes);
  return status;
}

bs_status bs_folder_open(bs_tokenizer **out, const char *dir, bs_settings *settings,
                         bs_error *err) {
  size_t row = row_of(settings);
  *out = NULL;
  if (row < N_KNOWN && known[row].form == FORM_BYTES)
    return open_bytes(out, settings, err);
  if (row == N_KNOWN || !has_files(dir, row))
    return bs_tokenizer_absent(dir, settings->class_name, err);
  return known[row].form == FORM_MERGES ? open_merges(out, dir, row, settings, err)
                                        : open_sentencepiece(out, dir, row, settings, err);
}
