/* What is told of accepted answers that can never match. */
#include <string.h>

#include "base/writer_internal.h"
#include "bigsweep/reach.h"
#include "metrics/text_internal.h"

enum { SHOWN_CHARACTERS = 60 };

/* A text as JSON writes it, the head of a long one. */
static void write_shown(bs_writer *w, const char *text) {
  size_t n_bytes = strlen(text), n = bs_utf8_head_bytes(text, n_bytes, SHOWN_CHARACTERS);
  bs_writer_string(w, text, n);
  if (n < n_bytes)
    bs_writer_append_string(w, "...");
}

/* Who cuts the answers: "max_length (3), output_regex (280)". */
static void write_steps(bs_writer *w, const bs_reach *reach) {
  static const char *const names[BS_N_CUT_STEPS] = {[BS_CUT_END_MARK] = "reasoning_stop",
                                                    [BS_CUT_LENGTH] = "max_length",
                                                    [BS_CUT_STOP] = "stop_string",
                                                    [BS_CUT_REGEX] = "output_regex"};
  size_t n = 0;
  for (int i = 0; i < BS_N_CUT_STEPS; i++)
    if (reach->by_step[i] > 0)
      bs_writer_printf(w, "%s%s (%zu)", n++ > 0 ? ", " : "", names[i], reach->by_step[i]);
  if (n == 0)
    bs_writer_append_string(w, "the steps together");
}

/* Keys of a variant that would let the answers through, such as
   "output_regex": "[^\\n]+", "max_length": 300. */
static void write_remedy(bs_writer *w, const bs_reach *reach) {
  size_t n = 0;
  if (reach->by_step[BS_CUT_REGEX] > 0)
    bs_writer_append_string(w, reach->has_lines ? "\"output_regex\": null"
                                                : "\"output_regex\": \"[^\\\\n]+\"");
  n += reach->by_step[BS_CUT_REGEX] > 0;
  if (reach->by_step[BS_CUT_LENGTH] > 0)
    bs_writer_printf(w, "%s\"max_length\": %zu", n++ > 0 ? ", " : "", reach->longest);
  if (reach->by_step[BS_CUT_STOP] > 0)
    bs_writer_printf(w, "%s\"stop_string\": null", n++ > 0 ? ", " : "");
  if (n == 0)
    bs_writer_append_string(w, "\"output_regex\": ...");
}

static void write_lost(bs_writer *w, const bs_reach *reach) {
  const bs_unmatched *lost = &reach->lost;
  bs_writer_printf(
      w, "exact_str_match: of %zu example%s %zu can never match: every accepted answer is cut, by ",
      reach->n, bs_plural(reach->n), lost->n);
  write_steps(w, reach);
  bs_writer_printf(w, "; of example %zu's ", lost->first);
  write_shown(w, lost->answer);
  bs_writer_append_string(w, " is left ");
  write_shown(w, lost->left);
  bs_writer_append_string(w, "; a variant can cut otherwise, such as {");
  write_remedy(w, reach);
  bs_writer_append_string(w, "}");
}

static void write_numbers(bs_writer *w, const bs_reach *reach) {
  const bs_unmatched *numbers = &reach->numbers;
  bs_writer_printf(
      w,
      "numeric_match_with_0_1_relative_error: of %zu example%s %zu can never match, because no "
      "accepted answer is a number near itself when it is cut; of example %zu's ",
      reach->n, bs_plural(reach->n), numbers->n, numbers->first);
  write_shown(w, numbers->answer);
  bs_writer_append_string(w, " is left ");
  write_shown(w, numbers->left);
  bs_writer_append_string(w, " (separators of thousands and units make no number)");
}

static void write_blank(bs_writer *w, const bs_reach *reach) {
  bs_writer_printf(w,
                   "of %zu example%s %zu accept%s an empty answer (example %zu is the first): a "
                   "text of which nothing is left counts as right there",
                   reach->n, bs_plural(reach->n), reach->blank.n, reach->blank.n == 1 ? "s" : "",
                   reach->blank.first);
}

static void write_decomposed(bs_writer *w, const bs_reach *reach) {
  bs_writer_printf(
      w, "of %zu example%s %zu accept%s only answers with decomposed characters (example %zu: ",
      reach->n, bs_plural(reach->n), reach->decomposed.n, reach->decomposed.n == 1 ? "s" : "",
      reach->decomposed.first);
  write_shown(w, reach->decomposed.answer);
  bs_writer_append_string(w, "): a model that writes composed ones (Unicode's normal form C) "
                             "does not match them");
}

static void write_untold(bs_writer *w, const bs_reach *reach) {
  bs_writer_printf(w,
                   "of %zu example%s %zu could not be checked: output_regex finds nothing in "
                   "the accepted answer alone, and the text that it needs around it is not "
                   "known; try it with `bigsweep prompt` and a text of the model's",
                   reach->n, bs_plural(reach->n), reach->n_untold);
}

static void write_slow(bs_writer *w, const bs_reach *reach) {
  bs_writer_printf(w, "accepted answers were not all checked: %s", reach->too_slow);
}

static void write_endless(bs_writer *w, const bs_reach *reach) {
  (void)reach;
  bs_writer_append_string(
      w, "neither stop_string nor output_regex ends the generated text: an answer matches only "
         "where the model itself ends its text behind it");
}

static bool is_given(const char *text) { return text != NULL && text[0] != '\0'; }

bs_status bs_reach_tell(const bs_reach *reach, const char *task, bs_reach_notice notice, void *user,
                        bs_error *err) {
  bool is_endless = reach->n > 0 && !is_given(reach->cut.stop_string) &&
                    !is_given(reach->cut.output_regex) && !is_given(reach->cut.end_mark);
  const struct {
    bool is_there;
    void (*write)(bs_writer *w, const bs_reach *reach);
  } sentences[] = {{reach->lost.n > 0, write_lost},     {reach->numbers.n > 0, write_numbers},
                   {reach->blank.n > 0, write_blank},   {reach->decomposed.n > 0, write_decomposed},
                   {reach->n_untold > 0, write_untold}, {reach->too_slow != NULL, write_slow},
                   {is_endless, write_endless}};
  bs_text text = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < sizeof sentences / sizeof *sentences; i++) {
    if (!sentences[i].is_there)
      continue;
    text.n_bytes = 0;
    bs_writer w = {.to = &text};
    bs_writer_printf(&w, "%s: ", task);
    sentences[i].write(&w, reach);
    status = bs_writer_status(&w, err);
    if (status == BS_OK)
      notice(user, text.data);
  }
  bs_text_free(&text);
  return status;
}
