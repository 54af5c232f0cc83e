/* What every CUnit suite shares: a main that fails when a test fails or fewer ran than listed, and
   the place of the reference data (which may be absent: say so, do not pass silently). */
#ifndef BIGSWEEP_TESTS_HARNESS_H
#define BIGSWEEP_TESTS_HARNESS_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"

/* How far a loop over many alike cases steps: 1, and `n` under the sanitizers, which look for
   faults of memory, that a part of such cases shows as well as all. */
#ifdef __SANITIZE_ADDRESS__
#define BS_TEST_STEP(n) (n)
#else
#define BS_TEST_STEP(n) 1
#endif

typedef struct bs_test {
  const char *name;
  void (*run)(void);
} bs_test;

/* Runs tests[n] as one suite; the process's exit status: 0 passed, 1 failed. */
int bs_test_main(const char *suite, const bs_test *tests, size_t n);

/* "<data folder>/<relative>" in a static buffer per call site order (8 live at once). The folder is
   $BIGSWEEP_DATA or ../shared/data beside the source. */
const char *bs_test_data(const char *relative);

/* True when the reference data is there; else prints "SKIPPED <what>: no reference data at ..."
   once and counts it, so that the end of the run tells how many tests had nothing to work on. */
bool bs_test_have_data(const char *relative);

/* A fresh folder for files of this test process, removed at its end. */
const char *bs_test_folder(void);
/* "<fresh folder>/<name>", as bs_test_data. */
const char *bs_test_path(const char *name);
/* Writes a file there and returns its path. */
const char *bs_test_write(const char *name, const void *bytes, size_t n_bytes);

/* Reads a whole file; fails the test when it cannot. */
bs_text bs_test_read(const char *path);

/* Checks that a call succeeded and prints its error otherwise. */
#define BS_TEST_OK(expr, err)                                                                      \
  do {                                                                                             \
    if ((expr) != BS_OK) {                                                                         \
      printf("\n    %s:%d: %s\n", __FILE__, __LINE__, (err).message);                              \
      CU_FAIL(#expr);                                                                              \
    }                                                                                              \
  } while (0)

/* Checks that a call failed with `status` and a message that contains `part`. */
#define BS_TEST_FAILS(expr, expected, err, part)                                                   \
  do {                                                                                             \
    bs_error_clear(&(err));                                                                        \
    CU_ASSERT_EQUAL((expr), (expected));                                                           \
    if (strstr((err).message, (part)) == NULL) {                                                   \
      printf("\n    %s:%d: expected \"%s\" in \"%s\"\n", __FILE__, __LINE__, (part),               \
             (err).message);                                                                       \
      CU_FAIL(#expr);                                                                              \
    }                                                                                              \
    bs_error_clear(&(err));                                                                        \
  } while (0)

#endif
