/* The protocol of a sweep as text and back. */
#include <stdio.h>
#include <string.h>

#include "bigsweep/evaluate.h"

/* Revision 2: a token that spans the border of prompt and answer; generation without the white
   space at the end of the prompt. */
bs_status bs_protocol_print(const bs_protocol *protocol, bs_text *text, bs_error *err) {
  bs_precision precision =
      protocol->precision == BS_PRECISION_AUTO ? BS_PRECISION_F32 : protocol->precision;
  bs_status status = bs_text_printf(
      text, err, BS_PROTOCOL_REVISION " seed=%u border=%s overlong=%s max_tokens=%zu dtype=%s",
      protocol->seed, bs_border_name(protocol->border), bs_overlong_name(protocol->overlong),
      protocol->max_tokens, bs_precision_name(precision));
  if (status == BS_OK && protocol->reading != BS_READING_DEFAULT)
    status = bs_text_printf(text, err, " transformers=%s", bs_reading_name(protocol->reading));
  return status;
}

/* " transformers=NAME", where it is there. */
static bool parse_reading(bs_protocol *out, const char *text) {
  char name[32];
  int n = -1;
  out->reading = BS_READING_DEFAULT;
  return text[0] == '\0' ||
         (sscanf(text, " transformers=%31s%n", name, &n) == 1 && n >= 0 && text[n] == '\0' &&
          bs_reading_parse(&out->reading, name, NULL) == BS_OK);
}

bs_status bs_protocol_parse(bs_protocol *out, const char *text, bs_error *err) {
  char border[32], overlong[32], dtype[32];
  int n = -1;
  *out = (bs_protocol){0};
  bool is_one = sscanf(text, "%*31s seed=%u border=%31s overlong=%31s max_tokens=%zu dtype=%31s%n",
                       &out->seed, border, overlong, &out->max_tokens, dtype, &n) == 5 &&
                n >= 0 && parse_reading(out, text + n) &&
                bs_border_parse(&out->border, border, NULL) == BS_OK &&
                bs_overlong_parse(&out->overlong, overlong, NULL) == BS_OK &&
                bs_precision_parse(&out->precision, dtype, NULL) == BS_OK;
  return is_one ? BS_OK
                : bs_error_set(err, BS_ERR_INPUT, "the settings (\"%s\") are of another version",
                               text);
}
