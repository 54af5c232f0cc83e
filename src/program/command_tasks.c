/* bigsweep tasks: the tasks that folders hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bigsweep/json.h"
#include "bigsweep/survey.h"
#include "program/options.h"
#include "program/terminal.h"

/* A keyword or language, and how many tasks have it. */
typedef struct count {
  const char *name;
  size_t n_name, n;
} count;

typedef struct counts {
  count *list;
  size_t n, room;
} counts;

static void count_name(counts *of, const char *name, size_t n_name) {
  for (size_t i = 0; i < of->n; i++)
    if (of->list[i].n_name == n_name && memcmp(of->list[i].name, name, n_name) == 0) {
      of->list[i].n++;
      return;
    }
  if (of->n < of->room)
    of->list[of->n++] = (count){name, n_name, 1};
}

/* Names with ", " between them. */
static void count_names(counts *of, const char *names) {
  while (*names != '\0') {
    size_t n = strcspn(names, ",");
    count_name(of, names, n);
    names += n;
    names += strspn(names, ", ");
  }
}

static int by_number(const void *left, const void *right) {
  const count *a = left, *b = right;
  if (a->n != b->n)
    return a->n < b->n ? 1 : -1;
  size_t n = a->n_name < b->n_name ? a->n_name : b->n_name;
  int order = memcmp(a->name, b->name, n);
  return order != 0 ? order : (a->n_name > b->n_name) - (a->n_name < b->n_name);
}

static size_t n_names(const char *names) {
  size_t n = 1;
  for (; *names != '\0'; names++)
    n += *names == ',';
  return n;
}

/* "keywords: logical reasoning 12, common sense 7", wrapped. */
static void print_counts(const char *label, const bs_survey_tasks *tasks, bool of_keywords) {
  counts all = {0};
  for (size_t i = 0; i < tasks->n_usable; i++)
    all.room += n_names(of_keywords ? tasks->list[i].keywords : tasks->list[i].languages);
  all.list = calloc(all.room + 1, sizeof *all.list);
  for (size_t i = 0; all.list != NULL && i < tasks->n_usable; i++)
    count_names(&all, of_keywords ? tasks->list[i].keywords : tasks->list[i].languages);
  if (all.n > 0) {
    qsort(all.list, all.n, sizeof *all.list, by_number);
    size_t used = strlen(label), width = terminal_width(STDOUT_FILENO);
    printf("%s", label);
    for (size_t i = 0; i < all.n; i++) {
      char number[24];
      int n = snprintf(number, sizeof number, " %zu%s", all.list[i].n, i + 1 < all.n ? "," : "");
      size_t more = all.list[i].n_name + 1 + (n > 0 ? (size_t)n : 0);
      if (used + more > width && used > 2)
        printf("\n "), used = 1;
      printf(" %.*s%s", (int)all.list[i].n_name, all.list[i].name, number);
      used += more;
    }
    printf("\n");
  }
  free(all.list);
}

/* A line a task; keywords where there is room for them. */
static void print_table(const bs_survey_tasks *tasks) {
  enum { LEAST_NAME = 20, MOST_NAME = 44, METRIC = 24, OTHERS = 30 };
  size_t width = terminal_width(STDOUT_FILENO), longest = LEAST_NAME;
  for (size_t i = 0; i < tasks->n_usable; i++)
    longest = strlen(tasks->list[i].name) > longest ? strlen(tasks->list[i].name) : longest;
  int n_name = longest < MOST_NAME ? (int)longest : MOST_NAME;
  size_t before = (size_t)n_name + OTHERS + METRIC;
  int room = width > before + 8 ? (int)(width - before) : 0;
  if (tasks->n_usable > 0)
    printf("%-*s %-7s %8s %9s  %s\n", n_name, "task", "kind", "examples", "unmatched",
           "preferred metric");
  for (size_t i = 0; i < tasks->n_usable; i++) {
    const bs_survey_task *task = &tasks->list[i];
    printf("%-*s %-7s %8zu %9zu  ", n_name, task->name, task->kind, task->n_examples,
           task->n_unmatched);
    if (room > 0)
      printf("%-*s%.*s", METRIC, task->preferred, room, task->keywords);
    else
      printf("%s", task->preferred);
    printf("\n");
  }
}

static void print_for_people(const bs_survey_tasks *tasks) {
  size_t n_examples = 0, n_lost = 0;
  print_table(tasks);
  for (size_t i = 0; i < tasks->n_usable; i++) {
    n_examples += tasks->list[i].n_examples;
    n_lost += tasks->list[i].n_unmatched > 0;
  }
  if (tasks->n_usable > 0)
    printf("\n");
  printf("%zu task%s, %zu example%s", tasks->n_usable, bs_plural(tasks->n_usable), n_examples,
         bs_plural(n_examples));
  if (n_lost > 0)
    printf("\n%zu task%s with examples that no answer can ever match: `bigsweep validate` says why",
           n_lost, n_lost == 1 ? "" : "s");
  printf("\n");
  print_counts("languages:", tasks, false);
  print_counts("keywords:", tasks, true);
}

static void add_names(cJSON *to, const char *key, const char *names) {
  cJSON *list = cJSON_AddArrayToObject(to, key);
  while (*names != '\0') {
    char name[256];
    size_t n = strcspn(names, ",");
    snprintf(name, sizeof name, "%.*s", (int)n, names);
    cJSON_AddItemToArray(list, cJSON_CreateString(name));
    names += n;
    names += strspn(names, ", ");
  }
}

static void print_json(const bs_survey_task *task) {
  cJSON *object = cJSON_CreateObject();
  cJSON_AddStringToObject(object, "path", task->path);
  if (task->fault != NULL) {
    cJSON_AddStringToObject(object, "error", task->fault);
  } else {
    cJSON_AddStringToObject(object, "name", task->name);
    cJSON_AddStringToObject(object, "kind", task->kind);
    cJSON_AddNumberToObject(object, "examples", (double)task->n_examples);
    cJSON_AddNumberToObject(object, "shown", (double)task->n_shown);
    cJSON_AddNumberToObject(object, "unmatched", (double)task->n_unmatched);
    cJSON_AddStringToObject(object, "preferred_metric", task->preferred);
    add_names(object, "metrics", task->metrics);
    add_names(object, "keywords", task->keywords);
    add_names(object, "languages", task->languages);
  }
  char *text = cJSON_PrintUnformatted(object);
  printf("%s\n", text != NULL ? text : "");
  cJSON_free(text);
  cJSON_Delete(object);
}

static int run(const bs_command *command, int argc, char **argv) {
  static const char *const here[] = {"."};
  bool as_json = false;
  const option options[] = {{.name = "--json",
                             .kind = OPTION_FLAG,
                             .to = &as_json,
                             .help = "an object a task, with all that is known of it"}};
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 0,
                           (size_t)argc);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  bs_survey_tasks tasks;
  const char *const *paths = p.n_arguments > 0 ? (const char *const *)p.arguments : here;
  if (bs_survey_tasks_find(&tasks, paths, p.n_arguments > 0 ? p.n_arguments : 1, &err) != BS_OK)
    return fail(command, &err);
  for (size_t i = 0; as_json && i < tasks.n; i++)
    print_json(&tasks.list[i]);
  if (!as_json)
    print_for_people(&tasks);
  fflush(stdout);
  for (size_t i = tasks.n_usable; i < tasks.n; i++)
    print_error(command, tasks.list[i].fault);
  int code = tasks.n_usable < tasks.n || tasks.n == 0 ? EXIT_BAD_INPUT : EXIT_DONE;
  bs_survey_tasks_free(&tasks);
  return code;
}

const bs_command tasks_command = {
    "tasks", "[FOLDER...] [--json]",
    "the tasks in folders: kind, examples, metrics, keywords, languages; and what is none", run};
