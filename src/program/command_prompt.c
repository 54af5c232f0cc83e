/* bigsweep prompt: the prompts of a task. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/config.h"
#include "bigsweep/helpers.h"
#include "bigsweep/json.h"
#include "bigsweep/prompt.h"
#include "bigsweep/task.h"
#include "program/options.h"

static bs_status append_key(bs_text *to, const char *key, bs_error *err) {
  return bs_text_printf(to, err, ", \"%s\": ", key);
}

static bs_status append_list_item(bs_text *to, size_t i, const char *text, bs_error *err) {
  bs_status status = bs_text_append_string(to, i == 0 ? "[" : ", ", err);
  return status == BS_OK ? bs_json_append_string(to, text, strlen(text), err) : status;
}

static bs_status append_text(bs_text *to, const char *key, const char *text, bs_error *err) {
  if (text == NULL)
    return BS_OK;
  bs_status status = append_key(to, key, err);
  return status == BS_OK ? bs_json_append_string(to, text, strlen(text), err) : status;
}

/* Within its wrap if there is one, which then holds the reasoning's prompt, too. */
static bs_status append_prompt(const bs_prompter *prompter, const bs_task *task,
                               const bs_wrap *wrap, size_t i, bs_text *prompt, bs_error *err) {
  bs_prompt_parts parts;
  return bs_task_wrap(task, wrap) != NULL
             ? bs_prompter_append_whole(prompter, i, 0, wrap, prompt, &parts, err)
             : bs_prompter_append(prompter, i, prompt, err);
}

/* One line: {"example": i, "shots": k, "prompt": "...", "choices": [...] or null, "targets": ...};
   with a variant that asks for them, "reasoning_prompt" and "answer_prompt" too. */
static bs_status append_line(const bs_prompter *prompter, const bs_task *task, const bs_wrap *wrap,
                             int64_t shots, size_t i, bs_text *prompt, bs_text *line,
                             bs_error *err) {
  const bs_example *example = &task->examples[i];
  prompt->n_bytes = 0;
  bs_status status = append_prompt(prompter, task, wrap, i, prompt, err);
  if (status == BS_OK)
    status = bs_text_printf(line, err, "{\"example\": %zu, \"shots\": %lld, \"prompt\": ", i,
                            (long long)shots);
  if (status == BS_OK)
    status = bs_json_append_string(line, prompt->data, prompt->n_bytes, err);
  if (status == BS_OK)
    status = append_text(line, "reasoning_prompt", task->reasoning_prompt, err);
  if (status == BS_OK)
    status = append_text(line, "answer_prompt", task->answer_prompt, err);
  if (status == BS_OK)
    status = append_key(line, "choices", err);
  for (size_t c = 0; status == BS_OK && c < example->n_choices; c++)
    status = append_list_item(line, c, example->choices[c].text, err);
  if (status == BS_OK)
    status = bs_text_append_string(line, example->n_choices > 0 ? "]" : "null", err);
  if (status == BS_OK)
    status = append_key(line, "targets", err);
  for (size_t t = 0; status == BS_OK && t < example->n_targets; t++)
    status = append_list_item(line, t, example->targets[t], err);
  if (status == BS_OK)
    status = bs_text_append_string(line, example->n_targets > 0 ? "]}\n" : "null}\n", err);
  return status;
}

/* What the command line asks for. */
typedef struct prompt_options {
  const char *path; /* of a task file, or its folder; or: */
  const char *config, *task;
  const char *variant;
  const char *model, *wrap; /* of a model: its name in the configuration, or what it is itself */
  bs_task_format format;
  int64_t shots, seed, max_examples; /* shots and seed below 0: as the configuration says */
} prompt_options;

static bs_status print_prompts(const bs_task *task, const prompt_options *asked,
                               const bs_wrap *wrap, bs_error *err) {
  bs_prompter *prompter = NULL;
  bs_text prompt = {0}, line = {0};
  bs_status status =
      bs_prompter_new(&prompter, task, (size_t)asked->shots, (uint32_t)asked->seed, err);
  size_t n = task->n_examples;
  if (asked->max_examples > 0 && (size_t)asked->max_examples < n)
    n = (size_t)asked->max_examples;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    line.n_bytes = 0;
    status = append_line(prompter, task, wrap, asked->shots, i, &prompt, &line, err);
    if (status == BS_OK && fwrite(line.data, 1, line.n_bytes, stdout) != line.n_bytes)
      status = bs_error_set(err, BS_ERR_IO, "cannot write the standard output");
  }
  bs_text_free(&line);
  bs_text_free(&prompt);
  bs_prompter_free(&prompter);
  return status;
}

/* A task file, in the variant of the command line. */
static bs_status print_of_file(prompt_options *asked, bs_error *err) {
  bs_task_spec spec = {.path = bs_task_file_of(asked->path, err),
                       .format = asked->format,
                       .human_average = NAN,
                       .human_best = NAN};
  bs_task *task = NULL;
  int64_t shots = -1;
  bs_status status = spec.path != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK && asked->variant != NULL) {
    status = bs_variant_parse(&spec.variant, &shots, asked->variant, strlen(asked->variant),
                              "--variant", err);
    if (status == BS_ERR_INPUT) /* the command line is the user's to mend */
      status = bs_error_recast(err, BS_ERR_USAGE);
  }
  if (asked->shots < 0)
    asked->shots = shots >= 0 ? shots : 0;
  if (asked->seed < 0)
    asked->seed = 42;
  if (status == BS_OK)
    status = expect_file(asked->path, err);
  if (status == BS_OK)
    status = bs_task_open(&task, &spec, NULL, NULL, err);
  bs_wrap *wrap = NULL;
  if (status == BS_OK && asked->wrap != NULL)
    status = bs_wrap_parse(&wrap, asked->wrap, "--wrap", err);
  if (status == BS_OK)
    status = print_prompts(task, asked, wrap, err);
  bs_wrap_free(&wrap);
  bs_task_free(&task);
  bs_task_spec_clear(&spec);
  return status;
}

/* Whether the task that `spec` gives may have the name: by its variant. */
static bool may_be_named(const bs_task_spec *spec, const char *name) {
  const char *at = strrchr(name, '@');
  return spec->variant == NULL ? at == NULL
                               : at != NULL && strcmp(at + 1, spec->variant->name) == 0;
}

/* The names that the usable tasks of a configuration have. */
typedef struct task_names {
  char **all;
  size_t n;
} task_names;

static void free_names(task_names *names) {
  for (size_t i = 0; i < names->n; i++)
    free(names->all[i]);
  free(names->all);
}

static bs_status read_names(task_names *names, const bs_config *config, bs_error *err) {
  names->all = bs_array_new(config->n_tasks, sizeof *names->all, err);
  bs_status status = names->all != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < config->n_tasks; i++) {
    bs_task *task = NULL;
    bs_error fault = {0};
    if (bs_task_open(&task, &config->tasks[i], NULL, NULL, &fault) != BS_OK)
      continue;
    names->all[names->n] = bs_string_copy(task->name, err);
    status = names->all[names->n] != NULL ? BS_OK : BS_ERR_MEMORY;
    names->n += status == BS_OK;
    bs_task_free(&task);
  }
  return status;
}

/* The name that is meant: the same behind its "bbh:" or before its "@VARIANT", or a near one. */
static const char *meant(const task_names *names, const char *asked) {
  size_t n = strlen(asked);
  for (size_t i = 0; i < names->n; i++) {
    const char *name = names->all[i], *colon = strrchr(name, ':');
    if (colon != NULL && strcmp(colon + 1, asked) == 0)
      return name;
  }
  for (size_t i = 0; i < names->n; i++) {
    const char *name = names->all[i], *colon = strrchr(name, ':');
    const char *child = colon != NULL ? colon + 1 : name;
    if ((strncmp(name, asked, n) == 0 && name[n] == '@') ||
        (strncmp(child, asked, n) == 0 && child[n] == '@'))
      return name;
  }
  return bs_nearest_name(asked, (const char *const *)names->all, names->n);
}

static bs_status no_such_task(const bs_config *config, const prompt_options *asked, bs_error *err) {
  task_names names = {0};
  bs_status status = read_names(&names, config, err);
  const char *near = status == BS_OK ? meant(&names, asked->task) : NULL;
  if (status == BS_OK)
    status = bs_error_set(err, BS_ERR_USAGE,
                          "%s: no usable task is named \"%s\"%s%s%s (bigsweep plan lists them)",
                          asked->config, asked->task, near != NULL ? "; did you mean \"" : "",
                          near != NULL ? near : "", near != NULL ? "\"?" : "");
  free_names(&names);
  return status;
}

/* A configuration without the task that is meant. */
static bs_status name_the_tasks(const prompt_options *asked, bs_error *err) {
  enum { MOST_SHOWN = 8 };
  bs_config *config = NULL;
  task_names names = {0};
  bs_text list = {0};
  bs_status status = bs_config_load(&config, asked->config, err);
  if (status == BS_OK)
    status = read_names(&names, config, err);
  for (size_t i = 0; status == BS_OK && i < names.n && i < MOST_SHOWN; i++)
    status = bs_text_printf(&list, err, "%s%s", i > 0 ? ", " : "", names.all[i]);
  if (status == BS_OK && names.n > MOST_SHOWN)
    status = bs_text_printf(&list, err, " and %zu more", names.n - MOST_SHOWN);
  if (status == BS_OK)
    status = bs_error_set(err, BS_ERR_USAGE, "--config needs --task NAME, one of: %s",
                          names.n > 0 ? list.data : "(no usable task)");
  bs_text_free(&list);
  free_names(&names);
  bs_config_free(&config);
  return status;
}

/* The wrap of the model that is asked for; NULL: of none. */
static bs_status find_wrap(const bs_wrap **wrap, const bs_config *config,
                           const prompt_options *asked, bs_error *err) {
  *wrap = NULL;
  if (asked->model == NULL)
    return BS_OK;
  const char **names = bs_array_new(config->n_models, sizeof *names, err);
  if (names == NULL)
    return BS_ERR_MEMORY;
  size_t m = 0;
  for (size_t i = 0; i < config->n_models; i++)
    names[i] = config->models[i].name;
  while (m < config->n_models && strcmp(names[m], asked->model) != 0)
    m++;
  bs_status status = BS_OK;
  const char *near = bs_nearest_name(asked->model, names, config->n_models);
  if (m < config->n_models)
    *wrap = config->models[m].wrap;
  else
    status = bs_error_set(err, BS_ERR_USAGE, "%s: no model is named \"%s\"%s%s%s", asked->config,
                          asked->model, near != NULL ? "; did you mean \"" : "",
                          near != NULL ? near : "", near != NULL ? "\"?" : "");
  free(names);
  return status;
}

/* A task of a configuration, by the name that it has in the results. */
static bs_status print_of_config(prompt_options *asked, bs_error *err) {
  bs_config *config = NULL;
  const bs_wrap *wrap = NULL;
  bs_status status = bs_config_load(&config, asked->config, err);
  if (status == BS_OK)
    status = find_wrap(&wrap, config, asked, err);
  bool is_found = false;
  for (size_t i = 0; status == BS_OK && !is_found && i < config->n_tasks; i++) {
    bs_task *task = NULL;
    bs_error fault = {0};
    if (!may_be_named(&config->tasks[i], asked->task) ||
        bs_task_open(&task, &config->tasks[i], NULL, NULL, &fault) != BS_OK)
      continue;
    is_found = strcmp(task->name, asked->task) == 0;
    if (is_found && asked->shots < 0)
      asked->shots = config->tasks[i].shots[0];
    if (asked->seed < 0)
      asked->seed = config->protocol.seed;
    if (is_found)
      status = print_prompts(task, asked, wrap, err);
    bs_task_free(&task);
  }
  if (status == BS_OK && !is_found)
    status = no_such_task(config, asked, err);
  bs_config_free(&config);
  return status;
}

static bs_status check_options(prompt_options *asked, const parsed *p, bs_error *err) {
  bool of_config = asked->config != NULL || asked->task != NULL;
  if (asked->config == NULL && asked->task != NULL && p->n_arguments == 0)
    return bs_error_set(err, BS_ERR_USAGE, "--task NAME is one of --config CONFIG.json: give both");
  if (asked->config != NULL && asked->task == NULL && p->n_arguments == 0 && asked->variant == NULL)
    return name_the_tasks(asked, err);
  if (asked->config == NULL ? asked->model != NULL : asked->wrap != NULL)
    return bs_error_set(err, BS_ERR_USAGE,
                        "--model NAME is one of --config CONFIG.json, --wrap is for a task file");
  if (of_config ? p->n_arguments > 0 || asked->config == NULL || asked->task == NULL ||
                      asked->variant != NULL
                : p->n_arguments != 1)
    return bs_error_set(err, BS_ERR_USAGE,
                        "expected a task file, with --variant if wanted, or --config CONFIG.json "
                        "and --task NAME");
  asked->path = of_config ? NULL : p->arguments[0];
  return BS_OK;
}

static int run(const bs_command *command, int argc, char **argv) {
  prompt_options asked = {.shots = -1, .seed = -1};
  const char *format = "auto";
  const option options[] = {
      {.name = "--shots",
       .kind = OPTION_INTEGER,
       .to = &asked.shots,
       .high = 1000,
       .help = "examples shown (0; of a configuration: the first number that it asks for)"},
      {.name = "--seed",
       .kind = OPTION_INTEGER,
       .to = &asked.seed,
       .high = UINT32_MAX,
       .help = "of the shots (42, or the configuration's)"},
      {.name = "--max-examples",
       .kind = OPTION_INTEGER,
       .to = &asked.max_examples,
       .low = 1,
       .high = UINT32_MAX,
       .help = "the first N alone"},
      {.name = "--format",
       .kind = OPTION_TEXT,
       .to = &format,
       .help = "of the file; auto: by what it holds"},
      {.name = "--variant",
       .kind = OPTION_TEXT,
       .to = &asked.variant,
       .help = "a variant as in a configuration, as JSON: '{\"task_prefix\": \"...\"}'"},
      {.name = "--wrap",
       .kind = OPTION_TEXT,
       .to = &asked.wrap,
       .help = "around the prompt, as of a model: a known name such as chatml, or JSON"},
      {.name = "--config",
       .kind = OPTION_TEXT,
       .to = &asked.config,
       .help = "a configuration, of which --task is one"},
      {.name = "--task",
       .kind = OPTION_TEXT,
       .to = &asked.task,
       .help = "its name there, with its variant: NAME@VARIANT"},
      {.name = "--model",
       .kind = OPTION_TEXT,
       .to = &asked.model,
       .help = "within the wrap of this model of the configuration"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 0, 1);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  bs_status status = check_options(&asked, &p, &err);
  if (status == BS_OK)
    status = bs_task_format_parse(&asked.format, format, &err);
  if (status == BS_OK)
    status = asked.config != NULL ? print_of_config(&asked, &err) : print_of_file(&asked, &err);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

const bs_command prompt_command = {
    "prompt",
    "TASK [--format NAME] [--shots K] [--variant JSON] [--wrap NAME] "
    "[--seed 42] [--max-examples N] | --config CONFIG.json "
    "--task NAME [--model NAME]",
    "print the prompts of a task, one JSON object per line", run};
