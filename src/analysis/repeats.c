/* Which models of one scale are repeats of each other. */
#include "analysis/repeats_internal.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_internal.h"
#include "base/format_internal.h"
#include "base/memory_internal.h"
#include "base/writer_internal.h"

/* A model on its way through the sort. */
typedef struct entry {
  const bs_model_place *place;
  uint32_t model;
} entry;

/* Numbers ascending, NaN behind them and equal to each other. */
static int compare_numbers(double a, double b) {
  BS_ORDER(isnan(a), isnan(b));
  return a < b ? -1 : a > b;
}

static int compare_places(const entry *a, const entry *b) {
  int order = strcmp(a->place->family, b->place->family);
  return order != 0 ? order : compare_numbers(a->place->scale, b->place->scale);
}

static int compare_entries(const void *left, const void *right) {
  const entry *a = left, *b = right;
  int order = compare_places(a, b);
  if (order == 0)
    order = compare_numbers(a->place->seed, b->place->seed);
  if (order != 0)
    return order;
  BS_ORDER(a->model, b->model);
  return 0;
}

/* All models by family, scale and seed. */
static entry *sorted(const bs_model_place *models, size_t n, bs_error *err) {
  entry *entries = bs_array_new(n, sizeof *entries, err);
  for (size_t i = 0; entries != NULL && i < n; i++)
    entries[i] = (entry){&models[i], (uint32_t)i};
  if (entries != NULL)
    qsort(entries, n, sizeof *entries, compare_entries);
  return entries;
}

/* How many of entries[n] are of one family and scale with the first. */
static size_t count_same_place(const entry *entries, size_t n) {
  size_t end = 1;
  while (end < n && compare_places(&entries[0], &entries[end]) == 0)
    end++;
  return end;
}

/* entries[n] are of one family and scale; those with a seed come first. */
static void settle(const entry *entries, size_t n, uint32_t *first, bs_scale_sharing *sharing) {
  size_t n_seeds = 0;
  uint32_t first_seed = UINT32_MAX, lowest = UINT32_MAX;
  bool distinct = true;
  for (; n_seeds < n && !isnan(entries[n_seeds].place->seed); n_seeds++) {
    distinct = distinct &&
               (n_seeds == 0 || entries[n_seeds - 1].place->seed < entries[n_seeds].place->seed);
    if (entries[n_seeds].model < first_seed)
      first_seed = entries[n_seeds].model;
  }
  bool shared = n > 1 && !(distinct && n_seeds == n);
  for (size_t i = 0; i < n; i++) {
    first[entries[i].model] = distinct && i < n_seeds ? first_seed : entries[i].model;
    sharing[entries[i].model] = shared ? BS_SCALE_SHARED : BS_SCALE_OWN;
    lowest = entries[i].model < lowest ? entries[i].model : lowest;
  }
  if (shared)
    sharing[lowest] = BS_SCALE_SHARED_FIRST;
}

bs_status bs_repeats_find(const bs_model_place *models, size_t n, uint32_t *first,
                          bs_scale_sharing *sharing, bs_error *err) {
  entry *entries = sorted(models, n, err);
  if (entries == NULL)
    return BS_ERR_MEMORY;
  for (size_t at = 0, n_same; at < n; at += n_same) {
    n_same = count_same_place(entries + at, n - at);
    settle(entries + at, n_same, first, sharing);
  }
  free(entries);
  return BS_OK;
}

enum { MOST_SCALES = 4, MOST_NAMES = 6 }; /* in one message */

/* "a, b and c (4.15M)" */
static void write_names(bs_writer *w, const entry *entries, size_t n) {
  char scale[BS_CELL_BYTES];
  size_t n_told = n <= MOST_NAMES ? n : MOST_NAMES - 1;
  for (size_t i = 0; i < n_told; i++)
    bs_writer_printf(w, "%s%s",
                     i == 0                           ? ""
                     : i + 1 == n_told && n_told == n ? " and "
                                                      : ", ",
                     entries[i].place->name);
  if (n_told < n)
    bs_writer_printf(w, " and %zu other%s", n - n_told, bs_plural(n - n_told));
  bs_format_scale(scale, entries[0].place->scale);
  bs_writer_printf(w, " (%s)", scale);
}

/* entries[n] are one family's. */
static void write_shared(bs_writer *w, const entry *entries, size_t n,
                         const bs_scale_sharing *sharing) {
  size_t n_shared = 0;
  for (size_t at = 0, n_same; at < n; at += n_same) {
    n_same = count_same_place(entries + at, n - at);
    if (sharing[entries[at].model] == BS_SCALE_OWN || ++n_shared > MOST_SCALES)
      continue;
    bs_writer_append_string(w, n_shared > 1 ? "; " : "");
    write_names(w, entries + at, n_same);
  }
  if (n_shared > MOST_SCALES)
    bs_writer_printf(w, "; and at %zu more scale%s", n_shared - MOST_SCALES,
                     bs_plural(n_shared - MOST_SCALES));
}

static bs_status tell_family(const entry *entries, size_t n, const bs_scale_sharing *sharing,
                             bs_analysis_notice notice, void *user, bs_error *err) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_writer_printf(
      &w, "family \"%s\" has different models of the same scale: ", entries[0].place->family);
  write_shared(&w, entries, n, sharing);
  bs_writer_append_string(
      &w,
      ". They are never averaged, so the family has no single curve: its linearity and "
      "breakthroughness are left undefined. Give each series of models a \"family\" of its own, "
      "or, if they are repeats of one training, different values of \"seed\"");
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    notice(user, text.data);
  bs_text_free(&text);
  return status;
}

/* entries[at, end): one family's. */
typedef struct family_range {
  size_t at, end;
  uint32_t first_model;
} family_range;

static int compare_ranges(const void *left, const void *right) {
  const family_range *a = left, *b = right;
  BS_ORDER(a->first_model, b->first_model);
  return 0;
}

/* The families among entries[n] with models to tell of, in order of their first model. */
static size_t find_ranges(const entry *entries, size_t n, const bs_scale_sharing *sharing,
                          family_range *ranges) {
  size_t n_ranges = 0;
  for (size_t at = 0, end; at < n; at = end) {
    family_range range = {.at = at, .first_model = UINT32_MAX};
    bool any = false;
    for (end = at; end < n && strcmp(entries[end].place->family, entries[at].place->family) == 0;
         end++) {
      any = any || sharing[entries[end].model] != BS_SCALE_OWN;
      if (entries[end].model < range.first_model)
        range.first_model = entries[end].model;
    }
    range.end = end;
    if (any)
      ranges[n_ranges++] = range;
  }
  qsort(ranges, n_ranges, sizeof *ranges, compare_ranges);
  return n_ranges;
}

bs_status bs_repeats_tell(const bs_model_place *models, size_t n, bs_analysis_notice notice,
                          void *user, bs_error *err) {
  uint32_t *first = bs_array_new(n, sizeof *first, err);
  bs_scale_sharing *sharing = bs_array_new(n, sizeof *sharing, err);
  family_range *ranges = bs_array_new(n, sizeof *ranges, err);
  entry *entries = sorted(models, n, err);
  bs_status status = first != NULL && sharing != NULL && ranges != NULL && entries != NULL
                         ? bs_repeats_find(models, n, first, sharing, err)
                         : BS_ERR_MEMORY;
  size_t n_ranges = status == BS_OK ? find_ranges(entries, n, sharing, ranges) : 0;
  for (size_t i = 0; status == BS_OK && i < n_ranges; i++)
    status = tell_family(entries + ranges[i].at, ranges[i].end - ranges[i].at, sharing, notice,
                         user, err);
  free(first);
  free(sharing);
  free(ranges);
  free(entries);
  return status;
}
