/* A caller who does not want the message passes NULL for the error: what fails with one fails alike
   without. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/analysis.h"
#include "bigsweep/checkpoint.h"
#include "bigsweep/config.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"
#include "bigsweep/store.h"
#include "bigsweep/sweep.h"
#include "bigsweep/task.h"
#include "bigsweep/tokenizer.h"
#include "harness.h"

/* A call that must fail. */
typedef bs_status (*failing)(bs_error *err);

static bs_status config_is_missing(bs_error *err) {
  bs_config *config = NULL;
  return bs_config_load(&config, bs_test_path("none.json"), err);
}

static bs_status parse_config(const char *json, bs_error *err) {
  bs_config *config = NULL;
  return bs_config_parse(&config, json, strlen(json), "c.json", err);
}
static bs_status config_is_cut(bs_error *err) { return parse_config("{\"models\": [", err); }
static bs_status config_has_an_unknown_key(bs_error *err) {
  return parse_config("{\"modls\": []}", err);
}
static bs_status config_has_a_bad_format(bs_error *err) {
  return parse_config("{\"models\": [{\"path\": \"m\"}], \"tasks\": [{\"path\": \"t\", "
                      "\"format\": \"none\"}]}",
                      err);
}
static bs_status config_has_a_bad_variant(bs_error *err) {
  return parse_config("{\"models\": [{\"path\": \"m\"}], \"tasks\": [\"t\"], \"variants\": "
                      "[{\"name\": \"v\", \"output_regex\": \"(\"}]}",
                      err);
}

static bs_status task_is_missing(bs_error *err) {
  bs_task *task = NULL;
  return bs_task_load(&task, bs_test_path("none/task.json"), NULL, NULL, err);
}
static bs_status task_is_no_object(bs_error *err) {
  bs_task *task = NULL;
  return bs_task_parse(&task, "[]", 2, "t.json", NULL, NULL, err);
}
static bs_status spec_is_cut(bs_error *err) {
  bs_task_spec spec = {0};
  bs_status status = bs_task_spec_parse(&spec, "{\"path\"", 7, err);
  bs_task_spec_clear(&spec);
  return status;
}
static bs_status format_is_unknown(bs_error *err) {
  bs_task_format format;
  return bs_task_format_parse(&format, "none", err);
}
static bs_status variant_has_a_bad_regex(bs_error *err) {
  const char *key = NULL;
  return bs_variant_check(&(bs_variant){.name = "v", .output_regex = "("}, &key, err);
}
static bs_status variant_has_no_head(bs_error *err) {
  static const char json[] =
      "{\"name\": \"t\", \"description\": \"d\", \"keywords\": [], \"metrics\": "
      "[\"exact_str_match\"], \"preferred_score\": \"exact_str_match\", \"examples\": [{\"input\": "
      "\"a\", \"target\": \"b\"}]}";
  bs_task *task = NULL;
  bs_error own = {0};
  BS_TEST_OK(bs_task_parse(&task, json, sizeof json - 1, "t/task.json", NULL, NULL, &own), own);
  bs_status status =
      bs_task_apply_variant(task, &(bs_variant){.name = "v", .head = "/none/head.txt"}, err);
  bs_task_free(&task);
  return status;
}

static bs_status tokenizer_is_missing(bs_error *err) {
  bs_tokenizer *tokenizer = NULL;
  return bs_tokenizer_open(&tokenizer, bs_test_path("none"), err);
}
static bs_status tokenizer_is_empty(bs_error *err) {
  bs_tokenizer *tokenizer = NULL;
  return bs_tokenizer_parse(&tokenizer, "{}", 2, "tokenizer.json", err);
}
static bs_status text_is_no_utf8(bs_error *err) {
  bs_tokenizer *tokenizer = NULL;
  bs_tokens tokens = {0};
  bs_error own = {0};
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, BS_SOURCE_DIR "/models/ladder/s1/3k", &own), own);
  bs_status status = bs_tokenizer_encode(tokenizer, "a\xFF", 2, false, &tokens, err);
  bs_tokens_free(&tokens);
  bs_tokenizer_free(&tokenizer);
  return status;
}

static bs_status checkpoint_is_missing(bs_error *err) {
  bs_checkpoint *checkpoint = NULL;
  return bs_checkpoint_open(&checkpoint, bs_test_path("none"), err);
}
static bs_status hash_of_nothing(bs_error *err) {
  char hex[65];
  return bs_checkpoint_sha256(bs_test_path("none"), hex, err);
}
static bs_status precision_is_unknown(bs_error *err) {
  bs_precision precision;
  return bs_precision_parse(&precision, "f7", err);
}
static bs_status backend_has_no_model(bs_error *err) {
  bs_backend *backend = NULL;
  return bs_backend_open(&backend, &(bs_backend_spec){.place = bs_test_path("none")}, err);
}

static bs_status results_are_missing(bs_error *err) {
  bs_tables *content = NULL;
  return bs_store_read(&content, bs_test_path("none.h5"), err);
}
static bs_status results_are_none(bs_error *err) {
  bs_tables *content = NULL;
  return bs_store_read(&content, bs_test_write("no.h5", "no", 2), err);
}
static bs_status results_have_no_folder(bs_error *err) {
  return bs_store_check_writable(bs_test_path("none/x.h5"), err);
}
static bs_status nothing_to_collect(bs_error *err) {
  bs_tables *content = NULL;
  return bs_sweep_collect(&content, bs_test_path("none.h5"), err);
}
static bs_status no_state(bs_error *err) {
  bs_sweep_state *state = NULL;
  return bs_sweep_state_read(&state, bs_test_path("none.h5"), err);
}
static bs_status no_run(bs_error *err) {
  bs_sweep_summary summary;
  return bs_sweep_run(bs_test_path("none.json"), NULL, &summary, err);
}
static bs_status scores_are_missing(bs_error *err) {
  bs_analysis *analysis = NULL;
  return bs_analysis_from_csv(&analysis, bs_test_path("none.csv"), err);
}
static bs_status scores_have_a_bad_number(bs_error *err) {
  static const char csv[] = "family,model,scale,task,metric,shots,value\nf,m,x,t,m,0,1\n";
  bs_analysis *analysis = NULL;
  return bs_analysis_from_csv(&analysis, bs_test_write("x.csv", csv, sizeof csv - 1), err);
}
static bs_status regex_is_bad(bs_error *err) {
  bs_text answer = {0};
  bs_status status = bs_postprocess("a", 1, 0, NULL, "(", &answer, err);
  bs_text_free(&answer);
  return status;
}

static void what_fails_fails_without_an_error_too(void) {
  static const struct {
    const char *name;
    failing call;
  } calls[] = {
#define CALL(name) {#name, name}
      CALL(config_is_missing),
      CALL(config_is_cut),
      CALL(config_has_an_unknown_key),
      CALL(config_has_a_bad_format),
      CALL(config_has_a_bad_variant),
      CALL(task_is_missing),
      CALL(task_is_no_object),
      CALL(spec_is_cut),
      CALL(format_is_unknown),
      CALL(variant_has_a_bad_regex),
      CALL(variant_has_no_head),
      CALL(tokenizer_is_missing),
      CALL(tokenizer_is_empty),
      CALL(text_is_no_utf8),
      CALL(checkpoint_is_missing),
      CALL(hash_of_nothing),
      CALL(precision_is_unknown),
      CALL(backend_has_no_model),
      CALL(results_are_missing),
      CALL(results_are_none),
      CALL(results_have_no_folder),
      CALL(nothing_to_collect),
      CALL(no_state),
      CALL(no_run),
      CALL(scores_are_missing),
      CALL(scores_have_a_bad_number),
      CALL(regex_is_bad),
#undef CALL
  };
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    bs_error err = {0};
    bs_status with = calls[i].call(&err), without = calls[i].call(NULL);
    if (with == BS_OK || with != without || err.status != with || err.message[0] == '\0')
      printf("\n    %s: %d with an error (which says %d: %s), %d without", calls[i].name, (int)with,
             (int)err.status, err.message, (int)without);
    CU_ASSERT_NOT_EQUAL(with, BS_OK);
    CU_ASSERT_EQUAL(with, without);
    CU_ASSERT_EQUAL(with, err.status);
    CU_ASSERT_NOT_EQUAL(err.message[0], '\0');
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"what fails fails without an error too", what_fails_fails_without_an_error_too},
  };
  return bs_test_main("null err", tests, sizeof tests / sizeof *tests);
}
