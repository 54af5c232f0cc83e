/* The writer of text and JSON: what it writes, that it keeps its first error, and that it refuses
   calls out of order. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/writer_internal.h"
#include "harness.h"

static void text_is_appended(void) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_writer_append(&w, "a\0b", 3);
  bs_writer_append_string(&w, "-");
  bs_writer_printf(&w, "%s %d%%", "per", 7);
  CU_ASSERT_EQUAL(bs_writer_status(&w, NULL), BS_OK);
  CU_ASSERT_EQUAL_FATAL(text.n_bytes, 10);
  CU_ASSERT_EQUAL(memcmp(text.data, "a\0b-per 7%", 11), 0);
  bs_text_free(&text);
}

static void commas_stand_where_they_belong(void) {
  bs_error err = {0};
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_writer_append_string(&w, "> ");
  bs_writer_begin_object(&w);
  bs_writer_member(&w, "name", "say \"hi\"\n");
  bs_writer_key(&w, "list");
  bs_writer_begin_array(&w);
  bs_writer_integer(&w, INT64_MIN);
  bs_writer_number(&w, 0.1);
  bs_writer_number(&w, NAN);
  bs_writer_begin_object(&w);
  bs_writer_end_object(&w);
  bs_writer_begin_array(&w);
  bs_writer_end_array(&w);
  bs_writer_end_array(&w);
  bs_writer_key(&w, "yes");
  bs_writer_bool(&w, true);
  bs_writer_key(&w, "no");
  bs_writer_bool(&w, false);
  bs_writer_key(&w, "k\"");
  bs_writer_null(&w);
  bs_writer_end_object(&w);
  bs_writer_string(&w, "out\0side", 8);
  BS_TEST_OK(bs_writer_status(&w, &err), err);
  CU_ASSERT_STRING_EQUAL(text.data,
                         "> {\"name\": \"say \\\"hi\\\"\\n\", \"list\": [-9223372036854775808, "
                         "0.1, null, {}, []], \"yes\": true, \"no\": false, \"k\\\"\": null}"
                         "\"out\\u0000side\"");
  bs_text_free(&text);
}

static void a_value_without_a_key(bs_writer *w) {
  bs_writer_begin_object(w);
  bs_writer_integer(w, 1);
}

static void a_key_in_an_array(bs_writer *w) {
  bs_writer_begin_array(w);
  bs_writer_key(w, "key");
}

static void a_key_in_nothing(bs_writer *w) { bs_writer_key(w, "key"); }

static void two_keys(bs_writer *w) {
  bs_writer_begin_object(w);
  bs_writer_key(w, "one");
  bs_writer_key(w, "two");
}

static void a_key_without_a_value(bs_writer *w) {
  bs_writer_begin_object(w);
  bs_writer_key(w, "key");
  bs_writer_end_object(w);
}

static void an_end_alone(bs_writer *w) { bs_writer_end_array(w); }

static void another_end(bs_writer *w) {
  bs_writer_begin_array(w);
  bs_writer_end_object(w);
}

static void no_end(bs_writer *w) {
  bs_writer_begin_object(w);
  bs_writer_key(w, "list");
  bs_writer_begin_array(w);
  bs_writer_end_array(w);
}

static void too_deep(bs_writer *w) {
  for (int i = 0; i <= BS_WRITER_DEPTH; i++)
    bs_writer_begin_array(w);
}

static void calls_out_of_order_are_refused(void) {
  static const struct {
    void (*write)(bs_writer *w);
    const char *message;
  } cases[] = {{a_value_without_a_key, "a value in an object has no key"},
               {a_key_in_an_array, "a key where none can stand"},
               {a_key_in_nothing, "a key where none can stand"},
               {two_keys, "a key where none can stand"},
               {a_key_without_a_value, "a key has no value"},
               {an_end_alone, "an end without its beginning"},
               {another_end, "an end without its beginning"},
               {no_end, "\"}\" is missing at the end"},
               {too_deep, "too many objects and arrays inside each other"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_text text = {0};
    bs_writer w = {.to = &text};
    cases[i].write(&w);
    BS_TEST_FAILS(bs_writer_status(&w, &err), BS_ERR_INTERNAL, err, cases[i].message);
    bs_text_free(&text);
  }
}

/* No memory holds SIZE_MAX bytes. */
static void the_first_error_is_kept(void) {
  bs_error err = {0};
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_writer_begin_object(&w);
  bs_writer_append(&w, "x", SIZE_MAX);
  bs_writer_member(&w, "key", "\xFF");
  bs_writer_printf(&w, "%d", 1);
  bs_writer_string(&w, "text", 4);
  bs_writer_number(&w, 1);
  bs_writer_end_array(&w);
  CU_ASSERT_EQUAL(bs_writer_status(&w, NULL), BS_ERR_MEMORY);
  BS_TEST_FAILS(bs_writer_status(&w, &err), BS_ERR_MEMORY, err, "more bytes");
  CU_ASSERT_STRING_EQUAL(text.data, "{");
  bs_text_free(&text);
}

static void a_member_is_utf8(void) {
  bs_error err = {0};
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_writer_begin_object(&w);
  bs_writer_member(&w, "path", "a\xFF");
  bs_writer_end_object(&w);
  BS_TEST_FAILS(bs_writer_status(&w, &err), BS_ERR_INPUT, err, "path is not UTF-8: a?");
  bs_text_free(&text);
}

int main(void) {
  static const bs_test tests[] = {
      {"text is appended", text_is_appended},
      {"commas stand where they belong", commas_stand_where_they_belong},
      {"calls out of order are refused", calls_out_of_order_are_refused},
      {"the first error is kept", the_first_error_is_kept},
      {"a member is UTF-8", a_member_is_utf8},
  };
  return bs_test_main("writer", tests, sizeof tests / sizeof *tests);
}
