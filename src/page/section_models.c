/* The models and where the results come from. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "page/page_internal.h"

static const char *missing(const bs_page *page) {
  return page->analysis->n_models > 0 ? NULL : "no models";
}

static void write_text_cell(bs_writer *w, const char *text) {
  bs_writer_append_string(w, "<td>");
  bs_markup_text(w, text);
}

static void write_model(bs_page *page, size_t i) {
  const bs_analysis_model_row *model = &page->analysis->models[i];
  char size[BS_CELL_BYTES];
  bs_writer *w = page->w;
  bs_writer_append_string(w, "<tr>");
  write_text_cell(w, model->name);
  bs_cell_family(page, model->family);
  bs_format_scale(size, model->scale);
  bs_cell_text(w, model->scale, size);
  if (page->results != NULL) {
    const bs_model_row *row = &page->results->models[i];
    bs_format_scale(size, (double)row->parameters);
    bs_cell_text(w, (double)row->parameters, size);
    write_text_cell(w, row->architecture);
    write_text_cell(w, row->group);
    write_text_cell(w, row->tuning);
    write_text_cell(w, row->quantization);
  }
  bs_writer_append_string(w, "</tr>\n");
}

static void write_origin(bs_page *page) {
  const bs_provenance *from = &page->results->provenance;
  const struct {
    const char *name, *value;
  } facts[] = {{"made", from->created},        {"source", from->commit},
               {"instruction set", from->isa}, {"precision", from->dtype},
               {"compiler", from->compiler},   {"protocol", from->protocol}};
  bs_writer_append_string(page->w, "<details><summary>Where these results come from</summary><dl>");
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
    if (facts[i].value == NULL || facts[i].value[0] == '\0')
      continue;
    bs_writer_printf(page->w, "<dt>%s<dd>", facts[i].name);
    bs_markup_text(page->w, facts[i].value);
  }
  bs_writer_append_string(page->w, "</dl></details>");
}

static void write(bs_page *page) {
  bs_writer *w = page->w;
  bs_writer_printf(w,
                   "<div class=scroll><table class=sortable><thead><tr><th>model<th>family<th "
                   "class=n>%s",
                   page->size_name);
  if (page->results != NULL)
    bs_writer_append_string(
        w, "<th class=n>all parameters<th>architecture<th>group<th>tuning<th>quantisation");
  bs_writer_append_string(w, "</thead><tbody>");
  for (size_t i = 0; i < page->analysis->n_models; i++)
    write_model(page, i);
  bs_writer_append_string(w, "</tbody></table></div>");
  if (page->results != NULL)
    write_origin(page);
}

const bs_section bs_section_models = {"models", "Models", missing, write};
