/* bigsweep inspect: what a checkpoint is, from its headers, and why it would be refused. */
#include <stdio.h>
#include <string.h>

#include "bigsweep/checkpoint.h"
#include "bigsweep/engine.h"
#include "bigsweep/json.h"
#include "bigsweep/tokenizer.h"
#include "program/first_tokens.h"
#include "program/options.h"

static const char QUESTION[] = "Q: What is 2 + 3?\nA:";

/* A report is an object of facts in the order in which they are shown. */
static void add_number(cJSON *report, const char *name, uint64_t value) {
  cJSON_AddNumberToObject(report, name, (double)value);
}

static void add_refusal(cJSON *report, const bs_error *err) {
  cJSON *list = cJSON_GetObjectItemCaseSensitive(report, "refused");
  if (list == NULL)
    list = cJSON_AddArrayToObject(report, "refused");
  cJSON_AddItemToArray(list, cJSON_CreateString(err->message));
}

static uint64_t elements_of(const bs_tensor *tensor) {
  uint64_t n = 1;
  for (size_t d = 0; d < tensor->n_dims; d++)
    n *= tensor->shape[d];
  return n;
}

/* How many elements of each type the files hold. */
static void add_types(cJSON *report, const bs_checkpoint *checkpoint) {
  uint64_t n[BS_DTYPES] = {0};
  for (size_t i = 0; i < bs_checkpoint_n_tensors(checkpoint); i++) {
    const bs_tensor *tensor = bs_checkpoint_tensor_at(checkpoint, i);
    n[tensor->dtype] += elements_of(tensor);
  }
  cJSON *types = cJSON_AddObjectToObject(report, "elements");
  for (size_t t = 0; t < BS_DTYPES; t++)
    if (n[t] > 0)
      add_number(types, bs_dtype_name((bs_dtype)t), n[t]);
}

/* Beside the mapped files, with the default batch and number of threads. */
static void add_memory(cJSON *report, const bs_checkpoint *checkpoint) {
  static const bs_precision precisions[] = {BS_PRECISION_F32, BS_PRECISION_BF16X2,
                                            BS_PRECISION_BF16};
  cJSON *memory = cJSON_AddObjectToObject(report, "memory_bytes");
  for (size_t i = 0; i < sizeof precisions / sizeof *precisions; i++) {
    const bs_engine_options options = {.precision = precisions[i]};
    bs_engine_parts parts;
    bs_error fault = {0};
    if (bs_engine_memory_parts(checkpoint, &options, &parts, &fault) == BS_OK)
      add_number(memory, bs_precision_name(precisions[i]),
                 parts.weights + parts.pass + parts.generation);
    else
      cJSON_AddStringToObject(memory, bs_precision_name(precisions[i]), fault.message);
  }
}

static void add_checkpoint(cJSON *report, const bs_checkpoint *checkpoint, cJSON *notes) {
  bs_model_info info;
  bs_checkpoint_info(checkpoint, &info);
  cJSON_AddStringToObject(report, "architecture", info.architecture);
  add_number(report, "layers", info.n_layers);
  add_number(report, "width", info.d_model);
  add_number(report, "vocabulary", info.vocab_size);
  add_number(report, "positions", info.max_positions);
  if (info.has_encoder)
    cJSON_AddBoolToObject(report, "has_encoder", true);
  add_number(report, "parameters", info.parameters);
  add_number(report, "non_embedding_parameters", info.non_embedding_parameters);
  add_number(report, "active_parameters", info.active_parameters);
  add_number(report, "tensors", bs_checkpoint_n_tensors(checkpoint));
  add_types(report, checkpoint);
  add_number(report, "file_bytes", info.weights_bytes);
  add_memory(report, checkpoint);
  for (size_t i = 0; i < bs_checkpoint_n_notes(checkpoint); i++)
    cJSON_AddItemToArray(notes, cJSON_CreateString(bs_checkpoint_note(checkpoint, i)));
}

static bs_status add_tokenizer(cJSON *report, const bs_tokenizer *tokenizer, cJSON *notes,
                               bs_error *err) {
  size_t n;
  bool is_doubled;
  bs_text tokens = {0};
  const char *const *remarks = bs_tokenizer_notes(tokenizer, &n);
  for (size_t i = 0; i < n; i++)
    cJSON_AddItemToArray(notes, cJSON_CreateString(remarks[i]));
  cJSON_AddStringToObject(report, "tokenizer", bs_tokenizer_kind(tokenizer));
  add_number(report, "tokens", bs_tokenizer_vocab_size(tokenizer));
  bs_status status = append_first_tokens(&tokens, tokenizer, QUESTION, sizeof QUESTION - 1, false,
                                         &is_doubled, err);
  if (status == BS_OK)
    cJSON_AddStringToObject(report, "first_tokens", tokens.data != NULL ? tokens.data : "");
  bs_text_free(&tokens);
  return status;
}

/* Of a refused model: what its config.json says, where that can be read. */
static void add_config(cJSON *report, const char *model) {
  static const char *const keys[] = {"architectures",     "model_type", "hidden_size", "n_embd",
                                     "d_model",           "n_layer",    "num_layers",  "vocab_size",
                                     "num_hidden_layers", "torch_dtype"};
  bs_json *json = NULL;
  bs_text path = {0};
  bs_error fault = {0};
  if (bs_text_printf(&path, &fault, "%s/config.json", model) == BS_OK &&
      bs_json_load(&json, path.data, 0, &fault) == BS_OK) {
    cJSON *config = cJSON_AddObjectToObject(report, "config");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
      const cJSON *value = bs_json_get(json->root, keys[i]);
      if (value != NULL)
        cJSON_AddItemToObject(config, keys[i], cJSON_Duplicate(value, true));
    }
  }
  bs_json_free(&json);
  bs_text_free(&path);
}

static cJSON *look_at(const char *model, bs_reading reading) {
  cJSON *report = cJSON_CreateObject(), *notes = cJSON_CreateArray();
  bs_checkpoint *checkpoint = NULL;
  bs_tokenizer *tokenizer = NULL;
  bs_error fault = {0}, tokenizer_fault = {0};
  cJSON_AddStringToObject(report, "model", model);
  if (bs_checkpoint_open_as(&checkpoint, model, reading, &fault) == BS_OK) {
    add_checkpoint(report, checkpoint, notes);
  } else {
    add_config(report, model);
    add_refusal(report, &fault);
  }
  bs_status status = bs_tokenizer_open(&tokenizer, model, &tokenizer_fault);
  if (status == BS_OK)
    status = add_tokenizer(report, tokenizer, notes, &tokenizer_fault);
  if (status == BS_OK && checkpoint != NULL) {
    bs_model_info info;
    bs_checkpoint_info(checkpoint, &info);
    status = bs_tokenizer_check_fits(tokenizer, info.vocab_size, &tokenizer_fault);
  }
  if (status != BS_OK)
    add_refusal(report, &tokenizer_fault);
  cJSON_AddItemToObject(report, "notes", notes);
  bs_tokenizer_free(&tokenizer);
  bs_checkpoint_free(&checkpoint);
  return report;
}

/* A line for each fact; a line for each element of a list. */
static void print_for_people(const cJSON *report) {
  const cJSON *fact, *element;
  cJSON_ArrayForEach(fact, report) {
    if (cJSON_IsArray(fact)) {
      cJSON_ArrayForEach(element, fact) { printf("%-26s%s\n", fact->string, element->valuestring); }
      continue;
    }
    if (cJSON_IsObject(fact)) {
      cJSON_ArrayForEach(element, fact) {
        char *text = cJSON_PrintUnformatted(element);
        printf("%-26s%-20s %s\n", fact->string, element->string, text != NULL ? text : "");
        cJSON_free(text);
      }
      continue;
    }
    char *text = cJSON_IsString(fact) ? NULL : cJSON_PrintUnformatted(fact);
    printf("%-26s%s\n", fact->string, text != NULL ? text : fact->valuestring);
    cJSON_free(text);
  }
}

static int run(const bs_command *command, int argc, char **argv) {
  bool is_json = false;
  const char *transformers = NULL;
  bs_reading reading = BS_READING_DEFAULT;
  const option options[] = {{.name = "--json",
                             .kind = OPTION_FLAG,
                             .to = &is_json,
                             .help = "the same as one JSON object"},
                            {.name = "--transformers",
                             .kind = OPTION_TEXT,
                             .to = &transformers,
                             .help = "version whose reading is meant where they differ: 4.52 or "
                                     "5.0"}};
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1, 1);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  if ((transformers != NULL && bs_reading_parse(&reading, transformers, &err) != BS_OK) ||
      expect_model(p.arguments[0], &err) != BS_OK)
    return fail(command, &err);
  cJSON *report = look_at(p.arguments[0], reading);
  bool is_refused = cJSON_HasObjectItem(report, "refused");
  char *text = is_json ? cJSON_PrintUnformatted(report) : NULL;
  if (text != NULL)
    printf("%s\n", text);
  else
    print_for_people(report);
  cJSON_free(text);
  cJSON_Delete(report);
  return is_refused ? EXIT_BAD_INPUT : EXIT_DONE;
}

const bs_command inspect_command = {"inspect", "MODEL [--json] [--transformers V]",
                                    "what a checkpoint is and needs, from its headers; or why it "
                                    "would be refused",
                                    run};
