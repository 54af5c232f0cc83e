/* Whether a folder is a copy of another: what is not is found, and its file is named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "bigsweep/checkpoint.h"
#include "family_models.h"
#include "harness.h"
#include "model_writer.h"

static const char *const names[] = {"config.json", "tokenizer.json", "tokenizer_config.json",
                                    "model.safetensors"};

static bs_text read_in(const char *folder, const char *name) {
  bs_error err = {0};
  bs_text text = {0};
  char *path = bs_path_join(folder, name, &err);
  BS_TEST_OK(bs_file_read(path, (size_t)1 << 24, &text, &err), err);
  free(path);
  return text;
}

static void remove_in(const char *folder, const char *name) {
  char *path = bs_path_join(folder, name, NULL);
  CU_ASSERT_EQUAL(remove(path), 0);
  free(path);
}

/* A small model, the same every time. */
static const char *make_model(const char *name) {
  static const llama_sizes sizes = {.d_model = 64,
                                    .n_layers = 2,
                                    .n_heads = 4,
                                    .n_kv_heads = 4,
                                    .head_dim = 16,
                                    .d_ff = 96,
                                    .n_vocab = 80,
                                    .n_positions = 32,
                                    .dtype = BS_DTYPE_F32,
                                    .more = ""};
  const char *folder = make_llama(name, &sizes);
  write_file(folder, "tokenizer.json", "{}", 2);
  write_file(folder, "tokenizer_config.json", "{}", 2);
  return folder;
}

static bs_text fingerprints_of(const char *folder) {
  bs_error err = {0};
  bs_text lines = {0};
  BS_TEST_OK(bs_checkpoint_fingerprints(folder, &lines, &err), err);
  return lines;
}

static void is_no_copy(const char *folder, const bs_text *lines, const char *name,
                       const char *says) {
  bs_error err = {0};
  char expected[256];
  snprintf(expected, sizeof expected, "/%s: %s", name, says);
  BS_TEST_FAILS(bs_checkpoint_check_copy(folder, lines->data, &err), BS_ERR_INPUT, err, expected);
}

static void a_copy_passes(void) {
  bs_error err = {0};
  bs_text lines = fingerprints_of(make_model("first"));
  BS_TEST_OK(bs_checkpoint_check_copy(make_model("second"), lines.data, &err), err);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    CU_ASSERT_PTR_NOT_NULL(strstr(lines.data, names[i]));
  bs_text_free(&lines);
}

/* Whatever a message says instead of fingerprints is read no further than its end. */
static void other_lines_are_refused(void) {
  static const char *const lines[] = {"x", "\n", "config.json", "\nx", "x\n\n"};
  const char *folder = make_model("first");
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    bs_error err = {0};
    char *exact = bs_string_copy(lines[i], NULL);
    CU_ASSERT_EQUAL(bs_checkpoint_check_copy(folder, exact, &err), BS_ERR_INPUT);
    bs_error_clear(&err);
    free(exact);
  }
  bs_text here = fingerprints_of(folder); /* without the last line's end it still says the same */
  here.data[--here.n_bytes] = '\0';
  bs_error err = {0};
  BS_TEST_OK(bs_checkpoint_check_copy(folder, here.data, &err), err);
  bs_text_free(&here);
}

/* Each byte of each text, missing and additional files. */
static void other_texts_are_found(void) {
  bs_text lines = fingerprints_of(make_model("first"));
  const char *folder = make_model("other");
  for (size_t i = 0; i < 3; i++) {
    bs_text text = read_in(folder, names[i]);
    write_file(folder, names[i], text.data, text.n_bytes);
    text.data[0] = ' ';
    write_file(folder, names[i], text.data, text.n_bytes);
    is_no_copy(folder, &lines, names[i], "not the file that the coordinator has read");
    text.data[0] = '{';
    write_file(folder, names[i], text.data, text.n_bytes);
    bs_text_free(&text);
  }
  write_file(folder, "generation_config.json", "{}", 2);
  is_no_copy(folder, &lines, "generation_config.json", "the coordinator has not found this file");
  remove_in(folder, "generation_config.json");
  remove_in(folder, "tokenizer_config.json");
  is_no_copy(folder, &lines, "tokenizer_config.json", "missing");
  bs_text_free(&lines);
}

/* Any tensor that is another as a whole, as after more training; and one that is as long in another
   precision. */
static void other_weights_are_found(void) {
  bs_error err = {0};
  bs_text lines = fingerprints_of(make_model("first"));
  const char *folder = make_model("other");
  bs_text file = read_in(folder, "model.safetensors");
  bs_checkpoint *checkpoint = NULL;
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, folder, &err), err);
  bs_checkpoint_free(&checkpoint);
  size_t n_header = 8 + (size_t)(unsigned char)file.data[0] +
                    ((size_t)(unsigned char)file.data[1] << 8) +
                    ((size_t)(unsigned char)file.data[2] << 16);
  size_t n_checked = 0;
  /* Every 64 floats: the norms are the smallest tensors. */
  for (size_t at = n_header; at + 256 <= file.n_bytes; at += 256) {
    bool is_end = at + 512 > file.n_bytes;
    char kept[256];
    memcpy(kept, file.data + at, sizeof kept);
    for (size_t i = 0; i < sizeof kept; i++)
      file.data[at + i] ^= 1;
    write_file(folder, "model.safetensors", file.data, file.n_bytes);
    n_checked += bs_checkpoint_check_copy(folder, lines.data, NULL) != BS_OK;
    if (at == n_header || is_end)
      is_no_copy(folder, &lines, "model.safetensors", "not the file that the coordinator has read");
    memcpy(file.data + at, kept, sizeof kept);
  }
  CU_ASSERT_TRUE(n_checked >= 2 + 2 + 1);             /* all norms are sampled whole */
  for (size_t at = n_header; at < file.n_bytes; at++) /* another training step */
    file.data[at] ^= 1;
  write_file(folder, "model.safetensors", file.data, file.n_bytes);
  is_no_copy(folder, &lines, "model.safetensors", "not the file that the coordinator has read");
  bs_text_free(&file);
  bs_text_free(&lines);
}

static const bs_test tests[] = {
    {"a copy passes", a_copy_passes},
    {"other lines are refused", other_lines_are_refused},
    {"other texts are found", other_texts_are_found},
    {"other weights are found", other_weights_are_found},
};

int main(void) { return bs_test_main("copies", tests, sizeof tests / sizeof *tests); }
