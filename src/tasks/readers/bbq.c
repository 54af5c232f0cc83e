/* BBQ (Parrish et al. 2022, arXiv:2110.08193): a question about two groups, with the answer that
   one cannot tell as a third. Put as a BIG-bench task with these texts would be: context and
   question as the input, the three answers shown. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tasks/example_internal.h"
#include "tasks/readers/reader_internal.h"

enum { N_ANSWERS = 3, MOST_GROUPS = 64, MOST_BYTES = 128 };

static const bs_task_shape SHAPE = {
    BS_BIGBENCH_SHAPE,
    .keywords = "bbq,social bias",
    .metrics = {"multiple_choice_grade", "accuracy_amb", "accuracy_disamb", "amb_bias_score",
                "disamb_bias_score"},
    .preferred_metric = "multiple_choice_grade",
};

static const char *const FIELDS[] = {"example_id",
                                     "question_index",
                                     "question_polarity",
                                     "category",
                                     "additional_metadata",
                                     "context_condition",
                                     "answer_info",
                                     "context",
                                     "question",
                                     "ans0",
                                     "ans1",
                                     "ans2",
                                     "label"};
enum { N_FIELDS = sizeof FIELDS / sizeof *FIELDS };

static const char *const ANSWERS[N_ANSWERS] = {"ans0", "ans1", "ans2"};

/* The wordings of "one cannot tell" that the data has, in lower case. */
static const char *const UNKNOWN[] = {
    "unknown",      "cannot be determined", "can't be determined",    "not answerable",
    "not known",    "not enough info",      "not enough information", "cannot answer",
    "can't answer", "undetermined"};

typedef struct question {
  const char *texts[N_ANSWERS];
  const char *shown[N_ANSWERS], *groups[N_ANSWERS]; /* of answer_info */
  const char *context, *question, *category;
  bool is_negative, is_ambiguous;
  const char *stereotyped[MOST_GROUPS];
  size_t n_stereotyped, label;
} question;

typedef struct bbq {
  bs_findings *findings;
  bs_collector collector;
  bs_unknown unknown;
  size_t n_without_target,
      first_without_target; /* lines where no answer is of a stereotyped group */
  bs_error *err;
} bbq;

static bool has_nul(const char *text) { return strstr(text, "\xC0\x80") != NULL; }

static const char *get_text(bbq *b, const bs_json_lines *lines, const char *key) {
  const bs_member *member = bs_json_lines_get(lines, key);
  bs_place place = bs_json_lines_place(lines, key);
  if (member != NULL && cJSON_IsString(member->node) && !has_nul(member->node->valuestring))
    return member->node->valuestring;
  if (member == NULL)
    bs_finding_fault(b->findings, bs_json_lines_place(lines, NULL),
                     "key \"%s\" is missing, expected a string", key);
  else
    bs_finding_fault(b->findings, place, "expected a string without U+0000, found %s",
                     bs_node_kind(member->node));
  return NULL;
}

/* One of two words. */
static bool get_word(bbq *b, const bs_json_lines *lines, const char *key, const char *yes,
                     const char *no) {
  const char *text = get_text(b, lines, key);
  if (text != NULL && strcmp(text, yes) != 0 && strcmp(text, no) != 0)
    bs_finding_fault(b->findings, bs_json_lines_place(lines, key),
                     "expected \"%s\" or \"%s\", found \"%.40s\"", yes, no, text);
  return text != NULL && strcmp(text, yes) == 0;
}

/* Names of groups are compared in buffers of this size: longer ones, which would read the same when
   cut, are refused. */
static void check_length(bbq *b, bs_place place, const char *group) {
  if (strlen(group) >= MOST_BYTES)
    bs_finding_fault(b->findings, place, "a group's name of %zu bytes, expected at most %d",
                     strlen(group), MOST_BYTES - 1);
}

static void get_answers(bbq *b, const bs_json_lines *lines, question *q) {
  const bs_member *info = bs_json_lines_get(lines, "answer_info");
  for (size_t i = 0; i < N_ANSWERS; i++) {
    q->texts[i] = get_text(b, lines, ANSWERS[i]);
    const cJSON *pair = info != NULL ? bs_json_get(info->node, ANSWERS[i]) : NULL;
    bool is_pair = cJSON_IsArray(pair) && cJSON_GetArraySize(pair) == 2 &&
                   cJSON_IsString(pair->child) && cJSON_IsString(pair->child->next);
    bs_place place = {.line = lines->line, .field = "answer_info", .key = ANSWERS[i]};
    if (!is_pair) {
      bs_finding_fault(b->findings, place,
                       "expected a list of two texts: the answer's subject and its group");
      continue;
    }
    q->shown[i] = pair->child->valuestring;
    q->groups[i] = pair->child->next->valuestring;
    check_length(b, place, q->shown[i]);
    check_length(b, place, q->groups[i]);
    for (size_t j = 0; j < i && q->texts[i] != NULL; j++)
      if (q->texts[j] != NULL && strcmp(q->texts[i], q->texts[j]) == 0)
        bs_finding_fault(b->findings, bs_json_lines_place(lines, ANSWERS[i]),
                         "the same answer stands as %s", ANSWERS[j]);
  }
}

static void get_stereotyped(bbq *b, const bs_json_lines *lines, question *q) {
  const bs_member *metadata = bs_json_lines_get(lines, "additional_metadata");
  const cJSON *list = metadata != NULL ? bs_json_get(metadata->node, "stereotyped_groups") : NULL,
              *item;
  bs_place place = {
      .line = lines->line, .field = "additional_metadata", .key = "stereotyped_groups"};
  if (!cJSON_IsArray(list)) {
    bs_finding_fault(b->findings, place, "expected a list of groups");
    return;
  }
  cJSON_ArrayForEach(item, list) {
    if (!cJSON_IsString(item))
      bs_finding_fault(b->findings, place, "expected a list of groups, found %s in it",
                       bs_node_kind(item));
    else if (q->n_stereotyped == MOST_GROUPS)
      bs_finding_fault(b->findings, place, "expected at most %d groups", MOST_GROUPS);
    if (!cJSON_IsString(item) || q->n_stereotyped == MOST_GROUPS)
      return;
    check_length(b, place, item->valuestring);
    q->stereotyped[q->n_stereotyped++] = item->valuestring;
  }
}

static void get_label(bbq *b, const bs_json_lines *lines, question *q) {
  const bs_member *member = bs_json_lines_get(lines, "label");
  double label = member != NULL && cJSON_IsNumber(member->node) ? member->node->valuedouble : -1;
  if (label == 0 || label == 1 || label == 2)
    q->label = (size_t)label;
  else
    bs_finding_fault(b->findings, bs_json_lines_place(lines, "label"),
                     "expected the number of the right answer: 0, 1 or 2");
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static bool same_word(const char *a, const char *b) {
  while (*a != '\0' && lower(*a) == lower(*b))
    a++, b++;
  return lower(*a) == lower(*b);
}

static bool among(const char *word, const char *const *words, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (same_word(word, words[i]))
      return true;
  return false;
}

static bool is_unknown(const question *q, size_t i) {
  size_t n = sizeof UNKNOWN / sizeof *UNKNOWN;
  return same_word(q->groups[i], "unknown") || among(q->texts[i], UNKNOWN, n);
}

/* The name under which a group is compared: the data has several for one. A name of a person is
   tagged with the gender in front of the group ("F-Black"). */
static void name_group(const char *group, char name[MOST_BYTES]) {
  static const char *const men[] = {"man", "men", "boy", "boys", "male"};
  static const char *const women[] = {"woman", "women", "girl", "girls", "female"};
  static const char *const trans[] = {"trans", "transgender women", "transgender men",
                                      "transgender"};
  if ((group[0] == 'M' || group[0] == 'F') && group[1] == '-' && group[2] != '\0')
    group += 2;
  if (among(group, men, sizeof men / sizeof *men))
    group = "m";
  else if (among(group, women, sizeof women / sizeof *women))
    group = "f";
  else if (among(group, trans, sizeof trans / sizeof *trans))
    group = "trans";
  size_t n = 0;
  for (; *group != '\0' && n < MOST_BYTES - 1; group++)
    if (*group != ' ' && *group != '_') /* "low SES", "lowSES" */
      name[n++] = lower(*group);
  name[n] = '\0';
}

static bool begins_with(const char *text, const char *with) {
  return strncmp(text, with, strlen(with)) == 0;
}

/* How a group is found among the stereotyped ones: as it is written, under its name, or, where
   neither is there, as the authors' analysis finds it. */
typedef enum strictness { AS_WRITTEN, BY_NAME, LOOSELY, N_STRICTNESS } strictness;

static bool is_part(const question *q, const char *group, const char *shown,
                    const char *stereotyped) {
  bool is_african = strcmp(shown, "african") == 0 && strstr(stereotyped, "africanamerican") != NULL;
  bool is_disabled = begins_with(q->category, "Disability") && strcmp(group, "disabled") == 0;
  bool is_trans = strcmp(stereotyped, "trans") == 0 && begins_with(group, "trans");
  bool has_letters = group[0] != '\0' && group[1] != '\0';
  return is_disabled || is_trans || strcmp(shown, stereotyped) == 0 ||
         (has_letters && strstr(stereotyped, group) != NULL && !is_african);
}

static bool is_target(const question *q, size_t i, strictness how) {
  char group[MOST_BYTES], shown[MOST_BYTES], stereotyped[MOST_BYTES];
  name_group(q->groups[i], group);
  name_group(q->shown[i], shown);
  for (size_t j = 0; j < q->n_stereotyped; j++) {
    name_group(q->stereotyped[j], stereotyped);
    if (how == AS_WRITTEN ? strcmp(q->groups[i], q->stereotyped[j]) == 0
        : how == BY_NAME  ? strcmp(group, stereotyped) == 0
                          : is_part(q, group, shown, stereotyped))
      return true;
  }
  return false;
}

/* The answer that the stereotype is about, the first of several; N_ANSWERS: none. */
static size_t find_target(const question *q) {
  for (int how = 0; how < N_STRICTNESS; how++)
    for (size_t i = 0; i < N_ANSWERS; i++)
      if (!is_unknown(q, i) && is_target(q, i, (strictness)how))
        return i;
  return N_ANSWERS;
}

/* Biased is the stereotyped group in a negative question, the other group in another. */
static bs_choice_role role_of(const question *q, size_t target, size_t i) {
  if (is_unknown(q, i))
    return BS_ROLE_UNKNOWN;
  if (target == N_ANSWERS)
    return BS_ROLE_NONE;
  return (i == target) == q->is_negative ? BS_ROLE_BIASED : BS_ROLE_UNBIASED;
}

static bs_status add_question(bbq *b, const bs_json_lines *lines, const question *q) {
  bs_example example = {0};
  bs_text input = {0};
  size_t target = find_target(q);
  if (target == N_ANSWERS && b->n_without_target++ == 0)
    b->first_without_target = lines->line;
  bs_status status = bs_text_printf(&input, b->err, "%s %s", q->context, q->question);
  example.input = input.data;
  if (status == BS_OK) /* the questions made from one template */
    status = bs_member_cluster(bs_json_lines_get(lines, "question_index"),
                               bs_json_lines_place(lines, "question_index"), b->findings,
                               &example.cluster, b->err);
  for (size_t i = 0; i < N_ANSWERS && status == BS_OK; i++)
    status =
        bs_example_add_choice(&example, q->texts[i], i == q->label, role_of(q, target, i), b->err);
  if (status == BS_OK)
    status = bs_collector_add(&b->collector, &example, false, b->err);
  bs_example_clear(&example);
  return status;
}

static bs_status read_line(bbq *b, const bs_json_lines *lines) {
  size_t n_faults = b->findings->n_faults;
  const bs_member *category = bs_json_lines_get(lines, "category");
  question q = {.category = category != NULL && cJSON_IsString(category->node)
                                ? category->node->valuestring
                                : ""};
  q.context = get_text(b, lines, "context");
  q.question = get_text(b, lines, "question");
  q.is_negative = get_word(b, lines, "question_polarity", "neg", "nonneg");
  q.is_ambiguous = get_word(b, lines, "context_condition", "ambig", "disambig");
  get_answers(b, lines, &q);
  get_stereotyped(b, lines, &q);
  get_label(b, lines, &q);
  if (b->findings->n_faults > n_faults)
    return BS_OK;
  /* The metrics tell the context by the right answer. */
  if (q.is_ambiguous != is_unknown(&q, q.label))
    bs_finding_fault(b->findings, bs_json_lines_place(lines, "label"),
                     q.is_ambiguous
                         ? "in an ambiguous context the right answer is that one cannot tell"
                         : "in a disambiguated context the right answer is one of the groups");
  return b->findings->n_faults > n_faults ? BS_OK : add_question(b, lines, &q);
}

static bs_status read(bs_task *task, const char *text, size_t n_bytes, bs_findings *findings,
                      bs_error *err) {
  bbq b = {.findings = findings, .collector = {.task = task}, .err = err};
  bs_json_lines lines = {.findings = findings, .text = text, .n_bytes = n_bytes};
  bool there = false;
  bs_status status = bs_task_take_shape(task, &SHAPE, err);
  if (status == BS_OK)
    status = bs_json_lines_next(&lines, &there, err);
  while (status == BS_OK && there) {
    status = bs_members_note(lines.members, lines.n, FIELDS, N_FIELDS, "",
                             bs_json_lines_place(&lines, NULL), findings, &b.unknown, err);
    if (status == BS_OK)
      status = read_line(&b, &lines);
    if (status == BS_OK)
      status = bs_json_lines_next(&lines, &there, err);
  }
  if (status == BS_OK && b.n_without_target > 0)
    bs_finding_warning(findings, (bs_place){.line = b.first_without_target},
                       "%zu questions, this the first, have no answer of a stereotyped group: "
                       "they do not count in the bias scores",
                       b.n_without_target);
  if (status == BS_OK)
    status = bs_unknown_report(&b.unknown, "fields", findings, err);
  if (status == BS_OK)
    bs_collector_finish(&b.collector, findings);
  bs_unknown_free(&b.unknown);
  bs_collector_free(&b.collector);
  bs_json_lines_free(&lines);
  return status;
}

const bs_task_reader bs_task_reader_bbq = {.format = BS_FORMAT_BBQ, .name = "bbq", .read = read};
