/* The bench's results as a table and as JSON. */
#include <inttypes.h>
#include <string.h>

#include "bigsweep/json.h"
#include "program/bench.h"

static const double MIB = 1048576;

static double peak_of(const bench_report *report, int n_threads) {
  for (size_t i = 0; i < report->n_peaks; i++)
    if (report->peaks[i].n_threads == n_threads)
      return report->peaks[i].flops;
  return 0;
}

/* Share of the time for which the units would be busy at their peak. */
static double peak_share(const bench_report *report, const bench_figure *figure) {
  double peak = peak_of(report, figure->n_threads);
  return peak > 0 ? figure->flops * (double)report->n_products / figure->best / peak : 0;
}

static void print_loading(const bench_report *report, FILE *to) {
  double gb = (double)report->info.weights_bytes / 1e9;
  fprintf(to, "loading    ");
  if (report->written >= 0)
    fprintf(to, "written in %.2f s (%.2f GB/s), ", report->written, gb / report->written);
  fprintf(to, "opened in %.3f s, packed in %.2f s (%.2f GB/s)\n", report->opened, report->packed,
          gb / report->packed);
}

static void print_memory(const bench_report *report, FILE *to) {
  const bs_engine_parts *need = &report->need;
  fprintf(to,
          "memory     foretold: weights %.1f MiB, a pass and scoring %.1f, generation %.1f more, "
          "tables in place %.1f\n",
          (double)need->weights / MIB, (double)need->pass / MIB, (double)need->generation / MIB,
          (double)need->mapped / MIB);
  if (report->packed_bytes > 0)
    fprintf(to, "           taken: %.1f MiB by packing, %.1f at most by these measurements\n",
            (double)report->packed_bytes / MIB, (double)report->peak_bytes / MIB);
}

void bench_print_table(const bench_report *report, FILE *to) {
  const bs_model_info *info = &report->info;
  fprintf(to,
          "model      %s: %s, %zu layers x %zu, vocabulary %zu, %.1f M parameters, stored as %s, "
          "%.1f MiB\n",
          report->model, info->architecture, info->n_layers, info->d_model, info->vocab_size,
          (double)info->parameters / 1e6, bs_dtype_name(info->weights_dtype),
          (double)info->weights_bytes / MIB);
  fprintf(to,
          "engine     %s on %s, up to %zu tokens a pass, %zu product%s for each of the matrix\n",
          bs_precision_name(report->precision), bs_isa_name(report->isa), report->batch_tokens,
          report->n_products, report->n_products == 1 ? "" : "s");
  print_loading(report, to);
  print_memory(report, to);
  for (size_t i = 0; i < report->n_peaks; i++)
    fprintf(to, "peak       %d thread%s: %.0f GFLOP/s, %s\n", report->peaks[i].n_threads,
            report->peaks[i].n_threads == 1 ? "" : "s", report->peaks[i].flops / 1e9,
            report->peak_what);
  fprintf(to, "\n%-28s %7s %5s %10s %10s %10s %9s %8s %8s %7s %9s\n", "", "threads", "runs",
          "best ms", "median ms", "tokens/s", "GFLOP/s", "of peak", "of bare", "asked", "computed");
  for (size_t i = 0; i < report->n_figures; i++) {
    const bench_figure *f = &report->figures[i];
    fprintf(to,
            "%-28s %7d %5zu %10.2f %10.2f %10.1f %9.1f %6.1f %% %6.1f %% %7" PRIu64 " %9" PRIu64
            "\n",
            f->name, f->n_threads, f->n_runs, 1e3 * f->best, 1e3 * f->median, f->tokens / f->best,
            f->flops / f->best / 1e9, 100 * peak_share(report, f), 100 * f->bare / f->best,
            f->work.tokens_asked, f->work.tokens_computed);
  }
}

static bs_status add_number(bs_text *text, const char *key, double value, bs_error *err) {
  bs_status status = bs_text_printf(text, err, ", \"%s\": ", key);
  return status == BS_OK ? bs_json_append_double(text, value, err) : status;
}

static bs_status add_string(bs_text *text, const char *key, const char *value, bs_error *err) {
  bs_status status = bs_text_printf(text, err, ", \"%s\": ", key);
  return status == BS_OK ? bs_json_append_string(text, value, strlen(value), err) : status;
}

typedef struct number {
  const char *key;
  double value;
} number;

static bs_status add_numbers(bs_text *text, const number *numbers, size_t n, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = add_number(text, numbers[i].key, numbers[i].value, err);
  return status;
}

static bs_status add_figure(bs_text *text, const bench_report *report, const bench_figure *f,
                            bs_error *err) {
  const number numbers[] = {
      {"threads", f->n_threads},
      {"runs", (double)f->n_runs},
      {"seconds", f->best},
      {"median_seconds", f->median},
      {"tokens", f->tokens},
      {"tokens_asked", (double)f->work.tokens_asked},
      {"tokens_computed", (double)f->work.tokens_computed},
      {"tokens_per_second", f->tokens / f->best},
      {"median_tokens_per_second", f->tokens / f->median},
      {"gflops", f->flops / f->best / 1e9},
      {"share_of_peak", peak_share(report, f)},
      {"share_of_bare_products", f->bare / f->best},
      {"bare_seconds", f->bare},
  };
  bs_status status = bs_text_append_string(text, "{\"name\": ", err);
  if (status == BS_OK)
    status = bs_json_append_string(text, f->name, strlen(f->name), err);
  if (status == BS_OK)
    status = add_numbers(text, numbers, sizeof numbers / sizeof *numbers, err);
  return status == BS_OK ? bs_text_append(text, "}", 1, err) : status;
}

static bs_status add_header(bs_text *text, const bench_report *report, bs_error *err) {
  const bs_model_info *info = &report->info;
  const bs_engine_parts *need = &report->need;
  const number numbers[] = {
      {"layers", (double)info->n_layers},
      {"width", (double)info->d_model},
      {"vocabulary", (double)info->vocab_size},
      {"parameters", (double)info->parameters},
      {"weights_bytes", (double)info->weights_bytes},
      {"batch_tokens", (double)report->batch_tokens},
      {"products", (double)report->n_products},
      {"write_seconds", report->written},
      {"open_seconds", report->opened},
      {"pack_seconds", report->packed},
      {"pack_bytes_per_second", (double)info->weights_bytes / report->packed},
      {"need_weights_bytes", (double)need->weights},
      {"need_pass_bytes", (double)need->pass},
      {"need_generation_bytes", (double)need->generation},
      {"need_mapped_bytes", (double)need->mapped},
      {"taken_by_packing_bytes", (double)report->packed_bytes},
      {"taken_at_most_bytes", (double)report->peak_bytes},
  };
  bs_status status = bs_text_append_string(text, "{\"shape\": ", err);
  if (status == BS_OK)
    status = bs_json_append_string(text, report->model, strlen(report->model), err);
  if (status == BS_OK)
    status = add_string(text, "architecture", info->architecture, err);
  if (status == BS_OK)
    status = add_string(text, "stored", bs_dtype_name(info->weights_dtype), err);
  if (status == BS_OK)
    status = add_string(text, "precision", bs_precision_name(report->precision), err);
  if (status == BS_OK)
    status = add_string(text, "isa", bs_isa_name(report->isa), err);
  if (status == BS_OK)
    status = add_string(text, "peak_of", report->peak_what, err);
  return status == BS_OK ? add_numbers(text, numbers, sizeof numbers / sizeof *numbers, err)
                         : status;
}

bs_status bench_print_json(const bench_report *report, FILE *to, bs_error *err) {
  bs_text text = {0};
  bs_status status = add_header(&text, report, err);
  for (size_t i = 0; i < report->n_peaks && status == BS_OK; i++) {
    status = bs_text_printf(&text, err, "%s{\"threads\": %d", i == 0 ? ", \"peaks\": [" : "}, ",
                            report->peaks[i].n_threads);
    if (status == BS_OK)
      status = add_number(&text, "gflops", report->peaks[i].flops / 1e9, err);
  }
  for (size_t i = 0; i < report->n_figures && status == BS_OK; i++) {
    status = bs_text_append_string(&text, i == 0 ? "}], \"measurements\": [" : ", ", err);
    if (status == BS_OK)
      status = add_figure(&text, report, &report->figures[i], err);
  }
  if (status == BS_OK)
    status = bs_text_append_string(&text, "]}\n", err);
  if (status == BS_OK && fwrite(text.data, 1, text.n_bytes, to) != text.n_bytes)
    status = bs_error_set(err, BS_ERR_IO, "cannot write the result");
  bs_text_free(&text);
  return status;
}
