/* Showing examples, one after another. */
#include "report/examples_internal.h"
#include "report/report_internal.h"

bs_status bs_report_examples(const bs_tables *results, const bs_examples_options *options, FILE *to,
                             size_t *n_shown, size_t *n_found, bs_error *err) {
  bs_found_examples found = {0};
  bs_prompt_maker prompts = {.results = results};
  bs_text text = {0};
  *n_shown = *n_found = 0;
  bs_status status = bs_examples_find(&found, results, options, err);
  *n_found = found.n;
  for (size_t i = 0; status == BS_OK && i < found.n && i < options->most; i++) {
    bs_writer w = {.to = &text};
    text.n_bytes = 0;
    status = (options->as_json ? bs_example_write_json : bs_example_write_text)(
        &w, results, &found.all[i], options, &prompts, err);
    if (status == BS_OK)
      status = bs_text_print(&text, to, err);
    *n_shown += status == BS_OK;
  }
  bs_text_free(&text);
  bs_prompt_maker_free(&prompts);
  bs_found_examples_free(&found);
  return status;
}
