/* A task of a sweep as workers get it: a JSON object, or orders for changing one that
   bs_task_spec_print has made. What is read comes out and in again as the same. */
#include <stdlib.h>
#include <string.h>

#include "bigsweep/task.h"
#include "fuzz.h"
#include "orders.h"

/* Reads a spec and whether it comes back as the same. */
static bs_status read_spec(const bs_text *text) {
  bs_task_spec spec, back;
  bs_text once = {0}, twice = {0};
  bs_status status = bs_task_spec_parse(&spec, text->data, text->n_bytes, NULL);
  if (status == BS_OK) {
    if (bs_task_spec_print(&spec, &once, NULL) != BS_OK ||
        bs_task_spec_parse(&back, once.data, once.n_bytes, NULL) != BS_OK ||
        bs_task_spec_print(&back, &twice, NULL) != BS_OK || strcmp(once.data, twice.data) != 0)
      abort();
    bs_task_spec_clear(&back);
  }
  bs_task_spec_clear(&spec);
  bs_text_free(&once);
  bs_text_free(&twice);
  return status;
}

/* One with all that a spec may have. */
static bs_text full_spec(void) {
  uint32_t shots[] = {0, 2};
  char *metrics[] = {"rouge1"};
  bs_variant variant = {.name = "steps",
                        .task_prefix = "Think.\n",
                        .input_prefix = "Q: ",
                        .output_prefix = "A: ",
                        .choice_prefix = "- ",
                        .separator = "\n\n",
                        .append_choices = 1,
                        .head = "heads/{task}.txt",
                        .reasoning_prompt = "Let us see.",
                        .reasoning_stop = "\n",
                        .answer_prompt = "So",
                        .stop_string = ".",
                        .output_regex = "[0-9]+",
                        .max_length = 9,
                        .max_new_tokens = 8,
                        .generates_answer = true,
                        .n_samples = 3,
                        .temperature = 0.5,
                        .top_p = 0.75};
  bs_task_spec spec = {.path = "t.json",
                       .name = "{task}:a",
                       .variant = &variant,
                       .shots = shots,
                       .n_shots = sizeof shots / sizeof *shots,
                       .metrics = metrics,
                       .n_metrics = sizeof metrics / sizeof *metrics,
                       .human_average = 0.5,
                       .human_best = 1};
  bs_text text = {0};
  if (bs_task_spec_print(&spec, &text, NULL) != BS_OK || read_spec(&text) != BS_OK)
    abort();
  return text;
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static bs_text full;
  if (full.data == NULL)
    full = full_spec();
  bs_text text = {0};
  bool is_json = size > 0 && strchr("{[\" \n", data[0]) != NULL && data[0] != 0;
  if (bs_text_append(&text, is_json ? (const char *)data : full.data, is_json ? size : full.n_bytes,
                     NULL) != BS_OK)
    abort();
  if (!is_json)
    bs_fuzz_change(&text, &(bs_fuzz_orders){data, size});
  read_spec(&text);
  bs_text_free(&text);
}
