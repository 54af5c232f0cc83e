/* One example in memory: choices and accepted answers are added, all of it is freed. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tasks/example_internal.h"

/* Lists of an example are a few long: they grow by one. */
static bs_status grow(void *array_of, size_t n, size_t element_bytes, bs_error *err) {
  void *array, *grown;
  size_t n_bytes;
  memcpy(&array, array_of, sizeof array);
  grown = bs_size_mul(n + 1, element_bytes, &n_bytes) ? realloc(array, n_bytes) : NULL;
  if (grown == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate %zu elements of %zu bytes", n + 1,
                        element_bytes);
  memcpy(array_of, &grown, sizeof grown);
  return BS_OK;
}

bs_status bs_example_add_choice(bs_example *example, const char *text, double score,
                                bs_choice_role role, bs_error *err) {
  bs_status status = grow(&example->choices, example->n_choices, sizeof *example->choices, err);
  char *copy = status == BS_OK ? bs_string_copy(text, err) : NULL;
  if (copy == NULL)
    return BS_ERR_MEMORY;
  example->choices[example->n_choices++] = (bs_choice){copy, score, role};
  return BS_OK;
}

bs_status bs_example_add_target(bs_example *example, const char *text, bs_error *err) {
  bs_status status = grow(&example->targets, example->n_targets, sizeof *example->targets, err);
  char *copy = status == BS_OK ? bs_string_copy(text, err) : NULL;
  if (copy == NULL)
    return BS_ERR_MEMORY;
  example->targets[example->n_targets++] = copy;
  return BS_OK;
}

void bs_example_clear(bs_example *example) {
  free(example->input);
  for (size_t i = 0; i < example->n_choices; i++)
    free(example->choices[i].text);
  free(example->choices);
  for (size_t i = 0; i < example->n_options; i++)
    free(example->options[i].text);
  free(example->options);
  for (size_t i = 0; i < example->n_targets; i++)
    free(example->targets[i]);
  free(example->targets);
  *example = (bs_example){0};
}
