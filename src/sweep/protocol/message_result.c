/* The message with the results of a unit: its rows are packed by the description of their tables.
 */
#include <stdlib.h>

#include "base/memory_internal.h"
#include "bigsweep/evaluate.h"
#include "sweep/protocol/envelope_internal.h"
#include "sweep/protocol/pack_row_internal.h"
#include "tables/tables_internal.h"

static const bs_table_schema *const EXAMPLES = &bs_schemas[BS_TABLE_EXAMPLES];
static const bs_table_schema *const SKIPPED = &bs_schemas[BS_TABLE_SKIPPED];
enum { LEAST_FAILURE_BYTES = 4 + BS_LEAST_STRING_BYTES };

static void pack_example(bs_packer *packer, const bs_tables *tables, size_t i) {
  const bs_example_row *example = &tables->examples[i];
  bs_pack_row(packer, EXAMPLES, example);
  for (size_t k = 0; k < tables->n_metrics; k++)
    bs_pack_f64(packer, tables->metric_values[i * tables->n_metrics + k]);
  for (int t = 0; t < BS_N_TABLES_OF_EXAMPLES; t++) {
    bs_table_id id = bs_tables_of_examples[t];
    const bs_table_schema *schema = &bs_schemas[id];
    size_t n_rows, n = bs_example_count(schema, example);
    const char *rows = bs_table_rows(tables, id, &n_rows);
    bs_pack_u64(packer, n);
    for (size_t k = 0; k < n; k++)
      bs_pack_row(packer, schema,
                  rows + (bs_example_first(schema, example) + k) * schema->row_bytes);
  }
}

bs_status bs_encode_result(bs_text *message, const bs_unit_result *result, bs_error *err) {
  bs_packer packer = bs_message_begin(message, BS_MESSAGE_RESULT);
  bs_pack_unit(&packer, &result->unit);
  bs_pack_f64(&packer, result->seconds);
  bs_pack_f64(&packer, result->load_seconds);
  bs_pack_u64(&packer, result->tokens_asked);
  bs_pack_u64(&packer, result->tokens_computed);
  bs_pack_u64(&packer, result->n_failures);
  for (size_t i = 0; i < result->n_failures; i++) {
    bs_pack_u32(&packer, result->failures[i].example);
    bs_pack_text(&packer, result->failures[i].message);
  }
  bs_pack_u64(&packer, result->rows->n_metrics);
  bs_pack_u64(&packer, result->rows->n_examples);
  for (size_t i = 0; i < result->rows->n_examples; i++)
    pack_example(&packer, result->rows, i);
  bs_pack_u64(&packer, result->rows->n_skipped);
  for (size_t i = 0; i < result->rows->n_skipped; i++)
    bs_pack_row(&packer, SKIPPED, &result->rows->skipped[i]);
  return bs_message_end(&packer, err);
}

/* A row of a table whose rows belong to a unit: what they all have in common is the unit's. */
static bs_status check_example(const bs_unpacker *unpacker, const bs_unit *unit, uint32_t example,
                               bs_error *err) {
  if (unpacker->failed || example < unit->first || example - unit->first >= unit->n)
    return bs_error_set(err, BS_ERR_PROTOCOL, "a message \"result\" has a wrong example");
  return BS_OK;
}

/* The rows of a table that belong to an example, which the caller frees, and their number as the
   example's. Texts stay the message's. */
static void *unpack_rows(bs_unpacker *unpacker, const bs_table_schema *schema,
                         bs_example_row *example, bs_error *err) {
  size_t n = bs_unpack_count(unpacker, bs_least_row_bytes(schema));
  if (n > UINT32_MAX) {
    unpacker->failed = true;
    n = 0;
  }
  char *rows = bs_array_new(n, schema->row_bytes, err);
  bs_example_set_range(schema, example, 0, (uint32_t)n);
  for (size_t i = 0; rows != NULL && i < n; i++)
    bs_unpack_row(unpacker, schema, rows + i * schema->row_bytes);
  return rows;
}

static bs_status unpack_example(bs_unpacker *unpacker, const bs_unit *unit, bs_tables *tables,
                                double *values, bs_error *err) {
  bs_example_row row = {.model = unit->model, .task = unit->task, .shots = unit->shots};
  void *rows[BS_N_TABLES_OF_EXAMPLES] = {NULL};
  bs_status status = BS_OK;
  bs_unpack_row(unpacker, EXAMPLES, &row);
  for (size_t k = 0; k < tables->n_metrics; k++)
    values[k] = bs_unpack_f64(unpacker);
  for (int t = 0; status == BS_OK && t < BS_N_TABLES_OF_EXAMPLES; t++) {
    rows[t] = unpack_rows(unpacker, &bs_schemas[bs_tables_of_examples[t]], &row, err);
    status = rows[t] == NULL ? BS_ERR_MEMORY : BS_OK;
  }
  if (status == BS_OK)
    status = check_example(unpacker, unit, row.example, err);
  if (status == BS_OK)
    status = bs_tables_add_example(tables, &row, rows[0], rows[1], values, err);
  for (int t = 0; t < BS_N_TABLES_OF_EXAMPLES; t++)
    free(rows[t]);
  return status;
}

static bs_status unpack_skipped(bs_unpacker *unpacker, const bs_unit *unit, bs_tables *tables,
                                bs_error *err) {
  size_t n = bs_unpack_count(unpacker, bs_least_row_bytes(SKIPPED));
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    bs_skipped_row row = {.model = unit->model, .task = unit->task, .shots = unit->shots};
    bs_unpack_row(unpacker, SKIPPED, &row);
    status = check_example(unpacker, unit, row.example, err);
    if (status == BS_OK)
      status = bs_tables_add_skipped(tables, &row, err);
  }
  return status;
}

/* What an example takes at least: its columns, metric values, and the counts of the rows that
   belong to it. */
static size_t least_example_bytes(size_t n_metrics) {
  return bs_least_row_bytes(EXAMPLES) + 8 * (n_metrics + BS_N_TABLES_OF_EXAMPLES);
}

static bs_status unpack_failures(bs_unpacker *unpacker, bs_unit_result *result, bs_error *err) {
  size_t n = bs_unpack_count(unpacker, LEAST_FAILURE_BYTES);
  result->failures = bs_array_new(n, sizeof *result->failures, err);
  if (result->failures == NULL)
    return BS_ERR_MEMORY;
  for (; result->n_failures < n; result->n_failures++) {
    bs_unit_failure *failure = &result->failures[result->n_failures];
    failure->example = bs_unpack_u32(unpacker);
    failure->message = bs_string_copy(bs_unpack_text(unpacker), err);
    if (failure->message == NULL)
      return BS_ERR_MEMORY;
  }
  return BS_OK;
}

bs_status bs_decode_result(const bs_text *message, bs_unit_result *result, bs_error *err) {
  *result = (bs_unit_result){0};
  bs_unpacker unpacker;
  double *values = NULL;
  bs_status status = bs_message_open(message, BS_MESSAGE_RESULT, &unpacker, err);
  if (status != BS_OK)
    return status;
  result->unit = bs_unpack_unit(&unpacker);
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
  size_t n_examples =
      status == BS_OK ? bs_unpack_count(&unpacker, least_example_bytes(n_metrics)) : 0;
  for (size_t i = 0; status == BS_OK && i < n_examples; i++)
    status = unpack_example(&unpacker, &result->unit, result->rows, values, err);
  if (status == BS_OK)
    status = unpack_skipped(&unpacker, &result->unit, result->rows, err);
  if (status == BS_OK)
    status = bs_message_close(&unpacker, BS_MESSAGE_RESULT, err);
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
