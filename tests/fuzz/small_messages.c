#include "small_messages.h"

#include <math.h>
#include <stdlib.h>

#include "bigsweep/evaluate.h"
#include "sweep/protocol/frames_internal.h"
#include "sweep/protocol/messages_internal.h"

enum { MODEL = 1, TASK = 2, SHOTS = 3, FIRST = 10, N_EXAMPLES = 5 };

static const bs_unit UNIT = {
    .model = MODEL, .task = TASK, .shots = SHOTS, .first = FIRST, .n = N_EXAMPLES, .cost = 0.5};

static void must(bs_status status) {
  if (status != BS_OK)
    abort();
}

static void make_hello(bs_text *message) {
  const bs_hello hello = {.host = "n1",
                          .isas = "avx2,portable",
                          .n_threads = 3,
                          .n_cores = 4,
                          .n_node_cores = 5,
                          .memory_bytes = UINT64_C(1) << 40};
  must(bs_encode_hello(message, &hello, NULL));
}

static void make_setup(bs_text *message) {
  const char *models[] = {"a", "b/c"}, *prints[] = {"", "89ab"}, *wraps[] = {"chatml", ""},
             *tasks[] = {"{\"path\": \"t\"}"}, *hashes[] = {"0123"};
  const bs_setup setup = {.protocol = {.seed = 42, .max_tokens = 7, .precision = BS_PRECISION_BF16},
                          .threads = 3,
                          .isa = "portable",
                          .model_paths = models,
                          .model_prints = prints,
                          .model_wraps = wraps,
                          .n_models = sizeof models / sizeof *models,
                          .task_specs = tasks,
                          .task_hashes = hashes,
                          .n_tasks = sizeof tasks / sizeof *tasks};
  must(bs_encode_setup(message, &setup, NULL));
}

static void make_unit(bs_text *message) {
  must(bs_encode_unit(message, &(bs_assignment){.unit = UNIT, .limit_seconds = 60}, NULL));
}

/* An example with choices and samples, one of text alone, one that was skipped. */
static void add_rows(bs_tables *rows) {
  static const bs_choice_row choices[] = {
      {.choice = 0, .tokens = 3, .logprob = -1.5, .target_score = 1},
      {.choice = 1, .tokens = 4, .logprob = -2.5}};
  static const bs_sample_row samples[] = {
      {.sample = 0, .reasoning = "since", .generated = "7.", .answer = "7"},
      {.sample = 1, .reasoning = "", .generated = "so 8", .answer = "8"}};
  bs_example_row row = {.model = MODEL,
                        .task = TASK,
                        .shots = SHOTS,
                        .example = FIRST,
                        .target_logprob = -1.5,
                        .prompt_tokens = 7,
                        .prediction = "7",
                        .generated = "",
                        .n_choices = sizeof choices / sizeof *choices,
                        .n_samples = sizeof samples / sizeof *samples};
  double *values = calloc(rows->n_metrics + 1, sizeof *values);
  must(values != NULL ? BS_OK : BS_ERR_MEMORY);
  must(bs_tables_add_example(rows, &row, choices, samples, values, NULL));
  row.n_choices = row.n_samples = 0;
  row.example++;
  row.target_logprob = NAN;
  row.generated = "text\n";
  row.truncated_tokens = 5;
  must(bs_tables_add_example(rows, &row, NULL, NULL, values, NULL));
  const bs_skipped_row skipped = {
      .model = MODEL, .task = TASK, .shots = SHOTS, .example = FIRST + 2, .prompt_tokens = 9000};
  must(bs_tables_add_skipped(rows, &skipped, NULL));
  free(values);
}

static void make_result(bs_text *message) {
  bs_unit_failure failure = {.example = FIRST + 3, .message = "too long"};
  bs_unit_result result = {.unit = UNIT,
                           .seconds = 1.25,
                           .load_seconds = 0.5,
                           .tokens_asked = 99,
                           .tokens_computed = 98,
                           .failures = &failure,
                           .n_failures = 1};
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  must(bs_tables_new(&result.rows, names, n_metrics, NULL));
  add_rows(result.rows);
  must(bs_encode_result(message, &result, NULL));
  bs_tables_free(&result.rows);
}

static void make_failed(bs_text *message) {
  const bs_attempt attempt = {
      .unit = UNIT, .tried = true, .fault = BS_FAULT_OF_MODEL, .reason = "no memory"};
  must(bs_encode_failed(message, &attempt, NULL));
}

static void make_end(bs_text *message) { must(bs_encode_end(message, true, NULL)); }

static void make_stop(bs_text *message) { must(bs_encode_plain(message, BS_MESSAGE_STOP, NULL)); }
static void make_beat(bs_text *message) { must(bs_encode_plain(message, BS_MESSAGE_BEAT, NULL)); }
static void make_cancel(bs_text *message) {
  must(bs_encode_plain(message, BS_MESSAGE_CANCEL, NULL));
}
static void make_bye(bs_text *message) { must(bs_encode_plain(message, BS_MESSAGE_BYE, NULL)); }

static void make_stream(bs_text *stream) {
  bs_text message = {0};
  stream->n_bytes = 0;
  for (size_t i = 0; i + 1 < BS_FUZZ_N_MESSAGES; i++) {
    bs_fuzz_small_message(i, &message);
    must(bs_frame_append(stream, &message, NULL));
  }
  bs_text_free(&message);
}

void bs_fuzz_small_message(size_t number, bs_text *message) {
  static void (*const MAKERS[BS_FUZZ_N_MESSAGES])(bs_text *) = {
      make_hello, make_setup, make_unit,   make_failed, make_end,   make_result,
      make_stop,  make_beat,  make_cancel, make_bye,    make_stream};
  MAKERS[number](message);
}
