/* What the tests of evaluation share. */
#include "evaluating.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

parts open_parts(const char *model) {
  static const bs_engine_options options = {.n_threads = 1, .precision = BS_PRECISION_F32};
  parts p = {0};
  bs_error err = {0};
  BS_TEST_OK(bs_checkpoint_open(&p.checkpoint, model, &err), err);
  BS_TEST_OK(bs_tokenizer_open(&p.tokenizer, model, &err), err);
  BS_TEST_OK(bs_engine_open(&p.engine, p.checkpoint, &options, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p.engine);
  return p;
}

void close_parts(parts *p) {
  bs_engine_free(&p->engine);
  bs_tokenizer_free(&p->tokenizer);
  bs_checkpoint_free(&p->checkpoint);
}

bs_evaluator *open_evaluator(const char *model, const bs_protocol *protocol,
                             const bs_engine_options *options) {
  bs_backend_spec spec = {.place = model};
  bs_error err = {0};
  if (options != NULL)
    spec.engine = *options;
  spec.engine.precision = protocol->precision;
  bs_evaluator *evaluator = calloc(1, sizeof *evaluator);
  CU_ASSERT_PTR_NOT_NULL_FATAL(evaluator);
  evaluator->protocol = *protocol;
  BS_TEST_OK(bs_backend_open(&evaluator->backend, &spec, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(evaluator->backend);
  return evaluator;
}

void close_evaluator(bs_evaluator **evaluator) {
  bs_backend_close(&(*evaluator)->backend);
  free(*evaluator);
  *evaluator = NULL;
}

void generate_plainly(const parts *p, const bs_text *prompt, bs_generate_request request,
                      bs_text *text) {
  bs_error err = {0};
  bs_tokens ids = {0};
  bs_text before = {0}, all = {0};
  size_t n = prompt->n_bytes, at = 0;
  while (n > 0 && strchr(" \t\n", prompt->data[n - 1]) != NULL)
    n--;
  BS_TEST_OK(bs_tokenizer_encode(p->tokenizer, prompt->data, n, true, &ids, &err), err);
  request.prompt = (bs_token_span){ids.ids, ids.n};
  bs_generate_result *results = NULL;
  BS_TEST_OK(bs_engine_generate(p->engine, &request, 1, NULL, NULL, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  BS_TEST_OK(bs_tokenizer_decode(p->tokenizer, ids.ids, ids.n, true, &before, &err), err);
  BS_TEST_OK(bs_tokens_append(&ids, results[0].ids, results[0].n_tokens, &err), err);
  BS_TEST_OK(bs_tokenizer_decode(p->tokenizer, ids.ids, ids.n, true, &all, &err), err);
  bs_text_append(text, "", 0, &err);
  if (results[0].n_tokens > 0) {
    CU_ASSERT_TRUE_FATAL(all.n_bytes >= before.n_bytes);
    const char *added = all.data + before.n_bytes;
    while (n + at < prompt->n_bytes && added[at] == prompt->data[n + at])
      at++;
    bs_text_append_string(text, added + at, &err);
  }
  bs_generate_results_free(&results, 1);
  bs_tokens_free(&ids);
  bs_text_free(&before);
  bs_text_free(&all);
}

bs_tables *new_results(void) {
  size_t n;
  const char *const *names = bs_example_metric_names(&n);
  bs_tables *results = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_tables_new(&results, names, n, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  return results;
}

bool same_bits(const double *a, const double *b, size_t n) {
  return n == 0 || memcmp(a, b, n * sizeof *a) == 0;
}

double number_of(const bs_tables *results, size_t row, const char *name) {
  for (size_t i = 0; i < results->n_metrics; i++)
    if (strcmp(results->metric_names[i], name) == 0)
      return results->metric_values[row * results->n_metrics + i];
  CU_FAIL("no such column");
  return NAN;
}

void check_same(const bs_tables *a, const bs_tables *b) {
  CU_ASSERT_EQUAL_FATAL(a->n_examples, b->n_examples);
  CU_ASSERT_EQUAL_FATAL(a->n_choices, b->n_choices);
  CU_ASSERT_EQUAL_FATAL(a->n_samples, b->n_samples);
  CU_ASSERT_TRUE(same_bits(a->metric_values, b->metric_values, a->n_examples * a->n_metrics));
  for (size_t i = 0; i < a->n_examples; i++) {
    const bs_example_row *x = &a->examples[i], *y = &b->examples[i];
    CU_ASSERT_EQUAL(x->example, y->example);
    CU_ASSERT_TRUE(same_bits(&x->target_logprob, &y->target_logprob, 1));
    CU_ASSERT_EQUAL(x->prompt_tokens, y->prompt_tokens);
    CU_ASSERT_EQUAL(x->truncated_tokens, y->truncated_tokens);
    CU_ASSERT_EQUAL(x->border, y->border);
    CU_ASSERT_EQUAL(x->shots_shown, y->shots_shown);
    CU_ASSERT_STRING_EQUAL(x->prediction, y->prediction);
    CU_ASSERT_STRING_EQUAL(x->generated, y->generated);
    CU_ASSERT_EQUAL(x->first_choice, y->first_choice);
    CU_ASSERT_EQUAL(x->n_choices, y->n_choices);
    CU_ASSERT_EQUAL(x->n_samples, y->n_samples);
  }
  for (size_t i = 0; i < a->n_choices; i++) {
    CU_ASSERT_TRUE(same_bits(&a->choices[i].logprob, &b->choices[i].logprob, 1));
    CU_ASSERT_EQUAL(a->choices[i].tokens, b->choices[i].tokens);
  }
  for (size_t i = 0; i < a->n_samples; i++) {
    CU_ASSERT_EQUAL(a->samples[i].row, b->samples[i].row);
    CU_ASSERT_EQUAL(a->samples[i].sample, b->samples[i].sample);
    CU_ASSERT_STRING_EQUAL(a->samples[i].reasoning, b->samples[i].reasoning);
    CU_ASSERT_STRING_EQUAL(a->samples[i].generated, b->samples[i].generated);
    CU_ASSERT_STRING_EQUAL(a->samples[i].answer, b->samples[i].answer);
  }
}
