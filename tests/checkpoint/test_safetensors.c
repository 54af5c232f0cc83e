/* Files that are cut, lie, or are something else: each a clear refusal, none a crash. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/checkpoint.h"
#include "checkpoint/safetensors_internal.h"
#include "harness.h"
#include "model_writer.h"

static bs_status parse(const void *bytes, size_t n, bs_error *err) {
  /* A copy of exactly this size, so that the sanitizer sees a read past the end. */
  unsigned char *copy = malloc(n > 0 ? n : 1);
  if (n > 0)
    memcpy(copy, bytes, n);
  bs_tensor_list list = {0};
  bs_status status = bs_safetensors_parse(copy, n, "f.safetensors", &list, err);
  if (status == BS_OK)
    status = bs_tensor_list_sort(&list, "f.safetensors", err);
  bs_tensor_list_free(&list);
  free(copy);
  return status;
}

static void lying_headers(void) {
  static const struct {
    const char *header;
    size_t n_data;
    bs_status status;
    const char *says;
  } cases[] = {
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, BS_OK, ""},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}   ", 4, BS_OK, ""},
      {"{\"__metadata__\":{\"format\":\"pt\"}}", 0, BS_OK, ""},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[0,5],\"data_offsets\":[0,0]}}", 0, BS_OK, ""},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7, BS_ERR_INPUT,
       "outside the 7 bytes"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 9, BS_ERR_INPUT,
       "the file at 9"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, BS_ERR_INPUT,
       "outside"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, BS_ERR_INPUT,
       "dtype and shape make 12"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
       "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
       12, BS_ERR_INPUT, "overlapping"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
       "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}",
       12, BS_ERR_INPUT, "hole"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, BS_ERR_INPUT, "hole"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
       "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
       8, BS_ERR_INPUT, "twice"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
       BS_ERR_INPUT, "overflows"},
      {"{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]}}", 0,
       BS_ERR_INPUT, "2^53"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1e400],\"data_offsets\":[0,0]}}", 0, BS_ERR_INPUT,
       "2^53"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, BS_ERR_INPUT,
       "whole number"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,6]}}", 6, BS_ERR_INPUT,
       "whole number"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
       BS_ERR_INPUT, "more than 8 dimensions"},
      {"{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, BS_ERR_INPUT,
       "unknown dtype \"F33\""},
      {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, BS_ERR_INPUT, "dtype"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, BS_ERR_INPUT, "shape"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4, BS_ERR_INPUT,
       "data_offsets"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[\"0\",\"4\"]}}", 4, BS_ERR_INPUT,
       "whole number"},
      {"{\"a\":7}", 0, BS_ERR_INPUT, "expected an object"},
      {"[]", 0, BS_ERR_INPUT, "expected an object"},
      {"{", 0, BS_ERR_INPUT, "not JSON"},
      {"", 0, BS_ERR_INPUT, "empty"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_text bytes = safetensors_bytes(cases[i].header, cases[i].n_data);
    bs_status status = parse(bytes.data, bytes.n_bytes, &err);
    if (status != cases[i].status || strstr(err.message, cases[i].says) == NULL) {
      printf("\n    %s: %d \"%s\", expected \"%s\" ", cases[i].header, status, err.message,
             cases[i].says);
      CU_FAIL("a header");
    }
    CU_ASSERT_TRUE(status == BS_OK || strstr(err.message, "f.safetensors") != NULL);
    bs_text_free(&bytes);
  }
}

static void foreign_files(void) {
  static const struct {
    const char *bytes;
    size_t n;
    const char *says;
  } cases[] = {
      {"", 0, "0 bytes"},
      {"\x08\0\0\0\0\0\0", 7, "7 bytes"},
      {"PK\x03\x04\0\0\0\0\0\0", 10, "pickle"},
      {"\x80\x02}q\0\0\0\0\0\0", 10, "pickle"},
      {"GGUF\x03\0\0\0\0\0\0\0", 12, "GGUF"},
      {"version https://git-lfs.github.com/spec/v1\n", 43, "Git LFS"},
      {"<!DOCTYPE html><html>", 21, "web page"},
      {"\n<html lang=\"en\">", 17, "web page"},
      {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10, "18446744073709551615"},
      {"\x03\0\0\0\0\0\0\0{}", 10, "header of 3 bytes"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    BS_TEST_FAILS(parse(cases[i].bytes, cases[i].n, &err), BS_ERR_INPUT, err, cases[i].says);
  }
}

static const char GOOD[] =
    "{\"__metadata__\":{\"format\":\"pt\"},"
    "\"a.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
    "\"b\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[24,32]}}";

/* Every cut is refused; every changed byte is refused or read, never a crash. */
static void cuts_and_flips(void) {
  bs_text bytes = safetensors_bytes(GOOD, 32);
  bs_error err = {0};
  BS_TEST_OK(parse(bytes.data, bytes.n_bytes, &err), err);
  for (size_t n = 0; n < bytes.n_bytes; n++) {
    bs_error_clear(&err);
    CU_ASSERT_EQUAL(parse(bytes.data, n, &err), BS_ERR_INPUT);
  }
  static const unsigned char changes[] = {0x01, 0x80, 0xFF, 0x10};
  for (size_t at = 0; at < 8 + strlen(GOOD); at++) {
    for (size_t c = 0; c < sizeof changes; c++) {
      bytes.data[at] = (char)(bytes.data[at] ^ changes[c]);
      bs_error_clear(&err);
      bs_status status = parse(bytes.data, bytes.n_bytes, &err);
      CU_ASSERT_TRUE(status == BS_OK || status == BS_ERR_INPUT);
      bytes.data[at] = (char)(bytes.data[at] ^ changes[c]);
    }
  }
  bs_text_free(&bytes);
}

static void deep_nesting(void) {
  enum { DEPTH = 100000 };
  char *header = malloc(DEPTH + 1);
  memset(header, '[', DEPTH);
  header[DEPTH] = '\0';
  bs_text bytes = safetensors_bytes(header, 0);
  bs_error err = {0};
  BS_TEST_FAILS(parse(bytes.data, bytes.n_bytes, &err), BS_ERR_INPUT, err, "too deep");
  bs_text_free(&bytes);
  free(header);
}

static const bs_test tests[] = {
    {"headers that lie", lying_headers},
    {"files of other kinds", foreign_files},
    {"cut at every byte, every byte changed", cuts_and_flips},
    {"deep nesting", deep_nesting},
};

int main(void) { return bs_test_main("safetensors", tests, sizeof tests / sizeof *tests); }
