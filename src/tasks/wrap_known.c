/* The known wraps: the chat templates of published models, for one user turn and the beginning of
   the model's. docs/configuration.md says which file each is from. */
#include "tasks/wrap_known_internal.h"

#include <string.h>

#define CHATML_BEFORE "<|im_start|>user\n"
#define CHATML_AFTER "<|im_end|>\n<|im_start|>assistant\n"
#define LLAMA3_USER "<|start_header_id|>user<|end_header_id|>\n\n"
#define LLAMA3_AFTER "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"

static const bs_known_wrap known[] = {
    {"none", "", "", NULL, false},
    {"chatml", CHATML_BEFORE, CHATML_AFTER, "<|im_end|>", false},
    {"qwen2", "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n" CHATML_BEFORE,
     CHATML_AFTER, "<|im_end|>", false},
    {"qwen2.5",
     "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful "
     "assistant.<|im_end|>\n" CHATML_BEFORE,
     CHATML_AFTER, "<|im_end|>", false},
    {"qwen3", CHATML_BEFORE, CHATML_AFTER, "<|im_end|>", false},
    {"qwen3-no-thinking", CHATML_BEFORE, CHATML_AFTER "<think>\n\n</think>\n\n", "<|im_end|>",
     false},
    {"llama2", "<s>[INST] ", " [/INST]", "</s>", true},
    {"llama3", "<|begin_of_text|>" LLAMA3_USER, LLAMA3_AFTER, "<|eot_id|>", true},
    {"llama3.1",
     "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n"
     "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n<|eot_id|>" LLAMA3_USER,
     LLAMA3_AFTER, "<|eot_id|>", true},
    {"gemma", "<bos><start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n",
     "<end_of_turn>", true},
    {"mistral", "<s>[INST] ", " [/INST]", "</s>", false},
    {"mistral-v3", "<s>[INST] ", "[/INST]", "</s>", false},
    {"zephyr", "<|user|>\n", "</s>\n<|assistant|>\n", "</s>", false},
    {"phi3", "<|user|>\n", "<|end|>\n<|assistant|>\n", "<|end|>", false},
    {"alpaca",
     "Below is an instruction that describes a task. Write a response that appropriately "
     "completes the request.\n\n### Instruction:\n",
     "\n\n### Response:", NULL, false},
};
enum { N_KNOWN = sizeof known / sizeof *known };

const char *bs_wrap_known(size_t i) { return i < N_KNOWN ? known[i].name : NULL; }

const bs_known_wrap *bs_wrap_find(const char *name) {
  for (size_t i = 0; i < N_KNOWN; i++)
    if (strcmp(known[i].name, name) == 0)
      return &known[i];
  return NULL;
}
