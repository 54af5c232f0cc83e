/* Small tokenizers for tests, put together from the texts of their parts. */
#ifndef BIGSWEEP_TESTS_BUILD_TOKENIZER_H
#define BIGSWEEP_TESTS_BUILD_TOKENIZER_H

#include <stdbool.h>

#include "bigsweep/tokenizer.h"

/* JSON texts; NULL gives null (added_tokens: []). `vocab` is the inside of an object: when NULL the
   printable ASCII characters, each with its code as id, "<unk>" with 0 and the tab with 1. */
typedef struct tokenizer_parts {
  const char *added, *normalizer, *pre_tokenizer, *post_processor, *decoder;
  const char *vocab, *merges, *options; /* options: further members of the model, ", ..." */
} tokenizer_parts;

bs_text tokenizer_json(tokenizer_parts parts);
/* Fails the test and gives NULL when it cannot be built. */
bs_tokenizer *build_tokenizer(tokenizer_parts parts);

/* Checks the texts of the tokens that `text` is encoded to, joined by '|' (n_bytes may be 0:
   strlen). */
void check_tokens(const bs_tokenizer *tokenizer, const char *text, bool special,
                  const char *expected);
/* The same for ids, written "1 2 3". */
void check_ids(const bs_tokenizer *tokenizer, const char *text, bool special, const char *expected);
void check_decoded(const bs_tokenizer *tokenizer, const int32_t *ids, size_t n, bool skip,
                   const char *expected);

/* Suites of the other files. */
void test_splits(void);
void test_split_behaviours(void);
void test_regex_syntax(void);
void test_regex_faults(void);
void test_byte_level(void);
void test_metaspace(void);
void test_class_splits(void);
void test_normalizers(void);
void test_normal_forms_of_many_marks(void);
void test_postprocessors(void);
void test_surroundings(void);
void test_characters_of_unicode_16(void);
void test_settings_of_the_template(void);
void test_settings_of_encoders(void);
void test_settings_of_refused_classes(void);
void test_settings_of_the_class(void);
void test_settings_of_spaces(void);
void test_settings_of_tokens(void);
void test_settings_faults(void);
void test_settings_notes(void);
void test_decoders(void);
void test_broken_files(void);
void test_broken_values(void);
void test_absurd_ids(void);
void test_limits(void);
void test_long_texts(void);

#endif
