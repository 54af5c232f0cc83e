/* Lists of names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/name_list_internal.h"
#include "harness.h"

static void the_list_has_its_own_copies(void) {
  bs_name_list list = {0};
  char name[] = "second";
  CU_ASSERT_EQUAL(bs_name_list_add(&list, name, NULL), BS_OK);
  CU_ASSERT_EQUAL(bs_name_list_add_bytes(&list, "first of all", 5, NULL), BS_OK);
  CU_ASSERT_EQUAL(bs_name_list_take(&list, bs_string_copy("third", NULL), NULL), BS_OK);
  name[0] = 'S';
  CU_ASSERT_EQUAL_FATAL(list.n, 3);
  CU_ASSERT_STRING_EQUAL(list.names[0], "second");
  CU_ASSERT_STRING_EQUAL(list.names[1], "first");
  CU_ASSERT_STRING_EQUAL(list.names[2], "third");
  bs_name_list_sort(&list);
  CU_ASSERT_STRING_EQUAL(list.names[0], "first");
  CU_ASSERT_STRING_EQUAL(list.names[2], "third");
  bs_name_list_free(&list);
  CU_ASSERT_EQUAL(list.n, 0);
  CU_ASSERT_PTR_NULL(list.names);
}

static void nothing_is_taken_of_a_failed_copy(void) {
  bs_error err = {0};
  bs_name_list list = {0};
  CU_ASSERT_EQUAL(bs_name_list_take(&list, NULL, &err), BS_ERR_MEMORY);
  CU_ASSERT_EQUAL(err.status, BS_ERR_MEMORY);
  CU_ASSERT_EQUAL(list.n, 0);
  bs_name_list_sort(&list);
  bs_name_list_free(&list);
}

static bool is_text(const char *name) { return strstr(name, ".txt") != NULL; }

static void a_folder_is_listed(void) {
  static const char *const files[] = {"b.txt", "c.bin", "a.txt", "B.txt"};
  bs_error err = {0};
  bs_name_list list = {0};
  char *folder = bs_path_join(bs_test_folder(), "listed", NULL);
  CU_ASSERT_EQUAL_FATAL(bs_folder_names(folder, is_text, &list, &err), BS_ERR_IO);
  CU_ASSERT_PTR_NOT_NULL(strstr(err.message, folder));
  free(folder);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char *path = bs_path_join(bs_test_folder(), files[i], NULL);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fclose(file);
    free(path);
  }
  CU_ASSERT_EQUAL(bs_folder_names(bs_test_folder(), is_text, &list, NULL), BS_OK);
  CU_ASSERT_EQUAL_FATAL(list.n, 3);
  CU_ASSERT_STRING_EQUAL(list.names[0], "B.txt");
  CU_ASSERT_STRING_EQUAL(list.names[1], "a.txt");
  CU_ASSERT_STRING_EQUAL(list.names[2], "b.txt");
  bs_name_list_free(&list);
}

int main(void) {
  static const bs_test tests[] = {
      {"the list has copies of its own", the_list_has_its_own_copies},
      {"nothing is taken of a copy that failed", nothing_is_taken_of_a_failed_copy},
      {"a folder is listed, sorted", a_folder_is_listed},
  };
  return bs_test_main("name_list", tests, sizeof tests / sizeof *tests);
}
