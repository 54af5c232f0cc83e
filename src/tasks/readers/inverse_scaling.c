/* The Inverse Scaling Prize's data (McKenzie et al. 2023, arXiv:2306.09479): CSV with named
   columns, or JSON lines with the same names. The columns that are there tell the kind of the task.
   A class is what follows right behind the prompt, so nothing is put around either. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_internal.h"
#include "base/memory_internal.h"
#include "tasks/example_internal.h"
#include "tasks/python_list_internal.h"
#include "tasks/readers/reader_internal.h"

typedef enum prize_column {
  PROMPT,
  OTHER_PROMPT,
  CLASSES,
  ANSWER_INDEX,
  COMPLETION,
  TRUE_ANSWER,
  ANCHOR,
  N_COLUMNS
} prize_column;

static const char *const COLUMNS[N_COLUMNS] = {
    [PROMPT] = "prompt",         [OTHER_PROMPT] = "other_prompt",
    [CLASSES] = "classes",       [ANSWER_INDEX] = "answer_index",
    [COMPLETION] = "completion", [TRUE_ANSWER] = "true_answer",
    [ANCHOR] = "anchor"};

typedef enum kind { CLASSIFICATION, LOGODDS, NUMERIC, SEQUENCE_PROB, N_KINDS } kind;

/* Worked examples stand three line breaks apart, as in the Prize's own versions with shots. */
#define PRIZE_SHAPE                                                                                \
  .description = "", .keywords = "inverse scaling", .task_prefix = "", .input_prefix = "",         \
  .output_prefix = "", .choice_prefix = BS_DEFAULT_CHOICE_PREFIX, .separator = "\n\n\n",           \
  .max_length = BS_DEFAULT_MAX_LENGTH

static const struct {
  unsigned columns; /* that it needs, as bits */
  const char *names;
  bs_task_shape shape;
} KINDS[N_KINDS] = {
    [CLASSIFICATION] = {1U << PROMPT | 1U << CLASSES | 1U << ANSWER_INDEX,
                        "prompt, classes, answer_index",
                        {PRIZE_SHAPE, .output_regex = BS_DEFAULT_OUTPUT_REGEX,
                         .metrics = {"multiple_choice_grade", "classification_loss", "logodds"},
                         .preferred_metric = "multiple_choice_grade"}},
    [LOGODDS] = {1U << PROMPT | 1U << OTHER_PROMPT | 1U << CLASSES | 1U << ANSWER_INDEX,
                 "prompt, other_prompt, classes, answer_index",
                 {PRIZE_SHAPE, .output_regex = BS_DEFAULT_OUTPUT_REGEX,
                  .metrics = {"multiple_choice_grade", "classification_loss", "logodds",
                              "logodds_difference", "absolute_logodds_difference"},
                  .preferred_metric = "logodds_difference"}},
    /* The number in the first line of what is generated. */
    [NUMERIC] = {1U << PROMPT | 1U << TRUE_ANSWER,
                 "prompt, true_answer",
                 {PRIZE_SHAPE, .stop_string = "\n",
                  .output_regex = "[-+]?(?:\\d[\\d,]*(?:\\.\\d+)?|\\.\\d+)(?:[eE][-+]?\\d+)?",
                  .metrics = {"numeric_match_with_0_1_relative_error", "exact_str_match"},
                  .preferred_metric = "numeric_match_with_0_1_relative_error"}},
    [SEQUENCE_PROB] = {1U << PROMPT | 1U << COMPLETION,
                       "prompt, completion",
                       {PRIZE_SHAPE, .metrics = {"log_likelihood"},
                        .preferred_metric = "log_likelihood"}},
};

/* The text of a row's columns; NULL where it has none. */
typedef struct prize_row {
  size_t line;
  const char *cells[N_COLUMNS];
  bs_text scratch[N_COLUMNS];  /* numbers of JSON rows */
  const bs_member *class_list; /* of JSON rows: instead of the text */
} prize_row;

typedef struct prize {
  kind kind;
  bs_task *task;
  bs_findings *findings;
  bs_collector collector;
  bs_name_list classes; /* of the row */
  size_t answer;
  bool warned_of_space;
  bs_error *err;
} prize;

static bs_place place_of(const prize_row *row, prize_column column) {
  return (bs_place){.line = row->line, .field = COLUMNS[column]};
}

/* Of several kinds that the columns allow, the one that needs most. */
static bool find_kind(prize *p, unsigned columns, size_t line) {
  static const kind order[] = {LOGODDS, CLASSIFICATION, NUMERIC, SEQUENCE_PROB};
  for (size_t i = 0; i < N_KINDS; i++)
    if ((columns & KINDS[order[i]].columns) == KINDS[order[i]].columns) {
      p->kind = order[i];
      return true;
    }
  bs_finding_fault(p->findings, (bs_place){.line = line},
                   "expected the columns %s; or %s; or %s; or %s", KINDS[CLASSIFICATION].names,
                   KINDS[LOGODDS].names, KINDS[NUMERIC].names, KINDS[SEQUENCE_PROB].names);
  return false;
}

static bs_status read_json_classes(prize *p, const prize_row *row) {
  bs_member *items = NULL;
  size_t n = 0;
  bs_place place = place_of(row, CLASSES);
  bs_status status =
      bs_source_members(row->class_list->value, row->class_list->node, &items, &n, p->err);
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    char *text = NULL;
    status = bs_member_string(&items[i], place, p->findings, &text, p->err);
    if (text == NULL)
      continue;
    status = bs_name_list_take(&p->classes, text, p->err);
  }
  free(items);
  return status;
}

static bs_status check_classes(prize *p, const prize_row *row) {
  bs_place place = place_of(row, CLASSES);
  if (p->classes.n < 2)
    bs_finding_fault(p->findings, place, "expected at least 2 classes, found %zu", p->classes.n);
  for (size_t i = 0; i < p->classes.n; i++) {
    const char *text = p->classes.names[i];
    if (text[0] == '\0')
      bs_finding_fault(p->findings, place, "class %zu has no text", i);
    else if (text[0] != ' ' && !p->warned_of_space) {
      p->warned_of_space = true;
      bs_finding_warning(p->findings, place,
                         "a class does not begin with a space, though it follows right behind the "
                         "prompt: \"%.40s\"",
                         text);
    }
  }
  return bs_finding_repeated(p->findings, place, "class", (const char *const *)p->classes.names,
                             p->classes.n, p->err);
}

static void read_answer(prize *p, const prize_row *row) {
  const char *text = row->cells[ANSWER_INDEX];
  size_t n = strspn(text, "0123456789");
  p->answer = SIZE_MAX;
  if (n > 0 && n < 10 && text[n] == '\0')
    p->answer = strtoul(text, NULL, 10);
  if (p->answer >= p->classes.n && p->classes.n > 0)
    bs_finding_fault(p->findings, place_of(row, ANSWER_INDEX),
                     "expected the number of the right class, 0 to %zu, found \"%.40s\"",
                     p->classes.n - 1, text);
}

static bs_status read_classes(prize *p, const prize_row *row) {
  bs_error fault = {0};
  bs_name_list_free(&p->classes);
  size_t n_faults = p->findings->n_faults;
  bs_status status = row->class_list != NULL
                         ? read_json_classes(p, row)
                         : bs_python_list_read(&p->classes, row->cells[CLASSES], &fault);
  if (status == BS_ERR_INPUT && row->class_list == NULL) {
    bs_finding_fault(p->findings, place_of(row, CLASSES), "%s", fault.message);
    return BS_OK;
  }
  if (status != BS_OK)
    return row->class_list != NULL ? status : bs_error_set(p->err, status, "%s", fault.message);
  if (p->findings->n_faults == n_faults)
    status = check_classes(p, row);
  if (status == BS_OK)
    read_answer(p, row);
  return status;
}

static bool is_number(const char *text) {
  char *end;
  double value = strtod(text, &end);
  return end != text && *end == '\0' && isfinite(value) &&
         strspn(text, "+-.0123456789eE") == strlen(text);
}

static void check_number(prize *p, const prize_row *row, prize_column column) {
  if (!is_number(row->cells[column]))
    bs_finding_fault(p->findings, place_of(row, column), "expected a number, found \"%.40s\"",
                     row->cells[column]);
}

static bs_status add_classes(prize *p, const char *prompt, bs_choice_role role) {
  bs_example example = {0};
  bs_status status = BS_ERR_MEMORY;
  if ((example.input = bs_string_copy(prompt, p->err)) != NULL)
    status = BS_OK;
  for (size_t i = 0; i < p->classes.n && status == BS_OK; i++)
    status = bs_example_add_choice(&example, p->classes.names[i], i == p->answer, role, p->err);
  /* Pairs stay pairs: one prompt may be compared with several others. */
  if (status == BS_OK)
    status = bs_collector_add(&p->collector, &example, p->kind == LOGODDS, p->err);
  bs_example_clear(&example);
  return status;
}

static bs_status add_target(prize *p, const prize_row *row) {
  bs_example example = {0};
  bs_status status = BS_ERR_MEMORY;
  if ((example.input = bs_string_copy(row->cells[PROMPT], p->err)) != NULL)
    status = bs_example_add_target(
        &example, row->cells[p->kind == NUMERIC ? TRUE_ANSWER : COMPLETION], p->err);
  if (status == BS_OK)
    status = bs_collector_add(&p->collector, &example, false, p->err);
  bs_example_clear(&example);
  return status;
}

static bs_status add_row(prize *p, const prize_row *row) {
  size_t n_faults = p->findings->n_faults;
  unsigned needed = KINDS[p->kind].columns;
  bool has_classes = p->kind == CLASSIFICATION || p->kind == LOGODDS;
  for (int i = 0; i < N_COLUMNS; i++) {
    bool is_list = i == CLASSES && row->class_list != NULL;
    if ((needed & 1U << i) == 0 || is_list)
      continue;
    if (row->cells[i] == NULL)
      bs_finding_fault(p->findings, (bs_place){.line = row->line}, "key \"%s\" is missing",
                       COLUMNS[i]);
    else if (row->cells[i][0] == '\0')
      bs_finding_fault(p->findings, place_of(row, (prize_column)i), "expected a text, found none");
  }
  if (p->findings->n_faults > n_faults)
    return BS_OK;
  bs_status status = has_classes ? read_classes(p, row) : BS_OK;
  if (p->kind == NUMERIC) {
    check_number(p, row, TRUE_ANSWER);
    if (row->cells[ANCHOR] != NULL && row->cells[ANCHOR][0] != '\0')
      check_number(p, row, ANCHOR);
  }
  if (p->kind == LOGODDS && status == BS_OK && p->classes.n > 2)
    bs_finding_fault(p->findings, place_of(row, CLASSES), "expected 2 classes, found %zu",
                     p->classes.n);
  if (status != BS_OK || p->findings->n_faults > n_faults)
    return status;
  if (!has_classes)
    return add_target(p, row);
  status = add_classes(p, row->cells[PROMPT], BS_ROLE_NONE);
  return status == BS_OK && p->kind == LOGODDS
             ? add_classes(p, row->cells[OTHER_PROMPT], BS_ROLE_CONTROL)
             : status;
}

/* Where the header has each column; SIZE_MAX: nowhere. The first column may have no name: it then
   numbers the rows. */
static bs_status read_header(prize *p, const bs_csv *csv, size_t where[N_COLUMNS], bool *is_known) {
  bs_unknown unknown = {0};
  unsigned columns = 0;
  size_t n_faults = p->findings->n_faults;
  bs_status status = BS_OK;
  for (int i = 0; i < N_COLUMNS; i++)
    where[i] = SIZE_MAX;
  for (size_t f = 0; f < csv->n_fields && status == BS_OK; f++) {
    const char *name = bs_csv_field(csv, f);
    int i = 0;
    while (i < N_COLUMNS && strcmp(COLUMNS[i], name) != 0)
      i++;
    if (i == N_COLUMNS && (f > 0 || name[0] != '\0'))
      status = bs_unknown_add(&unknown, "", name, p->err);
    if (i == N_COLUMNS)
      continue;
    if (where[i] != SIZE_MAX)
      bs_finding_fault(p->findings, (bs_place){.line = csv->line, .field = COLUMNS[i]},
                       "the column stands twice");
    where[i] = f;
    columns |= 1U << i;
  }
  *is_known = find_kind(p, columns, csv->line) && p->findings->n_faults == n_faults;
  if (status == BS_OK)
    status = bs_unknown_report(&unknown, "columns", p->findings, p->err);
  bs_unknown_free(&unknown);
  return status;
}

static bs_status read_csv_rows(prize *p, bs_csv *csv, bs_error *fault) {
  size_t where[N_COLUMNS], n_columns;
  bool is_known;
  bs_status status = bs_csv_next(csv, fault);
  if (status == BS_OK)
    status = read_header(p, csv, where, &is_known);
  if (status != BS_OK || !is_known)
    return status;
  n_columns = csv->n_fields;
  status = bs_task_take_shape(p->task, &KINDS[p->kind].shape, p->err);
  if (status == BS_OK)
    status = bs_csv_next(csv, fault);
  for (; status == BS_OK && csv->n_fields > 0; status = bs_csv_next(csv, fault)) {
    prize_row row = {.line = csv->line};
    if (csv->n_fields != n_columns) {
      bs_finding_fault(p->findings, (bs_place){.line = csv->line},
                       "expected %zu fields as in the header, found %zu", n_columns, csv->n_fields);
      continue;
    }
    for (int i = 0; i < N_COLUMNS; i++)
      row.cells[i] = where[i] != SIZE_MAX ? bs_csv_field(csv, where[i]) : NULL;
    status = add_row(p, &row);
    if (status != BS_OK)
      return status;
  }
  return status;
}

static bs_status read_csv(prize *p, const char *text, size_t n_bytes) {
  bs_csv csv = {.name = p->findings->file, .text = text, .n_bytes = n_bytes};
  bs_error fault = {0};
  bs_status status = read_csv_rows(p, &csv, &fault);
  if (status == BS_ERR_INPUT) {
    bs_finding_pass(p->findings, &fault);
    status = BS_OK;
  } else if (status != BS_OK) {
    bs_error_set(p->err, status, "%s", fault.message);
  }
  bs_csv_free(&csv);
  return status;
}

/* A string, or a number as it is written. */
static bs_status read_cell(prize *p, prize_row *row, prize_column column, const bs_member *member) {
  bs_place place = place_of(row, column);
  if (cJSON_IsNumber(member->node)) {
    bs_source value = member->value;
    bool is_integer;
    size_t n = bs_source_number(&value, &is_integer);
    if (n == 0)
      bs_finding_fault(p->findings, place, "this is not a number that JSON allows");
    bs_status status =
        bs_text_append(&row->scratch[column], member->value.text + member->value.at, n, p->err);
    row->cells[column] = row->scratch[column].data;
    return status;
  }
  char *copy = NULL;
  bs_status status = bs_member_string(member, place, p->findings, &copy, p->err);
  if (copy != NULL)
    row->cells[column] = member->node->valuestring;
  free(copy);
  return status;
}

static bs_status read_json_row(prize *p, const bs_json_lines *lines, prize_row *row) {
  size_t n_faults = p->findings->n_faults;
  bs_status status = BS_OK;
  for (int i = 0; i < N_COLUMNS && status == BS_OK; i++) {
    const bs_member *member = bs_member_find(lines->members, lines->n, COLUMNS[i]);
    if (member == NULL ||
        (p->kind != N_KINDS && i != ANCHOR && (KINDS[p->kind].columns & 1U << i) == 0))
      continue;
    if (i == CLASSES && cJSON_IsArray(member->node))
      row->class_list = member;
    else
      status = read_cell(p, row, (prize_column)i, member);
  }
  return status == BS_OK && p->findings->n_faults == n_faults ? add_row(p, row) : status;
}

static bs_status read_first_object(prize *p, const bs_json_lines *lines, bool *is_known) {
  unsigned columns = 0;
  for (int i = 0; i < N_COLUMNS; i++)
    if (bs_member_find(lines->members, lines->n, COLUMNS[i]) != NULL)
      columns |= 1U << i;
  *is_known = find_kind(p, columns, lines->line);
  return *is_known ? bs_task_take_shape(p->task, &KINDS[p->kind].shape, p->err) : BS_OK;
}

static bs_status read_json(prize *p, const char *text, size_t n_bytes) {
  bs_json_lines lines = {.findings = p->findings, .text = text, .n_bytes = n_bytes};
  bs_unknown unknown = {0};
  bool there, is_known = true, is_first = true;
  bs_status status = bs_json_lines_next(&lines, &there, p->err);
  while (status == BS_OK && there && is_known) {
    prize_row row = {.line = lines.line};
    if (is_first)
      status = read_first_object(p, &lines, &is_known);
    is_first = false;
    if (status == BS_OK && is_known)
      status = bs_members_note(lines.members, lines.n, COLUMNS, N_COLUMNS, "",
                               (bs_place){.line = lines.line}, p->findings, &unknown, p->err);
    if (status == BS_OK && is_known)
      status = read_json_row(p, &lines, &row);
    for (int i = 0; i < N_COLUMNS; i++)
      bs_text_free(&row.scratch[i]);
    if (status == BS_OK)
      status = bs_json_lines_next(&lines, &there, p->err);
  }
  if (status == BS_OK)
    status = bs_unknown_report(&unknown, "fields", p->findings, p->err);
  bs_unknown_free(&unknown);
  bs_json_lines_free(&lines);
  return status;
}

static bs_status read(bs_task *task, const char *text, size_t n_bytes, bs_findings *findings,
                      bs_error *err) {
  prize p = {
      .kind = N_KINDS, .task = task, .findings = findings, .collector = {.task = task}, .err = err};
  size_t begin = n_bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  while (begin < n_bytes && strchr(" \t\r\n", text[begin]) != NULL && text[begin] != '\0')
    begin++;
  bool is_json = begin < n_bytes && text[begin] == '{';
  bs_status status = is_json ? read_json(&p, text, n_bytes) : read_csv(&p, text, n_bytes);
  if (status == BS_OK)
    bs_collector_finish(&p.collector, findings);
  bs_name_list_free(&p.classes);
  bs_collector_free(&p.collector);
  return status;
}

const bs_task_reader bs_task_reader_inverse_scaling = {
    .format = BS_FORMAT_INVERSE_SCALING, .name = "inverse-scaling", .read = read};
