/* Formats on values that runs seldom give, and the requests that are refused. */
#include "bigsweep/export.h"

#include <math.h>
#include <string.h>

#include "harness.h"

static const char *const metrics[] = {"a,b \"c\"", "m"};

/* One example whose numbers and texts are odd. */
static bs_tables *odd_tables(const char *prediction) {
  bs_error err = {0};
  bs_tables *tables = NULL;
  bs_example_row row = {.shots = UINT32_MAX,
                        .target_logprob = -INFINITY,
                        .prediction = prediction,
                        .generated = "\r",
                        .n_choices = 1};
  bs_choice_row choice = {.logprob = 0.1, .target_score = INFINITY};
  bs_model_row model = {.name = "m", .parameters = UINT64_MAX, .scale = -0.0, .seed = NAN};
  BS_TEST_OK(bs_tables_new(&tables, metrics, 2, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(tables);
  BS_TEST_OK(bs_tables_add_model(tables, &model, &err), err);
  BS_TEST_OK(bs_tables_add_task(tables, &(bs_task_row){.name = "t"}, &err), err);
  BS_TEST_OK(bs_tables_add_example(tables, &row, &choice, NULL, (double[]){NAN, 1.0 / 3}, &err),
             err);
  return tables;
}

static bs_status export(const bs_tables *tables, const char *format, const char *table, bs_text *to,
                        bs_error *err) {
  bs_export_request request = {.table = table, .results = tables};
  to->n_bytes = 0;
  bs_status status = bs_export_format_find(&request.format, format, err);
  return status == BS_OK ? bs_export_text(&request, to, err) : status;
}

static void odd_values_are_written(void) {
  static const struct {
    const char *format, *table, *text;
  } cases[] = {
      {"csv", "examples",
       "model,task,shots,example,cluster,prompt_tokens,truncated_tokens,border,shots_shown,"
       "target_logprob,"
       "prediction,generated,\"a,b \"\"c\"\"\",m\n"
       "0,0,4294967295,0,0,0,0,0,0,-inf,\"say \"\"no\"\",\ntwice\",\"\r\",,0.33333333333333331\n"},
      {"jsonl", "examples",
       "{\"model\": 0, \"task\": 0, \"shots\": 4294967295, \"example\": 0, \"cluster\": 0, "
       "\"prompt_tokens\": 0, "
       "\"truncated_tokens\": 0, \"border\": 0, \"shots_shown\": 0, "
       "\"target_logprob\": null, "
       "\"prediction\": \"say \\\"no\\\",\\ntwice\", \"generated\": \"\\u000d\", "
       "\"a,b \\\"c\\\"\": null, \"m\": 0.3333333333333333}\n"},
      {"csv", "/choices",
       "row,choice,tokens,logprob,target_score\n0,0,0,0.10000000000000001,inf\n"},
      {"csv", "models",
       "name,family,architecture,parameters,non_embedding_parameters,active_parameters,scale,seed,"
       "axis,step,tokens,compute,group,tuning,series,quantization,wrap,path,sha256\n"
       "m,,,18446744073709551615,0,0,-0,,,0,0,0,,,,,,,\n"},
      {"jsonl", "models",
       "{\"name\": \"m\", \"family\": \"\", \"architecture\": \"\", "
       "\"parameters\": 18446744073709551615, \"non_embedding_parameters\": 0, "
       "\"active_parameters\": 0, \"scale\": -0, "
       "\"seed\": null, \"axis\": \"\", \"step\": 0, \"tokens\": 0, \"compute\": 0, "
       "\"group\": \"\", \"tuning\": \"\", \"series\": \"\", \"quantization\": \"\", \"wrap\": "
       "\"\", \"path\": "
       "\"\", \"sha256\": \"\"}\n"},
      {"csv", "samples", "row,sample,reasoning,generated,answer\n"},
      {"jsonl", "samples", ""},
  };
  bs_tables *tables = odd_tables("say \"no\",\ntwice");
  bs_text text = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    BS_TEST_OK(export(tables, cases[i].format, cases[i].table, &text, &err), err);
    CU_ASSERT_EQUAL(text.n_bytes, strlen(cases[i].text));
    if (text.n_bytes > 0)
      CU_ASSERT_STRING_EQUAL(text.data, cases[i].text);
  }
  bs_text_free(&text);
  bs_tables_free(&tables);
}

/* Tables hold no other text. */
static void exported_text_is_utf8(void) {
  bs_error err = {0};
  bs_text text = {0};
  bs_tables *tables = odd_tables("\xFF!");
  BS_TEST_OK(export(tables, "jsonl", "examples", &text, &err), err);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "\"prediction\": \"\xEF\xBF\xBD!\""));
  bs_text_free(&text);
  bs_tables_free(&tables);
}

static void bad_requests_are_refused(void) {
  bs_error err = {0};
  bs_text text = {0};
  bs_tables *tables = odd_tables("");
  bool needs_analysis;
  BS_TEST_FAILS(export(tables, "cvs", "examples", &text, &err), BS_ERR_USAGE, err,
                "unknown format \"cvs\", the known ones are csv, jsonl");
  BS_TEST_FAILS(export(tables, "csv", "example", &text, &err), BS_ERR_USAGE, err,
                "unknown table \"example\", the known ones are models, tasks, inputs, targets");
  BS_TEST_FAILS(export(tables, "csv", "", &text, &err), BS_ERR_USAGE, err, "unknown table");
  BS_TEST_FAILS(export(tables, "csv", NULL, &text, &err), BS_ERR_USAGE, err, "must be named");
  BS_TEST_FAILS(export(tables, "csv", "scores", &text, &err), BS_ERR_INTERNAL, err, "no analysis");
  bs_export_request request = {.table = "scores"};
  BS_TEST_OK(bs_export_format_find(&request.format, "csv", &err), err);
  BS_TEST_OK(bs_export_check(&request, &needs_analysis, &err), err);
  CU_ASSERT_TRUE(needs_analysis);
  request.table = "run/units";
  BS_TEST_OK(bs_export_check(&request, &needs_analysis, &err), err);
  CU_ASSERT_FALSE(needs_analysis);
  bs_text_free(&text);
  bs_tables_free(&tables);
}

static void formats_are_listed(void) {
  for (size_t i = 0; i < bs_export_format_count(); i++) {
    const bs_export_format *format = bs_export_format_at(i), *found;
    CU_ASSERT_EQUAL(bs_export_format_find(&found, bs_export_format_name(format), NULL), BS_OK);
    CU_ASSERT_PTR_EQUAL(found, format);
    CU_ASSERT_TRUE(strlen(bs_export_format_description(format)) > 0);
  }
  CU_ASSERT_PTR_NULL(bs_export_format_at(bs_export_format_count()));
}

int main(void) {
  static const bs_test tests[] = {
      {"odd values are written", odd_values_are_written},
      {"exported text is UTF-8", exported_text_is_utf8},
      {"bad requests are refused", bad_requests_are_refused},
      {"formats are listed", formats_are_listed},
  };
  return bs_test_main("export", tests, sizeof tests / sizeof *tests);
}
