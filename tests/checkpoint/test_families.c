/* What every family's file needs: a tensor that is missing or has another shape is refused by its
   name. And ALiBi's slopes, against their definitions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint/family_internal.h"
#include "family_models.h"
#include "harness.h"
#include "key_outcome.h"

/* The name of a tensor of the first layer. */
static void tensor_name(const char *spec, char *name, size_t n_bytes) {
  const char *colon = strchr(spec, ':'), *place = strstr(spec, "%zu");
  if (place == NULL)
    snprintf(name, n_bytes, "%.*s", (int)(colon - spec), spec);
  else
    snprintf(name, n_bytes, "%.*s0%.*s", (int)(place - spec), spec, (int)(colon - place - 3),
             place + 3);
}

/* A prefix that all names of a model have is found by this tensor; without it others are missed. */
static bool tells_the_prefix(const char *spec) {
  return strncmp(spec, "transformer.wte", strlen("transformer.wte")) == 0 ||
         strncmp(spec, "wte", strlen("wte")) == 0 ||
         strncmp(spec, "language_model.model.embed", strlen("language_model.model.embed")) == 0;
}

static void check_tensor(const family_model *model, size_t place, const char *instead) {
  family_model changed = *model;
  char name[128];
  tensor_name(model->tensors[place], name, sizeof name);
  changed.tensors[place] = instead;
  if (instead == NULL)
    for (size_t i = place; i + 1 < FAMILY_TENSORS; i++)
      changed.tensors[i] = model->tensors[i + 1];
  const char *folder = make_family_weights(&changed, model->architecture);
  write_family_config(model, folder, NULL, 0);
  outcome found = outcome_open(folder);
  if (!outcome_is_refused(&found) || (!outcome_names(&found, name) && !tells_the_prefix(name))) {
    printf("\n    %s: %s %s: %s", model->architecture, name,
           instead == NULL ? "missing" : "of another shape",
           outcome_is_refused(&found) ? found.err.message : "accepted");
    CU_FAIL("a tensor");
  }
  outcome_free(&found);
}

static void tensors_are_needed(void) {
  for (size_t m = 0; m < n_family_models; m++) {
    const family_model *model = &family_models[m];
    for (size_t i = 0; i < FAMILY_TENSORS && model->tensors[i] != NULL; i++) {
      char other[160];
      const char *colon = strchr(model->tensors[i], ':');
      bool is_matrix = colon[2] == ',', is_taken = strcmp(colon, ":H,D") == 0;
      snprintf(other, sizeof other, "%.*s:%s", (int)(colon - model->tensors[i]), model->tensors[i],
               is_taken    ? "V,D"
               : is_matrix ? "H,D"
                           : "H");
      check_tensor(model, i, NULL);
      check_tensor(model, i, other);
    }
  }
}

static void slopes(size_t n_heads, bs_alibi_kind kind, double bias_max, double *to) {
  bs_error err = {0};
  bs_reader reader = {.err = &err};
  bs_blueprint blueprint = {.n_heads = n_heads};
  bs_reader_alibi(&reader, &blueprint, kind, bias_max, 0.5);
  CU_ASSERT_EQUAL_FATAL(reader.status, BS_OK);
  memcpy(to, blueprint.alibi_slopes, n_heads * sizeof *to);
  bs_blueprint_free(&blueprint);
}

/* As the paper's recursion has them. */
static double of_paper(size_t head, size_t n_heads) {
  if ((n_heads & (n_heads - 1)) == 0)
    return pow(pow(2, -pow(2, -(log2((double)n_heads) - 3))), (double)(head + 1));
  size_t power = 1;
  while (2 * power < n_heads)
    power *= 2;
  return head < power ? of_paper(head, power) : of_paper(2 * (head - power), 2 * power);
}

static void alibi_slopes(void) {
  double found[12];
  for (size_t n = 1; n <= 12; n++) {
    slopes(n, BS_ALIBI_BLOOM, 8, found);
    for (size_t h = 0; h < n; h++)
      CU_ASSERT_DOUBLE_EQUAL(found[h], 0.5 * of_paper(h, n), 1e-12);
  }
  /* MPT with 6 heads: those of 8, the second, fourth ... first, then the first, third. */
  static const double order[6] = {2, 4, 6, 8, 1, 3};
  slopes(6, BS_ALIBI_MPT, 4, found);
  for (size_t h = 0; h < 6; h++)
    CU_ASSERT_DOUBLE_EQUAL(found[h], 0.5 * pow(2, -order[h] * 4 / 8), 1e-12);
  slopes(4, BS_ALIBI_MPT, 8, found);
  for (size_t h = 0; h < 4; h++)
    CU_ASSERT_DOUBLE_EQUAL(found[h], 0.5 * pow(2, -2 * (double)(h + 1)), 1e-12);
}

static const bs_test tests[] = {
    {"every tensor of every family is needed", tensors_are_needed},
    {"ALiBi's slopes", alibi_slopes},
};

int main(void) { return bs_test_main("families", tests, sizeof tests / sizeof *tests); }
