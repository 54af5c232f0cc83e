/* Every type of GGUF files against values that were computed with NumPy and compared with llama.cpp
   (the data's README tells how): bit for bit, by every instruction set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_internal.h"
#include "bigsweep/json.h"
#include "checkpoint/dtype_internal.h"
#include "gguf/blocks_internal.h"
#include "harness.h"

static size_t whole(const cJSON *entry, const char *key) {
  return (size_t)cJSON_GetNumberValue(bs_json_get(entry, key));
}

static bs_text file_of(const char *name, const char *ending) {
  char path[64];
  snprintf(path, sizeof path, "gguf/dequant/%s.%s", name, ending);
  return bs_test_read(bs_test_data(path));
}

static void check_values(const cJSON *entry, bs_expander expand, const bs_text *blocks,
                         const bs_text *first_values) {
  bs_error err = {0};
  size_t n = whole(entry, "blocks"), n_bytes = n * whole(entry, "values_per_block") * 4;
  unsigned char digest[32];
  char hex[65];
  float *values = bs_array_new(n_bytes, 1, &err);
  expand((const unsigned char *)blocks->data, n, values);
  CU_ASSERT_EQUAL(first_values->n_bytes,
                  whole(entry, "blocks_in_f32") * whole(entry, "values_per_block") * 4);
  CU_ASSERT_EQUAL(memcmp(values, first_values->data, first_values->n_bytes), 0);
  BS_TEST_OK(bs_sha256(values, n_bytes, digest, &err), err);
  bs_hex(digest, sizeof digest, hex);
  CU_ASSERT_STRING_EQUAL(hex, cJSON_GetStringValue(bs_json_get(entry, "sha256_all_values")));
  free(values);
}

static void all_types(void) {
  bs_error err = {0};
  bs_json *index = NULL;
  size_t n_types = 0;
  if (!bs_test_have_data("gguf/dequant/index.json"))
    return;
  BS_TEST_OK(bs_json_load(&index, bs_test_data("gguf/dequant/index.json"), 0, &err), err);
  const cJSON *entry;
  cJSON_ArrayForEach(entry, index->root) {
    const bs_block_type *type = bs_block_type_find((uint32_t)whole(entry, "ggml_type"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(type);
    CU_ASSERT_STRING_EQUAL(type->name, entry->string);
    CU_ASSERT_EQUAL(type->n_values, whole(entry, "values_per_block"));
    CU_ASSERT_EQUAL(type->n_bytes, whole(entry, "bytes_per_block"));
    bs_text blocks = file_of(entry->string, "bin"), values = file_of(entry->string, "f32");
    size_t row = (size_t)(type - bs_block_types);
    check_values(entry, bs_expanders_portable[row], &blocks, &values);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c"))
      check_values(entry, bs_expanders_avx2[row], &blocks, &values);
#endif
    bs_text_free(&blocks);
    bs_text_free(&values);
    n_types++;
  }
  CU_ASSERT_EQUAL(n_types, BS_BLOCK_IDS);
  bs_json_free(&index);
}

static void names_agree(void) {
  for (size_t i = 0; i < BS_BLOCK_IDS; i++) {
    bs_dtype dtype = bs_dtype_of_blocks(&bs_block_types[i]);
    CU_ASSERT_STRING_EQUAL(bs_dtype_name(dtype), bs_block_types[i].name);
    CU_ASSERT_EQUAL(bs_dtype_block(dtype), bs_block_types[i].n_values);
    CU_ASSERT_EQUAL(bs_dtype_size(dtype, 512),
                    512 / bs_block_types[i].n_values * bs_block_types[i].n_bytes);
  }
}

int main(void) {
  static const bs_test tests[] = {{"names agree", names_agree}, {"all types", all_types}};
  return bs_test_main("GGUF blocks", tests, sizeof tests / sizeof *tests);
}
