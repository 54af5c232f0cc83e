/* bigsweep tokenize: a filter between text and token ids. */
#include <stdio.h>

#include "bigsweep/tokenizer.h"
#include "program/filter.h"
#include "program/first_tokens.h"
#include "program/options.h"

typedef struct tokenize {
  const bs_command *command;
  bs_tokenizer *tokenizer;
  bool special, explain;
  bs_tokens ids;
  bs_text text;
} tokenize;

/* The text of each token, and a warning where the text brings the token along that is put before
   it. */
static bs_status explain(tokenize *t, const char *text, size_t n_bytes, bs_text *answer,
                         bs_error *err) {
  bool is_doubled = false;
  bs_status status = bs_text_append_string(answer, ", \"tokens\": [", err);
  for (size_t i = 0; i < t->ids.n && status == BS_OK; i++) {
    t->text.n_bytes = 0;
    status = bs_tokenizer_decode(t->tokenizer, &t->ids.ids[i], 1, false, &t->text, err);
    if (status == BS_OK && i > 0)
      status = bs_text_append_string(answer, ", ", err);
    if (status == BS_OK)
      status = bs_json_append_string(answer, t->text.n_bytes > 0 ? t->text.data : "",
                                     t->text.n_bytes, err);
  }
  if (status == BS_OK)
    status = bs_text_append(answer, "]", 1, err);
  t->text.n_bytes = 0;
  if (status == BS_OK)
    status = append_first_tokens(&t->text, t->tokenizer, text, n_bytes, false, &is_doubled, err);
  if (status == BS_OK && is_doubled)
    print_error(t->command, "a text spells out the token that the tokenizer puts before every "
                            "text: in a prompt it stands twice");
  return status;
}

static bs_status encode(void *user, const bs_json *json, bs_text *answer, bs_error *err) {
  tokenize *t = user;
  const char *text = NULL;
  size_t n_bytes = 0;
  t->ids.n = 0;
  bs_status status = get_text(json, "text", &text, &n_bytes, err);
  if (status == BS_OK)
    status = bs_tokenizer_encode(t->tokenizer, text, n_bytes, t->special, &t->ids, err);
  if (status == BS_OK)
    status = bs_text_append_string(answer, "{\"ids\": ", err);
  if (status == BS_OK)
    status = append_ids(answer, t->ids.ids, t->ids.n, err);
  if (status == BS_OK && t->explain)
    status = explain(t, text, n_bytes, answer, err);
  return status == BS_OK ? bs_text_append(answer, "}", 1, err) : status;
}

static bs_status decode(void *user, const bs_json *json, bs_text *answer, bs_error *err) {
  tokenize *t = user;
  t->ids.n = 0;
  t->text.n_bytes = 0;
  bs_status status = get_ids(json, "ids", &t->ids, err);
  if (status == BS_OK)
    status = bs_tokenizer_decode(t->tokenizer, t->ids.ids, t->ids.n, false, &t->text, err);
  if (status == BS_OK)
    status = bs_text_append_string(answer, "{\"text\": ", err);
  if (status == BS_OK)
    status = bs_json_append_string(answer, t->text.data, t->text.n_bytes, err);
  return status == BS_OK ? bs_text_append(answer, "}", 1, err) : status;
}

static bs_status encode_batch(void *user, filter_item *items, size_t n, bs_error *err) {
  (void)err;
  return filter_each(encode, user, items, n);
}

static bs_status decode_batch(void *user, filter_item *items, size_t n, bs_error *err) {
  (void)err;
  return filter_each(decode, user, items, n);
}

static int run(const bs_command *command, int argc, char **argv) {
  const char *model = NULL;
  bool decoding = false;
  tokenize t = {.command = command};
  const option options[] = {
      {.name = "--model", .kind = OPTION_TEXT, .to = &model, .help = "folder with tokenizer.json"},
      {.name = "--special",
       .kind = OPTION_FLAG,
       .to = &t.special,
       .help = "add what the post-processor adds (BOS, EOS)"},
      {.name = "--explain",
       .kind = OPTION_FLAG,
       .to = &t.explain,
       .help = "the text of each token too, and warnings of BOS given twice"},
      {.name = "--decode", .kind = OPTION_FLAG, .to = &decoding, .help = "from ids to text"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 0, 0);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  if (model == NULL)
    bs_error_set(&err, BS_ERR_USAGE, "option --model DIR is missing");
  else if (expect_model(model, &err) == BS_OK)
    bs_tokenizer_open(&t.tokenizer, model, &err);
  if (t.tokenizer != NULL)
    warn_of_tokenizer(command, model, t.tokenizer);
  int code = err.status != BS_OK
                 ? fail(command, &err)
                 : filter_run(command, 1, decoding ? decode_batch : encode_batch, &t);
  bs_tokenizer_free(&t.tokenizer);
  bs_tokens_free(&t.ids);
  bs_text_free(&t.text);
  return code;
}

const bs_command tokenize_command = {"tokenize", "--model DIR [--special] [--explain] [--decode]",
                                     "filter: {\"text\"} to {\"ids\"}, or back with --decode", run};
