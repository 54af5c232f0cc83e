/* The options of commands with a model: where it is, and how it is computed. */
#include "program/model_options.h"

#include <stdio.h>

#include "bigsweep/helpers.h"

void model_option_rows(model_options *values, option *rows) {
  rows[0] = (option){
      .name = "--model", .kind = OPTION_TEXT, .to = &values->folder, .help = "checkpoint folder"};
  rows[1] = (option){.name = "--dtype",
                     .kind = OPTION_TEXT,
                     .to = &values->dtype,
                     .help = "arithmetic: auto, f32, bf16x2 or bf16"};
  rows[2] = (option){.name = "--threads",
                     .kind = OPTION_INTEGER,
                     .to = &values->threads,
                     .low = 1,
                     .high = 4096,
                     .help = "OpenMP threads"};
  rows[3] = (option){.name = "--isa",
                     .kind = OPTION_TEXT,
                     .to = &values->isa,
                     .help = "instruction set of the kernels (default: the best there is)"};
  rows[4] = (option){.name = "--transformers",
                     .kind = OPTION_TEXT,
                     .to = &values->transformers,
                     .help = "version whose reading is meant where they differ: 4.52 or 5.0"};
}

static void print_note(void *user, const char *note) {
  (void)user;
  fprintf(stderr, "bigsweep: %s\n", note);
}

bs_status model_open(bs_backend **model, const model_options *values, bs_error *err) {
  bs_backend_spec spec = {
      .place = values->folder,
      .engine = {.n_threads = values->threads > 0 ? (int)values->threads : bs_threads_default()},
      .may_lack_tokenizer = true,
      .note = print_note};
  *model = NULL;
  if (values->folder == NULL)
    return bs_error_set(err, BS_ERR_USAGE, "option --model DIR is missing");
  bs_status status = bs_precision_parse(&spec.engine.precision,
                                        values->dtype != NULL ? values->dtype : "auto", err);
  if (status == BS_OK)
    status = bs_isa_parse(&spec.engine.isa, values->isa, err);
  if (status == BS_OK && values->transformers != NULL)
    status = bs_reading_parse(&spec.reading, values->transformers, err);
  if (status == BS_OK)
    status = expect_model(values->folder, err);
  return status == BS_OK ? bs_backend_open(model, &spec, err) : status;
}
