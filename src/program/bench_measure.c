/* Each measurement runs the engine and the bare products of the same shapes in turn, so that a
   machine whose speed drifts does not favour one of them. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/bench.h"
#include "bigsweep/helpers.h"
#include "program/bench.h"
#include "program/bench_peak.h"

static const double LEAST_SECONDS = 0.5; /* measured of one figure, by more runs than asked for */
static const double MOST_SECONDS = 20;   /* after which no further run begins */
enum { MAX_RUNS = 64 };

typedef struct bench {
  bench_report *report;
  bs_engine *engine;
  bs_bare *bare;
  size_t batch_tokens, n_runs;
  size_t n_prompt, n_item; /* tokens, less than planned where the model has few positions */
  size_t n_decode_prompt, n_decode_steps;
  int32_t *ids; /* [n_ids] random tokens */
  size_t n_ids;
  uint64_t resident;
} bench;

/* What one run took and did. */
typedef struct run_result {
  double seconds, bare_seconds;
  double tokens, flops;
  bs_engine_work work;
} run_result;

/* One kind of measurement. `n` is the number of sequences. */
typedef struct kind {
  bs_status (*run)(bench *b, size_t n, run_result *result, bs_error *err);
  size_t n;
  const char *name; /* takes n and tokens */
} kind;

static bs_status time_bare(bench *b, const bs_bare_pass *pass, size_t n_passes, double *seconds,
                           bs_error *err) {
  bs_status status = BS_OK;
  double begin = omp_get_wtime();
  for (size_t i = 0; i < n_passes && status == BS_OK; i++)
    status = bs_bare_run(b->bare, pass, err);
  *seconds = omp_get_wtime() - begin;
  return status;
}

/* What the engine has done since `before`. */
static bs_engine_work work_since(const bench *b, const bs_engine_work *before) {
  bs_engine_work now;
  bs_engine_work_done(b->engine, &now);
  return (bs_engine_work){.tokens_asked = now.tokens_asked - before->tokens_asked,
                          .tokens_computed = now.tokens_computed - before->tokens_computed,
                          .logits_computed = now.logits_computed - before->logits_computed};
}

/* Scores the requests; any that failed is an error. */
static bs_status time_score(bench *b, const bs_score_request *requests, size_t n,
                            run_result *result, bs_error *err) {
  bs_score_result *results = NULL;
  bs_engine_work before;
  bs_engine_work_done(b->engine, &before);
  double begin = omp_get_wtime();
  bs_status status = bs_engine_score(b->engine, requests, n, &results, err);
  result->seconds = omp_get_wtime() - begin;
  result->work = work_since(b, &before);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    if (results[i].error.status != BS_OK)
      status = bs_error_set(err, results[i].error.status, "%s", results[i].error.message);
  bs_score_results_free(&results, n);
  result->tokens = (double)result->work.tokens_computed;
  return status;
}

/* Of a prompt of n tokens those that an encoder reads, and those that stand before an answer. */
static size_t read_of(const bench *b, size_t n) { return b->report->info.has_encoder ? n : 0; }
static size_t before_of(const bench *b, size_t n) { return b->report->info.has_encoder ? 1 : n; }

/* n texts have a prompt of n_prompt tokens each; work->tokens_computed tokens went through. */
static bs_bare_pass pass_of(const bench *b, size_t n, size_t n_prompt, const bs_engine_work *work) {
  size_t n_read = n * read_of(b, n_prompt);
  return (bs_bare_pass){.n_read = n_read,
                        .n_rows = work->tokens_computed - n_read,
                        .n_outputs = work->logits_computed};
}

static bs_score_request ask(const bench *b, const int32_t *ids, size_t n,
                            const bs_token_span *answers, size_t n_answers) {
  const bs_token_span prompt = {ids, n}, none = {0};
  bool reads = b->report->info.has_encoder;
  return (bs_score_request){.context = reads ? none : prompt,
                            .continuations = answers,
                            .n_continuations = n_answers,
                            .source = reads ? prompt : none};
}

/* n prompts that share nothing; of each only the token after it is wanted. */
static bs_status run_prompts(bench *b, size_t n, run_result *result, bs_error *err) {
  bs_score_request *requests = bs_array_new(n, sizeof *requests, err);
  bs_token_span *next = bs_array_new(n, sizeof *next, err);
  bs_status status = requests == NULL || next == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    next[i] = (bs_token_span){b->ids + i, 1};
    requests[i] = ask(b, b->ids + i * b->n_prompt, b->n_prompt, &next[i], 1);
  }
  if (status == BS_OK)
    status = time_score(b, requests, n, result, err);
  if (status == BS_OK) {
    const bs_bare_pass pass = pass_of(b, n, b->n_prompt, &result->work);
    result->flops = bs_bare_flops(b->engine, &pass) +
                    (double)n * (bs_attention_flops(b->engine, 0, before_of(b, b->n_prompt), 1) +
                                 bs_encoder_attention_flops(b->engine, read_of(b, b->n_prompt)) +
                                 bs_cross_attention_flops(b->engine, read_of(b, b->n_prompt), 1));
    status = time_bare(b, &pass, 1, &result->bare_seconds, err);
  }
  free(requests);
  free(next);
  return status;
}

/* A question and its choices. */
static bs_status run_item(bench *b, size_t n, run_result *result, bs_error *err) {
  bs_token_span choices[BENCH_CHOICES];
  for (size_t i = 0; i < BENCH_CHOICES; i++)
    choices[i] = (bs_token_span){b->ids + b->n_item + i * BENCH_CHOICE, BENCH_CHOICE};
  const bs_score_request request = ask(b, b->ids, b->n_item, choices, BENCH_CHOICES);
  (void)n;
  bs_status status = time_score(b, &request, 1, result, err);
  if (status != BS_OK)
    return status;
  const bs_bare_pass pass = pass_of(b, 1, b->n_item, &result->work);
  size_t before = before_of(b, b->n_item);
  result->flops =
      bs_bare_flops(b->engine, &pass) + bs_attention_flops(b->engine, 0, before, 1) +
      BENCH_CHOICES * bs_attention_flops(b->engine, before, BENCH_CHOICE - 1, BENCH_CHOICE - 1) +
      bs_encoder_attention_flops(b->engine, read_of(b, b->n_item)) +
      bs_cross_attention_flops(b->engine, read_of(b, b->n_item), pass.n_rows);
  return time_bare(b, &pass, 1, &result->bare_seconds, err);
}

/* The steps after the last stream has its first token. */
typedef struct decoding {
  bench *b;
  double begin, end, flops;
  size_t n_tokens;
} decoding;

static bool count_token(void *user, size_t index, const int32_t *ids, size_t n) {
  decoding *d = user;
  (void)index, (void)ids;
  d->end = omp_get_wtime();
  if (n == 1) {
    d->begin = d->end;
    d->n_tokens = 0;
    d->flops = 0;
    return false;
  }
  d->n_tokens++;
  size_t n_prompt = d->b->n_decode_prompt;
  d->flops += bs_attention_flops(d->b->engine, before_of(d->b, n_prompt) + n - 2, 1, 1) +
              bs_cross_attention_flops(d->b->engine, read_of(d->b, n_prompt), 1);
  return false;
}

static bs_status run_decode(bench *b, size_t n, run_result *result, bs_error *err) {
  bs_generate_request *requests = bs_array_new(n, sizeof *requests, err);
  if (requests == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) {
    const bs_token_span text = {b->ids + i * b->n_decode_prompt, b->n_decode_prompt}, none = {0};
    bool reads = b->report->info.has_encoder;
    requests[i] = (bs_generate_request){.prompt = reads ? none : text,
                                        .source = reads ? text : none,
                                        .max_tokens = b->n_decode_steps + 1};
  }
  bs_generate_result *results = NULL;
  decoding d = {.b = b};
  bs_engine_work before;
  bs_engine_work_done(b->engine, &before);
  bs_status status = bs_engine_generate(b->engine, requests, n, count_token, &d, &results, err);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    if (results[i].error.status != BS_OK)
      status = bs_error_set(err, results[i].error.status, "%s", results[i].error.message);
  bs_generate_results_free(&results, n);
  free(requests);
  if (status == BS_OK && d.n_tokens == 0)
    status = bs_error_set(err, BS_ERR_INPUT, "the model ends its text at once: nothing to time");
  if (status != BS_OK)
    return status;
  const bs_bare_pass one = {.n_rows = 1, .n_outputs = 1}, all = {.n_rows = n, .n_outputs = n};
  *result = (run_result){.seconds = d.end - d.begin,
                         .work = work_since(b, &before),
                         .tokens = (double)d.n_tokens,
                         .flops = d.flops + (double)d.n_tokens * bs_bare_flops(b->engine, &one)};
  status = time_bare(b, &all, b->n_decode_steps, &result->bare_seconds, err);
  /* A model that ended some texts early computed less. */
  result->bare_seconds *= (double)d.n_tokens / (double)(n * b->n_decode_steps);
  return status;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* One to warm up, then the runs that count. */
static bs_status measure(bench *b, const kind *what, int n_threads, bench_figure *figure,
                         bs_error *err) {
  double seconds[MAX_RUNS], total = 0;
  run_result result = {0};
  *figure = (bench_figure){.n_threads = n_threads, .bare = -1};
  snprintf(figure->name, sizeof figure->name, "%s", what->name);
  bs_status status = what->run(b, what->n, &result, err);
  while (status == BS_OK && figure->n_runs < MAX_RUNS &&
         (figure->n_runs < b->n_runs || total < LEAST_SECONDS) && total < MOST_SECONDS) {
    status = what->run(b, what->n, &result, err);
    seconds[figure->n_runs++] = result.seconds;
    total += result.seconds;
    if (figure->bare < 0 || result.bare_seconds < figure->bare)
      figure->bare = result.bare_seconds;
  }
  if (status != BS_OK)
    return status;
  qsort(seconds, figure->n_runs, sizeof *seconds, by_value);
  size_t middle = figure->n_runs / 2;
  figure->best = seconds[0];
  figure->median =
      figure->n_runs % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
  figure->tokens = result.tokens;
  figure->flops = result.flops;
  figure->work = result.work;
  uint64_t now = bs_memory_resident();
  if (now > b->resident && now - b->resident > b->report->peak_bytes)
    b->report->peak_bytes = now - b->resident;
  return BS_OK;
}

/* All kinds on one number of threads. */
static bs_status measure_all(bench *b, int n_threads, bs_error *err) {
  char names[5][48];
  size_t n_many = b->batch_tokens / b->n_prompt;
  snprintf(names[0], sizeof names[0], "prompt of %zu tokens", b->n_prompt);
  snprintf(names[1], sizeof names[1], "%zu prompts of %zu tokens", n_many, b->n_prompt);
  snprintf(names[2], sizeof names[2], "item, %zu + %d x %d tokens", b->n_item, BENCH_CHOICES,
           BENCH_CHOICE);
  snprintf(names[3], sizeof names[3], "decoding, 1 text");
  snprintf(names[4], sizeof names[4], "decoding, %d texts", BENCH_DECODE_BATCH);
  const kind kinds[] = {{run_prompts, 1, names[0]},
                        {run_prompts, n_many, names[1]},
                        {run_item, 1, names[2]},
                        {run_decode, 1, names[3]},
                        {run_decode, BENCH_DECODE_BATCH, names[4]}};
  bs_status status = BS_OK;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds && status == BS_OK; i++) {
    if (i == 1 && n_many < 2) /* would be the first again */
      continue;
    status = measure(b, &kinds[i], n_threads, &b->report->figures[b->report->n_figures], err);
    b->report->n_figures += status == BS_OK;
  }
  return status;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static bs_status prepare(bench *b, bs_error *err) {
  size_t positions = b->report->info.max_positions;
  if (positions < 2 * BENCH_CHOICE)
    return bs_error_set(err, BS_ERR_INPUT, "a model of %zu positions is too small to measure",
                        positions);
  b->n_prompt = smaller(BENCH_PROMPT, positions);
  b->n_item = smaller(BENCH_ITEM, positions - BENCH_CHOICE);
  b->n_decode_steps = smaller(BENCH_DECODE_STEPS, positions / 2 - 1);
  b->n_decode_prompt = smaller(BENCH_DECODE_PROMPT, positions - b->n_decode_steps - 1);
  size_t most = b->batch_tokens > 2 * BENCH_PROMPT ? b->batch_tokens : 2 * BENCH_PROMPT;
  b->n_ids = most + BENCH_PROMPT;
  b->ids = bs_array_new(b->n_ids, sizeof *b->ids, err);
  if (b->ids == NULL)
    return BS_ERR_MEMORY;
  uint64_t state = 1;
  for (size_t i = 0; i < b->n_ids; i++) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    b->ids[i] = (int32_t)((state >> 33) % b->report->info.vocab_size);
  }
  return bs_bare_new(&b->bare, b->engine, most, err);
}

bs_status bench_measure(bench_report *report, bs_engine *engine, const bench_plan *plan,
                        uint64_t resident, bs_error *err) {
  bench b = {.report = report,
             .engine = engine,
             .batch_tokens = plan->batch_tokens,
             .n_runs = plan->n_runs};
  bs_status status = prepare(&b, err);
  /* The buffers of this measurement are none of the engine's. */
  uint64_t packed = resident + report->packed_bytes, now = bs_memory_resident();
  b.resident = resident + (now > packed ? now - packed : 0);
  for (size_t i = 0; i < plan->n_threads && status == BS_OK; i++) {
    omp_set_num_threads(plan->threads[i]);
    report->peaks[report->n_peaks++] = (bench_peak_figure){
        plan->threads[i], bench_peak(report->isa, plan->threads[i], &report->peak_what)};
    status = measure_all(&b, plan->threads[i], err);
  }
  bs_bare_free(&b.bare);
  free(b.ids);
  return status;
}
