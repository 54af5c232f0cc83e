/* What a model is: its scale and family as a table, its file or its name tells them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "import/import_internal.h"

#define SEPARATORS "-_ "

/* Thousands ("4k") are lengths of contexts, trillions ("1T") tokens of a training. */
static double unit_of(char letter) {
  switch (letter) {
  case 'm':
  case 'M':
    return 1e6;
  case 'b':
  case 'B':
    return 1e9;
  default:
    return NAN;
  }
}

/* "160m", "1.4B", "7b1" (7.1e9): digits with at most one point, or the unit in its place. */
static double size_of(const char *part, size_t n_bytes) {
  char digits[32];
  double unit = NAN;
  bool has_point = false;
  if (n_bytes < 2 || n_bytes >= sizeof digits || part[0] < '0' || part[0] > '9')
    return NAN;
  size_t n = 0;
  for (size_t i = 0; i < n_bytes; i++) {
    bool is_digit = part[i] >= '0' && part[i] <= '9';
    bool is_unit = isnan(unit) && !isnan(unit_of(part[i]));
    bool is_point = part[i] == '.' && !has_point && isnan(unit);
    if (!is_digit && !is_unit && !is_point)
      return NAN;
    if (is_unit)
      unit = unit_of(part[i]);
    if (is_unit && i + 1 < n_bytes && has_point)
      return NAN;
    has_point = has_point || !is_digit;
    digits[n++] = is_digit ? part[i] : '.';
  }
  digits[n] = '\0';
  if (isnan(unit))
    return NAN;
  char *end;
  double size = strtod(digits, &end) * unit;
  return end != digits && (*end == '\0' || strcmp(end, ".") == 0) && size > 0 ? size : NAN;
}

double bs_import_size_in_name(const char *name, size_t *first, size_t *n_bytes) {
  for (*first = 0; name[*first] != '\0';) {
    *n_bytes = strcspn(name + *first, SEPARATORS);
    double size = size_of(name + *first, *n_bytes);
    if (!isnan(size))
      return size;
    *first += *n_bytes;
    *first += strspn(name + *first, SEPARATORS);
  }
  return NAN;
}

/* The name without its size: "pythia-deduped" for "pythia-1.4b-deduped". */
static bs_status family_in_name(bs_import *import, const char *name, const char **out,
                                bs_error *err) {
  size_t first, n_bytes;
  bs_text family = {0};
  bs_status status = BS_OK;
  if (isnan(bs_import_size_in_name(name, &first, &n_bytes))) {
    status = bs_text_append_string(&family, name, err);
  } else {
    const char *rest = name + first + n_bytes;
    size_t n_before = first > 0 && *rest == '\0' ? first - 1 : first;
    rest += *rest != '\0'; /* the separator */
    status = bs_text_append(&family, name, n_before, err);
    if (status == BS_OK)
      status = bs_text_append_string(&family, rest, err);
  }
  if (status == BS_OK && family.n_bytes == 0)
    status = bs_text_append_string(&family, name, err);
  if (status == BS_OK &&
      (*out = bs_arena_string(import->arena, family.data, family.n_bytes)) == NULL)
    status = bs_error_set(err, BS_ERR_MEMORY, "out of memory");
  bs_text_free(&family);
  return status;
}

/* "pythia-70m" of "EleutherAI/pythia-70m" and of "models/pythia-70m/". */
static bs_status last_part(bs_import *import, const char *name, const char **out, bs_error *err) {
  size_t n = strlen(name), first;
  while (n > 1 && name[n - 1] == '/')
    n--;
  for (first = n; first > 0 && name[first - 1] != '/'; first--)
    ;
  *out = bs_arena_string(import->arena, name + first, n - first);
  return *out != NULL ? BS_OK : bs_error_set(err, BS_ERR_MEMORY, "out of memory");
}

static void override(double *value, double told) {
  if (!isnan(told))
    *value = told;
}

bs_status bs_import_settle_model(bs_import *import, bs_imported_model *model, bs_error *err) {
  const char *whole = model->name;
  size_t first, n_bytes;
  uint32_t number;
  bs_status status = last_part(import, whole, &model->name, err);
  if (status == BS_OK && model->name[0] == '\0')
    return bs_error_set(err, BS_ERR_INPUT, "no name of a model");
  if (status == BS_OK && (bs_interner_find(&import->named, whole, &number) ||
                          bs_interner_find(&import->named, model->name, &number))) {
    const bs_imported_model *told = &import->models[number];
    model->family = told->family[0] != '\0' ? told->family : model->family;
    override(&model->scale, told->scale);
    override(&model->seed, told->seed);
    override(&model->tokens, told->tokens);
    override(&model->compute, told->compute);
  }
  if (status == BS_OK && !(model->scale > 0))
    model->scale = bs_import_size_in_name(model->name, &first, &n_bytes);
  if (status == BS_OK && !(model->scale > 0 && isfinite(model->scale)))
    return bs_error_set(err, BS_ERR_INPUT,
                        "model \"%s\": neither the file nor the name tells its scale: give it with "
                        "--models TABLE.csv (columns model,scale,family)",
                        model->name);
  if (status == BS_OK && model->family[0] != '\0') {
    model->family = bs_arena_string(import->arena, model->family, strlen(model->family));
    return model->family != NULL ? BS_OK : bs_error_set(err, BS_ERR_MEMORY, "out of memory");
  }
  return status == BS_OK ? family_in_name(import, model->name, &model->family, err) : status;
}
