/* `bigsweep bench`: its answers have the form they should have, nothing is left behind, and wrong
   usage is told. No figure of speed is tested. */
#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bigsweep/json.h"
#include "harness.h"

/* Runs "bigsweep bench <arguments>" with TMPDIR in the test's folder; the exit code. */
static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *out_path, *err_path;

static const char *temporary(void) {
  const char *path = bs_test_path("tmp");
  mkdir(path, 0700);
  return path;
}

static int run(const char *format, ...) {
  char arguments[4096], line[16384];
  va_list values;
  va_start(values, format);
  vsnprintf(arguments, sizeof arguments, format, values);
  va_end(values);
  out_path = bs_test_path("stdout");
  err_path = bs_test_path("stderr");
  snprintf(line, sizeof line, "TMPDIR=%s %s bench %s >%s 2>%s", temporary(), BS_PROGRAM, arguments,
           out_path, err_path);
  int status = system(line);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static size_t count_entries(const char *folder) {
  size_t n = 0;
  DIR *dir = opendir(folder);
  const struct dirent *entry;
  while (dir != NULL && (entry = readdir(dir)) != NULL)
    n += entry->d_name[0] != '.';
  if (dir != NULL)
    closedir(dir);
  return n;
}

static void wrong_usage_is_told(void) {
  static const struct {
    const char *arguments, *message;
  } cases[] = {
      {"--shape L", "LAYERSxWIDTH"},
      {"--shape 12x", "LAYERSxWIDTH"},
      {"--shape 12x100", "multiple of 64"},
      {"--shape 0x64", "found \"0x64\""},
      {"--shape 12x768x", "LAYERSxWIDTH"},
      {"--shape 99999999999999999999x64", "LAYERSxWIDTH"},
      {"--shape -1x64", "LAYERSxWIDTH"},
      {"--family bert", "known: llama, gptneox, gpt2"},
      {"--store q8", "known: bf16, f32, f16"},
      {"--dtype f64", "bf16x2"},
      {"--isa z80", "z80"},
      {"--threads 0", "from 1"},
      {"--batch 3", "from 256"},
      {"--model x --shape S", "do not go with it"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    CU_ASSERT_EQUAL(run("%s", cases[i].arguments), 2);
    bs_text err = bs_test_read(err_path);
    bool told = err.data != NULL && strstr(err.data, cases[i].message) != NULL;
    if (!told)
      printf("\n    %s: %s", cases[i].arguments, err.data != NULL ? err.data : "");
    CU_ASSERT_TRUE(told);
    bs_text_free(&err);
  }
  CU_ASSERT_EQUAL(count_entries(temporary()), 0);
}

static double number(const cJSON *object, const char *key) {
  const cJSON *item = bs_json_get(object, key);
  CU_ASSERT_TRUE(cJSON_IsNumber(item));
  return cJSON_IsNumber(item) ? item->valuedouble : -1;
}

/* One JSON object, of which every measurement makes sense. */
static void check_json(const char *precision, size_t n_measurements) {
  bs_error err = {0};
  bs_json *json = NULL;
  BS_TEST_OK(bs_json_load(&json, out_path, 0, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  CU_ASSERT_STRING_EQUAL(bs_json_get(json->root, "precision")->valuestring, precision);
  CU_ASSERT_TRUE(number(json->root, "parameters") > 0);
  CU_ASSERT_TRUE(number(json->root, "need_weights_bytes") > 0);
  CU_ASSERT_TRUE(number(bs_json_get(json->root, "peaks")->child, "gflops") > 0);
  size_t n = 0;
  bool shares = false; /* the question of the item is computed once for its choices */
  const cJSON *entry;
  cJSON_ArrayForEach(entry, bs_json_get(json->root, "measurements")) {
    n++;
    double best = number(entry, "seconds"), tokens = number(entry, "tokens");
    CU_ASSERT_TRUE(best > 0 && number(entry, "median_seconds") >= best);
    CU_ASSERT_TRUE(tokens >= 1 && number(entry, "gflops") > 0 && number(entry, "runs") >= 1);
    CU_ASSERT_DOUBLE_EQUAL(number(entry, "tokens_per_second") * best / tokens, 1, 1e-9);
    CU_ASSERT_TRUE(number(entry, "share_of_bare_products") > 0);
    CU_ASSERT_TRUE(number(entry, "share_of_peak") > 0);
    CU_ASSERT_TRUE(number(entry, "tokens_computed") >= tokens);
    shares = shares || number(entry, "tokens_asked") > 3 * number(entry, "tokens_computed");
  }
  CU_ASSERT_TRUE(shares);
  CU_ASSERT_EQUAL(n, n_measurements);
  bs_json_free(&json);
}

static void a_random_model_is_measured(void) {
  CU_ASSERT_EQUAL(run("--shape 1x64 --threads 1 --runs 1 --batch 512 --json"), 0);
  check_json("f32", 5);
  CU_ASSERT_EQUAL(count_entries(temporary()), 0);
  CU_ASSERT_EQUAL(run("--shape 2x64 --family switch --threads 2 --runs 1 --batch 512 --json"), 0);
  check_json("f32", 5);
  CU_ASSERT_EQUAL(run("--shape 1x64 --family gpt2 --store f16 --dtype bf16x2 --isa portable "
                      "--threads 2 --runs 1 --batch 256"),
                  0);
  bs_text out = bs_test_read(out_path);
  CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "bf16x2 on portable"));
  CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "decoding, 16 texts"));
  CU_ASSERT_PTR_NULL(strstr(out.data, "nan"));
  bs_text_free(&out);
  CU_ASSERT_EQUAL(count_entries(temporary()), 0);
}

static void a_made_model_is_measured(void) {
  char folder[4096];
  snprintf(folder, sizeof folder, "%s", bs_test_path("made"));
  CU_ASSERT_EQUAL(run("--make %s --shape 1x64 --family gptneox", folder), 0);
  CU_ASSERT_EQUAL(count_entries(folder), 2);
  CU_ASSERT_EQUAL(run("--make %s --shape 1x64", folder), 2);
  CU_ASSERT_EQUAL(count_entries(folder), 2);
  CU_ASSERT_EQUAL(run("--model %s --dtype bf16 --threads 1 --runs 1 --json", folder), 0);
  check_json("bf16", 5);
  CU_ASSERT_EQUAL(count_entries(folder), 2);
  CU_ASSERT_EQUAL(run("--model %s/models/ladder/s1/3k --threads 1 --runs 1 --json", BS_SOURCE_DIR),
                  0);
  check_json("f32", 5);
  CU_ASSERT_EQUAL(run("--model %s/nowhere", folder), 1);
}

/* Gigabytes would be written; the signal comes first. */
static void an_interrupt_removes_the_folder(void) {
  const char *folder = temporary();
  pid_t child = fork();
  CU_ASSERT_TRUE_FATAL(child >= 0);
  if (child == 0) {
    setenv("TMPDIR", folder, 1);
    execl(BS_PROGRAM, BS_PROGRAM, "bench", "--shape", "64x2048", "--store", "f32", (char *)NULL);
    _exit(127);
  }
  for (int i = 0; i < 3000 && count_entries(folder) == 0; i++)
    (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  CU_ASSERT_EQUAL(count_entries(folder), 1);
  (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
  CU_ASSERT_EQUAL(kill(child, SIGINT), 0);
  int status = 0;
  CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
  CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
  CU_ASSERT_EQUAL(count_entries(folder), 0);
}

int main(void) {
  static const bs_test tests[] = {
      {"wrong usage is told", wrong_usage_is_told},
      {"a random model is measured", a_random_model_is_measured},
      {"a made model is measured", a_made_model_is_measured},
      {"an interrupt removes the folder", an_interrupt_removes_the_folder},
  };
  return bs_test_main("bench", tests, sizeof tests / sizeof *tests);
}
