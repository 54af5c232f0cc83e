/* Tokenizers from arrays and from folders without tokenizer.json: each is made of the data of a
   tokenizer.json whose golden encodings it has to give. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/json.h"
#include "harness.h"
#include "inverted.h"
#include "tokenizer/arrays_internal.h"

static void check_arrays(const char *folder, const char *pretokenizer) {
  inverted data;
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  if (!inverted_load(&data, folder))
    return;
  data.arrays.pretokenizer = pretokenizer;
  BS_TEST_OK(bs_tokenizer_from_arrays(&tokenizer, &data.arrays, &err), err);
  inverted_check_golden(tokenizer, folder, false);
  bs_tokenizer_free(&tokenizer);
  inverted_free(&data);
}

static void llama2_by_scores(void) { check_arrays("llama2", NULL); }
static void mistral_by_scores(void) { check_arrays("mistral", NULL); }
static void gemma_by_scores(void) { check_arrays("gemma", NULL); }
static void stories_by_scores(void) { check_arrays("stories260k", NULL); }
static void unigram_by_scores(void) { check_arrays("t5-legal", NULL); }
static void gpt2_by_name(void) { check_arrays("gpt2", "gpt-2"); }
static void neox_by_name(void) { check_arrays("gpt-neox", "mpt"); }
static void llama3_by_name(void) { check_arrays("llama3", "llama-bpe"); }
static void qwen_by_name(void) { check_arrays("qwen2.5", "qwen2"); }

/* Arrays that are no tokenizer; each differs in one thing from those that are one. */
static void bad_arrays(void) {
  static const bs_piece_text good[] = {{"<unk>", 5}, {"a", 1}, {"b", 1}, {"ab", 2}};
  static const bs_piece_text twice[] = {{"<unk>", 5}, {"a", 1}, {"a", 1}, {"ab", 2}};
  static const bs_piece_text broken[] = {{"<unk>", 5}, {"a", 1}, {"\xC3", 1}, {"ab", 2}};
  static const bs_piece_text merges[] = {{"a b", 3}}, unknown[] = {{"a c", 3}},
                             none[] = {{"ab", 2}};
  static const float scores[] = {0, 0, -1, -2}, not_finite[] = {0, NAN, -1, -2};
  static const int32_t types[] = {2, 1, 1, 1}, odd[] = {2, 1, 9, 1};
  static const unsigned char map[] = {8, 0, 0, 0, 1};
  static const struct {
    bs_token_arrays arrays;
    const char *why; /* NULL: they open */
  } cases[] = {
      {{.model = BS_ARRAYS_SCORED_BPE, .n = 4, .pieces = good, .scores = scores, .types = types},
       NULL},
      {{.model = BS_ARRAYS_UNIGRAM, .n = 4, .pieces = good, .scores = scores, .types = types},
       NULL},
      {{.model = BS_ARRAYS_BYTE_LEVEL,
        .n = 4,
        .pieces = good,
        .merges = merges,
        .n_merges = 1,
        .pretokenizer = "gpt-2"},
       NULL},
      {{.model = BS_ARRAYS_UNIGRAM, .n = 0, .pieces = good, .scores = scores}, "0 pieces"},
      {{.model = BS_ARRAYS_UNIGRAM, .n = 4, .pieces = good}, "no scores"},
      {{.model = BS_ARRAYS_UNIGRAM, .n = 4, .pieces = twice, .scores = scores}, "twice"},
      {{.model = BS_ARRAYS_UNIGRAM, .n = 4, .pieces = broken, .scores = scores}, "not UTF-8"},
      {{.model = BS_ARRAYS_UNIGRAM, .n = 4, .pieces = good, .scores = not_finite}, "finite"},
      {{.model = BS_ARRAYS_SCORED_BPE, .n = 4, .pieces = good, .scores = not_finite}, "finite"},
      {{.model = BS_ARRAYS_UNIGRAM, .n = 4, .pieces = good, .scores = scores, .types = odd},
       "type 9"},
      {{.model = BS_ARRAYS_UNIGRAM,
        .n = 4,
        .pieces = good,
        .scores = scores,
        .bos = 4,
        .adds_bos = true},
       "BOS"},
      {{.model = BS_ARRAYS_UNIGRAM,
        .n = 4,
        .pieces = good,
        .scores = scores,
        .charsmap = map,
        .n_charsmap = sizeof map},
       "character map"},
      {{.model = BS_ARRAYS_BYTE_LEVEL,
        .n = 4,
        .pieces = good,
        .merges = unknown,
        .n_merges = 1,
        .pretokenizer = "gpt-2"},
       "merge 0"},
      {{.model = BS_ARRAYS_BYTE_LEVEL,
        .n = 4,
        .pieces = good,
        .merges = none,
        .n_merges = 1,
        .pretokenizer = "gpt-2"},
       "merge 0"},
      {{.model = BS_ARRAYS_BYTE_LEVEL, .n = 4, .pieces = good, .pretokenizer = "gpt-9"}, "known: "},
      {{.model = BS_ARRAYS_BYTE_LEVEL, .n = 4, .pieces = good}, "known: "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_token_arrays arrays = cases[i].arrays;
    bs_tokenizer *tokenizer = NULL;
    bs_error err = {0};
    arrays.name = "arrays";
    bs_status status = bs_tokenizer_from_arrays(&tokenizer, &arrays, &err);
    CU_ASSERT_EQUAL(status == BS_OK, cases[i].why == NULL);
    CU_ASSERT_EQUAL(tokenizer != NULL, cases[i].why == NULL);
    if (cases[i].why != NULL && strstr(err.message, cases[i].why) == NULL) {
      printf("\n    case %zu: \"%s\"", i, err.message);
      CU_FAIL("message");
    }
    bs_tokenizer_free(&tokenizer);
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"llama2 by scores", llama2_by_scores},
      {"mistral by scores", mistral_by_scores},
      {"gemma by scores", gemma_by_scores},
      {"stories260k by scores", stories_by_scores},
      {"Unigram by scores", unigram_by_scores},
      {"gpt2 by the pre-tokenizer's name", gpt2_by_name},
      {"gpt-neox by the pre-tokenizer's name", neox_by_name},
      {"llama3 by the pre-tokenizer's name", llama3_by_name},
      {"qwen2.5 by the pre-tokenizer's name", qwen_by_name},
      {"arrays that are no tokenizer", bad_arrays},
  };
  return bs_test_main("tokenizers from arrays", tests, sizeof tests / sizeof *tests);
}
