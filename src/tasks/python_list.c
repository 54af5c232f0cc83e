/* Lists as Python writes them: ["a", 'b', 3]. */
#include "tasks/python_list_internal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/buffer.h"

typedef struct cursor {
  const char *text, *at; /* the text ends in NUL */
  bs_error *err;
} cursor;

static bs_status expected(const cursor *c, const char *what) {
  size_t place = (size_t)(c->at - c->text) + 1;
  if (*c->at == '\0')
    return bs_error_set(c->err, BS_ERR_INPUT, "byte %zu of the list: expected %s, found its end",
                        place, what);
  uint32_t code_point;
  size_t n = bs_utf8_decode(c->at, strlen(c->at), &code_point);
  return bs_error_set(c->err, BS_ERR_INPUT, "byte %zu of the list: expected %s, found \"%.*s\"",
                      place, what, (int)(n > 0 ? n : 1), c->at);
}

static void skip_space(cursor *c) {
  while (*c->at != '\0' && strchr(" \t\r\n\f", *c->at) != NULL)
    c->at++;
}

static int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* least to most digits of the base at the cursor. */
static bs_status read_code(cursor *c, int base, int least, int most, bs_text *to) {
  uint32_t code = 0;
  int n = 0;
  for (; n < most && digit_of(*c->at) < base; n++)
    code = code * (uint32_t)base + (uint32_t)digit_of(*c->at++);
  if (n < least)
    return expected(c, base == 8 ? "an octal digit" : "a hexadecimal digit");
  char bytes[4];
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
    return bs_error_set(c->err, BS_ERR_INPUT,
                        "byte %zu of the list: U+%04X is no character that a prompt can hold",
                        (size_t)(c->at - c->text), (unsigned)code);
  return bs_text_append(to, bytes, bs_utf8_encode(code, bytes), c->err);
}

/* Behind a backslash. Those that Python does not know stand for themselves, backslash and all. */
static bs_status read_escape(cursor *c, bs_text *to) {
  static const char letters[] = "\\'\"abfnrtv", bytes[] = "\\'\"\a\b\f\n\r\t\v";
  char letter = *c->at;
  const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
  if (found != NULL) {
    c->at++;
    return bs_text_append(to, bytes + (found - letters), 1, c->err);
  }
  if (letter >= '0' && letter <= '7')
    return read_code(c, 8, 1, 3, to);
  if (letter == 'N')
    return expected(c, "no character by name");
  if (letter == '\n') {
    c->at++;
    return BS_OK;
  }
  if (letter != 'x' && letter != 'u' && letter != 'U')
    return bs_text_append(to, "\\", 1, c->err);
  int n = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
  c->at++;
  return read_code(c, 16, n, n, to);
}

static bs_status read_quoted(cursor *c, bool is_raw, bs_text *to) {
  char quote = *c->at;
  bool is_long = c->at[1] == quote && c->at[2] == quote;
  c->at += is_long ? 3 : 1;
  for (;;) {
    if (*c->at == quote && (!is_long || (c->at[1] == quote && c->at[2] == quote))) {
      c->at += is_long ? 3 : 1;
      return BS_OK;
    }
    if (*c->at == '\0' || (!is_long && *c->at == '\n'))
      return expected(c, "the closing quote");
    bs_status status;
    if (*c->at == '\\' && !is_raw) {
      c->at++;
      status = read_escape(c, to);
    } else {
      size_t n = *c->at == '\\' && c->at[1] != '\0' ? 2 : 1;
      status = bs_text_append(to, c->at, n, c->err);
      c->at += n;
    }
    if (status != BS_OK)
      return status;
  }
}

static bool is_quote(char c) { return c == '\'' || c == '"'; }

/* One string, or several side by side, which are one. */
static bs_status read_string(cursor *c, bs_text *to) {
  bs_status status = BS_OK;
  for (bool first = true; status == BS_OK; first = false) {
    bool is_raw = *c->at == 'r' || *c->at == 'R';
    bool has_prefix = is_raw || *c->at == 'u' || *c->at == 'U';
    if (has_prefix && is_quote(c->at[1]))
      c->at++;
    else
      is_raw = false;
    if (!is_quote(*c->at))
      return first ? expected(c, "a string in quotes") : BS_OK;
    status = read_quoted(c, is_raw, to);
    skip_space(c);
  }
  return status;
}

static bs_status read_items(bs_name_list *list, cursor *c, char closing, bs_text *item) {
  for (;;) {
    skip_space(c);
    if (*c->at == closing)
      break;
    item->n_bytes = 0;
    bs_status status = read_string(c, item);
    if (status == BS_OK)
      status =
          bs_name_list_add_bytes(list, item->data != NULL ? item->data : "", item->n_bytes, c->err);
    if (status != BS_OK)
      return status;
    if (*c->at == ',')
      c->at++;
    else if (*c->at != closing)
      return expected(c, closing == ']' ? "\",\" or \"]\"" : "\",\" or \")\"");
  }
  c->at++;
  skip_space(c);
  return *c->at == '\0' ? BS_OK : expected(c, "nothing behind the list");
}

bs_status bs_python_list_read(bs_name_list *list, const char *text, bs_error *err) {
  cursor c = {.text = text, .at = text, .err = err};
  bs_text item = {0};
  bs_name_list_free(list);
  skip_space(&c);
  if (*c.at != '[' && *c.at != '(')
    return expected(&c, "\"[\"");
  char closing = *c.at++ == '[' ? ']' : ')';
  bs_status status = read_items(list, &c, closing, &item);
  bs_text_free(&item);
  if (status != BS_OK)
    bs_name_list_free(list);
  return status;
}
