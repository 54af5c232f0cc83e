/* What the name of a model's folder says: its family without the size, whether it was tuned, the
   seed and the step of its training. Names are made of parts with "-" or "_" between them. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory_internal.h"
#include "survey/survey_internal.h"

/* A part of a name, with what separates it from the one before. */
typedef struct part {
  const char *at;
  size_t n;
} part;

enum { MOST_PARTS = 24 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t split(const char *name, part *parts) {
  size_t n = 0;
  while (*name != '\0' && n < MOST_PARTS) {
    size_t length = n + 1 < MOST_PARTS ? strcspn(name, "-_") : strlen(name);
    parts[n++] = (part){name, length};
    name += length;
    name += *name != '\0';
  }
  return n;
}

static bool is_one_of(const part *p, const char *const *words) {
  for (; *words != NULL; words++)
    if (strlen(*words) == p->n && strncasecmp(*words, p->at, p->n) == 0)
      return true;
  return false;
}

/* Where a size begins that ends the part, such as 70m, 6.9b, 7b1, 8x7B; p->n: there is none. What
   is in front of it are letters ("stories15M", "A2.7B"). */
static size_t size_in(const part *p, const char *units) {
  size_t begin = 0, at;
  while (begin < p->n && isalpha((unsigned char)p->at[begin]))
    begin++;
  for (at = begin; at < p->n && (is_digit(p->at[at]) || p->at[at] == '.'); at++)
    ;
  if (at > begin && at + 1 < p->n && p->at[at] == 'x' && is_digit(p->at[at + 1]))
    for (at++; at < p->n && (is_digit(p->at[at]) || p->at[at] == '.'); at++)
      ;
  if (at == begin || at == p->n || strchr(units, p->at[at]) == NULL)
    return p->n;
  for (at++; at < p->n && is_digit(p->at[at]); at++)
    ;
  return at == p->n ? begin : p->n;
}

static const char *const SIZE_WORDS[] = {"nano",   "tiny",  "mini", "micro", "small", "base",
                                         "medium", "large", "xl",   "xxl",   "huge",  NULL};
static const char *const TUNED_WORDS[] = {"instruct", "it",   "chat",  "sft",
                                          "dpo",      "rlhf", "tuned", NULL};

/* How sizes are written in this name; of "mini-4k" the 4k is no size. */
typedef enum size_kind { SIZE_LETTERS, SIZE_WORD, SIZE_THOUSANDS, SIZE_NONE } size_kind;

static size_kind kind_of(const part *parts, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (size_in(&parts[i], "bBmMtT") < parts[i].n)
      return SIZE_LETTERS;
  for (size_t i = 1; i < n; i++)
    if (is_one_of(&parts[i], SIZE_WORDS))
      return SIZE_WORD;
  for (size_t i = 0; i < n; i++)
    if (size_in(&parts[i], "kK") < parts[i].n)
      return SIZE_THOUSANDS;
  return SIZE_NONE;
}

/* Bytes of a part that stay in the family's name. "A2.7B" and "E4B" are sizes as a whole. */
static size_t kept_of(const part *p, size_t i, size_kind kind) {
  size_t begin = kind == SIZE_LETTERS     ? size_in(p, "bBmMtT")
                 : kind == SIZE_THOUSANDS ? size_in(p, "kK")
                                          : p->n;
  if (kind == SIZE_WORD && i > 0 && is_one_of(p, SIZE_WORDS))
    return 0;
  return begin == 1 && begin < p->n ? 0 : begin;
}

/* "seed3" */
static bool is_seed(const part *p, double *seed) {
  if (p->n < 5 || strncasecmp(p->at, "seed", 4) != 0)
    return false;
  for (size_t i = 4; i < p->n; i++)
    if (!is_digit(p->at[i]))
      return false;
  *seed = strtod(p->at + 4, NULL);
  return true;
}

bs_status bs_model_name_read(bs_survey_model *model, const char *folder, bs_error *err) {
  part parts[MOST_PARTS];
  size_t n = split(model->name, parts);
  size_kind kind = kind_of(parts, n);
  bs_text family = {0};
  bs_status status = BS_OK;
  bool is_tuned = false;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    size_t kept = is_seed(&parts[i], &model->seed) ? 0 : kept_of(&parts[i], i, kind);
    is_tuned = is_tuned || is_one_of(&parts[i], TUNED_WORDS);
    if (kept > 0 && family.n_bytes > 0)
      status = bs_text_append(&family, parts[i].at - 1, 1, err);
    if (status == BS_OK && kept > 0)
      status = bs_text_append(&family, parts[i].at, kept, err);
  }
  if (status == BS_OK && family.n_bytes == 0)
    status = bs_text_append_string(&family, folder, err);
  if (status == BS_OK && is_tuned && (model->tuning = bs_string_copy("instruct", err)) == NULL)
    status = BS_ERR_MEMORY;
  model->family = family.data;
  return status;
}

size_t bs_model_name_step(const char *name, double *step) {
  static const char *const words[] = {"step", "checkpoint-", "iter_", "global_step", "step_"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t n = strlen(words[i]);
    if (strncmp(name, words[i], n) == 0 && is_digit(name[n]) &&
        strspn(name + n, "0123456789") == strlen(name + n)) {
      *step = strtod(name + n, NULL);
      return n;
    }
  }
  return 0;
}

size_t bs_model_name_stem(const char *name) {
  static const char *const types[] = {"Q",    "IQ",    "TQ",   "F16", "F32",
                                      "BF16", "MXFP4", "FP16", "FP32"};
  const char *dash = strrchr(name, '-'), *dot = strrchr(name, '.');
  const char *mark = dot != NULL && (dash == NULL || dot > dash) ? dot : dash;
  if (mark == NULL || mark == name)
    return 0;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    size_t n = strlen(types[i]);
    bool has_more = types[i][n - 1] == 'Q';
    if (strncasecmp(mark + 1, types[i], n) == 0 &&
        (has_more ? is_digit(mark[1 + n]) : mark[1 + n] == '\0'))
      return (size_t)(mark - name) + 1;
  }
  return 0;
}
