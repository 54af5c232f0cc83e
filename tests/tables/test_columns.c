/* The description of the tables: it is whole, and docs/results.md says the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/evaluate.h"
#include "harness.h"
#include "tables/schema_internal.h"

enum { NAME_BYTES = 128 };

static size_t bytes_of(bs_column_kind kind) {
  static const size_t BYTES[] = {[BS_COLUMN_U32] = sizeof(uint32_t),
                                 [BS_COLUMN_U64] = sizeof(uint64_t),
                                 [BS_COLUMN_F64] = sizeof(double),
                                 [BS_COLUMN_STRING] = sizeof(const char *),
                                 [BS_COLUMN_HEX] = sizeof(bs_hash)};
  return BYTES[kind];
}

/* No two columns of a table have one name or overlap, and each is inside its row. */
static void columns_are_apart(void) {
  for (int id = 0; id < BS_N_TABLES; id++) {
    const bs_table_schema *schema = &bs_schemas[id];
    CU_ASSERT_TRUE_FATAL(schema->n_columns > 0);
    for (size_t i = 0; i < schema->n_columns; i++) {
      const bs_column *a = &schema->columns[i];
      CU_ASSERT_TRUE(a->offset + bytes_of(a->kind) <= schema->row_bytes);
      CU_ASSERT_PTR_EQUAL(bs_schema_column(schema, a->name), a);
      for (size_t k = 0; k < i; k++) {
        const bs_column *b = &schema->columns[k];
        CU_ASSERT_TRUE(b->offset + bytes_of(b->kind) <= a->offset ||
                       a->offset + bytes_of(a->kind) <= b->offset);
      }
    }
  }
}

/* Indices are 32 bits wide, as messages and maps take them; keys are whole numbers. */
static void rules_fit_their_columns(void) {
  for (int id = 0; id < BS_N_TABLES; id++)
    for (size_t i = 0; i < bs_schemas[id].n_columns; i++) {
      const bs_column *column = &bs_schemas[id].columns[i];
      if ((column->rules & (BS_MODEL_INDEX | BS_TASK_INDEX | BS_LATER_AS_SHOTS)) != 0)
        CU_ASSERT_EQUAL(column->kind, BS_COLUMN_U32);
      if ((column->rules & BS_KEY) != 0)
        CU_ASSERT_TRUE(column->kind == BS_COLUMN_U32 || column->kind == BS_COLUMN_U64);
      if ((column->rules & BS_LATER_AS_SHOTS) != 0)
        CU_ASSERT_PTR_NOT_NULL(bs_schema_column(&bs_schemas[id], "shots"));
    }
}

/* What the document says of a table: from its name in bold to the next one's, or the next heading.
   The caller frees it. */
static char *section_of(const char *document, const char *path) {
  char bold[NAME_BYTES];
  snprintf(bold, sizeof bold, "**%s**", path);
  const char *from = strstr(document, bold);
  CU_ASSERT_PTR_NOT_NULL(from);
  if (from == NULL)
    return strdup("");
  static const char *const ENDS[] = {"\n**/", "</a>**/", "\n## "};
  size_t n = strlen(from);
  for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
    const char *end = strstr(from + 1, ENDS[i]);
    if (end != NULL && (size_t)(end - from) < n)
      n = (size_t)(end - from);
  }
  return strndup(from, n);
}

static void expect_name(const char *text, const char *path, const char *name) {
  char quoted[NAME_BYTES];
  snprintf(quoted, sizeof quoted, "`%s`", name);
  if (strstr(text, quoted) == NULL) {
    printf("\n    docs/results.md: %s: no word of %s\n", path, quoted);
    CU_FAIL("a column is not documented");
  }
}

static void every_column_is_documented(void) {
  bs_text document = bs_test_read(BS_SOURCE_DIR "/docs/results.md");
  for (int id = 0; id < BS_N_TABLES; id++) {
    const bs_table_schema *schema = &bs_schemas[id];
    char *section = section_of(document.data, schema->path);
    for (size_t i = 0; i < schema->n_columns; i++)
      expect_name(section, schema->path, schema->columns[i].name);
    free(section);
  }
  for (size_t i = 0; i < bs_provenance_schema.n_columns; i++)
    expect_name(document.data, "attributes", bs_provenance_schema.columns[i].name);
  bs_text_free(&document);
}

/* Every column says what it is, and a number in which unit. */
static void every_column_has_a_meaning(void) {
  bs_tables *tables = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_tables_new(&tables, (const char *const[]){"bleu"}, 1, &err), err);
  for (int id = 0; id < BS_N_TABLES; id++)
    for (size_t i = 0; i < bs_table_n_columns(tables, (bs_table_id)id); i++) {
      bs_column column = bs_table_column_at(tables, (bs_table_id)id, i).column;
      bs_column_meaning is = bs_table_meaning((bs_table_id)id, &column);
      bool is_text = column.kind == BS_COLUMN_STRING || column.kind == BS_COLUMN_HEX;
      if (is.meaning[0] != '\0' && (is.unit[0] == '\0') == is_text)
        continue;
      printf("\n    src/tables/meanings.c: %s/%s: no %s\n", bs_schemas[id].path, column.name,
             is.meaning[0] == '\0' ? "meaning" : "unit, or one of a text");
      CU_FAIL("a column does not say what it is");
    }
  bs_tables_free(&tables);
}

static bool is_record(const char *name) {
  for (int i = 0; i < BS_N_RECORDS; i++)
    if (strcmp(bs_record_name((bs_record)i), name) == 0)
      return true;
  return false;
}

/* The names in the first cells of the tables of a section. */
static void expect_columns(const bs_table_schema *schema, const char *section) {
  static const char ROW[] = "\n| `";
  for (const char *at = section; (at = strstr(at, ROW)) != NULL; at++) {
    const char *end = strstr(at, " |");
    for (const char *open = strchr(at, '`'); end != NULL && open != NULL && open < end;) {
      char name[NAME_BYTES];
      const char *close = strchr(open + 1, '`');
      if (close == NULL)
        break;
      snprintf(name, sizeof name, "%.*s", (int)(close - open - 1), open + 1);
      if (bs_schema_column(schema, name) == NULL && !is_record(name)) {
        printf("\n    docs/results.md: %s has no column %s\n", schema->path, name);
        CU_FAIL("what is documented is no column");
      }
      open = strchr(close + 1, '`');
    }
  }
}

static void what_is_documented_is_there(void) {
  static const bs_table_id TABLES[] = {
      BS_TABLE_INPUTS,    BS_TABLE_EXAMPLES,    BS_TABLE_SAMPLES,
      BS_TABLE_LINEARITY, BS_TABLE_POINTS,      BS_TABLE_SPREADS,
      BS_TABLE_SMOOTH,    BS_TABLE_COMPARISONS, BS_TABLE_CALIBRATION};
  bs_text document = bs_test_read(BS_SOURCE_DIR "/docs/results.md");
  for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
    const bs_table_schema *schema = &bs_schemas[TABLES[i]];
    char *section = section_of(document.data, schema->path);
    CU_ASSERT_PTR_NOT_NULL(strstr(section, "\n| `"));
    expect_columns(schema, section);
    free(section);
  }
  bs_text_free(&document);
}

int main(void) {
  static const bs_test tests[] = {
      {"columns are apart", columns_are_apart},
      {"rules fit their columns", rules_fit_their_columns},
      {"every column has a meaning", every_column_has_a_meaning},
      {"every column is documented", every_column_is_documented},
      {"what is documented is there", what_is_documented_is_there},
  };
  return bs_test_main("columns", tests, sizeof tests / sizeof *tests);
}
