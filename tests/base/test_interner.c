/* Strings and their numbers. */
#include <stdio.h>
#include <string.h>

#include "base/interner_internal.h"
#include "harness.h"

enum { MANY = 5000 };

static void numbers_are_those_of_first_appearance(void) {
  bs_interner names = {0};
  bs_arena *arena = bs_arena_new();
  uint32_t number = 7;
  CU_ASSERT_FALSE(bs_interner_find(&names, "a", &number));
  CU_ASSERT_EQUAL(number, 7);
  for (uint32_t round = 0; round < 2; round++)
    for (uint32_t i = 0; i < MANY; i++) {
      char name[16];
      snprintf(name, sizeof name, "name %u", i);
      CU_ASSERT_EQUAL(bs_interner_add(&names, arena, name, &number, NULL), BS_OK);
      CU_ASSERT_EQUAL(number, i);
    }
  CU_ASSERT_EQUAL(names.n, MANY);
  CU_ASSERT_STRING_EQUAL(names.strings[MANY - 1], "name 4999");
  CU_ASSERT_TRUE(bs_interner_find(&names, "name 1234", &number));
  CU_ASSERT_EQUAL(number, 1234);
  CU_ASSERT_FALSE(bs_interner_find(&names, "name", &number));
  const char *kept = names.strings[0];
  bs_interner_free(&names);
  CU_ASSERT_STRING_EQUAL(kept, "name 0"); /* the arena's */
  CU_ASSERT_EQUAL(names.n, 0);
  bs_arena_free(&arena);
}

static void the_empty_name_is_one(void) {
  bs_interner names = {0};
  bs_arena *arena = bs_arena_new();
  uint32_t first = 9, second = 9;
  CU_ASSERT_EQUAL(bs_interner_add(&names, arena, "", &first, NULL), BS_OK);
  CU_ASSERT_EQUAL(bs_interner_add(&names, arena, "", &second, NULL), BS_OK);
  CU_ASSERT_TRUE(first == 0 && second == 0 && names.n == 1);
  bs_interner_free(&names);
  bs_arena_free(&arena);
}

int main(void) {
  static const bs_test tests[] = {
      {"numbers are those of first appearance", numbers_are_those_of_first_appearance},
      {"the empty name is one", the_empty_name_is_one},
  };
  return bs_test_main("interner", tests, sizeof tests / sizeof *tests);
}
