/* What is done to tables as a whole. */
#ifndef BIGSWEEP_TABLES_TABLES_INTERNAL_H
#define BIGSWEEP_TABLES_TABLES_INTERNAL_H

#include <stddef.h>

#include "base/arena_internal.h"
#include "bigsweep/tables.h"
#include "tables/schema_internal.h"

/* Checks what the structs, being open, cannot promise: indices in range, choices and samples
   contiguous and in the order of their examples. BS_ERR_INPUT names the table and the row. */
bs_status bs_tables_check(const bs_tables *tables, bs_error *err);

/* Whether examples, targets and choice texts stand as bs_tables_sort puts them. */
bool bs_tables_in_order(const bs_tables *tables);

/* Counts the rows that belong to each example, which must stand in the order of the examples
   (BS_ERR_INPUT), into the examples' rows. */
bs_status bs_tables_link(bs_tables *tables, bs_error *err);

#define BS_NOT_THERE UINT32_MAX

/* How the models and tasks of some tables are numbered in others; NULL: as they are. */
typedef struct bs_index_maps {
  const uint32_t *models, *tasks;
} bs_index_maps;

/* Appends the rows of one table, examples with their choices, samples and metric values. Models and
   tasks are renumbered; rows of what is BS_NOT_THERE are left out. Examples must have the same
   metric columns in both (BS_ERR_INPUT). Not for tables whose rows belong to examples. */
bs_status bs_tables_append(bs_tables *to, const bs_tables *from, bs_table_id id, bs_index_maps maps,
                           bs_error *err);
/* The same of the rows from the one numbered `first` on. */
bs_status bs_tables_append_tail(bs_tables *to, const bs_tables *from, bs_table_id id, size_t first,
                                bs_index_maps maps, bs_error *err);
/* Renumbers a row; false where its model or task is not there. */
bool bs_row_renumber(const bs_table_schema *schema, void *row, bs_index_maps maps);

/* Whether a column of two rows differs, bit for bit; a NaN equals a NaN. */
bool bs_column_differs(const bs_column *column, const void *a, const void *b);
/* A value for people. */
void bs_field_print(const bs_column *column, const void *row, char *to, size_t n_bytes);

/* What two examples may differ in. */
typedef struct bs_leeway {
  double tolerance; /* of numbers, relative or below 1 absolute; 0: none, bit for bit */
  bool (*skips)(void *user, const char *metric); /* (optional) metrics that are not compared */
  void *user;
} bs_leeway;

/* Two rows of one table, or two examples with their choices, samples and the metrics that both
   have; models, tasks and rows that they point to are not compared. True where they differ: `what`
   says which column and the two values. NULL: no leeway. */
enum { BS_DIFFERENCE_BYTES = 320 };
bool bs_rows_differ(bs_table_id id, const void *a, const void *b, char what[BS_DIFFERENCE_BYTES]);
bool bs_examples_differ(const bs_tables *a, size_t i, const bs_tables *b, size_t j,
                        const bs_leeway *leeway, char what[BS_DIFFERENCE_BYTES]);

/* The row of the example with the key's model, task, shots and example in tables that are in order;
   SIZE_MAX: none. */
size_t bs_tables_find_example(const bs_tables *tables, const bs_example_row *key);

#endif
