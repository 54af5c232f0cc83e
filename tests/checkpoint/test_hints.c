/* Paths that are no model's folder, and files that are not what their names say: the message says
   what they seem to be and what to give in their place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/checkpoint.h"
#include "bigsweep/config.h"
#include "bigsweep/tokenizer.h"
#include "family_models.h"
#include "harness.h"
#include "model_writer.h"

static const char LFS[] =
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 12345\n";
static const char PAGE[] = "\n<!DOCTYPE html>\n<html><body>Access to this model is restricted"
                           "</body></html>\n";

static void refuse(const char *folder, const char *says) {
  bs_error err = {0};
  bs_checkpoint *checkpoint = NULL;
  bs_status status = bs_checkpoint_open(&checkpoint, folder, &err);
  CU_ASSERT_NOT_EQUAL(status, BS_OK);
  CU_ASSERT_PTR_NULL(checkpoint);
  if (strstr(err.message, says) == NULL) {
    printf("\n    expected \"%s\" in \"%s\"", says, err.message);
    CU_FAIL("a hint");
  }
  bs_checkpoint_free(&checkpoint);
}

static void write_text(const char *folder, const char *name, const char *text) {
  write_file(folder, name, text, strlen(text));
}

static const char *inside(const char *folder, const char *name) {
  static char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void paths(void) {
  refuse("EleutherAI/pythia-70m", "`hf download EleutherAI/pythia-70m --local-dir FOLDER`");
  refuse("gpt2", "`hf download gpt2 --local-dir FOLDER`");
  refuse(bs_test_path("EleutherAI/pythia-70m"), "hf download EleutherAI/pythia-70m --local-dir");
  refuse("", "no such folder");
  refuse("nosuch/../gpt2", "no such folder: nosuch/../gpt2; expected");
  refuse(" gpt2", "no such folder:  gpt2; expected");
  refuse("/", "no config.json");
  refuse("~/models/pythia-70m", "are not replaced here");
  refuse("$HOME/models/pythia-70m", "are not replaced here");
  refuse(bs_test_path("~/pythia"), "are not replaced here");
  refuse(bs_test_write("model.Q4_K_M.gguf", "GGUF", 4), "the file ends within the header");
  refuse(bs_test_write("model.safetensors", "x", 1), "a file; expected the folder");
}

/* The revision called main, of the cache that the Hub's tools would take. */
static void caches(void) {
  static const char *const parts[] = {
      "models--org--net-1", "models--org--net-1/refs", "models--org--net-1/snapshots",
      "models--org--net-1/snapshots/0123abc", "models--org--net-1/snapshots/4567def"};
  const char *folder = make_folder("hub");
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    mkdir(inside(folder, parts[i]), 0777);
  write_text(inside(folder, "models--org--net-1/refs"), "main", "4567def\n");
  refuse(inside(folder, "models--org--net-1"), "net-1/snapshots/4567def");
  setenv("HF_HUB_CACHE", folder, 1);
  refuse("org/net-1", "the Hub's cache has org/net-1: give ");
  refuse("org/net-1", "models--org--net-1/snapshots/4567def");
  refuse("org/net-2", "hf download org/net-2");
  unsetenv("HF_HUB_CACHE");
}

static void folders(void) {
  const char *folder = make_folder("cache");
  mkdir(inside(folder, "snapshots"), 0777);
  mkdir(inside(folder, "snapshots/0123abc"), 0777);
  refuse(folder, "cache/snapshots/0123abc");
  folder = make_folder("adapter");
  write_text(folder, "adapter_config.json", "{}");
  write_text(folder, "adapter_model.safetensors", "");
  refuse(folder, "this is an adapter (LoRA)");
  folder = make_folder("gguf");
  write_text(folder, "pythia.gguf", "GGUF");
  refuse(folder, "a GGUF file, which is a model by itself: give");
  folder = make_folder("maker");
  write_text(folder, "params.json", "{}");
  refuse(folder, "its maker's own form");
  folder = make_folder("empty");
  refuse(folder, "an empty folder");
  folder = make_folder("training");
  write_text(folder, "trainer_state.json", "{}");
  refuse(folder, "no config.json; expected");
  mkdir(inside(folder, "checkpoint-500"), 0777);
  write_text(inside(folder, "checkpoint-500"), "config.json", "{}");
  refuse(folder, "there is one in");
  refuse(folder, "training/checkpoint-500");
}

static const char *whole(const char *name) {
  const char *folder = make_family_weights(&family_models[0], name);
  write_family_config(&family_models[0], folder, NULL, 0);
  return folder;
}

/* The file and what it is are the whole message: why it is no JSON or safetensors would bury it. */
static void is_plain(const bs_error *err, const char *folder, const char *name, const char *says) {
  char expected[1280];
  snprintf(expected, sizeof expected, "%s: %s", inside(folder, name), says);
  if (strncmp(err->message, expected, strlen(expected)) != 0) {
    printf("\n    expected \"%s\" at the beginning of \"%s\"", expected, err->message);
    CU_FAIL("a hint in the first place");
  }
}

static void something_else_in_place_of_a_file(void) {
  static const struct {
    const char *text, *says;
  } contents[] = {
      {LFS, "it is a Git LFS pointer: the file itself was not downloaded"},
      {PAGE, "it is a web page, not the file: the download failed"},
      {"<html lang=\"en\"><head>", "it is a web page"},
      {"<!-- error --><html>", "it is a web page"},
      {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "it is a web page"},
      {"\xEF\xBB\xBF<!DOCTYPE html>", "it is a web page"},
      {"Entry not found", "it is a server's answer, not the file"},
      {"Access to model meta-llama/Llama-3.2-1B is restricted.", "it is a server's answer"},
      {"\x1F\x8B\x08 and so on", "it is compressed by gzip: unpack it"},
      {"PK\x03\x04 and so on", "it looks like a zip archive"},
  };
  static const char *const names[] = {"model.safetensors", "config.json"};
  static const char *const texts[] = {"tokenizer.json", "tokenizer_config.json"};
  for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
    for (size_t n = 0; n < 2; n++) {
      const char *folder = whole("else");
      bs_checkpoint *checkpoint = NULL;
      bs_error err = {0};
      write_text(folder, names[n], contents[i].text);
      CU_ASSERT_NOT_EQUAL(bs_checkpoint_open(&checkpoint, folder, &err), BS_OK);
      is_plain(&err, folder, names[n], contents[i].says);
    }
    for (size_t n = 0; n < 2; n++) {
      const char *folder = whole("else");
      bs_tokenizer *tokenizer = NULL;
      bs_error err = {0};
      write_text(folder, "tokenizer.json", "{}");
      write_text(folder, "tokenizer_config.json", "{}");
      write_text(folder, texts[n], contents[i].text);
      CU_ASSERT_NOT_EQUAL(bs_tokenizer_open(&tokenizer, folder, &err), BS_OK);
      is_plain(&err, folder, texts[n], contents[i].says);
    }
  }
}

static void files(void) {
  const char *folder = whole("pointer");
  bs_checkpoint *checkpoint = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, folder, &err), err);
  bs_checkpoint_free(&checkpoint);
  write_text(folder, "adapter_config.json", "{}"); /* transformers would apply it */
  refuse(folder, "this is an adapter (LoRA)");
  folder = whole("files");
  write_text(folder, "model.safetensors", LFS);
  refuse(folder, "Git LFS pointer");
  write_text(folder, "model.safetensors", PAGE);
  refuse(folder, "it is a web page, not the file");
  write_text(folder, "model.safetensors", "");
  refuse(folder, "0 bytes");
  remove(inside(folder, "model.safetensors"));
  write_text(folder, "model-00001-of-00002.safetensors", "");
  refuse(folder, "there is model-00001-of-00002.safetensors");
  write_text(folder, "config.json", LFS);
  refuse(folder, "Git LFS pointer");
  write_text(folder, "config.json", PAGE);
  refuse(folder, "it is a web page, not the file");
  write_text(folder, "config.json", "");
  refuse(folder, "empty text");
}

/* transformers reads model.safetensors where an index is there as well. */
static void single_file_beside_an_index(void) {
  const char *folder = whole("both");
  write_text(folder, "model.safetensors.index.json", "{\"weight_map\":{}}");
  bs_checkpoint *checkpoint = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, folder, &err), err);
  CU_ASSERT_EQUAL_FATAL(bs_checkpoint_n_notes(checkpoint), 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(bs_checkpoint_note(checkpoint, 0), "are left out"));
  bs_checkpoint_free(&checkpoint);
}

/* The configuration of a run gives the same hint, with the place in the file. */
static void in_a_configuration(void) {
  static const char text[] = "{\"models\": [{\"path\": \"EleutherAI/pythia-70m\"}],\n"
                             " \"tasks\": [\".\"], \"output\": \"o.h5\"}";
  bs_config *config = NULL;
  bs_error err = {0};
  BS_TEST_FAILS(bs_config_load(&config, bs_test_write("c.json", text, sizeof text - 1), &err),
                BS_ERR_USAGE, err, "hf download EleutherAI/pythia-70m --local-dir");
  CU_ASSERT_PTR_NULL(config);
}

static const bs_test tests[] = {
    {"paths that are no folder", paths},
    {"caches of the Hub", caches},
    {"folders without config.json", folders},
    {"files that are something else", files},
    {"what a file is instead comes first", something_else_in_place_of_a_file},
    {"model.safetensors beside an index", single_file_beside_an_index},
    {"in a configuration", in_a_configuration},
};

int main(void) { return bs_test_main("hints", tests, sizeof tests / sizeof *tests); }
