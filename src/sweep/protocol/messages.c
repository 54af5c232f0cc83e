#include "sweep/protocol/messages_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/evaluate.h"
#include "sweep/protocol/pack_internal.h"

/* Layout: u32 magic "bsm4" (the last character is the version), u32 kind, then the kind's fields.
 */
enum { MAGIC = 0x346D7362 };

static const char *const kind_names[] = {"",       "hello", "setup",  "unit", "result", "stop",
                                         "failed", "beat",  "cancel", "bye",  "end"};
enum { N_KINDS = sizeof kind_names / sizeof *kind_names };

static bs_packer begin(bs_text *message, bs_message_kind kind) {
  message->n_bytes = 0;
  bs_packer packer = {.to = message};
  bs_pack_u32(&packer, MAGIC);
  bs_pack_u32(&packer, kind);
  return packer;
}

static bs_status end(const bs_packer *packer, bs_error *err) {
  if (packer->failed)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot build a message of over %zu bytes",
                        packer->to->n_bytes);
  return BS_OK;
}

bs_status bs_message_kind_of(const bs_text *message, bs_message_kind *kind, bs_error *err) {
  bs_unpacker unpacker = {.at = message->data, .left = message->n_bytes};
  uint32_t magic = bs_unpack_u32(&unpacker), value = bs_unpack_u32(&unpacker);
  if (unpacker.failed || magic != MAGIC || value == 0 || value >= N_KINDS)
    return bs_error_set(
        err, BS_ERR_PROTOCOL,
        "a message of %zu bytes is not one of this version: do all ranks run the same program?",
        message->n_bytes);
  *kind = (bs_message_kind)value;
  return BS_OK;
}

/* Opens a message that must be of `kind`. */
static bs_status open_message(const bs_text *message, bs_message_kind kind, bs_unpacker *unpacker,
                              bs_error *err) {
  bs_message_kind found;
  bs_status status = bs_message_kind_of(message, &found, err);
  if (status == BS_OK && found != kind)
    status = bs_error_set(err, BS_ERR_PROTOCOL, "expected a message \"%s\", found \"%s\"",
                          kind_names[kind], kind_names[found]);
  *unpacker = (bs_unpacker){.at = message->data, .left = message->n_bytes};
  bs_unpack_u64(unpacker);
  return status;
}

static bs_status close_message(const bs_unpacker *unpacker, bs_message_kind kind, bs_error *err) {
  if (unpacker->failed || unpacker->left != 0)
    return bs_error_set(err, BS_ERR_PROTOCOL,
                        "a message \"%s\" is cut or too long, or a number in it is out of range",
                        kind_names[kind]);
  return BS_OK;
}

/* A number of at most `most`. */
static uint32_t unpack_limited(bs_unpacker *unpacker, uint32_t most) {
  uint32_t value = bs_unpack_u32(unpacker);
  if (value <= most)
    return value;
  unpacker->failed = true;
  return 0;
}

static void pack_text(bs_packer *packer, const char *string) {
  bs_pack_string(packer, string, strlen(string));
}

static const char *unpack_text(bs_unpacker *unpacker) {
  size_t n_bytes;
  return bs_unpack_string(unpacker, &n_bytes);
}

bs_status bs_encode_hello(bs_text *message, const bs_hello *hello, bs_error *err) {
  bs_packer packer = begin(message, BS_MESSAGE_HELLO);
  pack_text(&packer, hello->host);
  pack_text(&packer, hello->isas);
  bs_pack_u32(&packer, hello->n_threads);
  bs_pack_u32(&packer, hello->n_cores);
  bs_pack_u32(&packer, hello->n_node_cores);
  bs_pack_u64(&packer, hello->memory_bytes);
  return end(&packer, err);
}

bs_status bs_decode_hello(const bs_text *message, bs_hello *hello, bs_error *err) {
  bs_unpacker unpacker;
  bs_status status = open_message(message, BS_MESSAGE_HELLO, &unpacker, err);
  if (status != BS_OK)
    return status;
  hello->host = unpack_text(&unpacker);
  hello->isas = unpack_text(&unpacker);
  hello->n_threads = bs_unpack_u32(&unpacker);
  hello->n_cores = bs_unpack_u32(&unpacker);
  hello->n_node_cores = bs_unpack_u32(&unpacker);
  hello->memory_bytes = bs_unpack_u64(&unpacker);
  return close_message(&unpacker, BS_MESSAGE_HELLO, err);
}

bs_status bs_encode_setup(bs_text *message, const bs_setup *setup, bs_error *err) {
  bs_packer packer = begin(message, BS_MESSAGE_SETUP);
  bs_pack_u32(&packer, setup->protocol.seed);
  bs_pack_u32(&packer, setup->protocol.border);
  bs_pack_u32(&packer, setup->protocol.overlong);
  bs_pack_u64(&packer, setup->protocol.max_tokens);
  bs_pack_u32(&packer, setup->protocol.precision);
  bs_pack_u32(&packer, (uint32_t)setup->threads);
  pack_text(&packer, setup->isa);
  bs_pack_u64(&packer, setup->n_models);
  for (size_t i = 0; i < setup->n_models; i++) {
    pack_text(&packer, setup->model_paths[i]);
    pack_text(&packer, setup->model_prints[i]);
  }
  bs_pack_u64(&packer, setup->n_tasks);
  for (size_t i = 0; i < setup->n_tasks; i++) {
    pack_text(&packer, setup->task_specs[i]);
    pack_text(&packer, setup->task_hashes[i]);
  }
  return end(&packer, err);
}

/* A count of things that take at least `least_bytes` each in what is left of the message. */
static size_t unpack_count(bs_unpacker *unpacker, size_t least_bytes) {
  uint64_t n = bs_unpack_u64(unpacker);
  if (n > unpacker->left / least_bytes) {
    unpacker->failed = true;
    return 0;
  }
  return (size_t)n;
}

enum { LEAST_STRING_BYTES = 9 };

bs_status bs_decode_setup(const bs_text *message, bs_setup *setup, bs_error *err) {
  *setup = (bs_setup){0};
  bs_unpacker unpacker;
  bs_status status = open_message(message, BS_MESSAGE_SETUP, &unpacker, err);
  if (status != BS_OK)
    return status;
  setup->protocol.seed = bs_unpack_u32(&unpacker);
  setup->protocol.border = (bs_border)unpack_limited(&unpacker, BS_BORDER_SEPARATE);
  setup->protocol.overlong = (bs_overlong)unpack_limited(&unpacker, BS_OVERLONG_SKIP);
  setup->protocol.max_tokens = bs_unpack_u64(&unpacker);
  setup->protocol.precision = (bs_precision)unpack_limited(&unpacker, BS_PRECISION_BF16);
  setup->threads = (int)unpack_limited(&unpacker, INT_MAX);
  setup->isa = unpack_text(&unpacker);
  setup->n_models = unpack_count(&unpacker, 2 * LEAST_STRING_BYTES);
  setup->model_paths = bs_array_new(setup->n_models, sizeof(char *), err);
  setup->model_prints = bs_array_new(setup->n_models, sizeof(char *), err);
  bool have_models = setup->model_paths != NULL && setup->model_prints != NULL;
  for (size_t i = 0; have_models && i < setup->n_models; i++) {
    setup->model_paths[i] = unpack_text(&unpacker);
    setup->model_prints[i] = unpack_text(&unpacker);
  }
  setup->n_tasks = unpack_count(&unpacker, 2 * LEAST_STRING_BYTES);
  setup->task_specs = bs_array_new(setup->n_tasks, sizeof(char *), err);
  setup->task_hashes = bs_array_new(setup->n_tasks, sizeof(char *), err);
  if (!have_models || setup->task_specs == NULL || setup->task_hashes == NULL) {
    bs_setup_free(setup);
    return BS_ERR_MEMORY;
  }
  for (size_t i = 0; i < setup->n_tasks; i++) {
    setup->task_specs[i] = unpack_text(&unpacker);
    setup->task_hashes[i] = unpack_text(&unpacker);
  }
  status = close_message(&unpacker, BS_MESSAGE_SETUP, err);
  if (status != BS_OK)
    bs_setup_free(setup);
  return status;
}

void bs_setup_free(bs_setup *setup) {
  free(setup->model_paths);
  free(setup->model_prints);
  free(setup->task_specs);
  free(setup->task_hashes);
  *setup = (bs_setup){0};
}

static void pack_unit(bs_packer *packer, const bs_unit *unit) {
  bs_pack_u32(packer, unit->model);
  bs_pack_u32(packer, unit->task);
  bs_pack_u32(packer, unit->shots);
  bs_pack_u32(packer, unit->first);
  bs_pack_u32(packer, unit->n);
  bs_pack_f64(packer, unit->cost);
}

static bs_unit unpack_unit(bs_unpacker *unpacker) {
  bs_unit unit;
  unit.model = bs_unpack_u32(unpacker);
  unit.task = bs_unpack_u32(unpacker);
  unit.shots = bs_unpack_u32(unpacker);
  unit.first = bs_unpack_u32(unpacker);
  unit.n = bs_unpack_u32(unpacker);
  unit.cost = bs_unpack_f64(unpacker);
  if (unit.n == 0 || unit.n > UINT32_MAX - unit.first || !(unit.cost >= 0))
    unpacker->failed = true;
  return unit;
}

bs_status bs_encode_unit(bs_text *message, const bs_assignment *assignment, bs_error *err) {
  bs_packer packer = begin(message, BS_MESSAGE_UNIT);
  pack_unit(&packer, &assignment->unit);
  bs_pack_f64(&packer, assignment->limit_seconds);
  return end(&packer, err);
}

bs_status bs_decode_unit(const bs_text *message, bs_assignment *assignment, bs_error *err) {
  bs_unpacker unpacker;
  bs_status status = open_message(message, BS_MESSAGE_UNIT, &unpacker, err);
  if (status != BS_OK)
    return status;
  assignment->unit = unpack_unit(&unpacker);
  assignment->limit_seconds = bs_unpack_f64(&unpacker);
  if (!(assignment->limit_seconds > 0))
    unpacker.failed = true;
  return close_message(&unpacker, BS_MESSAGE_UNIT, err);
}

bs_status bs_encode_failed(bs_text *message, const bs_attempt *attempt, bs_error *err) {
  bs_packer packer = begin(message, BS_MESSAGE_FAILED);
  pack_unit(&packer, &attempt->unit);
  bs_pack_u32(&packer, attempt->tried);
  bs_pack_u32(&packer, attempt->fault);
  pack_text(&packer, attempt->reason);
  return end(&packer, err);
}

bs_status bs_decode_failed(const bs_text *message, bs_attempt *attempt, bs_error *err) {
  bs_unpacker unpacker;
  bs_status status = open_message(message, BS_MESSAGE_FAILED, &unpacker, err);
  if (status != BS_OK)
    return status;
  attempt->unit = unpack_unit(&unpacker);
  attempt->tried = bs_unpack_u32(&unpacker) != 0;
  uint32_t fault = bs_unpack_u32(&unpacker);
  if (fault >= BS_N_FAULTS)
    unpacker.failed = true;
  attempt->fault = (bs_fault_of)fault;
  attempt->reason = unpack_text(&unpacker);
  return close_message(&unpacker, BS_MESSAGE_FAILED, err);
}

static void pack_example(bs_packer *packer, const bs_tables *rows, size_t i) {
  const bs_example_row *row = &rows->examples[i];
  bs_pack_u32(packer, row->example);
  bs_pack_u32(packer, row->prompt_tokens);
  bs_pack_u32(packer, row->truncated_tokens);
  bs_pack_u32(packer, row->border);
  bs_pack_u32(packer, row->shots_shown);
  bs_pack_f64(packer, row->target_logprob);
  pack_text(packer, row->prediction);
  pack_text(packer, row->generated);
  for (size_t k = 0; k < rows->n_metrics; k++)
    bs_pack_f64(packer, rows->metric_values[i * rows->n_metrics + k]);
  bs_pack_u64(packer, row->n_choices);
  for (size_t c = 0; c < row->n_choices; c++) {
    const bs_choice_row *choice = &rows->choices[row->first_choice + c];
    bs_pack_u32(packer, choice->choice);
    bs_pack_u32(packer, choice->tokens);
    bs_pack_f64(packer, choice->logprob);
    bs_pack_f64(packer, choice->target_score);
  }
  bs_pack_u64(packer, row->n_samples);
  for (size_t s = 0; s < row->n_samples; s++) {
    const bs_sample_row *sample = &rows->samples[row->first_sample + s];
    bs_pack_u32(packer, sample->sample);
    pack_text(packer, sample->reasoning);
    pack_text(packer, sample->generated);
    pack_text(packer, sample->answer);
  }
}

bs_status bs_encode_result(bs_text *message, const bs_unit_result *result, bs_error *err) {
  bs_packer packer = begin(message, BS_MESSAGE_RESULT);
  pack_unit(&packer, &result->unit);
  bs_pack_f64(&packer, result->seconds);
  bs_pack_f64(&packer, result->load_seconds);
  bs_pack_u64(&packer, result->tokens_asked);
  bs_pack_u64(&packer, result->tokens_computed);
  bs_pack_u64(&packer, result->n_failures);
  for (size_t i = 0; i < result->n_failures; i++) {
    bs_pack_u32(&packer, result->failures[i].example);
    pack_text(&packer, result->failures[i].message);
  }
  bs_pack_u64(&packer, result->rows->n_metrics);
  bs_pack_u64(&packer, result->rows->n_examples);
  for (size_t i = 0; i < result->rows->n_examples; i++)
    pack_example(&packer, result->rows, i);
  bs_pack_u64(&packer, result->rows->n_skipped);
  for (size_t i = 0; i < result->rows->n_skipped; i++) {
    bs_pack_u32(&packer, result->rows->skipped[i].example);
    bs_pack_u32(&packer, result->rows->skipped[i].prompt_tokens);
  }
  return end(&packer, err);
}

enum {
  CHOICE_BYTES = 24,
  LEAST_SAMPLE_BYTES = 31,
  LEAST_EXAMPLE_BYTES = 62,
  LEAST_FAILURE_BYTES = 13,
  SKIPPED_BYTES = 8
};

/* Texts stay the message's; the caller frees the rows. */
static bs_sample_row *unpack_samples(bs_unpacker *unpacker, uint32_t *n, bs_error *err) {
  size_t n_samples = unpack_count(unpacker, LEAST_SAMPLE_BYTES);
  bs_sample_row *samples = bs_array_new(n_samples, sizeof *samples, err);
  *n = (uint32_t)n_samples;
  for (size_t i = 0; samples != NULL && i < n_samples; i++) {
    samples[i].sample = bs_unpack_u32(unpacker);
    samples[i].reasoning = unpack_text(unpacker);
    samples[i].generated = unpack_text(unpacker);
    samples[i].answer = unpack_text(unpacker);
  }
  return samples;
}

static bs_status unpack_example(bs_unpacker *unpacker, const bs_unit *unit, bs_tables *rows,
                                double *values, bs_error *err) {
  bs_example_row row = {.model = unit->model, .task = unit->task, .shots = unit->shots};
  row.example = bs_unpack_u32(unpacker);
  row.prompt_tokens = bs_unpack_u32(unpacker);
  row.truncated_tokens = bs_unpack_u32(unpacker);
  row.border = bs_unpack_u32(unpacker);
  row.shots_shown = bs_unpack_u32(unpacker);
  row.target_logprob = bs_unpack_f64(unpacker);
  row.prediction = unpack_text(unpacker);
  row.generated = unpack_text(unpacker);
  for (size_t k = 0; k < rows->n_metrics; k++)
    values[k] = bs_unpack_f64(unpacker);
  size_t n_choices = unpack_count(unpacker, CHOICE_BYTES);
  bs_choice_row *choices = bs_array_new(n_choices, sizeof *choices, err);
  if (choices == NULL)
    return BS_ERR_MEMORY;
  row.n_choices = (uint32_t)n_choices;
  for (size_t c = 0; c < n_choices; c++) {
    choices[c].choice = bs_unpack_u32(unpacker);
    choices[c].tokens = bs_unpack_u32(unpacker);
    choices[c].logprob = bs_unpack_f64(unpacker);
    choices[c].target_score = bs_unpack_f64(unpacker);
  }
  bs_sample_row *samples = unpack_samples(unpacker, &row.n_samples, err);
  bs_status status = BS_OK;
  if (samples == NULL)
    status = BS_ERR_MEMORY;
  else if (unpacker->failed || row.example < unit->first || row.example - unit->first >= unit->n)
    status = bs_error_set(err, BS_ERR_PROTOCOL, "a message \"result\" has a wrong example");
  else
    status = bs_tables_add_example(rows, &row, choices, samples, values, err);
  free(choices);
  free(samples);
  return status;
}

static bs_status unpack_skipped(bs_unpacker *unpacker, const bs_unit *unit, bs_tables *rows,
                                bs_error *err) {
  size_t n = unpack_count(unpacker, SKIPPED_BYTES);
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    bs_skipped_row row = {.model = unit->model, .task = unit->task, .shots = unit->shots};
    row.example = bs_unpack_u32(unpacker);
    row.prompt_tokens = bs_unpack_u32(unpacker);
    if (row.example < unit->first || row.example - unit->first >= unit->n)
      status = bs_error_set(err, BS_ERR_PROTOCOL, "a message \"result\" has a wrong example");
    else
      status = bs_tables_add_skipped(rows, &row, err);
  }
  return status;
}

static bs_status unpack_failures(bs_unpacker *unpacker, bs_unit_result *result, bs_error *err) {
  size_t n = unpack_count(unpacker, LEAST_FAILURE_BYTES);
  result->failures = bs_array_new(n, sizeof *result->failures, err);
  if (result->failures == NULL)
    return BS_ERR_MEMORY;
  for (; result->n_failures < n; result->n_failures++) {
    bs_unit_failure *failure = &result->failures[result->n_failures];
    failure->example = bs_unpack_u32(unpacker);
    failure->message = bs_string_copy(unpack_text(unpacker), err);
    if (failure->message == NULL)
      return BS_ERR_MEMORY;
  }
  return BS_OK;
}

bs_status bs_decode_result(const bs_text *message, bs_unit_result *result, bs_error *err) {
  *result = (bs_unit_result){0};
  bs_unpacker unpacker;
  double *values = NULL;
  bs_status status = open_message(message, BS_MESSAGE_RESULT, &unpacker, err);
  if (status != BS_OK)
    return status;
  result->unit = unpack_unit(&unpacker);
  result->seconds = bs_unpack_f64(&unpacker);
  result->load_seconds = bs_unpack_f64(&unpacker);
  result->tokens_asked = bs_unpack_u64(&unpacker);
  result->tokens_computed = bs_unpack_u64(&unpacker);
  status = unpack_failures(&unpacker, result, err);
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  if (status == BS_OK && bs_unpack_u64(&unpacker) != n_metrics)
    status =
        bs_error_set(err, BS_ERR_PROTOCOL,
                     "a message \"result\" has other metrics: do all ranks run the same program?");
  if (status == BS_OK)
    status = bs_tables_new(&result->rows, names, n_metrics, err);
  if (status == BS_OK && (values = bs_array_new(n_metrics, sizeof *values, err)) == NULL)
    status = BS_ERR_MEMORY;
  size_t n_examples = status == BS_OK ? unpack_count(&unpacker, LEAST_EXAMPLE_BYTES) : 0;
  for (size_t i = 0; status == BS_OK && i < n_examples; i++)
    status = unpack_example(&unpacker, &result->unit, result->rows, values, err);
  if (status == BS_OK)
    status = unpack_skipped(&unpacker, &result->unit, result->rows, err);
  if (status == BS_OK)
    status = close_message(&unpacker, BS_MESSAGE_RESULT, err);
  free(values);
  if (status != BS_OK)
    bs_unit_result_free(result);
  return status;
}

void bs_unit_result_free(bs_unit_result *result) {
  for (size_t i = 0; i < result->n_failures; i++)
    free(result->failures[i].message);
  free(result->failures);
  bs_tables_free(&result->rows);
  *result = (bs_unit_result){0};
}

bs_status bs_encode_end(bs_text *message, bool all_here, bs_error *err) {
  bs_packer packer = begin(message, BS_MESSAGE_END);
  bs_pack_u32(&packer, all_here);
  return end(&packer, err);
}

bs_status bs_decode_end(const bs_text *message, bool *all_here, bs_error *err) {
  bs_unpacker unpacker;
  bs_status status = open_message(message, BS_MESSAGE_END, &unpacker, err);
  if (status != BS_OK)
    return status;
  *all_here = bs_unpack_u32(&unpacker) != 0;
  return close_message(&unpacker, BS_MESSAGE_END, err);
}

bs_status bs_encode_plain(bs_text *message, bs_message_kind kind, bs_error *err) {
  bs_packer packer = begin(message, kind);
  return end(&packer, err);
}
