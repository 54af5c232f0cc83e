/* Names of the command line among those of some results. */
#include "program/choose.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/buffer.h"
#include "bigsweep/helpers.h"

void chosen_free(chosen *of) {
  free(of->models);
  free(of->tasks);
  free(of->shots);
  *of = (chosen){0};
}

bs_selection chosen_selection(const chosen *of) {
  return (bs_selection){
      .models = of->models, .tasks = of->tasks, .shots = of->shots, .n_shots = of->n_shots};
}

bs_status read_shots(const text_list *texts, uint32_t *shots, bs_error *err) {
  for (size_t i = 0; i < texts->n; i++) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(texts->texts[i], &end, 10);
    if (errno != 0 || *end != '\0' || texts->texts[i][0] == '-' || number > UINT32_MAX)
      return bs_error_set(err, BS_ERR_USAGE, "option --shots: expected numbers, found \"%s\"",
                          texts->texts[i]);
    shots[i] = (uint32_t)number;
  }
  return BS_OK;
}

static bs_status no_such(const char *kind, const char *name, const char *const *known, size_t n,
                         bs_error *err) {
  enum { MOST_SHOWN = 8 };
  bs_text list = {0};
  const char *near = bs_nearest_name(name, known, n);
  bs_status status = bs_text_append(&list, "", 0, err);
  for (size_t i = 0; status == BS_OK && i < n && i < MOST_SHOWN; i++)
    status = bs_text_printf(&list, err, "%s%s", i > 0 ? ", " : "", known[i]);
  if (status == BS_OK && n > MOST_SHOWN)
    status = bs_text_printf(&list, err, " and %zu more", n - MOST_SHOWN);
  if (status == BS_OK && near != NULL)
    status = bs_error_set(err, BS_ERR_USAGE, "there is no %s \"%s\"; did you mean \"%s\"?", kind,
                          name, near);
  else if (status == BS_OK)
    status = bs_error_set(err, BS_ERR_USAGE, "there is no %s \"%s\"; there %s %s", kind, name,
                          n == 1 ? "is" : "are", n > 0 ? list.data : "none");
  bs_text_free(&list);
  return status;
}

/* Marks the names; *out stays NULL where none are given. */
static bs_status mark(bool **out, const char *kind, const text_list *names,
                      const char *const *known, size_t n, bs_error *err) {
  if (names->n == 0)
    return BS_OK;
  *out = bs_array_new(n, sizeof **out, err);
  if (*out == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < names->n; i++) {
    bool is_found = false;
    for (size_t k = 0; k < n; k++)
      if (strcmp(known[k], names->texts[i]) == 0)
        is_found = (*out)[k] = true;
    if (!is_found)
      return no_such(kind, names->texts[i], known, n, err);
  }
  return BS_OK;
}

static bs_status check_shots(const bs_tables *tables, const chosen *of, bs_error *err) {
  for (size_t i = 0; i < of->n_shots; i++) {
    bool is_found = false;
    for (size_t k = 0; !is_found && k < tables->n_examples; k++)
      is_found = tables->examples[k].shots == of->shots[i];
    if (!is_found)
      return bs_error_set(err, BS_ERR_USAGE, "there are no examples with %" PRIu32 " shot%s",
                          of->shots[i], bs_plural(of->shots[i]));
  }
  return BS_OK;
}

bs_status choose(chosen *out, const bs_tables *tables, const text_list *models,
                 const text_list *tasks, const text_list *shots, bs_error *err) {
  *out = (chosen){.n_shots = shots->n};
  const char **names = bs_array_new(tables->n_models + tables->n_tasks, sizeof *names, err);
  bs_status status = names != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < tables->n_models; i++)
    names[i] = tables->models[i].name;
  if (status == BS_OK)
    status = mark(&out->models, "model", models, names, tables->n_models, err);
  for (size_t i = 0; status == BS_OK && i < tables->n_tasks; i++)
    names[i] = tables->tasks[i].name;
  if (status == BS_OK)
    status = mark(&out->tasks, "task", tasks, names, tables->n_tasks, err);
  free(names);
  if (status == BS_OK && shots->n > 0) {
    out->shots = bs_array_new(shots->n, sizeof *out->shots, err);
    status = out->shots != NULL ? read_shots(shots, out->shots, err) : BS_ERR_MEMORY;
  }
  if (status == BS_OK)
    status = check_shots(tables, out, err);
  if (status != BS_OK)
    chosen_free(out);
  return status;
}

bs_status read_axis(const char *name, const char *scores, bs_axis *axis, bs_error *err) {
  *axis = BS_AXIS_GIVEN;
  if (name == NULL)
    return BS_OK;
  if (scores != NULL)
    return bs_error_set(err, BS_ERR_USAGE,
                        "--axis is of results files: of a table of scores change its column scale");
  bs_error fault = {0};
  bs_status status = bs_axis_parse(axis, name, &fault);
  return status == BS_OK ? BS_OK : bs_error_set(err, status, "option --axis: %s", fault.message);
}
