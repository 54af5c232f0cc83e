/* Rows of tables in messages: the columns that the unit of work does not give, in their order. */
#ifndef BIGSWEEP_SWEEP_PROTOCOL_PACK_ROW_INTERNAL_H
#define BIGSWEEP_SWEEP_PROTOCOL_PACK_ROW_INTERNAL_H

#include "sweep/protocol/pack_internal.h"
#include "tables/schema_internal.h"

void bs_pack_row(bs_packer *packer, const bs_table_schema *schema, const void *row);
/* Fills the columns that travel; strings are borrowed from the message. */
void bs_unpack_row(bs_unpacker *unpacker, const bs_table_schema *schema, void *row);
/* What a packed row takes at least. */
size_t bs_least_row_bytes(const bs_table_schema *schema);

#endif
