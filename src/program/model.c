#include "program/model.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cores_internal.h"
#include "base/file_internal.h"

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
}

bs_status model_open(model *m, const model_options *values, bs_error *err) {
  *m = (model){0};
  bs_engine_options options = {.n_threads = values->threads > 0 ? (int)values->threads
                                                                : bs_threads_default(),
                               .isa = values->isa};
  if (values->folder == NULL)
    return bs_error_set(err, BS_ERR_USAGE, "option --model DIR is missing");
  bs_status status =
      bs_precision_parse(&options.precision, values->dtype != NULL ? values->dtype : "auto", err);
  if (status == BS_OK)
    status = expect_file(values->folder, err);
  if (status == BS_OK)
    status = bs_checkpoint_open(&m->checkpoint, values->folder, err);
  for (size_t i = 0; status == BS_OK && i < bs_checkpoint_n_notes(m->checkpoint); i++)
    fprintf(stderr, "bigsweep: %s\n", bs_checkpoint_note(m->checkpoint, i));
  if (status == BS_OK)
    status = bs_engine_open(&m->engine, m->checkpoint, &options, err);
  char *path = bs_path_join(values->folder, "tokenizer.json", err);
  if (status == BS_OK && path == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK && bs_file_exists(path))
    status = bs_tokenizer_open(&m->tokenizer, values->folder, err);
  free(path);
  if (status == BS_OK && m->tokenizer != NULL) {
    bs_model_info info;
    bs_checkpoint_info(m->checkpoint, &info);
    bs_tokenizer_check_fits(m->tokenizer, info.vocab_size, &m->tokenizer_fault);
  }
  if (status != BS_OK)
    model_close(m);
  return status;
}

void model_close(model *m) {
  bs_tokenizer_free(&m->tokenizer);
  bs_engine_free(&m->engine);
  bs_checkpoint_free(&m->checkpoint);
}

bs_status model_needs_tokenizer(const model *m, bs_error *err) {
  if (m->tokenizer == NULL)
    return bs_error_set(err, BS_ERR_INPUT, "the model has no tokenizer.json: give token ids");
  if (m->tokenizer_fault.status != BS_OK)
    return bs_error_set(err, m->tokenizer_fault.status, "%s", m->tokenizer_fault.message);
  return BS_OK;
}
