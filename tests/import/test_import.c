/* Results of other tools are read, and what is wrong with them is told by file and place. */
#include "bigsweep/import.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "import/import_internal.h"

static const char *write_text(const char *name, const char *text) {
  const char *path = bs_test_path(name);
  FILE *file = fopen(path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  CU_ASSERT_TRUE(fputs(text, file) >= 0);
  CU_ASSERT_EQUAL(fclose(file), 0);
  return path;
}

#define HEADER                                                                                     \
  "family,model,scale,task,metric,shots,value,stderr,n,seed,tokens,compute,chance,"                \
  "preferred_metric\n"

static void files_are_read(void) {
  static const struct {
    const char *file, *rows;
  } cases[] = {
      /* the harness's first versions */
      {"{\"results\": {\"t\": {\"acc\": 0.5, \"acc_stderr\": 0.25, \"acc_norm\": 1}},"
       " \"versions\": {\"t\": 0}, \"config\": {\"model\": \"hf-causal\", \"model_args\":"
       " \"trust=True,pretrained=EleutherAI/pythia-1.4b-deduped,revision=main\","
       " \"num_fewshot\": 5}}",
       "pythia-deduped,pythia-1.4b-deduped,1400000000,t,acc,5,0.5,0.25,,,,,,\n"
       "pythia-deduped,pythia-1.4b-deduped,1400000000,t,acc_norm,5,1,,,,,,,\n"},
      /* later ones */
      {"{\"results\": {\"t\": {\"alias\": \"t\", \"em,none\": 0.5, \"em_stderr,none\": \"N/A\","
       " \"em,strict\": 0.25, \"em_stderr,strict\": 0.125, \"sample_len\": 3}, \"g\": {\" \": \" "
       "\"}},"
       " \"n-shot\": {\"t\": 2}, \"n-samples\": {\"t\": {\"original\": 9, \"effective\": 8}},"
       " \"config\": {\"model_args\": {\"pretrained\": \"x/y\"}, \"model_num_parameters\": 93},"
       " \"model_name\": \"org/tiny\"}",
       "tiny,tiny,93,t,em,2,0.5,,8,,,,,\n"
       "tiny,tiny,93,t,em (strict),2,0.25,0.125,8,,,,,\n"},
      /* as Python writes it */
      {"{\"results\": {\"NaN\": {\"a,none\": NaN, \"b,none\": -Infinity, \"c,none\": 1,"
       " \"c_stderr,none\": NaN}}, \"model_name\": \"a-1b\", \"x\": \"\\\"Infinity\"}",
       "a,a-1b,1000000000,NaN,c,0,1,,,,,,,\n"},
      {"{\"model\": {\"model_family\": \"BIG-G\", \"model_name\": \"128b\", \"total_params\": 7},"
       " \"task\": {\"task_name\": \"t\"}, \"scores\": [{\"score_dict\": {\"a\": 0.5, \"b\": null},"
       " \"preferred_score\": \"a\", \"subtask_description\": \"t:one\", \"low_score\": 0.25,"
       " \"high_score\": 1, \"number_of_shots\": 3}, {\"score_dict\": {\"a\": 1},"
       " \"preferred_score\": \"b\", \"subtask_description\": \"other\"},"
       " {\"score_dict\": {\"a\": 2}}]}",
       "BIG-G,128b,7,t:one,a,3,0.5,,,,,,0.25,a\n"
       "BIG-G,128b,7,t: other,a,0,1,,,,,,,b\n"
       "BIG-G,128b,7,t,a,0,2,,,,,,,\n"},
      {"{\"model_info\": {\"name\": \"n\", \"id\": \"dev/gpt-2b\"}, \"evaluation_results\":"
       " [{\"evaluation_name\": \"t\", \"metric_config\": {\"evaluation_description\": \"acc\"},"
       " \"score_details\": {\"score\": 0.5, \"uncertainty\": {\"standard_error\": {\"value\": "
       "0.25},"
       " \"num_samples\": 4}}, \"generation_config\": {\"additional_details\":"
       " {\"num_fewshot\": \"2\"}}}]}",
       "gpt,gpt-2b,2000000000,t,acc,2,0.5,0.25,4,,,,,\n"},
      {"task,value,metric,model,ignored\n\"a,b\",0.5,acc,m-10M,x\nt,,acc,m-10M,\n",
       "m,m-10M,10000000,\"a,b\",acc,0,0.5,,,,,,,\nm,m-10M,10000000,t,acc,0,,,,,,,,\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_import *import = NULL;
    bs_text table = {0};
    BS_TEST_OK(bs_import_new(&import, &err), err);
    BS_TEST_OK(bs_import_file(import, write_text("one", cases[i].file), &err), err);
    BS_TEST_OK(bs_import_table(import, &table, &err), err);
    CU_ASSERT_EQUAL_FATAL(strncmp(table.data, HEADER, strlen(HEADER)), 0);
    CU_ASSERT_STRING_EQUAL(table.data + strlen(HEADER), cases[i].rows);
    bs_text_free(&table);
    bs_import_free(&import);
  }
}

static void faults_are_told(void) {
  static const struct {
    const char *file, *message;
  } cases[] = {
      {"", "no column \"model\": expected results in JSON, or a table in CSV"},
      {"{", "one: line 1"},
      {"[]", "expected \"results\" (lm-evaluation-harness)"},
      {"{\"results\": {}}", "no name of a model"},
      {"{\"results\": {}, \"model_name\": \"gpt2-xl\"}", "neither the file nor the name tells"},
      {"{\"results\": {\"t\": 1}, \"model_name\": \"a-1b\"}", "results.t: expected an object"},
      {"{\"results\": {\"t\": {\"a\": 1}}, \"model_name\": \"a-1b\",\n\"n-shot\": {\"t\": -1}}",
       "line 2: n-shot.t: expected a number of shots"},
      {"{\"results\": {\"t\": {\"a\": 1,\n\"a,none\": 1}}, \"model_name\": \"a-1b\"}",
       "one: line 2: the score of \"a-1b\" on \"t\", a, 0 shots stands in"},
      {"{\"model\": {}, \"scores\": []}", "no name of a model"},
      {"{\"model\": {\"model_name\": \"1b\"}, \"scores\": [{}]}", "scores[0]: expected an object"},
      {"{\"model\": {\"model_name\": \"1b\"}, \"scores\": [{\"score_dict\": {}}]}",
       "expected a subtask_description"},
      {"{\"model\": {\"model_name\": \"1b\"}, \"scores\": [{\"score_dict\": {},"
       " \"number_of_shots\": 0.5}]}",
       "number_of_shots"},
      {"{\"model_info\": {\"id\": \"a-1b\"}, \"evaluation_results\": [{}]}", "evaluation_name"},
      {"{\"model_info\": {\"id\": \"a-1b\"}, \"evaluation_results\": [{\"evaluation_name\": "
       "\"t\"}]}",
       "score_details.score"},
      {"model,task,metric,value\na-1b,t,m,x\n", "line 2: column value: expected a number"},
      {"model,task,metric,value\na-1b,t,m,1e999\n", "line 2: column value: expected a number"},
      {"model,task,metric,value\na-1b,,m,1\n", "line 2: column task: expected a name"},
      {"model,task,metric,value\na-1b,t,m\n", "line 2: 3 fields, the header has 4"},
      {"model,task,metric,value,shots\na-1b,t,m,1,-1\n", "column shots: expected a whole number"},
      {"model,task,metric,value\na,t,m,1\n", "line 2: model \"a\": neither"},
      {"model,task,value\n", "no column \"metric\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_import *import = NULL;
    BS_TEST_OK(bs_import_new(&import, &err), err);
    BS_TEST_FAILS(bs_import_file(import, write_text("one", cases[i].file), &err), BS_ERR_INPUT, err,
                  cases[i].message);
    bs_import_free(&import);
  }
}

static void names_tell_sizes(void) {
  static const struct {
    const char *name;
    double size;
    const char *family;
  } cases[] = {
      {"pythia-70m", 70e6, "pythia"},
      {"pythia-1.4b-deduped", 1.4e9, "pythia-deduped"},
      {"bloom-7b1", 7.1e9, "bloom"},
      {"Llama-3.1-8B-Instruct", 8e9, "Llama-3.1-Instruct"},
      {"350M", 350e6, "350M"},
      {"6.7b_code", 6.7e9, "code"},
      {"phi-3-mini-4k", NAN, "phi-3-mini-4k"},
      {"gpt2-xl", NAN, "gpt2-xl"},
      {"Mixtral-8x7B", NAN, "Mixtral-8x7B"},
      {"a-1.2.3b", NAN, "a-1.2.3b"},
      {"a-0b", NAN, "a-0b"},
      {"b", NAN, "b"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_import *import = NULL;
    size_t first, n_bytes;
    double size = bs_import_size_in_name(cases[i].name, &first, &n_bytes);
    CU_ASSERT_TRUE(size == cases[i].size || (isnan(size) && isnan(cases[i].size)));
    bs_imported_model model = BS_NO_MODEL;
    model.name = cases[i].name;
    if (isnan(cases[i].size))
      model.scale = 1;
    BS_TEST_OK(bs_import_new(&import, &err), err);
    BS_TEST_OK(bs_import_settle_model(import, &model, &err), err);
    CU_ASSERT_STRING_EQUAL(model.family, cases[i].family);
    bs_import_free(&import);
  }
}

static void a_table_tells_what_models_are(void) {
  bs_error err = {0};
  bs_import *import = NULL;
  bs_text table = {0};
  BS_TEST_OK(bs_import_new(&import, &err), err);
  BS_TEST_OK(bs_import_models(import,
                              write_text("models", "model,scale,family,seed,tokens\n"
                                                   "gpt2-xl,1.5e9,gpt2,,\norg/m-1b,,,7,3e9\n"),
                              &err),
             err);
  BS_TEST_OK(bs_import_file(import,
                            write_text("two", "model,task,metric,value\nhub/gpt2-xl,t,a,1\n"
                                              "org/m-1b,t,a,2\n"),
                            &err),
             err);
  BS_TEST_OK(bs_import_table(import, &table, &err), err);
  CU_ASSERT_STRING_EQUAL(table.data + strlen(HEADER),
                         "gpt2,gpt2-xl,1500000000,t,a,0,1,,,,,,,\n"
                         "m,m-1b,1000000000,t,a,0,2,,,7,3000000000,,,\n");
  BS_TEST_FAILS(bs_import_file(import, bs_test_path("two"), &err), BS_ERR_INPUT, err,
                "given twice");
  BS_TEST_FAILS(bs_import_models(import, write_text("models", "model,scale\nx,0\n"), &err),
                BS_ERR_INPUT, err, "line 2: column scale: expected a number above 0");
  BS_TEST_FAILS(bs_import_models(import, write_text("models", "model\ngpt2-xl\n"), &err),
                BS_ERR_INPUT, err,
                "line 2: column model: expected a model that does not stand above");
  bs_text_free(&table);
  bs_import_free(&import);
}

int main(void) {
  static const bs_test tests[] = {
      {"files are read", files_are_read},
      {"faults are told", faults_are_told},
      {"names tell sizes", names_tell_sizes},
      {"a table tells what models are", a_table_tells_what_models_are},
  };
  return bs_test_main("import", tests, sizeof tests / sizeof *tests);
}
