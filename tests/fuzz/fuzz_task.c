/* A task file: its keywords and subtasks, and what is made of one that loads: prompts, metrics, cut
   texts. */
#include <stdio.h>

#include "bigsweep/metric.h"
#include "bigsweep/prompt.h"
#include "bigsweep/tables.h"
#include "bigsweep/task.h"
#include "folder.h"
#include "fuzz.h"

enum { SOME_EXAMPLES = 4 };

static void ignore(void *user, bool is_error, const char *message) {
  (void)user, (void)is_error, (void)message;
}

static void use(const bs_task *task) {
  static const char generated[] = " 12.\nQ: yes\xC3\xA9 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
  const bs_metric *metrics[256];
  bs_text text = {0};
  bs_task_metrics(task, metrics);
  bs_task_chance(task);
  for (size_t shots = 0; shots < 3; shots++) {
    bs_prompter *prompter = NULL;
    if (bs_prompter_new(&prompter, task, shots, 42, NULL) != BS_OK)
      continue;
    for (size_t i = 0; i < SOME_EXAMPLES && i < task->n_examples; i++) {
      text.n_bytes = 0;
      bs_prompter_append(prompter, i, &text, NULL);
    }
    bs_prompter_free(&prompter);
  }
  text.n_bytes = 0;
  bs_postprocess(generated, sizeof generated - 1, task->max_length, task->stop_string,
                 task->output_regex, &text, NULL);
  for (size_t i = 0; i < SOME_EXAMPLES && i < task->n_examples; i++) {
    bs_outcome outcome = {.prediction = text.data != NULL ? text.data : "",
                          .targets = (const char *const *)task->examples[i].targets,
                          .n_targets = task->examples[i].n_targets};
    bs_estimate estimate;
    for (size_t k = 0; k < bs_metric_count(); k++)
      bs_metric_evaluate(bs_metric_at(k), &outcome, 1, &estimate, NULL);
  }
  bs_text_free(&text);
}

/* What is read before a task is loaded. */
static void peek(const uint8_t *data, size_t size) {
  char path[256];
  bs_text keywords = {0}, description = {0};
  bs_subtasks subtasks;
  bs_fuzz_write("task.json", data, size);
  snprintf(path, sizeof path, "%s/task.json", bs_fuzz_folder());
  bs_task_peek(path, &keywords, &description, NULL);
  bs_text_free(&keywords);
  bs_text_free(&description);
  if (bs_task_subtasks(&subtasks, path, NULL) == BS_OK)
    bs_subtasks_free(&subtasks);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  peek(data, size);
  bs_task *task = NULL;
  if (bs_task_parse(&task, (const char *)data, size, "fuzz/task.json", ignore, NULL, NULL) == BS_OK)
    use(task);
  bs_task_free(&task);
}
