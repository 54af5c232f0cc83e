/* A results file in which values, sizes, types, layouts, links and attributes are changed as the
   bytes say (damage.h). What is read is analysed, printed and scored again; written and read it
   must come out as the same file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/analysis.h"
#include "bigsweep/report.h"
#include "bigsweep/store.h"
#include "damage.h"
#include "folder.h"
#include "fuzz.h"
#include "small_results.h"
#include "store/write_internal.h"
#include "tables/tables_internal.h"

enum { MOST_MODELS = 64 };

static void ignore(void *user, const char *message) { (void)user, (void)message; }

static bs_status image_of(const bs_tables *tables, bs_text *image) {
  image->n_bytes = 0;
  return bs_store_image(image, "fuzz", tables, NULL, NULL);
}

static void write_again(const bs_tables *content, const char *path) {
  bs_text once = {0}, twice = {0};
  bs_tables *back = NULL;
  if (image_of(content, &once) == BS_OK) {
    bs_fuzz_write("r.h5", once.data, once.n_bytes);
    if (bs_store_read(&back, path, NULL) != BS_OK || image_of(back, &twice) != BS_OK ||
        once.n_bytes != twice.n_bytes || memcmp(once.data, twice.data, once.n_bytes) != 0)
      abort();
  }
  bs_tables_free(&back);
  bs_text_free(&once);
  bs_text_free(&twice);
}

static void analyse(const bs_tables *results) {
  static const char *const added[] = {"rouge"};
  static FILE *null;
  if (null == NULL && (null = fopen("/dev/null", "we")) == NULL)
    exit(1);
  bs_analysis *analysis = NULL;
  bs_tables *again = NULL;
  if (bs_analysis_from_tables(&analysis, results, NULL) == BS_OK &&
      (bs_report_tables(analysis, null, NULL) != BS_OK ||
       bs_report_linearity_csv(analysis, null, NULL) != BS_OK))
    abort();
  if (bs_analysis_rescore(&again, results, added, 1, ignore, NULL, NULL) == BS_OK &&
      bs_tables_check(again, NULL) != BS_OK)
    abort();
  bs_tables_free(&again);
  bs_analysis_free(&analysis);
}

/* What is shown, with and without the prompts, of which some cannot be made. */
static void show(bs_tables *results) {
  static FILE *null;
  size_t n_shown, n_found;
  if (null == NULL && (null = fopen("/dev/null", "we")) == NULL)
    exit(1);
  results->provenance.protocol = "r seed=42 border=joint overlong=cut max_tokens=8 dtype=f32";
  for (int i = 0; i < 4; i++) {
    const bs_examples_options options = {.asked = (bs_examples_asked)(i % 3),
                                         .differ = i == 3,
                                         .example = UINT32_MAX,
                                         .most = 100,
                                         .as_json = i % 2 == 1,
                                         .with_prompt = i > 0};
    bs_report_examples(results, &options, null, &n_shown, &n_found, NULL);
  }
}

/* With the file as it was, and with itself; without its first model. */
static void put_together(const bs_tables *results) {
  static bs_tables *whole;
  if (whole == NULL)
    whole = bs_fuzz_small_results();
  bs_tables *to = NULL;
  bool first[MOST_MODELS] = {true};
  const bs_tables_source sources[] = {{results, "a"}, {whole, "b"}, {results, "c"}};
  if (bs_tables_merge(&to, sources, 3, NULL, NULL) == BS_OK && bs_tables_check(to, NULL) != BS_OK)
    abort();
  bs_tables_free(&to);
  const bs_selection selection = {.models = first};
  if (results->n_models <= MOST_MODELS &&
      bs_tables_without(&to, results, &selection, NULL) == BS_OK &&
      bs_tables_check(to, NULL) != BS_OK)
    abort();
  bs_tables_free(&to);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static bs_text whole;
  char path[256];
  snprintf(path, sizeof path, "%s/r.h5", bs_fuzz_folder());
  if (whole.data == NULL) {
    bs_tables *results = bs_fuzz_small_results();
    if (bs_tables_add_run(results, &bs_fuzz_small_run, NULL) != BS_OK ||
        image_of(results, &whole) != BS_OK)
      abort();
    bs_tables_free(&results);
  }
  bs_fuzz_write("r.h5", whole.data, whole.n_bytes);
  bs_fuzz_damage(path, data, size);
  bs_tables *content = NULL;
  if (bs_store_read(&content, path, NULL) == BS_OK) {
    analyse(content);
    write_again(content, path);
    if (bs_tables_sort(content, NULL) == BS_OK) {
      put_together(content);
      show(content);
    }
  }
  bs_tables_free(&content);
}
