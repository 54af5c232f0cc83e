/* The parts of `bigsweep bench`: the model, the measurements, the ways to show them. */
#ifndef BIGSWEEP_PROGRAM_BENCH_H
#define BIGSWEEP_PROGRAM_BENCH_H

#include <stdbool.h>
#include <stdio.h>

#include "bigsweep/engine.h"
#include "bigsweep/random_model.h"

/* bench_model.c: the model that is measured. */

/* "S", "M" or LAYERSxWIDTH (heads of 64), in one of the families, stored as "f32", "f16" or "bf16".
   S and M are Llama-like shapes of 12 x 768 and 22 x 2048; the other families take their layers and
   widths. Feed-forward layers are 4 times as wide as the model, in LAYERSxWIDTH of "llama" 8/3
   times, rounded up to a multiple of 32. */
bs_status bench_shape_parse(bs_random_model *shape, const char *text, const char *family,
                            const char *store, bs_error *err);

/* A folder with a checkpoint of random weights, made for this process alone. SIGINT, SIGTERM and
   SIGHUP remove it before they end the process. */
typedef struct bench_folder {
  char *path; /* NULL: none */
} bench_folder;

bs_status bench_folder_make(bench_folder *folder, const bs_random_model *shape, bs_error *err);
void bench_folder_remove(bench_folder *folder);
/* Writes the checkpoint into the user's folder, which is made when it is not there, to stay. */
bs_status bench_make(const char *dir, const bs_random_model *shape, bs_error *err);

/* bench_measure.c */

enum {
  BENCH_PROMPT = 256, /* tokens of a prompt */
  BENCH_ITEM = 200,   /* tokens of a question */
  BENCH_CHOICES = 4,  /* of an item */
  BENCH_CHOICE = 4,   /* tokens of a choice */
  BENCH_DECODE_PROMPT = 32,
  BENCH_DECODE_STEPS = 24, /* tokens that are timed, after the first */
  BENCH_DECODE_BATCH = 16,
  BENCH_MAX_FIGURES = 16,
};

typedef struct bench_figure {
  char name[48];
  int n_threads;
  size_t n_runs;
  double best, median; /* seconds of a run */
  double bare;         /* best seconds of the matrix products of such a run alone */
  double tokens;       /* that a run computes; of decoding: new ones that are timed */
  bs_engine_work work; /* of a run, what is not timed included */
  double flops;        /* of a run */
} bench_figure;

typedef struct bench_peak_figure {
  int n_threads;
  double flops; /* a second */
} bench_peak_figure;

typedef struct bench_report {
  /* What ran. */
  const char *model; /* "S", "12x768" or a folder */
  bs_model_info info;
  bs_precision precision;
  bs_isa isa;
  const char *peak_what;
  size_t batch_tokens;
  size_t n_products; /* products of the hardware for one of the matrix */
  /* Getting there, in seconds; written < 0: an existing checkpoint. */
  double written, opened, packed;
  /* Bytes: what was foretold, and what the process took (0: unknown). */
  bs_engine_parts need;
  uint64_t packed_bytes; /* by opening the engine */
  uint64_t peak_bytes;   /* by the largest of the measured runs, beyond what it had before */
  bench_peak_figure peaks[2];
  size_t n_peaks;
  bench_figure figures[BENCH_MAX_FIGURES];
  size_t n_figures;
} bench_report;

typedef struct bench_plan {
  int threads[2]; /* in ascending order */
  size_t n_threads;
  size_t batch_tokens;
  size_t n_runs; /* of each measurement, at least, unless one takes very long */
} bench_plan;

/* Fills peaks and figures. `resident` are the process's bytes before the engine was opened. */
bs_status bench_measure(bench_report *report, bs_engine *engine, const bench_plan *plan,
                        uint64_t resident, bs_error *err);

/* bench_print.c */

void bench_print_table(const bench_report *report, FILE *to);
bs_status bench_print_json(const bench_report *report, FILE *to, bs_error *err);

#endif
