/* bigsweep bench: how fast this machine runs a model. */
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "bigsweep/helpers.h"
#include "program/bench.h"
#include "program/options.h"

typedef struct bench_options {
  const char *shape, *family, *store, *dtype, *isa, *make, *model;
  int64_t threads, batch, runs;
  bool json;
} bench_options;

/* Products of the hardware that make one of the matrix: AMX multiplies bf16 alone, so that the
   parts of wider numbers meet one by one; those of least weight are left out. */
static size_t products_of(bs_isa isa, bs_precision precision, bs_dtype stored) {
  if (isa != BS_ISA_AMX || precision == BS_PRECISION_BF16)
    return 1;
  size_t n_parts = precision == BS_PRECISION_BF16X2 ? 2 : 3, n = 0;
  size_t n_weight = stored == BS_DTYPE_BF16 ? 1 : stored == BS_DTYPE_F16 ? 2 : 3;
  for (size_t i = 0; i < n_parts; i++)
    for (size_t j = 0; j < n_weight && i + j < n_parts; j++)
      n++;
  return n;
}

static bs_status open_engine(bs_engine **engine, const bs_checkpoint *checkpoint,
                             const bench_options *options, bench_report *report, bs_error *err) {
  bs_engine_options how = {.max_batch_tokens = (size_t)options->batch};
  bs_status status = bs_precision_parse(&how.precision, options->dtype, err);
  if (status == BS_OK)
    status = bs_isa_parse(&how.isa, options->isa, err);
  if (status == BS_OK)
    status = bs_engine_memory_parts(checkpoint, &how, &report->need, err);
  if (status != BS_OK)
    return status;
  uint64_t before = bs_memory_resident();
  double begin = omp_get_wtime();
  status = bs_engine_open(engine, checkpoint, &how, err);
  if (status != BS_OK)
    return status;
  report->packed = omp_get_wtime() - begin;
  uint64_t after = bs_memory_resident();
  report->packed_bytes = after > before ? after - before : 0;
  report->precision = bs_engine_precision(*engine);
  report->isa = bs_engine_isa(*engine);
  report->n_products = products_of(report->isa, report->precision, report->info.weights_dtype);
  return BS_OK;
}

static bs_status bench_checkpoint(const bench_options *options, const char *dir,
                                  bench_folder *folder, bench_report *report, bs_error *err) {
  bs_checkpoint *checkpoint = NULL;
  bs_engine *engine = NULL;
  int most = options->threads > 0 ? (int)options->threads : bs_threads_default();
  bench_plan plan = {.threads = {most, most},
                     .n_threads = 1,
                     .batch_tokens = (size_t)options->batch,
                     .n_runs = (size_t)options->runs};
  if (options->threads == 0 && most > 1) {
    plan.threads[0] = 1;
    plan.n_threads = 2;
  }
  omp_set_num_threads(most);
  double begin = omp_get_wtime();
  bs_status status = bs_checkpoint_open(&checkpoint, dir, err);
  report->opened = omp_get_wtime() - begin;
  if (status == BS_OK) {
    bs_checkpoint_info(checkpoint, &report->info);
    report->batch_tokens = plan.batch_tokens;
    bench_folder_remove(folder); /* the mapping is enough, and nothing can be left behind */
  }
  uint64_t resident = bs_memory_resident();
  if (status == BS_OK)
    status = open_engine(&engine, checkpoint, options, report, err);
  if (status == BS_OK)
    status = bench_measure(report, engine, &plan, resident, err);
  if (status == BS_OK && options->json)
    status = bench_print_json(report, stdout, err);
  else if (status == BS_OK)
    bench_print_table(report, stdout);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
  return status;
}

static bs_status check_options(const bench_options *options, bs_random_model *shape,
                               bs_error *err) {
  bs_isa isa;
  bs_precision precision;
  bs_status status = bench_shape_parse(shape, options->shape != NULL ? options->shape : "S",
                                       options->family != NULL ? options->family : "llama",
                                       options->store != NULL ? options->store : "bf16", err);
  if (status == BS_OK) /* before a large file is written */
    status = bs_precision_parse(&precision, options->dtype, err);
  if (status == BS_OK)
    status = bs_isa_parse(&isa, options->isa, err);
  if (status == BS_OK && !bs_engine_has_isa(isa))
    status = bs_error_set(err, BS_ERR_USAGE,
                          "option --isa: this machine has no \"%s\"; the best it has is %s",
                          options->isa, bs_isa_name(bs_engine_isas(&(size_t){0})[0]));
  if (status == BS_OK && options->model != NULL &&
      (options->make != NULL || options->shape != NULL || options->family != NULL ||
       options->store != NULL))
    status = bs_error_set(err, BS_ERR_USAGE,
                          "--model measures a checkpoint as it is: --make, --shape, --family and "
                          "--store do not go with it");
  return status;
}

static bs_status bench(const bench_options *options, bs_error *err) {
  bs_random_model shape;
  bench_report report = {.model = options->model != NULL   ? options->model
                                  : options->shape != NULL ? options->shape
                                                           : "S",
                         .written = -1};
  bench_folder folder = {0};
  bs_status status = check_options(options, &shape, err);
  if (status != BS_OK)
    return status;
  if (options->make != NULL) {
    status = bench_make(options->make, &shape, err);
    if (status == BS_OK && !options->json)
      printf("%s: made\n", options->make);
    return status;
  }
  if (options->model != NULL)
    return bench_checkpoint(options, options->model, &folder, &report, err);
  double begin = omp_get_wtime();
  status = bench_folder_make(&folder, &shape, err);
  report.written = omp_get_wtime() - begin;
  if (status == BS_OK)
    status = bench_checkpoint(options, folder.path, &folder, &report, err);
  bench_folder_remove(&folder);
  return status;
}

static int run(const bs_command *command, int argc, char **argv) {
  bench_options o = {.dtype = "auto", .batch = 1024, .runs = 5};
  const option options[] = {
      {.name = "--shape",
       .kind = OPTION_TEXT,
       .to = &o.shape,
       .help = "S (12 layers x 768), M (22 x 2048) or LAYERSxWIDTH, random weights (S)"},
      {.name = "--family",
       .kind = OPTION_TEXT,
       .to = &o.family,
       .help = "of the random model: llama, gptneox, gpt2, mixtral, olmoe, t5 or "
               "switch (llama)"},
      {.name = "--store",
       .kind = OPTION_TEXT,
       .to = &o.store,
       .help = "type of the stored weights: bf16, f32 or f16 (bf16)"},
      {.name = "--model",
       .kind = OPTION_TEXT,
       .to = &o.model,
       .help = "measure this checkpoint instead"},
      {.name = "--make",
       .kind = OPTION_TEXT,
       .to = &o.make,
       .help = "only write the random model into this folder"},
      {.name = "--dtype",
       .kind = OPTION_TEXT,
       .to = &o.dtype,
       .help = "arithmetic: auto, f32, bf16x2 or bf16"},
      {.name = "--isa",
       .kind = OPTION_TEXT,
       .to = &o.isa,
       .help = "instruction set of the kernels (default: the best there is)"},
      {.name = "--threads",
       .kind = OPTION_INTEGER,
       .to = &o.threads,
       .low = 1,
       .high = 4096,
       .help = "OpenMP threads (default: measure with one and with all)"},
      {.name = "--batch",
       .kind = OPTION_INTEGER,
       .to = &o.batch,
       .low = BENCH_PROMPT,
       .high = 1 << 20,
       .help = "tokens of a pass (1024)"},
      {.name = "--runs",
       .kind = OPTION_INTEGER,
       .to = &o.runs,
       .low = 1,
       .high = 64,
       .help = "runs of each measurement, at least (5)"},
      {.name = "--json", .kind = OPTION_FLAG, .to = &o.json, .help = "one JSON object"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 0, 0);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  return bench(&o, &err) == BS_OK ? EXIT_DONE : fail(command, &err);
}

const bs_command bench_command = {
    "bench",
    "[--shape S|M|LAYERSxWIDTH] [--family F] [--store T] [--model DIR] [--make DIR] [--dtype D] "
    "[--isa NAME] [--threads N] [--batch TOKENS] [--runs N] [--json]",
    "measure the engine on this machine: tokens/s, GFLOP/s, shares of what the hardware can do",
    run};
