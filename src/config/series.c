/* Series: a model's path with placeholders stands for all models that it matches. */
#include "config/series_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/name_list_internal.h"
#include "base/text_internal.h"

enum { NAMES_SHOWN = 5 };

static const char *const MARKS[BS_N_MARKS] = {"{step}", "{tokens}", "{quantization}"};

/* The placeholder that a text begins with, or BS_N_MARKS. */
static size_t mark_at(const char *text) {
  size_t m = 0;
  while (m < BS_N_MARKS && strncmp(text, MARKS[m], strlen(MARKS[m])) != 0)
    m++;
  return m;
}

static const char *first_mark(const char *text) {
  for (; *text != '\0'; text++)
    if (mark_at(text) < BS_N_MARKS)
      return text;
  return NULL;
}

bool bs_path_is_series(const char *path) { return first_mark(path) != NULL; }

/* How many characters of `name` a placeholder takes: all digits, an amount with its unit, or what
   stands before the text behind the placeholder, which runs to the end of the name. */
static size_t taken_by(size_t mark, const char *name, const char *behind) {
  size_t n = 0, n_behind = strlen(behind), n_name = strlen(name);
  if (mark == BS_MARK_QUANTIZATION)
    return n_name > n_behind && strcmp(name + n_name - n_behind, behind) == 0 ? n_name - n_behind
                                                                              : 0;
  while (isdigit((unsigned char)name[n]) ||
         (mark == BS_MARK_TOKENS && n > 0 && name[n] == '.' && isdigit((unsigned char)name[n + 1])))
    n++;
  if (mark == BS_MARK_TOKENS && n > 0 && name[n] != '\0' && strchr("KMBT", name[n]) != NULL)
    n++;
  return n;
}

/* Whether `name` is what `pattern` describes; where[m] and length[m] tell what placeholder m took.
 */
static bool matches(const char *pattern, const char *name, const char *where[BS_N_MARKS],
                    size_t length[BS_N_MARKS]) {
  for (size_t m = 0; m < BS_N_MARKS; m++)
    where[m] = NULL;
  while (*pattern != '\0') {
    size_t mark = mark_at(pattern);
    if (mark == BS_N_MARKS) {
      if (*pattern++ != *name++)
        return false;
      continue;
    }
    pattern += strlen(MARKS[mark]);
    where[mark] = name;
    length[mark] = taken_by(mark, name, pattern);
    if (length[mark] == 0)
      return false;
    name += length[mark];
  }
  return *name == '\0';
}

/* "4B" is 4e9. */
static double amount(const char *text) {
  static const struct {
    char unit;
    double times;
  } units[] = {{'K', 1e3}, {'M', 1e6}, {'B', 1e9}, {'T', 1e12}};
  char *end;
  double value = strtod(text, &end);
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (*end == units[i].unit)
      value *= units[i].times;
  return value;
}

void bs_series_free(bs_series *series) {
  for (size_t i = 0; i < series->n; i++) {
    free(series->members[i].given_path);
    free(series->members[i].component);
    for (size_t m = 0; m < BS_N_MARKS; m++)
      free(series->members[i].texts[m]);
  }
  free(series->members);
  free(series->folder);
  *series = (bs_series){0};
}

char *bs_series_fill_in(const char *text, const bs_series_member *member, bs_error *err) {
  bs_text filled = {0};
  bs_status status = bs_text_append(&filled, "", 0, err);
  while (status == BS_OK && *text != '\0') {
    size_t mark = mark_at(text);
    const char *value = mark < BS_N_MARKS ? member->texts[mark] : NULL;
    status = value != NULL ? bs_text_append_string(&filled, value, err)
                           : bs_text_append(&filled, text, 1, err);
    text += value != NULL ? strlen(MARKS[mark]) : 1;
  }
  if (status != BS_OK)
    bs_text_free(&filled);
  return filled.data;
}

/* The parts of a path with placeholders: "folder/" "component" "/rest". */
typedef struct pattern {
  char *folder, *component;
  const char *rest; /* borrowed from the path */
} pattern;

static bs_status cut_path(pattern *p, const char *path, bs_error *err) {
  const char *mark = first_mark(path), *begin = mark;
  while (begin > path && begin[-1] != '/')
    begin--;
  size_t n = strcspn(begin, "/");
  p->rest = begin + n;
  if (first_mark(p->rest) != NULL)
    return bs_error_set(err, BS_ERR_INPUT,
                        "expected placeholders in one component of the path alone");
  p->folder = bs_string_new(path, (size_t)(begin - path), err);
  p->component = p->folder != NULL ? bs_string_new(begin, n, err) : NULL;
  return p->component != NULL ? BS_OK : BS_ERR_MEMORY;
}

static bs_status fill_member(bs_series_member *to, const pattern *p, const char *name,
                             const char *where[BS_N_MARKS], const size_t length[BS_N_MARKS],
                             bs_error *err) {
  bs_text path = {0};
  bs_status status = bs_text_printf(&path, err, "%s%s%s", p->folder, name, p->rest);
  to->given_path = path.data;
  if (status == BS_OK && (to->component = bs_string_copy(name, err)) == NULL)
    status = BS_ERR_MEMORY;
  for (size_t m = 0; m < BS_N_MARKS && status == BS_OK; m++)
    if (where[m] != NULL && (to->texts[m] = bs_string_new(where[m], length[m], err)) == NULL)
      status = BS_ERR_MEMORY;
  if (status != BS_OK)
    return status;
  const char *step = to->texts[BS_MARK_STEP], *tokens = to->texts[BS_MARK_TOKENS];
  to->step = step != NULL ? strtod(step, NULL) : NAN;
  to->tokens = tokens != NULL ? amount(tokens) : NAN;
  return BS_OK;
}

/* By step, then tokens, then name; what is not given is equal. */
static int in_order(const void *a, const void *b) {
  const bs_series_member *x = a, *y = b;
  if (x->step < y->step || x->step > y->step)
    return x->step < y->step ? -1 : 1;
  if (x->tokens < y->tokens || x->tokens > y->tokens)
    return x->tokens < y->tokens ? -1 : 1;
  return strcmp(x->component, y->component);
}

static bool is_visible(const char *name) { return name[0] != '.'; }

/* Says what the folder holds in place of a match. */
static bs_status nothing_matches(const pattern *p, const char *folder, const bs_name_list *names,
                                 bs_error *err) {
  bs_text there = {0};
  bs_status status = bs_text_append(&there, "", 0, err);
  for (size_t i = 0; i < names->n && i < NAMES_SHOWN && status == BS_OK; i++)
    status = bs_text_printf(&there, err, "%s\"%s\"", i > 0 ? ", " : "", names->names[i]);
  if (status == BS_OK && names->n > NAMES_SHOWN)
    status = bs_text_printf(&there, err, " and %zu more", names->n - NAMES_SHOWN);
  if (status == BS_OK)
    status = bs_error_set(err, BS_ERR_INPUT, "nothing in %s matches \"%s\"; there %s %s", folder,
                          p->component, names->n == 1 ? "is" : "are",
                          names->n == 0 ? "no files" : there.data);
  bs_text_free(&there);
  return status;
}

static bs_status check_twice(const bs_series *series, bs_error *err) {
  for (size_t i = 1; i < series->n; i++) {
    const bs_series_member *a = &series->members[i - 1], *b = &series->members[i];
    if (!isnan(a->step) && a->step == b->step)
      return bs_error_set(err, BS_ERR_INPUT, "\"%s\" and \"%s\" are the same step", a->component,
                          b->component);
  }
  return BS_OK;
}

static bs_status find_members(bs_series *series, const pattern *p, const char *folder,
                              bs_error *err) {
  bs_name_list names = {0};
  bs_status status = bs_folder_names(folder, is_visible, &names, err);
  if (status == BS_ERR_IO)
    return bs_error_recast(err, BS_ERR_INPUT);
  if (status != BS_OK)
    return status;
  series->members = bs_array_new(names.n + 1, sizeof *series->members, err);
  if (series->members == NULL)
    status = BS_ERR_MEMORY;
  for (size_t i = 0; i < names.n && status == BS_OK; i++) {
    const char *where[BS_N_MARKS];
    size_t length[BS_N_MARKS];
    if (matches(p->component, names.names[i], where, length))
      status = fill_member(&series->members[series->n++], p, names.names[i], where, length, err);
  }
  if (status == BS_OK && series->n == 0)
    status = nothing_matches(p, folder, &names, err);
  if (status == BS_OK) {
    qsort(series->members, series->n, sizeof *series->members, in_order);
    status = check_twice(series, err);
  }
  bs_name_list_free(&names);
  return status;
}

bs_status bs_series_expand(bs_series *series, const char *base, const char *given, bs_error *err) {
  *series = (bs_series){0};
  pattern p = {0};
  char *folder = NULL;
  bs_status status = cut_path(&p, given, err);
  if (status == BS_OK &&
      (folder = bs_path_join(base, p.folder[0] != '\0' ? p.folder : ".", err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = find_members(series, &p, folder, err);
  bs_error fault = {0};
  if (status == BS_OK && (series->folder = bs_folder_name(folder, &fault)) == NULL)
    status = bs_error_set(err, fault.status, "%s", fault.message);
  free(folder);
  free(p.folder);
  free(p.component);
  return status;
}
