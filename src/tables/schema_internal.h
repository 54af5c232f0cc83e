/* The description of every table: its columns, its place in the file, how its rows hang together.
   The store, the messages between ranks, the checks and the sort walk it. */
#ifndef BIGSWEEP_TABLES_SCHEMA_INTERNAL_H
#define BIGSWEEP_TABLES_SCHEMA_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/tables.h"

typedef enum bs_column_kind {
  BS_COLUMN_U32,
  BS_COLUMN_U64,
  BS_COLUMN_F64,
  BS_COLUMN_STRING, /* const char * */
  BS_COLUMN_HEX     /* bs_hash */
} bs_column_kind;

enum { BS_HEX_BYTES = sizeof(bs_hash) - 1 };

typedef struct bs_column {
  const char *name;
  bs_column_kind kind;
  size_t offset;  /* of the field in a row */
  unsigned rules; /* bs_column_rules */
} bs_column;

/* In the order of the file. */
typedef enum bs_table_id {
  BS_TABLE_MODELS,
  BS_TABLE_TASKS,
  BS_TABLE_INPUTS,
  BS_TABLE_TARGETS,
  BS_TABLE_CHOICE_TEXTS,
  BS_TABLE_EXAMPLES,
  BS_TABLE_CHOICES,
  BS_TABLE_SAMPLES,
  BS_TABLE_SKIPPED,
  BS_TABLE_SCORES,
  BS_TABLE_LINEARITY,
  BS_TABLE_POINTS,
  BS_TABLE_AGGREGATES,
  BS_TABLE_SPREADS,
  BS_TABLE_HUMANS,
  BS_TABLE_PROMPTS,
  BS_TABLE_SMOOTH,
  BS_TABLE_COMPARISONS,
  BS_TABLE_RELIABILITY,
  BS_TABLE_CALIBRATION,
  BS_TABLE_CALIBRATION_SLOPES,
  BS_TABLE_FORECASTS,
  BS_TABLE_RUNS,
  BS_N_TABLES
} bs_table_id;

/* When a table is in a file. */
typedef enum bs_table_presence {
  BS_TABLE_ALWAYS,
  BS_TABLE_IN_LATER_FILES, /* files from before it was kept are read as if it had no rows */
  BS_TABLE_OF_A_RUN,       /* where there is an array of its rows */
  BS_TABLE_OF_AN_ANALYSIS  /* where there is an analysis, which is written and not read */
} bs_table_presence;

typedef struct bs_table_schema {
  const char *path; /* of the group in the file */
  const bs_column *columns;
  size_t n_columns;
  size_t row_bytes;
  bs_table_presence presence;
  bool is_unique;                                /* of rows with equal keys the first stays */
  size_t rows_offset, n_offset, capacity_offset; /* of the array in bs_tables */
  /* Of a table whose rows belong to examples, in whose order they stand: where an example's row has
     its first one and their number; else 0. */
  size_t first_offset, count_offset;
} bs_table_schema;

extern const bs_table_schema bs_schemas[BS_N_TABLES];
/* The attributes of the root: columns of a bs_provenance. */
extern const bs_table_schema bs_provenance_schema;

/* The tables whose rows belong to examples; their column that says to which. */
extern const bs_table_id bs_tables_of_examples[2];
enum { BS_N_TABLES_OF_EXAMPLES = 2 };
#define BS_ROW_COLUMN "row"

/* A table's name in messages: its path without the first slash. */
const char *bs_table_name(bs_table_id id);

/* The column of that name; NULL: there is none. */
const bs_column *bs_schema_column(const bs_table_schema *schema, const char *name);

/* A table's array and its length. */
void *bs_table_rows(const bs_tables *tables, bs_table_id id, size_t *n);
/* Puts an array of n rows in the place of the table's, which is not freed. */
void bs_table_set(bs_tables *tables, bs_table_id id, void *rows, size_t n);
/* Counts n rows of the array that is there. */
void bs_table_set_n(bs_tables *tables, bs_table_id id, size_t n);
/* Makes room for n_more rows behind those that are there. */
bs_status bs_table_reserve(bs_tables *tables, bs_table_id id, size_t n_more, bs_error *err);

/* A column of a table with its values: that of row i stands column.offset bytes behind
   first + i * row_bytes. */
typedef struct bs_table_column {
  bs_column column;
  const char *first;
  size_t n, row_bytes;
} bs_table_column;

/* The columns of a table in the order of the file: those of its schema and, behind those of
   /examples, one for each metric. */
size_t bs_table_n_columns(const bs_tables *tables, bs_table_id id);
bs_table_column bs_table_column_at(const bs_tables *tables, bs_table_id id, size_t i);

/* What a column's values are, in words, and their unit: "1" for plain numbers; "" for texts. */
typedef struct bs_column_meaning {
  const char *unit, *meaning;
} bs_column_meaning;
/* Of a column of the schema, or of a metric among /examples. */
bs_column_meaning bs_table_meaning(bs_table_id id, const bs_column *column);

/* The value of a field: of kind U32 or U64; of kind STRING (NULL as "") or HEX. */
uint64_t bs_field_number(const bs_column *column, const void *row);
const char *bs_field_string(const bs_column *column, const void *row);

/* The rows that belong to an example: the first one's place and their number. */
uint64_t bs_example_first(const bs_table_schema *of, const bs_example_row *example);
uint32_t bs_example_count(const bs_table_schema *of, const bs_example_row *example);
void bs_example_set_range(const bs_table_schema *of, bs_example_row *example, uint64_t first,
                          uint32_t n);

#endif
