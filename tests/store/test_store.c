/* Results files: written and read, older ones, and parts. */
#include <dirent.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "harness.h"
#include "store/commit_internal.h"
#include "synthetic.h"
#include "tables/tables_internal.h"

static const synthetic_size SMALL = {3, 3, 2, 11};

static void written_is_read(void) {
  bs_error err = {0};
  const char *path = bs_test_path("round.h5");
  bs_tables *results = synthetic_results(SMALL, false);
  const bs_run_row runs[] = {{1, 2, 0, 5, 6, 3, 2, 0.25, UINT64_MAX, 7, "node1", ""},
                             {2, 0, 1, 0, 11, 0, 3, 1e-3, 0, 0, "", "killed by signal 9"}};
  for (size_t i = 0; i < 2; i++)
    BS_TEST_OK(bs_tables_add_run(results, &runs[i], &err), err);
  synthetic_write(path, results);
  bs_tables *back = NULL;
  BS_TEST_OK(bs_store_read(&back, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  synthetic_equal(results, back);
  CU_ASSERT_EQUAL_FATAL(back->n_runs, 2);
  CU_ASSERT_EQUAL(back->runs[0].first_example, 5);
  CU_ASSERT_EQUAL(back->runs[1].seconds, 1e-3);
  CU_ASSERT_EQUAL(back->runs[0].tokens_asked, UINT64_MAX);
  CU_ASSERT_EQUAL(back->runs[0].tokens_computed, 7);
  CU_ASSERT_STRING_EQUAL(back->runs[0].host, "node1");
  CU_ASSERT_STRING_EQUAL(back->runs[1].failure, "killed by signal 9");
  CU_ASSERT_STRING_EQUAL(back->provenance.config, synthetic_provenance.config);
  CU_ASSERT_STRING_EQUAL(back->provenance.created, synthetic_provenance.created);
  CU_ASSERT_STRING_EQUAL(back->provenance.host, "");
  /* what was read takes more rows and can be written again */
  BS_TEST_OK(bs_tables_add_example(back, &results->examples[0], results->choices, results->samples,
                                   results->metric_values, &err),
             err);
  BS_TEST_OK(bs_tables_sort(back, &err), err);
  synthetic_equal(results, back);
  bs_tables_free(&back);
  bs_tables_free(&results);
}

static void empty_tables_are_read(void) {
  bs_error err = {0};
  bs_tables *results = NULL;
  const char *path = bs_test_path("empty.h5");
  BS_TEST_OK(bs_tables_new(&results, NULL, 0, &err), err);
  BS_TEST_OK(bs_store_write(path, results, NULL, &err), err);
  bs_tables *back = NULL;
  BS_TEST_OK(bs_store_read(&back, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  synthetic_equal(results, back);
  CU_ASSERT_PTR_NULL(back->runs);
  CU_ASSERT_STRING_EQUAL(back->provenance.config, "");
  bs_tables_free(&back);
  BS_TEST_OK(bs_tables_add_task(results, &(bs_task_row){.name = ""}, &err), err);
  BS_TEST_OK(bs_table_reserve(results, BS_TABLE_RUNS, 1, &err), err); /* a run without units */
  BS_TEST_OK(bs_store_write(path, results, NULL, &err), err);
  BS_TEST_OK(bs_store_read(&back, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  CU_ASSERT_EQUAL(back->n_tasks, 1);
  CU_ASSERT_PTR_NOT_NULL(back->runs);
  bs_tables_free(&back);
  bs_tables_free(&results);
}

static void long_strings_are_read(void) {
  bs_error err = {0};
  bs_tables *results = synthetic_results((synthetic_size){1, 1, 1, 1}, false);
  size_t n = 700001;
  char *text = malloc(n + 1);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  for (size_t i = 0; i < n; i++)
    text[i] = (char)('a' + (i * i + i / 7) % 26);
  text[n] = '\0';
  bs_example_row row = {.example = 1, .generated = text, .prediction = "\xF0\x9F\x98\x80"};
  BS_TEST_OK(bs_tables_add_example(results, &row, NULL, NULL, (double[]){NAN, -0.0, 1e-310}, &err),
             err);
  bs_provenance provenance = {.config = text}; /* past the 64 KiB of an object header */
  const char *path = bs_test_path("long.h5");
  BS_TEST_OK(bs_tables_set_provenance(results, &provenance, &err), err);
  BS_TEST_OK(bs_store_write(path, results, NULL, &err), err);
  bs_tables *back = NULL;
  BS_TEST_OK(bs_store_read(&back, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  synthetic_equal(results, back);
  CU_ASSERT_TRUE(signbit(back->metric_values[SYNTHETIC_METRICS + 1]));
  CU_ASSERT_STRING_EQUAL(back->provenance.config, text);
  bs_tables_free(&back);
  bs_tables_free(&results);
  free(text);
}

static void many_rows_are_read(void) {
  bs_error err = {0};
  bs_tables *results = synthetic_results((synthetic_size){4, 3, 2, 3000}, false);
  const char *path = bs_test_path("many.h5");
  synthetic_write(path, results);
  bs_tables *back = NULL;
  BS_TEST_OK(bs_store_read(&back, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  synthetic_equal(results, back);
  bs_tables_free(&back);
  bs_tables_free(&results);
}

static void order_of_arrival_leaves_no_trace(void) {
  bs_error err = {0};
  bs_tables *sorted = synthetic_results((synthetic_size){3, 3, 2, 500}, false);
  bs_tables *shuffled = synthetic_results((synthetic_size){3, 3, 2, 500}, true);
  const uint64_t payload = 0xFFF8000000000123U; /* another NaN than the compiler's */
  for (size_t i = 0; i < shuffled->n_examples * shuffled->n_metrics; i++)
    if (isnan(shuffled->metric_values[i]))
      memcpy(&shuffled->metric_values[i], &payload, sizeof payload);
  BS_TEST_OK(bs_tables_sort(sorted, &err), err);
  BS_TEST_OK(bs_tables_sort(shuffled, &err), err);
  synthetic_equal(sorted, shuffled);
  synthetic_write(bs_test_path("sorted.h5"), sorted);
  synthetic_write(bs_test_path("shuffled.h5"), shuffled);
  bs_text a = bs_test_read(bs_test_path("sorted.h5"));
  bs_text b = bs_test_read(bs_test_path("shuffled.h5"));
  CU_ASSERT_EQUAL_FATAL(a.n_bytes, b.n_bytes);
  CU_ASSERT_EQUAL(memcmp(a.data, b.data, a.n_bytes), 0);
  bs_text_free(&a);
  bs_text_free(&b);
  bs_tables_free(&sorted);
  bs_tables_free(&shuffled);
}

/* How the first files of the version held a text column: as wide as its longest text, without a NUL
   behind that. */
static void pad_texts(hid_t file, const char *path) {
  hid_t old = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(old);
  hid_t type = H5Dget_type(old), padded = H5Tcopy(type);
  size_t n_bytes = H5Tget_size(type), n = (size_t)H5Sget_simple_extent_npoints(space);
  CU_ASSERT_EQUAL(H5Tget_strpad(type), H5T_STR_NULLTERM);
  H5Tset_size(padded, n_bytes > 1 ? n_bytes - 1 : 1);
  H5Tset_strpad(padded, H5T_STR_NULLPAD);
  char *texts = calloc(n + 1, n_bytes);
  CU_ASSERT_FATAL(texts != NULL && H5Dread(old, padded, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0);
  H5Dclose(old);
  H5Ldelete(file, path, H5P_DEFAULT);
  hid_t made = H5Dcreate2(file, path, padded, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  CU_ASSERT_TRUE(made >= 0 && H5Dwrite(made, padded, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0);
  free(texts);
  H5Dclose(made);
  H5Tclose(padded);
  H5Tclose(type);
  H5Sclose(space);
}

static void padded_texts_are_read(void) {
  static const char *const TEXTS[] = {
      "/models/name",        "/models/sha256",  "/tasks/variant",      "/targets/text",
      "/examples/generated", "/samples/answer", "/examples/prediction"};
  bs_error err = {0};
  bs_tables *results = synthetic_results(SMALL, false), *back = NULL;
  const char *path = bs_test_path("padded.h5");
  synthetic_write(path, results);
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
    pad_texts(file, TEXTS[i]);
  CU_ASSERT_TRUE(H5Fclose(file) >= 0);
  BS_TEST_OK(bs_store_read(&back, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  synthetic_equal(results, back);
  bs_tables_free(&back);
  bs_tables_free(&results);
}

/* A text attribute of a column, which the caller frees; NULL: it has none. */
static char *note_of(hid_t file, const char *column, const char *name) {
  if (H5Aexists_by_name(file, column, name, H5P_DEFAULT) <= 0)
    return NULL;
  hid_t note = H5Aopen_by_name(file, column, name, H5P_DEFAULT, H5P_DEFAULT);
  hid_t type = H5Aget_type(note);
  char *read = NULL;
  CU_ASSERT_TRUE(H5Tis_variable_str(type) > 0 && H5Aread(note, type, &read) >= 0);
  char *copy = read != NULL ? strdup(read) : NULL;
  H5free_memory(read);
  H5Tclose(type);
  H5Aclose(note);
  return copy;
}

static void expect_note(hid_t file, const char *column, const char *name, const char *expected) {
  char *note = note_of(file, column, name);
  CU_ASSERT_STRING_EQUAL(note != NULL ? note : "(none)", expected);
  free(note);
}

static void columns_tell_what_they_are(void) {
  bs_tables *results = synthetic_results(SMALL, false);
  const char *path = bs_test_path("notes.h5");
  synthetic_write(path, results);
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  expect_note(file, "/choices/logprob", "unit", "nats");
  expect_note(file, "/choices/logprob", "meaning",
              "log-probability of the choice, summed over its tokens");
  expect_note(file, "/examples/model", "unit", "row of /models");
  expect_note(file, "/models/name", "meaning", "name of the model");
  expect_note(file, "/models/name", "unit", "(none)");
  CU_ASSERT_TRUE(H5Fclose(file) >= 0);
  bs_tables_free(&results);
}

/* A file without what came later than the first of its version. */
static void older_files_are_read(void) {
  static const char *const LATER[] = {"/models/seed",
                                      "/tasks/variant",
                                      "/tasks/human_average",
                                      "/tasks/human_best",
                                      "/choice_texts/role",
                                      "/samples",
                                      "/skipped",
                                      "/examples/border",
                                      "/examples/shots_shown",
                                      "/run/units/tokens_asked",
                                      "/run/units/tokens_computed"};
  const char *path = bs_test_path("older.h5");
  bs_error err = {0};
  bs_tables *results = synthetic_results(SMALL, false);
  bs_choice_text_row choice = {.text = "yes", .role = 2};
  const bs_run_row run = {.tokens_asked = 9, .tokens_computed = 8, .host = "h", .failure = ""};
  BS_TEST_OK(bs_tables_add_choice_text(results, &choice, &err), err);
  BS_TEST_OK(bs_tables_add_run(results, &run, &err), err);
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  CU_ASSERT_TRUE(results->n_samples > 0);
  BS_TEST_OK(bs_store_write(path, results, NULL, &err), err);
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  CU_ASSERT_TRUE_FATAL(file >= 0);
  for (size_t i = 0; i < sizeof LATER / sizeof *LATER; i++)
    CU_ASSERT_TRUE(H5Ldelete(file, LATER[i], H5P_DEFAULT) >= 0);
  H5Fclose(file);
  bs_tables *back = NULL;
  BS_TEST_OK(bs_store_read(&back, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  CU_ASSERT_EQUAL(back->n_samples, 0);
  CU_ASSERT_EQUAL(back->runs[0].tokens_asked, 0);
  CU_ASSERT_EQUAL(back->runs[0].tokens_computed, 0);
  results->n_samples = 0;
  results->n_skipped = 0;
  for (size_t i = 0; i < results->n_examples; i++) {
    results->examples[i].first_sample = results->examples[i].n_samples = 0;
    results->examples[i].border = 0;
    results->examples[i].shots_shown = results->examples[i].shots;
  }
  for (size_t i = 0; i < results->n_tasks; i++) {
    results->tasks[i].variant = "";
    results->tasks[i].human_average = results->tasks[i].human_best = NAN;
  }
  for (size_t i = 0; i < results->n_choice_texts; i++)
    results->choice_texts[i].role = 0;
  for (size_t i = 0; i < results->n_models; i++)
    results->models[i].seed = NAN;
  results->runs[0].tokens_asked = results->runs[0].tokens_computed = 0;
  synthetic_equal(results, back);
  bs_tables_free(&back);
  bs_tables_free(&results);
}

static size_t count_names(const char *folder) {
  size_t n = 0;
  DIR *open = opendir(folder);
  for (const struct dirent *entry; open != NULL && (entry = readdir(open)) != NULL;)
    n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  if (open != NULL)
    closedir(open);
  return n;
}

static void bad_places_are_named(void) {
  bs_error err = {0};
  bs_tables *results = synthetic_results(SMALL, false);
  const char *file = bs_test_write("plain", "x", 1);
  const char *under = bs_test_path("plain/results.h5");
  BS_TEST_FAILS(bs_store_check_writable(under, &err), BS_ERR_IO, err, "Not a directory");
  BS_TEST_FAILS(bs_store_write(under, results, NULL, &err), BS_ERR_IO, err, "Not a directory");
  BS_TEST_FAILS(bs_store_commit_part(under, results, &err), BS_ERR_IO, err,
                "plain/results.h5.parts: cannot make the folder");
  const char *missing = bs_test_path("no/such/results.h5");
  BS_TEST_FAILS(bs_store_check_writable(missing, &err), BS_ERR_IO, err, "No such file");
  BS_TEST_FAILS(bs_store_write(missing, results, NULL, &err), BS_ERR_IO, err,
                "no/such/results.h5: cannot create a file beside it: No such file");
  BS_TEST_FAILS(bs_store_check_writable(bs_test_folder(), &err), BS_ERR_IO, err,
                "not a regular file");
  BS_TEST_FAILS(bs_store_check_writable("", &err), BS_ERR_IO, err, "name of a file");
  const char *taken = bs_test_path("taken");
  CU_ASSERT_EQUAL(mkdir(taken, 0777), 0);
  BS_TEST_FAILS(bs_store_write(taken, results, NULL, &err), BS_ERR_IO, err, "taken: cannot rename");
  BS_TEST_OK(bs_store_check_writable(file, &err), err);
  size_t n = count_names(bs_test_folder());
  BS_TEST_OK(bs_store_check_writable(bs_test_path("new.h5"), &err), err);
  CU_ASSERT_EQUAL(count_names(bs_test_folder()), n);
  bs_tables_free(&results);
}

static void bad_names_of_metrics_are_refused(void) {
  bs_error err = {0};
  static const char *const BAD[] = {"", "a/b", "a,b", ".", "shots"};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    bs_tables *results = NULL;
    BS_TEST_OK(bs_tables_new(&results, &BAD[i], 1, &err), err);
    BS_TEST_FAILS(bs_store_write(bs_test_path("bad.h5"), results, NULL, &err), BS_ERR_INPUT, err,
                  "cannot be the name of a metric's column");
    bs_tables_free(&results);
  }
  CU_ASSERT_FALSE(bs_file_exists(bs_test_path("bad.h5")));
}

typedef struct visited {
  size_t n, stop_at;
  uint32_t examples[16];
} visited;

static bs_status visit(void *user, const bs_tables *part, const char *path, bs_error *err) {
  visited *seen = user;
  CU_ASSERT_TRUE(bs_file_exists(path));
  CU_ASSERT_EQUAL(part->n_examples, 1);
  seen->examples[seen->n++] = part->examples[0].example;
  if (seen->n == seen->stop_at)
    return bs_error_set(err, BS_ERR_STOPPED, "enough");
  return BS_OK;
}

static void commit_one(const char *path, uint32_t example) {
  bs_error err = {0};
  bs_tables *results = synthetic_results((synthetic_size){1, 1, 1, 1}, false);
  results->examples[0].example = example;
  const bs_run_row run = {.host = "h", .failure = ""};
  BS_TEST_OK(bs_tables_add_run(results, &run, &err), err);
  BS_TEST_OK(bs_tables_set_provenance(results, &synthetic_provenance, &err), err);
  BS_TEST_OK(bs_store_commit_part(path, results, &err), err);
  bs_tables_free(&results);
}

static void parts_keep_their_order(void) {
  bs_error err = {0};
  char path[4096]; /* outlives the slots of bs_test_path */
  snprintf(path, sizeof path, "%s", bs_test_path("run.h5"));
  visited seen = {0};
  BS_TEST_OK(bs_store_each_part(path, visit, &seen, &err), err);
  CU_ASSERT_EQUAL(seen.n, 0);
  for (uint32_t i = 0; i < 3; i++)
    commit_one(path, 100 + i);
  CU_ASSERT_TRUE(bs_file_exists(bs_test_path("run.h5.parts/00000003.h5")));
  /* what a killed process left, and a hole: the next number is behind the last part all the same */
  bs_test_write("run.h5.parts/.00000004.h5.99.tmp", "half", 4);
  bs_test_write("run.h5.parts/notes", "mine", 4);
  CU_ASSERT_EQUAL(unlink(bs_test_path("run.h5.parts/00000001.h5")), 0);
  commit_one(path, 200);
  CU_ASSERT_TRUE(bs_file_exists(bs_test_path("run.h5.parts/00000004.h5")));
  BS_TEST_OK(bs_store_each_part(path, visit, &seen, &err), err);
  CU_ASSERT_EQUAL_FATAL(seen.n, 3);
  CU_ASSERT_EQUAL(seen.examples[0], 101);
  CU_ASSERT_EQUAL(seen.examples[2], 200);
  seen = (visited){.stop_at = 2};
  BS_TEST_FAILS(bs_store_each_part(path, visit, &seen, &err), BS_ERR_STOPPED, err, "enough");
  bs_test_write("run.h5.parts/00000005.h5", "damaged", 7);
  seen = (visited){0};
  BS_TEST_FAILS(bs_store_each_part(path, visit, &seen, &err), BS_ERR_INPUT, err,
                "run.h5.parts/00000005.h5: not a whole HDF5 file: file signature not found");
  BS_TEST_OK(bs_store_check_writable(path, &err), err);
  BS_TEST_FAILS(bs_store_remove_parts(path, &err), BS_ERR_IO, err, "files that are no parts");
  CU_ASSERT_EQUAL(count_names(bs_test_path("run.h5.parts")), 1);
  CU_ASSERT_EQUAL(unlink(bs_test_path("run.h5.parts/notes")), 0);
  BS_TEST_OK(bs_store_remove_parts(path, &err), err);
  CU_ASSERT_FALSE(bs_file_exists(bs_test_path("run.h5.parts")));
  BS_TEST_OK(bs_store_remove_parts(path, &err), err);
}

static void a_taken_name_is_not_written_over(void) {
  bs_error err = {0};
  const char *path = bs_test_write("taken.h5", "old", 3);
  bool exists = false;
  BS_TEST_OK(bs_commit_new(path, "new!", 4, &exists, &err), err);
  CU_ASSERT_TRUE(exists);
  bs_text text = bs_test_read(path);
  CU_ASSERT_STRING_EQUAL(text.data, "old");
  bs_text_free(&text);
  bs_error_clear(&err);
  bs_tables *results = synthetic_results((synthetic_size){1, 1, 1, 1}, false);
  bs_test_write("full.h5", "", 0);
  CU_ASSERT_EQUAL(mkdir(bs_test_path("full.h5.parts"), 0777), 0);
  bs_test_write("full.h5.parts/99999999.h5", "", 0);
  BS_TEST_FAILS(bs_store_commit_part(bs_test_path("full.h5"), results, &err), BS_ERR_LIMIT, err,
                "no number is left");
  bs_tables_free(&results);
}

static void print_errors(void *user) { ++*(int *)user; }
static herr_t count_errors(hid_t stack, void *user) {
  (void)stack;
  print_errors(user);
  return 0;
}

static void the_callers_error_handler_comes_back(void) {
  int n = 0;
  H5E_auto2_t before, after;
  void *data, *after_data;
  H5Eget_auto2(H5E_DEFAULT, &before, &data);
  H5Eset_auto2(H5E_DEFAULT, count_errors, &n);
  bs_tables *content = NULL;
  bs_error err = {0};
  BS_TEST_FAILS(bs_store_read(&content, bs_test_write("no.h5", "no", 2), &err), BS_ERR_INPUT, err,
                "not a whole HDF5 file");
  CU_ASSERT_EQUAL(n, 0);
  H5Eget_auto2(H5E_DEFAULT, &after, &after_data);
  CU_ASSERT_TRUE(after == count_errors && after_data == &n);
  H5Eset_auto2(H5E_DEFAULT, before, data);
}

int main(void) {
  static const bs_test tests[] = {
      {"written is read", written_is_read},
      {"empty tables are read", empty_tables_are_read},
      {"long strings are read", long_strings_are_read},
      {"many rows are read", many_rows_are_read},
      {"order of arrival leaves no trace", order_of_arrival_leaves_no_trace},
      {"padded texts are read", padded_texts_are_read},
      {"columns tell what they are", columns_tell_what_they_are},
      {"older files are read", older_files_are_read},
      {"bad places are named", bad_places_are_named},
      {"bad names of metrics are refused", bad_names_of_metrics_are_refused},
      {"parts keep their order", parts_keep_their_order},
      {"a taken name is not written over", a_taken_name_is_not_written_over},
      {"the caller's error handler comes back", the_callers_error_handler_comes_back},
  };
  return bs_test_main("store", tests, sizeof tests / sizeof *tests);
}
