/* Wraps: the known ones, those given by parts, and prompts within them. */
#include <string.h>

#include "bigsweep/prompt.h"
#include "bigsweep/wrap.h"
#include "harness.h"
#include "varying.h"

static bs_wrap *wrap_of(const char *text) {
  bs_error err = {0};
  bs_wrap *wrap = NULL;
  BS_TEST_OK(bs_wrap_parse(&wrap, text, "test", &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(wrap);
  return wrap;
}

/* What a model reads first of example i with so many shots. */
static bs_text whole_of(const bs_task *task, size_t shots, const bs_wrap *wrap, size_t i,
                        bs_prompt_parts *parts) {
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_text text = {0};
  BS_TEST_OK(bs_prompter_new(&prompter, task, shots, 42, &err), err);
  BS_TEST_OK(bs_prompter_append_whole(prompter, i, 0, wrap, &text, parts, &err), err);
  bs_prompter_free(&prompter);
  return text;
}

/* The texts of the models' own templates; tests/tasks/test_chat_templates.py renders those that are
   at hand. */
static void known_wraps_have_the_published_form(void) {
  static const struct {
    const char *name, *whole;
  } cases[] = {
      {"none", " hi "},
      {"chatml", "<|im_start|>user\n hi <|im_end|>\n<|im_start|>assistant\n"},
      {"qwen2", "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n hi "
                "<|im_end|>\n<|im_start|>assistant\n"},
      {"qwen3-no-thinking", "<|im_start|>user\n hi <|im_end|>\n<|im_start|>assistant\n<think>\n\n"
                            "</think>\n\n"},
      {"llama2", "<s>[INST] hi [/INST]"},
      {"llama3", "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|>"
                 "<|start_header_id|>assistant<|end_header_id|>\n\n"},
      {"llama3.1", "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting "
                   "Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n<|eot_id|>"
                   "<|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|>"
                   "<|start_header_id|>assistant<|end_header_id|>\n\n"},
      {"gemma", "<bos><start_of_turn>user\nhi<end_of_turn>\n<start_of_turn>model\n"},
      {"mistral", "<s>[INST]  hi  [/INST]"},
      {"mistral-v3", "<s>[INST]  hi [/INST]"},
      {"zephyr", "<|user|>\n hi </s>\n<|assistant|>\n"},
      {"phi3", "<|user|>\n hi <|end|>\n<|assistant|>\n"},
      {"alpaca", "Below is an instruction that describes a task. Write a response that "
                 "appropriately completes the request.\n\n### Instruction:\n hi \n\n### "
                 "Response:"},
  };
  bs_task *task = parse("{\"examples\": [{\"input\": \"hi\", \"target\": \"a\"}], "
                        "\"example_input_prefix\": \" \", \"example_output_prefix\": \" \"}");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_wrap *wrap = wrap_of(cases[i].name);
    bs_prompt_parts parts;
    bs_text text = whole_of(task, 0, wrap, 0, &parts);
    CU_ASSERT_STRING_EQUAL(text.data, cases[i].whole);
    CU_ASSERT_TRUE(
        memcmp(text.data + parts.n_before, wrap->is_trimmed ? "hi" : " hi ", parts.n_prompt) == 0);
    CU_ASSERT_STRING_EQUAL(text.data + parts.n_before + parts.n_prompt, wrap->after);
    bs_text_free(&text);
    bs_wrap_free(&wrap);
  }
  bs_task_free(&task);
}

static void every_known_wrap_reads_back_as_it_is_printed(void) {
  bs_error err = {0};
  size_t n = 0;
  for (const char *name; (name = bs_wrap_known(n)) != NULL; n++) {
    bs_wrap *wrap = wrap_of(name), *copy = NULL;
    bs_text text = {0};
    BS_TEST_OK(bs_wrap_copy(&copy, wrap, &err), err);
    BS_TEST_OK(bs_wrap_print(copy, &text, &err), err);
    CU_ASSERT_STRING_EQUAL(text.data, name);
    CU_ASSERT_EQUAL(bs_wrap_is_none(copy), strcmp(name, "none") == 0);
    bs_text_free(&text);
    bs_wrap_free(&copy);
    bs_wrap_free(&wrap);
  }
  CU_ASSERT_EQUAL(n, 15);
}

static void parts_read_back_as_they_are_printed(void) {
  static const char given[] = "{\"before\": \"<\\n\", \"after\": \">\", \"between shots\": \"##\", "
                              "\"end\": \"!\", \"trim\": true}";
  bs_error err = {0};
  bs_wrap *wrap = wrap_of(given);
  bs_text text = {0};
  BS_TEST_OK(bs_wrap_print(wrap, &text, &err), err);
  CU_ASSERT_STRING_EQUAL(text.data, given);
  CU_ASSERT_STRING_EQUAL(wrap->between, "##");
  CU_ASSERT_STRING_EQUAL(wrap->end, "!");
  bs_text_free(&text);
  bs_wrap_free(&wrap);
}

static void text_between_shots_takes_the_separators_place(void) {
  bs_task *task = parse("{\"examples\": [{\"input\": \"a\", \"target\": \"1\"}, "
                        "{\"input\": \"b\", \"target\": \"2\"}], \"example_input_prefix\": \"\", "
                        "\"example_output_prefix\": \"=\", \"task_prefix\": \"P:\"}");
  bs_wrap *wrap = wrap_of("{\"before\": \"<\", \"after\": \">\", \"between shots\": \"|\"}");
  bs_prompt_parts parts;
  bs_text text = whole_of(task, 1, wrap, 0, &parts);
  CU_ASSERT_STRING_EQUAL(text.data, "<P:b=2|a=>");
  bs_text_free(&text);
  text = whole_of(task, 1, NULL, 0, &parts);
  CU_ASSERT_STRING_EQUAL(text.data, "P:b=2\na=");
  CU_ASSERT_EQUAL(parts.n_before, 0);
  bs_text_free(&text);
  bs_wrap_free(&wrap);
  bs_task_free(&task);
}

static void a_variants_wrap_goes_before_the_models(void) {
  static const char task_json[] = "{\"examples\": [{\"input\": \"a\", \"target\": \"1\"}], "
                                  "\"example_input_prefix\": \"\", "
                                  "\"example_output_prefix\": \"\"}";
  bs_wrap *of_model = wrap_of("chatml");
  static const struct {
    const char *variant, *whole;
  } cases[] = {
      {"{\"name\": \"v\", \"wrap\": {\"after\": \"!\"}}", "a!"},
      {"{\"name\": \"v\", \"wrap\": \"none\"}", "a"},
      {"{\"name\": \"v\", \"wrap\": null}",
       "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n"},
      {"{\"name\": \"v\", \"wrap\": {\"after\": \"!\"}, \"reasoning_prompt\": \" think\", "
       "\"output_regex\": \"(.*)\"}",
       "a think!"},
  };
  char hashes[4][65];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_task *task = with(task_json, cases[i].variant);
    bs_prompt_parts parts;
    bs_text text = whole_of(task, 0, of_model, 0, &parts);
    CU_ASSERT_STRING_EQUAL(text.data, cases[i].whole);
    memcpy(hashes[i], task->sha256, sizeof hashes[i]);
    for (size_t k = 0; k < i; k++) /* other wraps make other tasks */
      CU_ASSERT_STRING_NOT_EQUAL(hashes[i], hashes[k]);
    bs_text_free(&text);
    bs_task_free(&task);
  }
  bs_wrap_free(&of_model);
}

static void a_name_and_its_parts_are_the_same_task(void) {
  static const char task_json[] = "{\"examples\": [{\"input\": \"a\", \"target\": \"1\"}]}";
  bs_task *named = with(task_json, "{\"name\": \"v\", \"wrap\": \"chatml\"}");
  bs_task *spelled = with(
      task_json, "{\"name\": \"v\", \"wrap\": {\"before\": \"<|im_start|>user\\n\", \"after\": "
                 "\"<|im_end|>\\n<|im_start|>assistant\\n\", \"end\": \"<|im_end|>\"}}");
  CU_ASSERT_STRING_EQUAL(named->sha256, spelled->sha256);
  bs_task_free(&named);
  bs_task_free(&spelled);
}

static void faults_name_what_is_meant(void) {
  static const struct {
    const char *given, *message;
  } cases[] = {
      {"lama3", "unknown wrap \"lama3\"; did you mean \"llama3\"? (known: none, chatml"},
      {"", "unknown wrap \"\""},
      {"{}", "at least one of \"before\", \"after\" and \"between shots\""},
      {"{\"befor\": \"x\"}", "unknown key \"befor\", did you mean \"before\"?"},
      {"{\"before\": 3}", "before"},
      {"{\"before\": \"x\", \"end\": \"\"}", "the text that ends the model's turn"},
      {"{\"before\": \"x\", \"trim\": 1}", "trim"},
      {"{\"before\": \"\\u0000\"}", "U+0000"},
      {"{\"before\": \"x\"", "line 1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_wrap *wrap = NULL;
    BS_TEST_FAILS(bs_wrap_parse(&wrap, cases[i].given, "test", &err), BS_ERR_USAGE, err,
                  cases[i].message);
    CU_ASSERT_PTR_NULL(wrap);
  }
  bs_error err = {0};
  bs_variant *variant = NULL;
  BS_TEST_FAILS(read_variant(&variant, "{\"name\": \"v\", \"wrap\": [1]}", &err), BS_ERR_INPUT, err,
                "expected the name of a wrap, or an object");
}

int main(void) {
  static const bs_test tests[] = {
      {"known wraps have the published form", known_wraps_have_the_published_form},
      {"known wraps read back", every_known_wrap_reads_back_as_it_is_printed},
      {"parts read back", parts_read_back_as_they_are_printed},
      {"text between shots takes the separator's place",
       text_between_shots_takes_the_separators_place},
      {"a variant's wrap goes before the model's", a_variants_wrap_goes_before_the_models},
      {"a name and its parts are the same task", a_name_and_its_parts_are_the_same_task},
      {"faults name what is meant", faults_name_what_is_meant},
  };
  return bs_test_main("wraps", tests, sizeof tests / sizeof *tests);
}
