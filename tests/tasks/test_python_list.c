/* Lists of strings as Python writes them. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "tasks/python_list_internal.h"

/* The items joined by "|". */
static void reads(const char *text, size_t n, const char *expected) {
  bs_name_list list = {0};
  bs_error err = {0};
  bs_text joined = {0};
  bs_text_append(&joined, "", 0, NULL);
  BS_TEST_OK(bs_python_list_read(&list, text, &err), err);
  CU_ASSERT_EQUAL(list.n, n);
  for (size_t i = 0; i < list.n; i++)
    bs_text_printf(&joined, NULL, "%s%s", i > 0 ? "|" : "", list.names[i]);
  if (strcmp(joined.data, expected) != 0)
    printf("\n    %s: expected %s, found %s", text, expected, joined.data);
  CU_ASSERT_STRING_EQUAL(joined.data, expected);
  bs_text_free(&joined);
  bs_name_list_free(&list);
}

static void lists_are_read(void) {
  reads("[]", 0, "");
  reads(" [ ] ", 0, "");
  reads("[' Yes', ' No']", 2, " Yes| No");
  reads("[\" Yes\",' No',]", 2, " Yes| No");
  reads("(' a', ' b')", 2, " a| b");
  reads("['it\\'s', \"it's\", 'say \"x\"']", 3, "it's|it's|say \"x\"");
  reads("['a\\n\\t\\\\\\x41\\u00e9\\U0001f642\\101\\q']", 1,
        "a\n\t\\A\xC3\xA9\xF0\x9F\x99\x82"
        "A\\q");
  reads("[r'a\\n', u'b', 'c' 'd', '''e'f\n''']", 4, "a\\n|b|cd|e'f\n");
  reads("['\xE4\xBD\xA0', '']", 2, "\xE4\xBD\xA0|");
  reads("['a\\\nb']", 1, "ab");
}

static void faults_are_placed(void) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "byte 1 of the list: expected \"[\", found its end"},
      {"' Yes'", "byte 1 of the list: expected \"[\", found \"'\""},
      {"[' Yes', 3]", "byte 10 of the list: expected a string in quotes, found \"3\""},
      {"[' Yes' ' No', x]", "byte 16 of the list: expected a string"},
      {"[' Yes'", "expected \",\" or \"]\", found its end"},
      {"[' Yes', ' No'", "found its end"},
      {"[' Yes)", "expected the closing quote"},
      {"['a\nb']", "expected the closing quote"},
      {"[' Yes'] x", "byte 10 of the list: expected nothing behind the list, found \"x\""},
      {"[' Yes')", "expected \",\" or \"]\", found \")\""},
      {"[['a']]", "expected a string in quotes, found \"[\""},
      {"[b'a']", "expected a string in quotes, found \"b\""},
      {"['\\x4']", "expected a hexadecimal digit"},
      {"['\\x00']", "U+0000 is no character"},
      {"['\\ud83d']", "U+D83D is no character"},
      {"['\\N{BULLET}']", "expected no character by name"},
      {"[,]", "expected a string in quotes, found \",\""},
      {"['a',,'b']", "expected a string in quotes, found \",\""},
  };
  bs_error err = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_name_list list = {0};
    BS_TEST_FAILS(bs_python_list_read(&list, cases[i].text, &err), BS_ERR_INPUT, err,
                  cases[i].message);
    CU_ASSERT_EQUAL(list.n, 0);
    CU_ASSERT_PTR_NULL(list.names);
  }
}

static void every_part_of_a_list_is_a_fault(void) {
  static const char text[] = "['a\\x41', u\"b\" 'c', '''d''', '\\U0001f642']";
  bs_name_list list = {0};
  bs_error err = {0};
  char part[sizeof text];
  for (size_t n = 0; n + 1 < sizeof text; n++) {
    memcpy(part, text, n);
    part[n] = '\0';
    CU_ASSERT_EQUAL(bs_python_list_read(&list, part, &err), BS_ERR_INPUT);
    bs_error_clear(&err);
  }
  BS_TEST_OK(bs_python_list_read(&list, text, &err), err);
  CU_ASSERT_EQUAL(list.n, 4);
  bs_name_list_free(&list);
}

int main(void) {
  static const bs_test tests[] = {
      {"lists are read", lists_are_read},
      {"faults are placed", faults_are_placed},
      {"every part of a list is a fault", every_part_of_a_list_is_a_fault},
  };
  return bs_test_main("python_list", tests, sizeof tests / sizeof *tests);
}
