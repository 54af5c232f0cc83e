/* What readers share: a format's shape, and examples that are collected once each. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tasks/example_internal.h"
#include "tasks/readers/reader_internal.h"

bs_status bs_task_reader_json(bs_json **out, const char *text, size_t n_bytes,
                              bs_findings *findings, bs_error *err) {
  bs_error fault = {0};
  bs_status status = bs_json_parse(out, text, n_bytes, findings->file, &fault);
  if (status == BS_ERR_INPUT) {
    bs_finding_pass(findings, &fault);
    return BS_OK;
  }
  return status == BS_OK ? BS_OK : bs_error_set(err, status, "%s", fault.message);
}

bs_status bs_task_take_shape(bs_task *task, const bs_task_shape *shape, bs_error *err) {
  const struct {
    char **to;
    const char *from;
  } strings[] = {{&task->description, shape->description},
                 {&task->keywords, shape->keywords},
                 {&task->task_prefix, shape->task_prefix},
                 {&task->input_prefix, shape->input_prefix},
                 {&task->output_prefix, shape->output_prefix},
                 {&task->choice_prefix, shape->choice_prefix},
                 {&task->separator, shape->separator},
                 {&task->stop_string, shape->stop_string},
                 {&task->output_regex, shape->output_regex},
                 {&task->preferred_metric, shape->preferred_metric}};
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
    if (strings[i].from != NULL && (*strings[i].to = bs_string_copy(strings[i].from, err)) == NULL)
      return BS_ERR_MEMORY;
  task->append_choices = shape->append_choices;
  task->max_length = shape->max_length;
  size_t most = sizeof shape->metrics / sizeof *shape->metrics;
  if ((task->metrics = bs_array_new(most, sizeof *task->metrics, err)) == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < most && shape->metrics[i] != NULL; i++) {
    char *name = bs_string_copy(shape->metrics[i], err);
    if (name == NULL)
      return BS_ERR_MEMORY;
    task->metrics[task->n_metrics++] = name;
  }
  return BS_OK;
}

static bs_status append_form(bs_text *form, char kind, const char *text, bs_error *err) {
  size_t n = strlen(text);
  bs_status status = bs_text_printf(form, err, "%c%zu:", kind, n);
  return status == BS_OK ? bs_text_append(form, text, n, err) : status;
}

static int by_text(const void *a, const void *b) {
  return strcmp((*(const bs_choice *const *)a)->text, (*(const bs_choice *const *)b)->text);
}

/* The digest of an example; `as_value`: whatever the order of its choices is. */
static bs_status digest(bs_text *form, const bs_example *example, bool as_value,
                        unsigned char out[BS_DIGEST_BYTES], bs_error *err) {
  const bs_choice **choices = bs_array_new(example->n_choices, sizeof *choices, err);
  if (choices == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < example->n_choices; i++)
    choices[i] = &example->choices[i];
  if (as_value)
    qsort(choices, example->n_choices, sizeof *choices, by_text);
  form->n_bytes = 0;
  bs_status status = append_form(form, 'i', example->input, err);
  for (size_t i = 0; i < example->n_choices && status == BS_OK; i++) {
    status = append_form(form, 'c', choices[i]->text, err);
    if (status == BS_OK)
      status = bs_text_printf(form, err, "%.17g,%d;", choices[i]->score, (int)choices[i]->role);
  }
  for (size_t i = 0; i < example->n_targets && status == BS_OK; i++)
    status = append_form(form, 't', example->targets[i], err);
  free(choices);
  return status == BS_OK ? bs_sha256(form->data, form->n_bytes, out, err) : status;
}

bs_status bs_collector_add(bs_collector *collector, bs_example *example, bool even_equal,
                           bs_error *err) {
  bs_task *task = collector->task;
  unsigned char text[BS_DIGEST_BYTES], value[BS_DIGEST_BYTES];
  bool before = false;
  bs_status status = digest(&collector->form, example, false, text, err);
  if (status == BS_OK)
    status = digest(&collector->form, example, true, value, err);
  if (status == BS_OK)
    status = bs_seen_add(&collector->seen, text, &before, err);
  if (status == BS_OK)
    status = bs_reserve(&task->examples, &collector->capacity, task->n_examples, 1, err);
  if (status != BS_OK || (before && !even_equal)) {
    bs_example_clear(example);
    task->n_repeated += status == BS_OK;
    return status;
  }
  example->identity = bs_digest_bits(value);
  task->examples[task->n_examples++] = *example;
  *example = (bs_example){0};
  return BS_OK;
}

void bs_collector_finish(bs_collector *collector, bs_findings *findings) {
  if (collector->task->n_examples == 0 && findings->n_faults == 0)
    bs_finding_fault(findings, (bs_place){.line = 1}, "the task has no examples");
}

void bs_collector_free(bs_collector *collector) {
  bs_seen_free(&collector->seen);
  bs_text_free(&collector->form);
}
