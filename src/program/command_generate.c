#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/evaluate.h"
#include "program/filter.h"
#include "program/model.h"

enum { MAX_BATCH = 64, MAX_STOPS = 16, DEFAULT_MAX_TOKENS = 128, MAX_NEW_TOKENS = 1 << 20 };

typedef struct line {
  bs_generation_prompt *prompt;
  const char *stops[MAX_STOPS];
  size_t n_stops;
  bs_generate_request request;
} line;

typedef struct generate {
  model m;
  line *lines; /* [MAX_BATCH] */
  bs_generate_request requests[MAX_BATCH];
  size_t line_of[MAX_BATCH]; /* of a request */
  bs_text text;              /* scratch */
} generate;

static bs_status read_stops(const bs_json *json, line *l, bs_error *err) {
  const cJSON *list = bs_json_get(json->root, "stop"), *item;
  l->n_stops = 0;
  if (list == NULL || cJSON_IsNull(list))
    return BS_OK;
  if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > MAX_STOPS)
    return bs_json_fault(json, list, err, "expected a list of at most %d texts", MAX_STOPS);
  cJSON_ArrayForEach(item, list) {
    if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
      return bs_json_fault(json, item, err, "expected a text that is not empty");
    l->stops[l->n_stops++] = item->valuestring;
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

static bs_status read_numbers(const bs_json *json, bs_generate_request *request, bs_error *err) {
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
static bs_status read_prompt(const model *m, const bs_json *json, line *l, bs_error *err) {
  const char *text = NULL;
  size_t n_bytes = 0;
  bs_border border;
  bs_tokens ids = {0};
  bs_generation_prompt_free(&l->prompt);
  bs_status status = get_border(json, &border, err);
  if (status == BS_OK && bs_json_get(json->root, "prompt_ids") != NULL) {
    status = get_ids(json, "prompt_ids", &ids, err);
    if (status == BS_OK)
      status = bs_generation_prompt_of_ids(&l->prompt, m->tokenizer, ids.ids, ids.n, err);
  } else if (status == BS_OK) {
    status = get_text(json, "prompt", &text, &n_bytes, err);
    if (status == BS_OK)
      status = bs_generation_prompt_new(&l->prompt, m->tokenizer, border, text, n_bytes, err);
  }
  bs_tokens_free(&ids);
  if (status == BS_OK)
    l->request.prompt = bs_generation_prompt_ids(l->prompt);
  return status;
}

static bs_status read_line(const model *m, const bs_json *json, line *l, bs_error *err) {
  static const char *const known[] = {"prompt",      "prompt_ids", "max_tokens", "stop",
                                      "temperature", "top_p",      "seed",       "border"};
  bs_status status = bs_json_known_keys(json, json->root, known, sizeof known / sizeof *known, err);
  if (status == BS_OK)
    status = model_needs_tokenizer(m, err);
  if (status == BS_OK)
    status = read_prompt(m, json, l, err);
  if (status == BS_OK)
    status = read_stops(json, l, err);
  if (status == BS_OK)
    status = read_numbers(json, &l->request, err);
  return status;
}

/* The text that new tokens add to the prompt's, in g->text. */
static bs_status decode_new(generate *g, const line *l, const int32_t *ids, size_t n,
                            bs_error *err) {
  g->text.n_bytes = 0;
  return bs_generation_prompt_decode(l->prompt, ids, n, &g->text, err);
}

/* Where the first of the stop texts begins, or NULL. */
static const char *find_stop(const line *l, const bs_text *text) {
  const char *first = NULL;
  for (size_t i = 0; text->data != NULL && i < l->n_stops; i++) {
    const char *at = strstr(text->data, l->stops[i]);
    if (at != NULL && (first == NULL || at < first))
      first = at;
  }
  return first;
}

static bool stops_here(void *user, size_t index, const int32_t *ids, size_t n) {
  generate *g = user;
  const line *l = &g->lines[g->line_of[index]];
  return l->n_stops > 0 && decode_new(g, l, ids, n, NULL) == BS_OK &&
         find_stop(l, &g->text) != NULL;
}

static bs_status write_answer(generate *g, const line *l, const bs_generate_result *result,
                              bs_text *answer, bs_error *err) {
  static const char *const finishes[] = {
      [BS_FINISH_LENGTH] = "length", [BS_FINISH_STOP] = "stop", [BS_FINISH_EOS] = "eos"};
  bs_status status = decode_new(g, l, result->ids, result->n_tokens, err);
  const char *stop = status == BS_OK ? find_stop(l, &g->text) : NULL;
  size_t n_bytes = stop != NULL ? (size_t)(stop - g->text.data) : g->text.n_bytes;
  if (status == BS_OK)
    status = bs_text_append_string(answer, "{\"text\": ", err);
  if (status == BS_OK)
    status = bs_json_append_string(answer, g->text.data, n_bytes, err);
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
        read_line(&g->m, items[i].json, &g->lines[i], &items[i].error) != BS_OK)
      continue;
    g->requests[n_requests] = g->lines[i].request;
    g->line_of[n_requests++] = i;
  }
  bs_generate_result *results = NULL;
  bs_status status =
      bs_engine_generate(g->m.engine, g->requests, n_requests, stops_here, g, &results, err);
  for (size_t r = 0; status == BS_OK && r < n_requests; r++) {
    filter_item *item = &items[g->line_of[r]];
    if (results[r].error.status != BS_OK)
      item->error = results[r].error;
    else
      status = write_answer(g, &g->lines[g->line_of[r]], &results[r], &item->answer, err);
  }
  bs_generate_results_free(&results, n_requests);
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
  generate g = {.lines = bs_array_new(MAX_BATCH, sizeof(line), &err)};
  if (g.lines != NULL)
    model_open(&g.m, &values, &err);
  int code = err.status != BS_OK ? fail(command, &err)
                                 : filter_run(command, MAX_BATCH, generate_lines, &g);
  for (size_t i = 0; g.lines != NULL && i < MAX_BATCH; i++)
    bs_generation_prompt_free(&g.lines[i].prompt);
  free(g.lines);
  bs_text_free(&g.text);
  model_close(&g.m);
  return code;
}

const bs_command generate_command = {
    "generate", "--model DIR [--dtype auto|f32|bf16x2|bf16] [--threads N] [--isa NAME]",
    "filter: {\"prompt\", \"max_tokens\", \"stop\", \"temperature\", "
    "\"top_p\", \"seed\", \"border\"} to {\"text\", \"tokens\", \"finish\"}",
    run};
