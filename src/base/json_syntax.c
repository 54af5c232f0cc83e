/* Why a text is no JSON, for people who write it by hand. */
#include <string.h>

#include "bigsweep/json.h"

/* Behind white space, from `at` on. */
static size_t skip_blanks(const char *text, size_t at) { return at + strspn(text + at, " \t\r\n"); }

/* The last character before `at` that is no white space; NUL: none. */
static char before(const char *text, size_t at) {
  while (at > 0 && strchr(" \t\r\n", text[at - 1]) != NULL)
    at--;
  return at > 0 ? text[at - 1] : '\0';
}

static bool begins(const char *text, const char *with) {
  return strncmp(text, with, strlen(with)) == 0;
}

static bool is_one_of(const char *text, const char *const *words, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (begins(text, words[i]))
      return true;
  return false;
}

/* "---", "# ...", "key: value" or "- item" as the first line that says something. */
static bool looks_like_yaml(const char *text) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  const char *at = text + skip_blanks(text, 0);
  while (*at == '#') {
    at += strcspn(at, "\n");
    at += skip_blanks(at, 0);
  }
  size_t n = strspn(at, letters);
  return begins(at, "---") || begins(at, "- ") ||
         (n > 0 && at[n] == ':' && strchr(" \t\r\n", at[n + 1]) != NULL);
}

/* What stands at `at`, where it is something that people expect to be allowed; NULL: it is not. */
static const char *reason_at(const char *text, size_t at) {
  static const char *const python[] = {"True", "False", "None", "NaN", "nan", "Infinity", "inf"};
  static const char *const comments[] = {"//", "/*", "#"};
  if (text[at] == ',' && text[skip_blanks(text, at + 1)] != '\0' &&
      strchr("}]", text[skip_blanks(text, at + 1)]) != NULL)
    at = skip_blanks(text, at + 1);
  const char *here = text + at;
  if (is_one_of(here, comments, sizeof comments / sizeof *comments))
    return "not JSON from here: JSON has no comments";
  if ((*here == '}' || *here == ']') && before(text, at) == ',')
    return "not JSON from here: JSON has no comma behind the last element";
  if (*here == '\'')
    return "not JSON from here: JSON has texts between double quotes";
  if (is_one_of(here, python, sizeof python / sizeof *python))
    return "not JSON from here: JSON knows true, false, null and finite numbers";
  return NULL;
}

const char *bs_json_why_not(const char *text, size_t offset) {
  if (looks_like_yaml(text))
    return "not JSON but, as it seems, YAML: write it as JSON, {\"key\": value, ...}";
  /* The parser stops at a fault, behind white space before it, or one character into it. */
  const char *reason = reason_at(text, skip_blanks(text, offset));
  if (reason == NULL && offset > 0)
    reason = reason_at(text, offset - 1);
  if (reason != NULL)
    return reason;
  return text[skip_blanks(text, offset)] == '\0'
             ? "not JSON from here: the text ends before its lists and objects are closed"
             : "not JSON from here";
}
