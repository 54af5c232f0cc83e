/* Edits in tokens against those between golden encodings of the Hugging Face library. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/evaluate_internal.h"
#include "harness.h"
#include "metrics/text_internal.h"

enum { MOST_LINES = 256, MOST_IDS = 256 };

typedef struct golden {
  cJSON *line;
  const char *text; /* NULL: holds U+0000, or is too long for here */
  int32_t ids[MOST_IDS];
  size_t n;
} golden;

static bool holds_nul(const char *at, const char *end) {
  for (; end - at >= 6; at++)
    if (strncmp(at, "\\u0000", 6) == 0)
      return true;
  return false;
}

static golden *read_golden(const char *name, size_t *n_lines) {
  bs_text text = bs_test_read(bs_test_data(name));
  golden *lines = calloc(MOST_LINES, sizeof *lines);
  CU_ASSERT_PTR_NOT_NULL_FATAL(lines);
  *n_lines = 0;
  for (const char *at = text.data, *end; *at != '\0' && *n_lines < MOST_LINES; at = end + 1) {
    golden *line = &lines[(*n_lines)++];
    end = at + strcspn(at, "\n");
    line->line = cJSON_ParseWithLength(at, (size_t)(end - at));
    CU_ASSERT_PTR_NOT_NULL_FATAL(line->line);
    const cJSON *ids = cJSON_GetObjectItem(line->line, "ids"), *id;
    cJSON_ArrayForEach(id, ids) {
      if (line->n < MOST_IDS)
        line->ids[line->n++] = (int32_t)id->valuedouble;
    }
    const cJSON *whole = cJSON_GetObjectItem(line->line, "text");
    /* cJSON ends a text at U+0000: then the ids do not fit it; nor do they where white space at the
       ends, which is left out, has ids of its own */
    if (!holds_nul(at, end) && cJSON_GetArraySize(ids) < MOST_IDS &&
        bs_strip(whole->valuestring).n_bytes == strlen(whole->valuestring))
      line->text = whole->valuestring;
    if (*end == '\0')
      break;
  }
  bs_text_free(&text);
  return lines;
}

/* The whole table of distances between the ends of a and b. */
static double edits_between(const golden *a, const golden *b) {
  static size_t table[MOST_IDS + 1][MOST_IDS + 1];
  for (size_t i = a->n + 1; i-- > 0;)
    for (size_t j = b->n + 1; j-- > 0;) {
      if (i == a->n || j == b->n) {
        table[i][j] = (a->n - i) + (b->n - j);
        continue;
      }
      size_t best = table[i + 1][j + 1] + (a->ids[i] != b->ids[j]);
      best = table[i + 1][j] + 1 < best ? table[i + 1][j] + 1 : best;
      table[i][j] = table[i][j + 1] + 1 < best ? table[i][j + 1] + 1 : best;
    }
  return (double)table[0][0];
}

static void check_golden(const char *folder) {
  char name[128];
  snprintf(name, sizeof name, "tokenizers/%s/golden.jsonl", folder);
  if (!bs_test_have_data(name))
    return;
  size_t n, n_checked = 0;
  golden *lines = read_golden(name, &n);
  bs_tokenizer *tokenizer = NULL;
  bs_error err = {0};
  snprintf(name, sizeof name, "tokenizers/%s", folder);
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, bs_test_data(name), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(tokenizer);
  const golden **used = malloc((n + 1) * sizeof *used);
  CU_ASSERT_PTR_NOT_NULL_FATAL(used);
  size_t n_used = 0;
  for (size_t i = 0; i < n; i++)
    if (lines[i].text != NULL)
      used[n_used++] = &lines[i];
  for (size_t i = 0; i < 2 * n_used; i++) {
    size_t step = i < n_used ? 1 : 7;
    const golden *a = used[i % n_used], *b = used[(i + step) % n_used],
                 *c = used[(i + 2 * step) % n_used];
    double edits, to_b = edits_between(a, b), to_c = edits_between(a, c);
    BS_TEST_OK(
        bs_token_edits(tokenizer, a->text, (const char *[]){b->text, c->text}, 2, &edits, &err),
        err);
    CU_ASSERT_EQUAL(edits, fmin(to_b, to_c));
    BS_TEST_OK(bs_token_edits(tokenizer, a->text, (const char *[]){b->text}, 1, &edits, &err), err);
    CU_ASSERT_EQUAL(edits, to_b);
    n_checked++;
  }
  CU_ASSERT_TRUE(n_checked > 100);
  bs_tokenizer_free(&tokenizer);
  free(used);
  for (size_t i = 0; i < n; i++)
    cJSON_Delete(lines[i].line);
  free(lines);
}

static void tokens_are_the_librarys(void) {
  check_golden("gpt2");
  check_golden("llama2");
  check_golden("stories260k");
}

static void what_cannot_be_compared_is_undefined(void) {
  bs_tokenizer *tokenizer = NULL;
  bs_error err = {0};
  double edits = 1;
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, BS_SOURCE_DIR "/models/ladder/s1/20k", &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(tokenizer);
  BS_TEST_OK(bs_token_edits(tokenizer, NULL, (const char *[]){"a"}, 1, &edits, &err), err);
  CU_ASSERT_TRUE(isnan(edits));
  BS_TEST_OK(bs_token_edits(tokenizer, "abc", NULL, 0, &edits, &err), err);
  CU_ASSERT_TRUE(isnan(edits));
  BS_TEST_OK(bs_token_edits(tokenizer, "abc", (const char *[]){"a", "a\xFF"}, 2, &edits, &err),
             err);
  CU_ASSERT_TRUE(isnan(edits));
  CU_ASSERT_EQUAL(err.status, BS_OK);
  edits = 1;
  CU_ASSERT_EQUAL(bs_token_edits(tokenizer, "abc", (const char *[]){"a\xFF"}, 1, &edits, NULL),
                  BS_OK);
  CU_ASSERT_TRUE(isnan(edits));
  /* a token a letter */
  BS_TEST_OK(bs_token_edits(tokenizer, "kitten", (const char *[]){"sitting", "k"}, 2, &edits, &err),
             err);
  CU_ASSERT_EQUAL(edits, 3);
  BS_TEST_OK(
      bs_token_edits(tokenizer, " kitten\n", (const char *[]){"\tsitting "}, 1, &edits, &err), err);
  CU_ASSERT_EQUAL(edits, 3); /* white space at the ends is no part of an answer */
  BS_TEST_OK(bs_token_edits(tokenizer, "", (const char *[]){"abcd"}, 1, &edits, &err), err);
  CU_ASSERT_EQUAL(edits, 4);
  BS_TEST_OK(bs_token_edits(tokenizer, "", (const char *[]){""}, 1, &edits, &err), err);
  CU_ASSERT_EQUAL(edits, 0);
  bs_tokenizer_free(&tokenizer);
}

int main(void) {
  static const bs_test tests[] = {
      {"tokens are the library's", tokens_are_the_librarys},
      {"what cannot be compared is undefined", what_cannot_be_compared_is_undefined},
  };
  return bs_test_main("token edits", tests, sizeof tests / sizeof *tests);
}
