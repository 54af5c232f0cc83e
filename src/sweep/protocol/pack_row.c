/* Rows of tables in messages, by the description of their columns. */
#include "sweep/protocol/pack_row_internal.h"

#include <string.h>

static bool travels(const bs_column *column) { return (column->rules & BS_GIVEN) == 0; }

static void pack_field(bs_packer *packer, const bs_column *column, const void *row) {
  double value;
  switch (column->kind) {
  case BS_COLUMN_U32:
    bs_pack_u32(packer, (uint32_t)bs_field_number(column, row));
    break;
  case BS_COLUMN_U64:
    bs_pack_u64(packer, bs_field_number(column, row));
    break;
  case BS_COLUMN_F64:
    memcpy(&value, (const char *)row + column->offset, sizeof value);
    bs_pack_f64(packer, value);
    break;
  case BS_COLUMN_STRING:
  case BS_COLUMN_HEX:
    bs_pack_text(packer, bs_field_string(column, row));
    break;
  }
}

void bs_pack_row(bs_packer *packer, const bs_table_schema *schema, const void *row) {
  for (size_t i = 0; i < schema->n_columns; i++)
    if (travels(&schema->columns[i]))
      pack_field(packer, &schema->columns[i], row);
}

static void unpack_hash(bs_unpacker *unpacker, char *field) {
  size_t n;
  const char *hash = bs_unpack_string(unpacker, &n);
  if (n > BS_HEX_BYTES)
    unpacker->failed = true;
  else
    memcpy(field, hash, n + 1);
}

static void unpack_field(bs_unpacker *unpacker, const bs_column *column, void *row) {
  char *field = (char *)row + column->offset;
  switch (column->kind) {
  case BS_COLUMN_U32:
    memcpy(field, &(uint32_t){bs_unpack_u32(unpacker)}, sizeof(uint32_t));
    break;
  case BS_COLUMN_U64:
    memcpy(field, &(uint64_t){bs_unpack_u64(unpacker)}, sizeof(uint64_t));
    break;
  case BS_COLUMN_F64:
    memcpy(field, &(double){bs_unpack_f64(unpacker)}, sizeof(double));
    break;
  case BS_COLUMN_STRING:
    memcpy(field, &(const char *){bs_unpack_text(unpacker)}, sizeof(const char *));
    break;
  case BS_COLUMN_HEX:
    unpack_hash(unpacker, field);
    break;
  }
}

void bs_unpack_row(bs_unpacker *unpacker, const bs_table_schema *schema, void *row) {
  for (size_t i = 0; i < schema->n_columns; i++)
    if (travels(&schema->columns[i]))
      unpack_field(unpacker, &schema->columns[i], row);
}

size_t bs_least_row_bytes(const bs_table_schema *schema) {
  static const size_t LEAST[] = {[BS_COLUMN_U32] = 4,
                                 [BS_COLUMN_U64] = 8,
                                 [BS_COLUMN_F64] = 8,
                                 [BS_COLUMN_STRING] = BS_LEAST_STRING_BYTES,
                                 [BS_COLUMN_HEX] = BS_LEAST_STRING_BYTES};
  size_t n = 0;
  for (size_t i = 0; i < schema->n_columns; i++)
    n += travels(&schema->columns[i]) ? LEAST[schema->columns[i].kind] : 0;
  return n;
}
