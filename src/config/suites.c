/* Suites: where the files of their tasks lie. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/name_list_internal.h"
#include "base/text_internal.h"
#include "config/suites_internal.h"

/* What is being looked for and what has been found. */
typedef struct search {
  const bs_suite *suite;
  const char *wanted; /* keyword or language */
  const char *folder;
  bs_task_files *files;
  bs_suite_found *found;
  size_t missing_capacity;
  bs_text keywords; /* seen on the way, each on a line; some more than once */
} search;

static bs_status add_missing(search *s, const char *name, const char *why, bs_error *err) {
  bs_text text = {0};
  bs_status status =
      bs_reserve(&s->found->missing, &s->missing_capacity, s->found->n_missing, 1, err);
  if (status == BS_OK)
    status = why != NULL ? bs_text_printf(&text, err, "%s (%s)", name, why)
                         : bs_text_append_string(&text, name, err);
  if (status == BS_OK)
    s->found->missing[s->found->n_missing++] = text.data;
  else
    bs_text_free(&text);
  return status;
}

/* Adds a task file, or the files of its subtasks; a broken list of these is named as missing. */
static bs_status add_task(search *s, const char *path, const char *name, const char *given,
                          bs_error *err) {
  bs_error fault = {0};
  bs_status status = given != NULL ? bs_task_files_add(s->files, path, given, err)
                                   : bs_task_files_add_task(s->files, path, true, &fault);
  if (status == BS_OK)
    s->found->n_found++;
  else if (given == NULL && status != BS_ERR_MEMORY)
    status = add_missing(s, name, fault.message, err);
  return status;
}

/* The file of one name in one of the layouts; "": there is none. */
static bs_status find_file(const search *s, const char *name, bs_text *path, bs_error *err) {
  path->n_bytes = 0;
  bs_status status = bs_text_append(path, "", 0, err);
  for (size_t i = 0; status == BS_OK && s->suite->layouts[i] != NULL; i++) {
    char *file = bs_task_fill_in(s->suite->layouts[i], name, err);
    char *full = file != NULL ? bs_path_join(s->folder, file, err) : NULL;
    bool is_there = full != NULL && bs_file_exists(full) && !bs_is_folder(full);
    if (full == NULL)
      status = BS_ERR_MEMORY;
    else if (is_there)
      status = bs_text_append_string(path, full, err);
    free(file);
    free(full);
    if (is_there)
      break;
  }
  return status;
}

static bs_status find_listed(search *s, bs_error *err) {
  bs_text path = {0}, name = {0}, canonical = {0}, given = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && s->suite->tasks[i] != NULL; i++) {
    s->found->n_wanted++;
    path.n_bytes = canonical.n_bytes = given.n_bytes = 0;
    for (const char *at = s->suite->tasks[i];
         status == BS_OK && path.n_bytes == 0 && *at != '\0';) {
      size_t n = strcspn(at, "|");
      name.n_bytes = 0;
      status = bs_text_append(&name, at, n, err);
      if (status == BS_OK && canonical.n_bytes == 0)
        status = bs_text_append(&canonical, at, n, err);
      if (status == BS_OK)
        status = find_file(s, name.data, &path, err);
      at += n + (at[n] == '|');
    }
    if (status == BS_OK && s->suite->parent != NULL)
      status = bs_text_printf(&given, err, "%s:%s", s->suite->parent, canonical.data);
    if (status == BS_OK)
      status = path.n_bytes > 0 ? add_task(s, path.data, canonical.data,
                                           s->suite->parent != NULL ? given.data : NULL, err)
                                : add_missing(s, canonical.data, NULL, err);
  }
  bs_text_free(&path);
  bs_text_free(&name);
  bs_text_free(&canonical);
  bs_text_free(&given);
  return status;
}

/* Whether one of the lines is `wanted`, whatever its case. */
static bool has_line(const char *lines, const char *wanted) {
  size_t n_wanted = strlen(wanted);
  for (const char *at = lines; *at != '\0';) {
    size_t n = strcspn(at, "\n");
    if (n == n_wanted && strncasecmp(at, wanted, n) == 0)
      return true;
    at += n + (at[n] == '\n');
  }
  return false;
}

static bool is_letter(char c) {
  return isalpha((unsigned char)c) != 0 || ((unsigned char)c & 0x80) != 0;
}

/* Whether `wanted` stands in the text as a word, whatever its case. */
static bool has_word(const char *text, const char *wanted) {
  size_t n = strlen(wanted), n_text = strlen(text);
  for (size_t at = 0; at + n <= n_text; at++)
    if (strncasecmp(text + at, wanted, n) == 0 && (at == 0 || !is_letter(text[at - 1])) &&
        !is_letter(text[at + n]))
      return true;
  return false;
}

/* BIG-bench has no field for a task's language. Tasks in others than English have one of these
   keywords, and the language in their name or description. */
static const char *const OTHER_LANGUAGES[] = {"non-English", "multilingual",
                                              "low-resource language", "translation"};
enum { N_OTHER_LANGUAGES = sizeof OTHER_LANGUAGES / sizeof *OTHER_LANGUAGES };

static bool is_in_language(const char *wanted, const char *name, const char *keywords,
                           const char *description) {
  bool is_other = false;
  for (size_t i = 0; i < N_OTHER_LANGUAGES; i++)
    is_other = is_other || has_line(keywords, OTHER_LANGUAGES[i]);
  if (strcasecmp(wanted, "english") == 0)
    return !is_other;
  return has_line(keywords, wanted) ||
         (is_other && (has_word(name, wanted) || has_word(description, wanted)));
}

enum { MOST_BYTES = 1 << 16 }; /* of keywords to suggest */

static bs_status is_wanted(search *s, const char *path, const char *name, bool *wanted,
                           bs_error *err) {
  bs_text keywords = {0}, description = {0};
  bs_status status = BS_OK;
  *wanted = s->suite->kind == BS_SUITE_ALL;
  if (!*wanted)
    status = bs_task_peek(path, &keywords, &description, err);
  if (status == BS_OK && s->suite->kind == BS_SUITE_BY_KEYWORD && s->keywords.n_bytes < MOST_BYTES)
    status = bs_text_append(&s->keywords, keywords.data, keywords.n_bytes, err);
  if (status == BS_OK && !*wanted)
    *wanted = s->suite->kind == BS_SUITE_BY_KEYWORD
                  ? has_line(keywords.data, s->wanted)
                  : is_in_language(s->wanted, name, keywords.data, description.data);
  bs_text_free(&keywords);
  bs_text_free(&description);
  return status;
}

/* A task.json: the task is wanted as a whole, or some of its subtasks are. */
static bs_status look_at(search *s, const char *path, const char *name, bs_error *err) {
  bool wanted;
  bs_error fault = {0};
  bs_subtasks parts = {0};
  bs_status status = is_wanted(s, path, name, &wanted, &fault);
  if (status == BS_OK && wanted)
    return add_task(s, path, name, NULL, err);
  if (status == BS_OK)
    status = bs_task_subtasks(&parts, path, &fault);
  for (size_t i = 0; status == BS_OK && i < parts.n; i++) {
    status = is_wanted(s, parts.paths[i], parts.names[i], &wanted, &fault);
    if (status == BS_OK && wanted)
      status = add_task(s, parts.paths[i], parts.names[i], NULL, &fault);
  }
  bs_subtasks_free(&parts);
  if (status != BS_OK && status != BS_ERR_MEMORY)
    return add_missing(s, name, fault.message, err);
  return status;
}

static bool is_visible(const char *name) { return name[0] != '.'; }

enum { DEEPEST = 3 }; /* below the folder of the suite */

/* Task folders below `folder`. What lies below a task is its own affair. */
static bs_status walk(search *s, const char *folder, int depth, bs_error *err) {
  bs_name_list list = {0};
  bs_error unread = {0}; /* nothing is found in a folder that cannot be read */
  bs_status status = bs_folder_names(folder, is_visible, &list, &unread);
  if (status == BS_ERR_IO)
    status = BS_OK;
  else if (status != BS_OK)
    bs_error_set(err, status, "%s", unread.message);
  for (size_t i = 0; status == BS_OK && i < list.n; i++) {
    char *path = bs_path_join(folder, list.names[i], err);
    char *file = path != NULL ? bs_path_join(path, "task.json", err) : NULL;
    if (file == NULL)
      status = BS_ERR_MEMORY;
    else if (bs_is_folder(path) && bs_file_exists(file))
      status = look_at(s, file, list.names[i], err);
    else if (bs_is_folder(path) && depth < DEEPEST)
      status = walk(s, path, depth + 1, err);
    free(path);
    free(file);
  }
  bs_name_list_free(&list);
  return status;
}

static bs_status no_such_suite(const char *name, bs_error *err) {
  const char *known[BS_N_SUITES];
  bs_text list = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; i < BS_N_SUITES; i++) {
    bool has_argument =
        bs_suites[i].kind == BS_SUITE_BY_KEYWORD || bs_suites[i].kind == BS_SUITE_BY_LANGUAGE;
    known[i] = bs_suites[i].name;
    if (status == BS_OK)
      status = bs_text_printf(&list, err, "%s%s%s", i > 0 ? ", " : "", known[i],
                              has_argument ? ":NAME" : "");
  }
  const char *near = bs_nearest_name(name, known, BS_N_SUITES);
  if (status == BS_OK)
    status = bs_error_set(err, BS_ERR_USAGE, "no suite \"%s\"%s%s%s; there are %s", name,
                          near != NULL ? ", did you mean \"" : "", near != NULL ? near : "",
                          near != NULL ? "\"?" : "", list.data);
  bs_text_free(&list);
  return status;
}

static const bs_suite *find_suite(const char *name, const char **wanted) {
  for (size_t i = 0; i < BS_N_SUITES; i++) {
    size_t n = strlen(bs_suites[i].name);
    bool has_argument =
        bs_suites[i].kind == BS_SUITE_BY_KEYWORD || bs_suites[i].kind == BS_SUITE_BY_LANGUAGE;
    if (strncmp(name, bs_suites[i].name, n) != 0)
      continue;
    *wanted = has_argument && name[n] == ':' && name[n + 1] != '\0' ? name + n + 1 : NULL;
    if (has_argument ? *wanted != NULL : name[n] == '\0')
      return &bs_suites[i];
  }
  return NULL;
}

/* The keyword that is nearest to the one looked for; the lines of s->keywords become strings. */
static const char *nearest_keyword(search *s) {
  size_t n = 0;
  for (size_t i = 0; i < s->keywords.n_bytes; i++)
    n += s->keywords.data[i] == '\n';
  const char **known = bs_array_new(n, sizeof *known, NULL);
  char *at = s->keywords.data;
  for (size_t i = 0; known != NULL && i < n; i++) {
    known[i] = at;
    at = strchr(at, '\n');
    *at++ = '\0';
  }
  const char *near = known != NULL ? bs_nearest_name(s->wanted, known, n) : NULL;
  free(known);
  return near;
}

static bs_status nothing_found(search *s, const char *name, bs_error *err) {
  const bs_suite_found *found = s->found;
  const char *near =
      s->suite->kind == BS_SUITE_BY_KEYWORD && s->keywords.data != NULL ? nearest_keyword(s) : NULL;
  return bs_error_set(err, BS_ERR_USAGE, "nothing of the suite \"%s\" is in %s%s%s%s%s%s", name,
                      s->folder, found->n_missing > 0 ? ": it lacks " : "",
                      found->n_missing > 0 ? found->missing[0] : "",
                      near != NULL ? "; did you mean \"keyword:" : "", near != NULL ? near : "",
                      near != NULL ? "\"?" : "");
}

bs_status bs_suite_find(const char *name, const char *folder, bs_task_files *files,
                        bs_task_format *format, bs_suite_found *found, bs_error *err) {
  search s = {.folder = folder, .files = files, .found = found};
  s.suite = find_suite(name, &s.wanted);
  if (s.suite == NULL)
    return no_such_suite(name, err);
  *format = s.suite->format;
  found->name = bs_string_copy(name, err);
  if (found->name == NULL)
    return BS_ERR_MEMORY;
  bs_status status =
      s.suite->kind == BS_SUITE_LISTED ? find_listed(&s, err) : walk(&s, folder, 0, err);
  if (status == BS_OK && found->n_found == 0)
    status = nothing_found(&s, name, err);
  bs_text_free(&s.keywords);
  return status;
}
