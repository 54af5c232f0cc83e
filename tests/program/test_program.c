/* The program as its users call it: usage, tasks shown and checked, scores analyzed. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/json.h"
#include "calling.h"
#include "harness.h"

static void wrong_usage_is_told(void) {
  static const struct {
    const char *arguments, *message;
  } cases[] = {
      {"", "bigsweep run"},
      {"tokenise", "did you mean \"tokenize\"?"},
      {"tokenize", "option --model DIR is missing"},
      {"tokenize --modle x", "did you mean --model?"},
      {"loglik --model x --threads 0", "expected a whole number from 1"},
      {"loglik --model x --dtype f64", "f64"},
      {"rnu", "did you mean \"run\"?"},
      {"hepl", "did you mean \"help\"?"},
      {"engine-proces", "unknown command"},
      {"help rnu", "did you mean \"run\"?"},
      {"run none.json", "none.json: cannot read"},
      {"plan none.json", "none.json: cannot read"},
      {"analyze none.h5", "no such file: none.h5"},
      {"analyze --scores none.csv", "no such file: none.csv"},
      {"rescore none.h5", "no such file: none.h5"},
      {"prompt none.json", "no such file: none.json"},
      {"prompt --task t", "--task NAME is one of --config CONFIG.json: give both"},
      {"tokenize --model none", "no such folder: none. If none is a name on the Hugging Face Hub"},
      {"loglik --model none", "no such folder: none. If none is a name on the Hugging Face Hub"},
      {"prompt", "expected a task file, with --variant if wanted, or --config"},
      {"prompt a --config b", "expected a task file"},
      {"prompt --config b --task c --variant d", "expected a task file"},
      {"prompt none.json --variant {", "--variant: line 1"},
      {"prompt none.json --variant {\\\"sample\\\":3}", "did you mean \"samples\"?"},
      {"prompt a b", "unexpected argument b"},
      {"prompt a --format x", "unknown format \"x\", the known ones are auto, bigbench"},
      {"validate a --format x", "unknown format \"x\""},
      {"analyze", "give either"},
      {"analyze none.h5 --csv --tasks t", "choose lines of --table, --json and --markdown; --csv"},
      {"analyze none.h5 --all --shots 0", "choose lines of --table, --json and --markdown; --all"},
      {"analyze --scores none.csv --metrics m",
       "choose lines of --table, --json and --markdown; --csv"},
      {"analyze none.h5 --csv=x", "option --csv: expected linearity, scores or forecasts, found x"},
      {"analyze none.h5 --csv --json", "give one of --csv, --table, --json, --markdown and --all"},
      {"analyze none.h5 --json --sort last", "--sort is of --table and --markdown"},
      {"analyze none.h5 --all --models a", "choose lines of --table, --json and --markdown; --all"},
      {"forecast", "give either"},
      {"forecast --scores none.csv", "no such file: none.csv"},
      {"forecast --scores /dev/null --trajectories none.csv", "no such file: none.csv"},
      {"forecast --scores none.csv --hold 1 --at 3B", "give either --hold or --at"},
      {"forecast --scores /dev/null --hold 0", "--hold"},
      {"run", "an argument is missing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    outcome o = run("", "%s", cases[i].arguments);
    CU_ASSERT_EQUAL(o.code, 2);
    CU_ASSERT_TRUE(has(&o.err, cases[i].message));
    CU_ASSERT_EQUAL(o.out.n_bytes, 0);
    outcome_free(&o);
  }
  static const char *const helps[][2] = {{"--help", "bigsweep analyze"},
                                         {"-h", "bigsweep analyze"},
                                         {"help", "bigsweep analyze"},
                                         {"help run", "--output"},
                                         {"help analyze", "--scores"},
                                         {"run --help", "--output"},
                                         {"version", "bigsweep "},
                                         {"--version", "bigsweep "},
                                         {"-V", "bigsweep "},
                                         {"-v", "bigsweep "}};
  for (size_t i = 0; i < sizeof helps / sizeof *helps; i++) {
    outcome o = run("", "%s", helps[i][0]);
    CU_ASSERT_EQUAL(o.code, 0);
    CU_ASSERT_TRUE(has(&o.out, helps[i][1]));
    CU_ASSERT_EQUAL(o.err.n_bytes, 0);
    outcome_free(&o);
  }
}

static void prompts_are_those_of_the_reference(void) {
  if (!bs_test_have_data("prompts/temporal_sequences.jsonl"))
    return;
  bs_text golden = bs_test_read(bs_test_data("prompts/temporal_sequences.jsonl"));
  outcome o = run("", "prompt %s --shots 2 --max-examples 3",
                  bs_test_data("bigbench/temporal_sequences/task.json"));
  CU_ASSERT_EQUAL(o.code, 0);
  size_t n_compared = 0;
  for (size_t i = 0; i < 40; i++) {
    bs_json *wanted = json_line(&golden, i);
    double example = bs_json_get(wanted->root, "example")->valuedouble;
    if (bs_json_get(wanted->root, "shots")->valuedouble == 2 && example < 3) {
      bs_json *line = json_line(&o.out, (size_t)example);
      CU_ASSERT_TRUE(cJSON_Compare(line->root, wanted->root, 1));
      bs_json_free(&line);
      n_compared++;
    }
    bs_json_free(&wanted);
  }
  CU_ASSERT_EQUAL(n_compared, 3);
  outcome_free(&o);
  bs_text_free(&golden);
}

static void prompts_of_variants_are_shown(void) {
  /* Of a file, with a variant on the command line that says how many shots. */
  outcome o = run("",
                  "prompt %s/tasks/ladder_facts/task.json --max-examples 2 --variant "
                  "\"{\\\"answer\\\": \\\"text\\\", \\\"example_output_prefix\\\": \\\" -> \\\", "
                  "\\\"shots\\\": [1]}\"",
                  BS_SOURCE_DIR);
  CU_ASSERT_EQUAL(o.code, 0);
  bs_json *line = json_line(&o.out, 1);
  CU_ASSERT_STRING_EQUAL(bs_json_get(line->root, "prompt")->valuestring,
                         "\nQ: home vikal -> cove\nQ: home bozus -> ");
  CU_ASSERT_TRUE(cJSON_IsNull(bs_json_get(line->root, "choices")));
  CU_ASSERT_STRING_EQUAL(bs_json_get(line->root, "targets")->child->valuestring, "camp");
  CU_ASSERT_PTR_NULL(bs_json_get(line->root, "reasoning_prompt"));
  bs_json_free(&line);
  outcome_free(&o);
  /* Of a configuration, by the name in the results. */
  o = run("",
          "prompt --config %s/configs/ladder_prompts.json --task ladder_facts@two_steps "
          "--max-examples 1",
          BS_SOURCE_DIR);
  CU_ASSERT_EQUAL(o.code, 0);
  line = json_line(&o.out, 0);
  CU_ASSERT_STRING_EQUAL(bs_json_get(line->root, "prompt")->valuestring, "\nQ: home rovog\nA: ");
  CU_ASSERT_STRING_EQUAL(bs_json_get(line->root, "reasoning_prompt")->valuestring,
                         "Let's think step by step.");
  CU_ASSERT_STRING_EQUAL(bs_json_get(line->root, "answer_prompt")->valuestring,
                         "\nSo the answer is ");
  CU_ASSERT_EQUAL(cJSON_GetArraySize(bs_json_get(line->root, "choices")), 4);
  bs_json_free(&line);
  outcome_free(&o);
  o = run("", "prompt --config %s/configs/ladder_prompts.json --task ladder_facts@none",
          BS_SOURCE_DIR);
  CU_ASSERT_EQUAL(o.code, 2);
  CU_ASSERT_TRUE(has(&o.err, "no usable task is named \"ladder_facts@none\""));
  outcome_free(&o);
}

static void validate_places_every_fault(void) {
  static const char task[] =
      "{\n\"examples\": [\n{\"input\": 1, \"target\": \"a\"},\n{\"input\": \"x\"}],\n"
      "\"metrics\": [\"exact_str_mach\"]}";
  const char *path = bs_test_write("task.json", task, strlen(task));
  outcome o = run("", "validate %s", path);
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "line 3"));
  CU_ASSERT_TRUE(has(&o.err, "line 4"));
  CU_ASSERT_TRUE(has(&o.err, "exact_str_match"));
  outcome_free(&o);
  o = run("", "validate %s/tasks/ladder_facts/task.json %s/tasks/ladder_addition/task.json",
          BS_SOURCE_DIR, BS_SOURCE_DIR);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "ladder_addition/task.json: ok"));
  outcome_free(&o);
}

static void formats_are_told_or_given(void) {
  static const char csv[] = "prompt,classes,answer_index\nIs it?,\"[' a', ' b']\",1\n"
                            "p,\"[' a', ' b'\",1\nq,\"[' a', ' b']\",2\n";
  static const char jsonl[] = "{\"input\": \"i\", \"target\": \"t\"}\n";
  static const char parent[] = "{\"subtasks\": [\"a\"], \"metrics\": [\"exact_str_match\"]}";
  const char *path = bs_test_write("prize.csv", csv, strlen(csv));
  outcome o = run("", "validate %s", path);
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "prize.csv: line 3: classes: byte 12 of the list: expected"));
  CU_ASSERT_TRUE(has(&o.err, "prize.csv: line 4: answer_index: expected"));
  CU_ASSERT_TRUE(has(&o.out, "prize.csv: 2 faults"));
  outcome_free(&o);
  o = run("", "validate %s --format mmlu", path);
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "line 1: $: expected 6 fields, found 3"));
  outcome_free(&o);
  path = bs_test_write("own", jsonl, strlen(jsonl));
  o = run("", "validate %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "own: ok, 1 example\n"));
  outcome_free(&o);
  o = run("", "prompt %s --format jsonl", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "\"prompt\": \"\\nQ: i\\nA: \", \"choices\": null"));
  outcome_free(&o);
  o = run("", "prompt %s --format bbh", path);
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "key \"examples\" is missing"));
  outcome_free(&o);
  mkdir(bs_test_path("parent"), 0777);
  mkdir(bs_test_path("parent/a"), 0777);
  static const char child[] = "{\"metrics\": [\"exact_str_match\"], \"preferred_score\": "
                              "\"exact_str_match\", \"examples\": [{\"input\": \"i\", "
                              "\"target\": \"t\"}]}";
  bs_test_write("parent/a/task.json", child, strlen(child));
  path = bs_test_write("parent/task.json", parent, strlen(parent));
  o = run("", "validate %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "made of 1 subtask\n"));
  CU_ASSERT_TRUE(has(&o.out, "parent/a/task.json: ok, 1 example\n"));
  outcome_free(&o);
  o = run("", "validate %s", bs_test_path("parent"));
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "parent/a/task.json: ok"));
  outcome_free(&o);
  o = run("", "prompt %s", bs_test_path("parent/a"));
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "Q: i"));
  outcome_free(&o);
  bs_test_write("parent/a/task.json", "{}", 2);
  o = run("", "validate %s", bs_test_path("parent/task.json"));
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.out, "parent/a/task.json: 1 fault\n"));
  outcome_free(&o);
  remove(bs_test_path("parent/a/task.json"));
  o = run("", "validate %s", bs_test_path("parent/task.json"));
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "subtasks[0]: no such file"));
  outcome_free(&o);
}

static void tasks_of_a_configuration_are_suggested(void) {
  char config[8192];
  snprintf(
      config, sizeof config,
      "{\"models\": [\"%s\"], \"variants\": {\"line\": {\"output_regex\": \"[^\\\\n]+\"}}, "
      "\"tasks\": [{\"path\": \"%s/tasks/ladder_*\", \"name\": \"ladder:{task}\", \"variants\": "
      "[\"plain\", \"line\"]}]}",
      ladder("3k"), BS_SOURCE_DIR);
  char path[4096];
  snprintf(path, sizeof path, "%s", bs_test_write("suggest.json", config, strlen(config)));
  static const char *const cases[][2] = {
      {"--task ladder_facts", "did you mean \"ladder:ladder_facts\"?"},
      {"--task ladder:ladder_fact", "did you mean \"ladder:ladder_facts\"?"},
      {"--task ladder_facts@line", "did you mean \"ladder:ladder_facts@line\"?"},
      {"",
       "--config needs --task NAME, one of: ladder:ladder_addition, ladder:ladder_addition@line,"},
      {"", " more\n"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    outcome o = run("", "prompt --config %s %s", path, cases[i][0]);
    CU_ASSERT_EQUAL(o.code, 2);
    CU_ASSERT_TRUE(has(&o.err, cases[i][1]));
    outcome_free(&o);
  }
  outcome o = run("", "prompt --config %s --task ladder:ladder_facts --max-examples 1", path);
  CU_ASSERT_EQUAL(o.code, 0);
  outcome_free(&o);
}

static void analyze_reads_a_table(void) {
  static const char csv[] =
      "family,model,scale,task,metric,shots,value\nf,a,10,t,m,0,0.1\nf,b,100,t,m,0,0.2\n"
      "f,c,1000,t,m,0,0.3\n";
  const char *path = bs_test_write("scores.csv", csv, strlen(csv));
  outcome o = run("", "analyze --scores %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "family,shots,task,metric,n,improvement,linearity,breakthroughness"));
  CU_ASSERT_TRUE(has(&o.out, "f,0,t,m,3,"));
  outcome_free(&o);
  o = run("", "analyze --scores %s", bs_test_path("absent.csv"));
  CU_ASSERT_EQUAL(o.code, 2); /* like any file that the command line names and that is not there */
  CU_ASSERT_TRUE(has(&o.err, "absent.csv"));
  outcome_free(&o);
  /* as a filter */
  o = run(csv, "analyze --scores -");
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "f,0,t,m,3,"));
  outcome_free(&o);
  o = run(csv, "analyze --scores /dev/stdin");
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "f,0,t,m,3,"));
  outcome_free(&o);
  o = run("family,model\n", "analyze --scores -");
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "standard input: line 1: no column \"scale\""));
  outcome_free(&o);
  o = run("", "analyze --scores %s", bs_test_folder());
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "expected a file, found a folder"));
  outcome_free(&o);
}

static void forecast_reads_a_table(void) {
  static const char csv[] =
      "family,model,scale,task,metric,shots,value\nf,a,1e6,t,acc,0,0.1\nf,b,4e6,t,acc,0,0.2\n"
      "f,c,16e6,t,acc,0,0.3\nf,d,64e6,t,acc,0,0.4\nf,e,256e6,t,acc,0,0.5\n";
  const char *path = bs_test_write("forecast.csv", csv, strlen(csv));
  outcome o = run("", "forecast --scores %s --csv", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(
      has(&o.out, "family,shots,task,metric,method,scale,forecast,low80,high80,observed,reason\n"));
  CU_ASSERT_TRUE(has(&o.out, "f,0,t,acc,median4,1024000000,0."));
  outcome_free(&o);
  o = run(csv, "forecast --scores - --at 1.5B,2e9");
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "at 1.5B"));
  CU_ASSERT_TRUE(has(&o.out, "at 2B"));
  CU_ASSERT_TRUE(has(&o.out, "80 % interval"));
  outcome_free(&o);
  o = run("", "forecast --scores %s --hold 1", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "is 0.500"));
  CU_ASSERT_TRUE(has(&o.out, "back-test"));
  outcome_free(&o);
  static const char empty[] = "family,model,scale,task,metric,shots,value\n";
  o = run(empty, "forecast --scores -");
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "no scores, so there is nothing to forecast"));
  CU_ASSERT_FALSE(has(&o.out, "80 % interval"));
  outcome_free(&o);
  char named[512];
  snprintf(named, sizeof named, "%s", bs_test_path("forecast.csv"));
  o = run("", "forecast --scores %s --trajectories %s", named, named);
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "nothing in them belongs to the scores"));
  outcome_free(&o);
  static const char *const wrong[] = {"3X", "-1", "0", "nan", "inf", "1e999", "x", "0x10"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    o = run("", "forecast --scores %s --at %s", bs_test_path("forecast.csv"), wrong[i]);
    CU_ASSERT_EQUAL(o.code, 2);
    CU_ASSERT_TRUE(has(&o.err, "option --at: expected sizes above 0"));
    outcome_free(&o);
  }
}

/* A word may follow --csv, or a file. */
static void analyze_prints_tables_as_csv(void) {
  static const char csv[] =
      "family,model,scale,task,metric,shots,value\nf,a,1e6,t,acc,0,0.1\nf,b,4e6,t,acc,0,0.2\n"
      "f,c,16e6,t,acc,0,0.3\nf,d,64e6,t,acc,0,0.4\n";
  static const struct {
    const char *options, *head;
  } CASES[] = {{"--csv", "family,shots,task,metric,n,improvement,"},
               {"--csv linearity", "family,shots,task,metric,n,improvement,"},
               {"--csv scores", "family,model,scale,task,metric,shots,value,stderr,n,"},
               {"--csv=forecasts", "family,shots,task,metric,method,scale,forecast,"},
               {"--markdown", "### family f\n"},
               {"--json", "[\n{\"family\": \"f\""},
               {"--table --sort last", "family f\n"}};
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    outcome o = run(csv, "analyze %s --scores -", CASES[i].options);
    CU_ASSERT_EQUAL(o.code, 0);
    CU_ASSERT_EQUAL(strncmp(o.out.data, CASES[i].head, strlen(CASES[i].head)), 0);
    outcome_free(&o);
  }
  outcome o = run("", "analyze --csv none.h5");
  CU_ASSERT_TRUE(has(&o.err, "no such file: none.h5"));
  outcome_free(&o);
}

static void analyze_names_models_of_one_scale(void) {
  static const char csv[] = "family,model,scale,task,metric,shots,value\nf,base,10,t,m,0,0.25\n"
                            "f,tuned,10,t,m,0,0.75\nf,b,100,t,m,0,0.5\nf,c,1000,t,m,0,1\n";
  char path[512];
  snprintf(path, sizeof path, "%s", bs_test_write("scores.csv", csv, strlen(csv)));
  outcome o = run("", "analyze --scores %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "f,0,t,m,3,,,,,,,1,")); /* no linearity of what is mixed */
  CU_ASSERT_TRUE(
      has(&o.err, "family \"f\" has different models of the same scale: base and tuned"));
  outcome_free(&o);
  o = run("", "analyze --all --scores %s", path);
  CU_ASSERT_TRUE(has(&o.out, "n   base  tuned    100     1K  I  L  B\n"));
  CU_ASSERT_TRUE(has(&o.out, "-  0.250  0.750  0.500  1.000  -  -  -\n"));
  outcome_free(&o);
  o = run("", "analyze --table --scores %s", path);
  CU_ASSERT_TRUE(has(&o.out, "several models of one scale: I, L and B are undefined\n"));
  CU_ASSERT_TRUE(has(
      &o.out, "t     \xE2\x96\x83\xE2\x96\x87\xE2\x96\x85\xE2\x96\x88   0.250  1.00  -      -"));
  outcome_free(&o);
  o = run("", "analyze --scores %s --table --tasks t --metrics n", path);
  CU_ASSERT_EQUAL(o.code, 2);
  CU_ASSERT_TRUE(has(&o.err, "there is no metric \"n\""));
  outcome_free(&o);
  o = run("", "analyze --scores %s --table --shots 0,7", path);
  CU_ASSERT_EQUAL(o.code, 2);
  CU_ASSERT_TRUE(has(&o.err, "there are no scores with 7 shots"));
  outcome_free(&o);
  o = run("", "analyze --scores %s --table --shots 0,x", path);
  CU_ASSERT_EQUAL(o.code, 2);
  CU_ASSERT_TRUE(has(&o.err, "option --shots: expected numbers, found \"x\""));
  outcome_free(&o);
  o = run("", "analyze --scores %s --table --tasks t,,u", path);
  CU_ASSERT_EQUAL(o.code, 2);
  CU_ASSERT_TRUE(has(&o.err, "option --tasks: expected texts with commas between them"));
  outcome_free(&o);
}

int main(void) {
  static const bs_test tests[] = {
      {"wrong usage is told", wrong_usage_is_told},
      {"prompts are those of the reference", prompts_are_those_of_the_reference},
      {"prompts of variants are shown", prompts_of_variants_are_shown},
      {"validate places every fault", validate_places_every_fault},
      {"formats of tasks are told or given", formats_are_told_or_given},
      {"analyze reads a table", analyze_reads_a_table},
      {"tasks of a configuration are suggested", tasks_of_a_configuration_are_suggested},
      {"forecast reads a table", forecast_reads_a_table},
      {"analyze prints tables as CSV", analyze_prints_tables_as_csv},
      {"analyze names models of one scale", analyze_names_models_of_one_scale},
  };
  return bs_test_main("program", tests, sizeof tests / sizeof *tests);
}
