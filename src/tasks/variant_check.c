/* Which variants make sense. */
#include <string.h>

#include "bigsweep/metric.h"
#include "tasks/variant_internal.h"

enum { MAX_NAME_BYTES = 64, MAX_SAMPLES = 1000, MAX_TEMPERATURE = 100 };

static bool is_name(const char *name) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  size_t n = name != NULL ? strlen(name) : 0;
  return n > 0 && n <= MAX_NAME_BYTES && strspn(name, allowed) == n;
}

/* Samples are drawn at a temperature; without samples nothing is drawn. */
static bs_status check_sampling(const bs_variant *v, const char **key, bs_error *err) {
  *key = "temperature";
  if (!(v->temperature >= 0 && v->temperature <= MAX_TEMPERATURE))
    return bs_error_set(err, BS_ERR_USAGE, "expected a number from 0 to %d, found %.17g",
                        MAX_TEMPERATURE, v->temperature);
  if (v->temperature > 0 && v->n_samples == 0)
    return bs_error_set(err, BS_ERR_USAGE,
                        "a temperature without \"samples\": one answer is taken greedily");
  *key = "top_p";
  if (!(v->top_p >= 0 && v->top_p <= 1))
    return bs_error_set(err, BS_ERR_USAGE, "expected a number above 0 and at most 1, found %.17g",
                        v->top_p);
  if (v->top_p > 0 && v->n_samples == 0)
    return bs_error_set(err, BS_ERR_USAGE,
                        "\"top_p\" without \"samples\": one answer is taken greedily");
  *key = "samples";
  if (v->n_samples > MAX_SAMPLES)
    return bs_error_set(err, BS_ERR_USAGE, "expected at most %d samples, found %zu", MAX_SAMPLES,
                        v->n_samples);
  if (v->n_samples > 0 && !(v->temperature > 0))
    return bs_error_set(err, BS_ERR_USAGE,
                        "%zu samples without a \"temperature\" above 0: they would all be the same",
                        v->n_samples);
  return BS_OK;
}

static bool is_given(const char *text) { return text != NULL && text[0] != '\0'; }

bool bs_variant_in_one_step(const bs_variant *v) {
  return v->reasoning_prompt != NULL && v->answer_prompt == NULL;
}

static bs_status check_reasoning(const bs_variant *v, const char **key, bs_error *err) {
  *key = "answer_prompt";
  if (v->answer_prompt != NULL && v->reasoning_prompt == NULL)
    return bs_error_set(err, BS_ERR_USAGE,
                        "an answer prompt without a \"reasoning_prompt\": there is nothing to put "
                        "it behind");
  *key = "reasoning_stop";
  if (is_given(v->reasoning_stop) && v->reasoning_prompt == NULL)
    return bs_error_set(err, BS_ERR_USAGE,
                        "an end of the reasoning without a \"reasoning_prompt\"");
  *key = "reasoning_prompt";
  if (bs_variant_in_one_step(v) && !is_given(v->output_regex))
    return bs_error_set(err, BS_ERR_USAGE,
                        "reasoning in one step needs an \"output_regex\" that takes the answer out "
                        "of it; for two steps give an \"answer_prompt\"");
  return BS_OK;
}

static bs_status check_regex(const bs_variant *v, const char **key, bs_error *err) {
  *key = "output_regex";
  bs_text nothing = {0};
  bs_status status = bs_postprocess("", 0, 0, NULL, v->output_regex, &nothing, err);
  bs_text_free(&nothing);
  if (status != BS_OK && status != BS_ERR_MEMORY)
    status = bs_error_recast(err, BS_ERR_USAGE);
  return status;
}

bs_status bs_variant_check(const bs_variant *variant, const char **key, bs_error *err) {
  const char *own = NULL;
  key = key != NULL ? key : &own;
  *key = "name";
  if (!is_name(variant->name))
    return bs_error_set(err, BS_ERR_USAGE,
                        "\"%s\" is no name of a variant: expected 1 to %d letters, digits, \"-\", "
                        "\"_\" or \".\"",
                        variant->name != NULL ? variant->name : "", MAX_NAME_BYTES);
  *key = "head";
  if (variant->head != NULL && variant->head[0] == '\0')
    return bs_error_set(err, BS_ERR_USAGE, "expected the path of a text, found an empty one");
  bs_status status = check_sampling(variant, key, err);
  if (status == BS_OK)
    status = check_reasoning(variant, key, err);
  if (status == BS_OK)
    status = check_regex(variant, key, err);
  return status;
}
