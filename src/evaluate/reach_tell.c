/* What is told of accepted answers that can never match. */
#include <string.h>

#include "bigsweep/json.h"
#include "bigsweep/reach.h"
#include "metrics/text_internal.h"

enum { SHOWN_CHARACTERS = 60 };

/* A text as JSON writes it, the head of a long one. */
static bs_status append_shown(bs_text *to, const char *text, bs_error *err) {
  size_t n_bytes = strlen(text), n = bs_utf8_head_bytes(text, n_bytes, SHOWN_CHARACTERS);
  bs_status status = bs_json_append_string(to, text, n, err);
  return status == BS_OK && n < n_bytes ? bs_text_append_string(to, "...", err) : status;
}

/* Who cuts the answers: "max_length (3), output_regex (280)". */
static bs_status append_steps(bs_text *to, const bs_reach *reach, bs_error *err) {
  static const char *const names[BS_N_CUT_STEPS] = {[BS_CUT_END_MARK] = "reasoning_stop",
                                                    [BS_CUT_LENGTH] = "max_length",
                                                    [BS_CUT_STOP] = "stop_string",
                                                    [BS_CUT_REGEX] = "output_regex"};
  size_t n = 0;
  bs_status status = BS_OK;
  for (int i = 0; status == BS_OK && i < BS_N_CUT_STEPS; i++)
    if (reach->by_step[i] > 0)
      status =
          bs_text_printf(to, err, "%s%s (%zu)", n++ > 0 ? ", " : "", names[i], reach->by_step[i]);
  return status == BS_OK && n == 0 ? bs_text_append_string(to, "the steps together", err) : status;
}

/* Keys of a variant that would let the answers through, such as
   "output_regex": "[^\\n]+", "max_length": 300. */
static bs_status append_remedy(bs_text *to, const bs_reach *reach, bs_error *err) {
  size_t n = 0;
  bs_status status = BS_OK;
  if (reach->by_step[BS_CUT_REGEX] > 0)
    status = bs_text_append_string(
        to, reach->has_lines ? "\"output_regex\": null" : "\"output_regex\": \"[^\\\\n]+\"", err);
  n += reach->by_step[BS_CUT_REGEX] > 0;
  if (status == BS_OK && reach->by_step[BS_CUT_LENGTH] > 0)
    status = bs_text_printf(to, err, "%s\"max_length\": %zu", n++ > 0 ? ", " : "", reach->longest);
  if (status == BS_OK && reach->by_step[BS_CUT_STOP] > 0)
    status = bs_text_printf(to, err, "%s\"stop_string\": null", n++ > 0 ? ", " : "");
  return status == BS_OK && n == 0 ? bs_text_append_string(to, "\"output_regex\": ...", err)
                                   : status;
}

static bs_status append_lost(bs_text *to, const bs_reach *reach, bs_error *err) {
  const bs_unmatched *lost = &reach->lost;
  bs_status status = bs_text_printf(
      to, err,
      "exact_str_match: of %zu example%s %zu can never match: every accepted answer is cut, by ",
      reach->n, bs_plural(reach->n), lost->n);
  if (status == BS_OK)
    status = append_steps(to, reach, err);
  if (status == BS_OK)
    status = bs_text_printf(to, err, "; of example %zu's ", lost->first);
  if (status == BS_OK)
    status = append_shown(to, lost->answer, err);
  if (status == BS_OK)
    status = bs_text_append_string(to, " is left ", err);
  if (status == BS_OK)
    status = append_shown(to, lost->left, err);
  if (status == BS_OK)
    status = bs_text_append_string(to, "; a variant can cut otherwise, such as {", err);
  if (status == BS_OK)
    status = append_remedy(to, reach, err);
  return status == BS_OK ? bs_text_append_string(to, "}", err) : status;
}

static bs_status append_numbers(bs_text *to, const bs_reach *reach, bs_error *err) {
  const bs_unmatched *numbers = &reach->numbers;
  bs_status status = bs_text_printf(
      to, err,
      "numeric_match_with_0_1_relative_error: of %zu example%s %zu can never match, because no "
      "accepted answer is a number near itself when it is cut; of example %zu's ",
      reach->n, bs_plural(reach->n), numbers->n, numbers->first);
  if (status == BS_OK)
    status = append_shown(to, numbers->answer, err);
  if (status == BS_OK)
    status = bs_text_append_string(to, " is left ", err);
  if (status == BS_OK)
    status = append_shown(to, numbers->left, err);
  return status == BS_OK
             ? bs_text_append_string(to, " (separators of thousands and units make no number)", err)
             : status;
}

static bs_status append_blank(bs_text *to, const bs_reach *reach, bs_error *err) {
  return bs_text_printf(
      to, err,
      "of %zu example%s %zu accept%s an empty answer (example %zu is the first): a "
      "text of which nothing is left counts as right there",
      reach->n, bs_plural(reach->n), reach->blank.n, reach->blank.n == 1 ? "s" : "",
      reach->blank.first);
}

static bs_status append_decomposed(bs_text *to, const bs_reach *reach, bs_error *err) {
  bs_status status = bs_text_printf(
      to, err,
      "of %zu example%s %zu accept%s only answers with decomposed characters (example "
      "%zu: ",
      reach->n, bs_plural(reach->n), reach->decomposed.n, reach->decomposed.n == 1 ? "s" : "",
      reach->decomposed.first);
  if (status == BS_OK)
    status = append_shown(to, reach->decomposed.answer, err);
  return status == BS_OK ? bs_text_append_string(
                               to,
                               "): a model that writes composed ones (Unicode's normal form C) "
                               "does not match them",
                               err)
                         : status;
}

static bs_status append_untold(bs_text *to, const bs_reach *reach, bs_error *err) {
  return bs_text_printf(to, err,
                        "of %zu example%s %zu could not be checked: output_regex finds nothing in "
                        "the accepted answer alone, and the text that it needs around it is not "
                        "known; try it with `bigsweep prompt` and a text of the model's",
                        reach->n, bs_plural(reach->n), reach->n_untold);
}

static bs_status append_slow(bs_text *to, const bs_reach *reach, bs_error *err) {
  return bs_text_printf(to, err, "accepted answers were not all checked: %s", reach->too_slow);
}

static bs_status append_endless(bs_text *to, const bs_reach *reach, bs_error *err) {
  (void)reach;
  return bs_text_append_string(
      to,
      "neither stop_string nor output_regex ends the generated text: an answer matches only where "
      "the model itself ends its text behind it",
      err);
}

static bool is_given(const char *text) { return text != NULL && text[0] != '\0'; }

bs_status bs_reach_tell(const bs_reach *reach, const char *task, bs_reach_notice notice, void *user,
                        bs_error *err) {
  bool is_endless = reach->n > 0 && !is_given(reach->cut.stop_string) &&
                    !is_given(reach->cut.output_regex) && !is_given(reach->cut.end_mark);
  const struct {
    bool is_there;
    bs_status (*append)(bs_text *to, const bs_reach *reach, bs_error *err);
  } sentences[] = {
      {reach->lost.n > 0, append_lost},     {reach->numbers.n > 0, append_numbers},
      {reach->blank.n > 0, append_blank},   {reach->decomposed.n > 0, append_decomposed},
      {reach->n_untold > 0, append_untold}, {reach->too_slow != NULL, append_slow},
      {is_endless, append_endless}};
  bs_text text = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < sizeof sentences / sizeof *sentences; i++) {
    if (!sentences[i].is_there)
      continue;
    text.n_bytes = 0;
    status = bs_text_printf(&text, err, "%s: ", task);
    if (status == BS_OK)
      status = sentences[i].append(&text, reach, err);
    if (status == BS_OK)
      notice(user, text.data);
  }
  bs_text_free(&text);
  return status;
}
