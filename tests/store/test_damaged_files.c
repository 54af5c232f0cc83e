/* Results files that are cut, changed or made to harm: all of them are refused. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "synthetic.h"

static const synthetic_size SMALL = {3, 3, 2, 11};

/* As bs_test_write, without what some file systems do when a file is cut to nothing: sync it. */
static const char *write_anew(const char *name, const void *bytes, size_t n_bytes) {
  unlink(bs_test_path(name));
  return bs_test_write(name, bytes, n_bytes);
}

/* Every file of n bytes that begins like a good one is refused, whatever n is. */
static void short_files_are_refused(void) {
  bs_tables *results = synthetic_results((synthetic_size){2, 2, 1, 3}, false);
  synthetic_write(bs_test_path("whole.h5"), results);
  bs_text whole = bs_test_read(bs_test_path("whole.h5"));
  size_t step = whole.n_bytes / 900 + 1;
  for (size_t n = 0; n < whole.n_bytes; n += n < 300 || n + 100 > whole.n_bytes ? 1 : step) {
    bs_tables *content = NULL;
    bs_error err = {0};
    const char *path = write_anew("short.h5", whole.data, n);
    if (bs_store_read(&content, path, &err) != BS_ERR_INPUT || err.message[0] == '\0' ||
        content != NULL)
      CU_FAIL("a short file was taken");
  }
  bs_text_free(&whole);
  bs_tables_free(&results);
}

/* The number of flipped bytes that were found; -1 when one was not and made a difference. */
static int count_found(bs_text *whole, const bs_tables *results, const size_t step) {
  int n_found = 0;
  bool harmless = true;
  for (size_t at = 0; at < whole->n_bytes; at += step) {
    bs_tables *content = NULL;
    bs_error err = {0};
    char before = whole->data[at];
    whole->data[at] = (char)(before ^ (1 << (at % 8)));
    const char *path = write_anew("flipped.h5", whole->data, whole->n_bytes);
    if (bs_store_read(&content, path, &err) == BS_OK)
      harmless = harmless && synthetic_differences(results, content) == 0;
    else
      n_found++;
    bs_tables_free(&content);
    harmless = harmless && H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL) == 0;
    whole->data[at] = before;
  }
  return harmless ? n_found : -1;
}

/* A flipped byte is found or harmless: metadata and chunks carry checksums. In a process of its
   own, since HDF5 1.10 leaks what it has read of metadata whose checksum is wrong. */
static void flipped_bytes_are_found(void) {
  enum { N_TRIED = 1500 };
  bs_tables *results = synthetic_results((synthetic_size){2, 3, 1, 40}, false);
  synthetic_write(bs_test_path("whole.h5"), results);
  bs_text whole = bs_test_read(bs_test_path("whole.h5"));
  fflush(stdout);
  pid_t child = fork();
  CU_ASSERT_TRUE_FATAL(child >= 0);
  if (child == 0)
    _exit(count_found(&whole, results, whole.n_bytes / N_TRIED) > N_TRIED / 2 ? 0 : 1);
  int status = -1;
  CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
  CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  bs_text_free(&whole);
  bs_tables_free(&results);
}

/* Opens a copy of a good file for mischief. */
static hid_t tamper(const char *path) {
  bs_tables *results = synthetic_results(SMALL, false);
  synthetic_write(path, results);
  bs_tables_free(&results);
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  CU_ASSERT_TRUE_FATAL(file >= 0);
  return file;
}

static void replace_column(hid_t file, const char *name, hid_t type, int rank, hsize_t n,
                           const void *values, hid_t list) {
  H5Ldelete(file, name, H5P_DEFAULT);
  hsize_t dims[2] = {n, 1};
  hid_t space = H5Screate_simple(rank, dims, NULL);
  hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
  CU_ASSERT_TRUE(dataset >= 0);
  if (values != NULL)
    CU_ASSERT_TRUE(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Dclose(dataset);
  H5Sclose(space);
}

static void refused(const char *path, hid_t file, const char *part) {
  bs_tables *content = NULL;
  bs_error err = {0};
  CU_ASSERT_TRUE(H5Fclose(file) >= 0);
  BS_TEST_FAILS(bs_store_read(&content, path, &err), BS_ERR_INPUT, err, part);
  CU_ASSERT_PTR_NULL(content);
}

static void hostile_structure_is_refused(void) {
  const char *path = bs_test_path("hostile.h5");
  hid_t file = tamper(path);
  H5Ldelete(file, "/tasks", H5P_DEFAULT);
  refused(path, file, "no group /tasks");

  file = tamper(path);
  H5Ldelete(file, "/examples/shots", H5P_DEFAULT);
  refused(path, file, "no column /examples/shots");

  file = tamper(path); /* a column that older files lack is no column where it is something else */
  H5Ldelete(file, "/tasks/variant", H5P_DEFAULT);
  H5Lcreate_soft("/tasks/name", file, "/tasks/variant", H5P_DEFAULT, H5P_DEFAULT);
  refused(path, file, "no column /tasks/variant");

  file = tamper(path);
  H5Ldelete(file, "/samples", H5P_DEFAULT);
  H5Lcreate_soft("/choices", file, "/samples", H5P_DEFAULT, H5P_DEFAULT);
  refused(path, file, "no group /samples");

  file = tamper(path); /* a table of samples whose columns are of unlike length */
  uint32_t numbers[2] = {0};
  replace_column(file, "/samples/sample", H5T_STD_U32LE, 1, 2, numbers, H5P_DEFAULT);
  refused(path, file, "/samples/sample: 2 rows");

  file = tamper(path); /* samples of no example */
  H5Ldelete(file, "/samples", H5P_DEFAULT);
  H5Gclose(H5Gcreate2(file, "/samples", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  uint64_t rows[2] = {5, 4};
  hid_t texts = H5Tcopy(H5T_C_S1);
  H5Tset_strpad(texts, H5T_STR_NULLPAD);
  replace_column(file, "/samples/row", H5T_STD_U64LE, 1, 2, rows, H5P_DEFAULT);
  replace_column(file, "/samples/sample", H5T_STD_U32LE, 1, 2, numbers, H5P_DEFAULT);
  replace_column(file, "/samples/reasoning", texts, 1, 2, "ab", H5P_DEFAULT);
  replace_column(file, "/samples/generated", texts, 1, 2, "cd", H5P_DEFAULT);
  replace_column(file, "/samples/answer", texts, 1, 2, "ef", H5P_DEFAULT);
  H5Tclose(texts);
  refused(path, file, "/samples/row: entry 1: 4, expected 5 to ");

  file = tamper(path); /* a soft link */
  H5Ldelete(file, "/examples/shots", H5P_DEFAULT);
  H5Lcreate_soft("/examples/task", file, "/examples/shots", H5P_DEFAULT, H5P_DEFAULT);
  refused(path, file, "no column /examples/shots");

  file = tamper(path); /* another file's column */
  H5Ldelete(file, "/examples/shots", H5P_DEFAULT);
  H5Lcreate_external(bs_test_path("round.h5"), "/examples/shots", file, "/examples/shots",
                     H5P_DEFAULT, H5P_DEFAULT);
  refused(path, file, "no column /examples/shots");

  file = tamper(path); /* a group for a column */
  H5Ldelete(file, "/examples/shots", H5P_DEFAULT);
  H5Gclose(H5Gcreate2(file, "/examples/shots", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  refused(path, file, "no column /examples/shots");

  file = tamper(path); /* bytes of any other file of the machine */
  hid_t list = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(list, "/etc/passwd", 0, 400);
  replace_column(file, "/examples/shots", H5T_STD_U32LE, 1, 100, NULL, list);
  H5Pclose(list);
  refused(path, file, "not stored the way");

  file = tamper(path); /* a filter that is none of ours */
  list = H5Pcreate(H5P_DATASET_CREATE);
  hsize_t chunk = 198;
  H5Pset_chunk(list, 1, &chunk);
  H5Pset_nbit(list);
  uint32_t zeros[200] = {0};
  replace_column(file, "/examples/shots", H5T_STD_U32LE, 1, 198, zeros, list);
  H5Pclose(list);
  refused(path, file, "not stored the way");
}

static void lies_about_sizes_are_refused(void) {
  const char *path = bs_test_path("lies.h5");
  uint32_t zeros[200] = {0};
  hid_t file = tamper(path);
  replace_column(file, "/examples/shots", H5T_STD_U32LE, 1, 197, zeros, H5P_DEFAULT);
  refused(path, file, "197 rows, the columns before have 198");

  file = tamper(path);
  replace_column(file, "/examples/shots", H5T_STD_U32LE, 2, 198, zeros, H5P_DEFAULT);
  refused(path, file, "one dimension");

  file = tamper(path);
  replace_column(file, "/examples/shots", H5T_STD_I64LE, 1, 20, NULL, H5P_DEFAULT);
  refused(path, file, "/examples/shots: expected unsigned 32-bit");

  file = tamper(path);
  hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, H5T_VARIABLE);
  replace_column(file, "/examples/prediction", text, 1, 198, NULL, H5P_DEFAULT);
  refused(path, file, "strings of a fixed length");

  file = tamper(path); /* 2^40 rows, none of them there */
  hid_t list = H5Pcreate(H5P_DATASET_CREATE);
  hsize_t chunk = 1 << 20;
  H5Pset_chunk(list, 1, &chunk);
  replace_column(file, "/examples/model", H5T_STD_U32LE, 1, 1ULL << 40, NULL, list);
  refused(path, file, "cannot come from 0 stored bytes");

  file = tamper(path); /* a string of 1 GiB, not there either */
  H5Tclose(text);
  text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, (size_t)1 << 30);
  chunk = 1;
  H5Pset_chunk(list, 1, &chunk);
  replace_column(file, "/models/name", text, 1, 3, NULL, list);
  refused(path, file, "cannot come from 0 stored bytes");
  H5Pclose(list);

  file = tamper(path);
  H5Tset_size(text, 65);
  char digests[3 * 65];
  memset(digests, 'a', sizeof digests);
  replace_column(file, "/models/sha256", text, 1, 3, digests, H5P_DEFAULT);
  refused(path, file, "65 characters, expected at most 64");
  H5Tclose(text);
}

/* Choices' texts stand in a table of their own, and may be absent. */
static void texts_of_choices_are_kept(void) {
  const char *path = bs_test_path("texts.h5");
  bs_error err = {0};
  bs_tables *content = NULL;
  bs_tables *results = synthetic_results((synthetic_size){2, 3, 1, 4}, false);
  static const char *const texts[] = {"yes", "", "\xE4\xBD\xA0 no"};
  for (uint32_t task = 0; task < 3; task += 2)
    for (uint32_t i = 0; i < 12; i++) {
      bs_choice_text_row row = {
          .task = task, .example = i / 3, .choice = i % 3, .text = texts[i % 3], .role = i % 3 + 1};
      BS_TEST_OK(bs_tables_add_choice_text(results, &row, &err), err);
    }
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  BS_TEST_OK(bs_store_write(path, results, NULL, &err), err);
  BS_TEST_OK(bs_store_read(&content, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(content);
  synthetic_equal(results, content);
  bs_tables_free(&content);

  uint32_t tasks[24] = {[20] = 3};
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  replace_column(file, "/choice_texts/task", H5T_STD_U32LE, 1, 24, tasks, H5P_DEFAULT);
  refused(path, file, "choice_texts: row 20: task 3 of 3");
  file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  replace_column(file, "/choice_texts/task", H5T_STD_U32LE, 1, 23, tasks, H5P_DEFAULT);
  refused(path, file, "24 rows, the columns before have 23");
  file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  H5Ldelete(file, "/choice_texts", H5P_DEFAULT);
  CU_ASSERT_TRUE(H5Fclose(file) >= 0);
  BS_TEST_OK(bs_store_read(&content, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(content);
  CU_ASSERT_EQUAL(content->n_choice_texts, 0);
  results->n_choice_texts = 0;
  synthetic_equal(results, content);
  bs_tables_free(&content);
  bs_tables_free(&results);
}

static void wrong_indices_are_refused(void) {
  const char *path = bs_test_path("indices.h5");
  uint32_t models[198] = {0};
  models[17] = 3;
  hid_t file = tamper(path);
  replace_column(file, "/examples/model", H5T_STD_U32LE, 1, 198, models, H5P_DEFAULT);
  refused(path, file, "examples: row 17: model 3 of 3");

  models[17] = 0xFFFFFFFF;
  file = tamper(path);
  replace_column(file, "/targets/task", H5T_STD_U32LE, 1, 33, models, H5P_DEFAULT);
  refused(path, file, "targets: row 17: task 4294967295 of 3");

  uint64_t rows[528] = {0};
  rows[1] = 5;
  file = tamper(path);
  replace_column(file, "/choices/row", H5T_STD_U64LE, 1, 528, rows, H5P_DEFAULT);
  refused(path, file, "/choices/row: entry 2: 0, expected 5 to 198");
  for (size_t i = 0; i < 528; i++)
    rows[i] = 1ULL << 60;
  file = tamper(path);
  replace_column(file, "/choices/row", H5T_STD_U64LE, 1, 528, rows, H5P_DEFAULT);
  refused(path, file, "/choices/row: entry 0");
}

/* Names between commas, none of them empty. */
static void lists_of_metrics_are_checked(void) {
  static const char *const lists[] = {"a,b,", ",a", "a,,b", ","};
  const char *path = bs_test_path("metrics.h5");
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    hid_t file = tamper(path), group = H5Gopen2(file, "/examples", H5P_DEFAULT);
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(lists[i]));
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Adelete(group, "metrics");
    hid_t attribute = H5Acreate2(group, "metrics", type, space, H5P_DEFAULT, H5P_DEFAULT);
    CU_ASSERT_FATAL(attribute >= 0 && H5Awrite(attribute, type, lists[i]) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    H5Gclose(group);
    refused(path, file, "expected names between commas");
  }
}

static void other_versions_are_refused(void) {
  const char *path = bs_test_path("version.h5");
  hid_t file = tamper(path);
  hid_t attribute = H5Aopen(file, "schema_version", H5P_DEFAULT);
  H5Awrite(attribute, H5T_NATIVE_INT, &(int){2});
  H5Aclose(attribute);
  refused(path, file, "schema version 2, this program reads version 1");
  file = tamper(path);
  H5Adelete(file, "schema_version");
  refused(path, file, "not a results file");
  bs_tables *content = NULL;
  bs_error err = {0};
  BS_TEST_FAILS(bs_store_read(&content, bs_test_path("absent.h5"), &err), BS_ERR_IO, err,
                "No such file");
  BS_TEST_FAILS(bs_store_read(&content, bs_test_folder(), &err), BS_ERR_IO, err, "regular file");
}

int main(void) {
  static const bs_test tests[] = {
      {"short files are refused", short_files_are_refused},
      {"flipped bytes are found", flipped_bytes_are_found},
      {"hostile structure is refused", hostile_structure_is_refused},
      {"lies about sizes are refused", lies_about_sizes_are_refused},
      {"texts of choices are kept", texts_of_choices_are_kept},
      {"wrong indices are refused", wrong_indices_are_refused},
      {"lists of metrics are checked", lists_of_metrics_are_checked},
      {"other versions are refused", other_versions_are_refused},
  };
  return bs_test_main("damaged_files", tests, sizeof tests / sizeof *tests);
}
