/* bigsweep generate: text behind prompts, a line each. */
#include <math.h>
#include <stdlib.h>

#include "bigsweep/helpers.h"
#include "program/filter.h"
#include "program/model_options.h"

enum { MAX_BATCH = 64, MAX_STOPS = 16, DEFAULT_MAX_TOKENS = 128, MAX_NEW_TOKENS = 1 << 20 };

typedef struct line {
  bs_query *query;
  const char *stops[MAX_STOPS];
  bs_text_request request;
} line;

typedef struct generate {
  bs_backend *model;
  bs_tokens ids;         /* of a line that gives ids */
  line lines[MAX_BATCH]; /* of a batch */
  bs_text_request requests[MAX_BATCH];
  size_t line_of[MAX_BATCH]; /* of a request */
} generate;

static bs_status read_stops(const bs_json *json, line *l, bs_error *err) {
  const cJSON *list = bs_json_get(json->root, "stop"), *item;
  l->request.stops = l->stops;
  l->request.n_stops = 0;
  if (list == NULL || cJSON_IsNull(list))
    return BS_OK;
  if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > MAX_STOPS)
    return bs_json_fault(json, list, err, "expected a list of at most %d texts", MAX_STOPS);
  cJSON_ArrayForEach(item, list) {
    if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
      return bs_json_fault(json, item, err, "expected a text that is not empty");
    l->stops[l->request.n_stops++] = item->valuestring;
  }
  return BS_OK;
}

/* Numbers of JSON are exact up to 2^53: larger seeds, as those of a run's samples, are given as
   text. */
static bs_status read_seed(const bs_json *json, uint64_t *out, bs_error *err) {
  const cJSON *member = bs_json_get(json->root, "seed");
  int64_t number = 0;
  if (!cJSON_IsString(member)) {
    bs_status status =
        bs_json_get_integer(json, json->root, "seed", false, 0, (int64_t)1 << 53, &number, err);
    *out = (uint64_t)number;
    return status;
  }
  const char *text = member->valuestring;
  *out = 0;
  bool good = text[0] != '\0';
  for (; good && *text != '\0'; text++) {
    unsigned digit = (unsigned)(unsigned char)*text - '0';
    good = digit < 10 && *out <= (UINT64_MAX - digit) / 10;
    *out = 10 * *out + digit;
  }
  return good ? BS_OK
              : bs_json_fault(json, member, err,
                              "expected a whole number below 2^64 in decimal digits");
}

static bs_status read_numbers(const bs_json *json, bs_text_request *request, bs_error *err) {
  int64_t max_tokens = DEFAULT_MAX_TOKENS;
  request->temperature = 0;
  request->top_p = 1;
  const cJSON *root = json->root;
  bs_status status =
      bs_json_get_integer(json, root, "max_tokens", false, 0, MAX_NEW_TOKENS, &max_tokens, err);
  if (status == BS_OK)
    status = read_seed(json, &request->seed, err);
  if (status == BS_OK)
    status = bs_json_get_double(json, root, "temperature", false, &request->temperature, err);
  if (status == BS_OK && !(request->temperature >= 0 && isfinite(request->temperature)))
    status = bs_json_fault(json, bs_json_get(root, "temperature"), err, "expected 0 or more");
  if (status == BS_OK)
    status = bs_json_get_double(json, root, "top_p", false, &request->top_p, err);
  if (status == BS_OK && !(request->top_p > 0 && request->top_p <= 1))
    status = bs_json_fault(json, bs_json_get(root, "top_p"), err, "expected over 0 and at most 1");
  request->max_tokens = (size_t)max_tokens;
  return status;
}

/* The prompt of a line, given as text or as ids. */
static bs_status read_prompt(generate *g, const bs_json *json, line *l, bs_error *err) {
  bs_question question = {.is_prompt = true};
  bs_passage *prompt = &question.context;
  bs_status status = get_border(json, &question.border, err);
  if (status == BS_OK && bs_json_get(json->root, "prompt_ids") != NULL) {
    g->ids.n = 0;
    status = get_ids(json, "prompt_ids", &g->ids, err);
    prompt->ids = g->ids.ids;
    prompt->n_ids = g->ids.n;
  } else if (status == BS_OK) {
    status = get_text(json, "prompt", &prompt->text, &prompt->n_bytes, err);
  }
  if (status == BS_OK)
    status = bs_backend_ask(&l->query, g->model, &question, err);
  l->request.query = l->query;
  return status;
}

static bs_status read_line(generate *g, const bs_json *json, line *l, bs_error *err) {
  static const char *const known[] = {"prompt",      "prompt_ids", "max_tokens", "stop",
                                      "temperature", "top_p",      "seed",       "border"};
  bs_status status = bs_json_known_keys(json, json->root, known, sizeof known / sizeof *known, err);
  if (status == BS_OK)
    status = read_prompt(g, json, l, err);
  if (status == BS_OK)
    status = read_stops(json, l, err);
  if (status == BS_OK)
    status = read_numbers(json, &l->request, err);
  return status;
}

static bs_status write_answer(const bs_text_result *result, bs_text *answer, bs_error *err) {
  static const char *const finishes[] = {
      [BS_FINISH_LENGTH] = "length", [BS_FINISH_STOP] = "stop", [BS_FINISH_EOS] = "eos"};
  bs_status status = bs_text_append_string(answer, "{\"text\": ", err);
  if (status == BS_OK)
    status = bs_json_append_string(answer, result->text.data, result->text.n_bytes, err);
  if (status == BS_OK)
    status = bs_text_printf(answer, err, ", \"tokens\": %zu, \"finish\": \"%s\"", result->n_tokens,
                            finishes[result->finish]);
  if (status == BS_OK && result->truncated_tokens > 0)
    status = bs_text_printf(answer, err, ", \"truncated_tokens\": %zu", result->truncated_tokens);
  return status == BS_OK ? bs_text_append(answer, "}", 1, err) : status;
}

static bs_status generate_lines(void *user, filter_item *items, size_t n, bs_error *err) {
  generate *g = user;
  size_t n_requests = 0;
  for (size_t i = 0; i < n; i++) {
    if (items[i].error.status != BS_OK ||
        read_line(g, items[i].json, &g->lines[i], &items[i].error) != BS_OK)
      continue;
    g->requests[n_requests] = g->lines[i].request;
    g->line_of[n_requests++] = i;
  }
  bs_text_result *results = NULL;
  bs_status status =
      bs_backend_generate(g->model, g->requests, n_requests, NULL, NULL, &results, err);
  for (size_t r = 0; status == BS_OK && r < n_requests; r++) {
    filter_item *item = &items[g->line_of[r]];
    if (results[r].error.status != BS_OK)
      item->error = results[r].error;
    else
      status = write_answer(&results[r], &item->answer, err);
  }
  bs_text_results_free(&results, n_requests);
  for (size_t i = 0; i < n; i++)
    bs_query_free(&g->lines[i].query);
  return status;
}

static int run(const bs_command *command, int argc, char **argv) {
  model_options values = {0};
  option options[N_MODEL_OPTIONS];
  model_option_rows(&values, options);
  parsed p = options_parse(command, argc, argv, options, N_MODEL_OPTIONS, 0, 0);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  generate *g = bs_array_new(1, sizeof *g, &err);
  if (g == NULL)
    return fail(command, &err);
  int code = model_open(&g->model, &values, &err) != BS_OK
                 ? fail(command, &err)
                 : filter_run(command, MAX_BATCH, generate_lines, g);
  bs_tokens_free(&g->ids);
  bs_backend_close(&g->model);
  free(g);
  return code;
}

const bs_command generate_command = {
    "generate",
    "--model DIR [--dtype auto|f32|bf16x2|bf16] [--threads N] [--isa NAME] "
    "[--transformers V]",
    "filter: {\"prompt\", \"max_tokens\", \"stop\", \"temperature\", "
    "\"top_p\", \"seed\", \"border\"} to {\"text\", \"tokens\", \"finish\"}",
    run};
