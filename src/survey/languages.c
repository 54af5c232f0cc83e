/* In which languages a task is, as far as it says so. BIG-bench has no field for that: tasks in
   others than English have one of some keywords, and the language in their name or description. */
#include <string.h>
#include <strings.h>

#include "survey/survey_internal.h"

static const char *const OTHER[] = {"non-English", "multilingual", "low-resource language",
                                    "translation"};
static const char *const LANGUAGES[] = {
    "Afrikaans", "Amharic",  "Arabic",     "Armenian",   "Basque",    "Bengali",     "Bulgarian",
    "Catalan",   "Chinese",  "Croatian",   "Czech",      "Danish",    "Dutch",       "Estonian",
    "Finnish",   "French",   "Georgian",   "German",     "Greek",     "Gujarati",    "Hausa",
    "Hebrew",    "Hindi",    "Hinglish",   "Hungarian",  "Icelandic", "Igbo",        "Indonesian",
    "Irish",     "Italian",  "Japanese",   "Kannada",    "Kazakh",    "Kinyarwanda", "Korean",
    "Latin",     "Latvian",  "Lithuanian", "Macedonian", "Malay",     "Malayalam",   "Marathi",
    "Mongolian", "Nepali",   "Norwegian",  "Oromo",      "Persian",   "Polish",      "Portuguese",
    "Punjabi",   "Romanian", "Russian",    "Sanskrit",   "Serbian",   "Sinhala",     "Slovak",
    "Slovenian", "Somali",   "Spanish",    "Swahili",    "Swedish",   "Tamil",       "Telugu",
    "Thai",      "Tibetan",  "Turkish",    "Ukrainian",  "Urdu",      "Uzbek",       "Vietnamese",
    "Welsh",     "Xhosa",    "Yoruba",     "Zulu"};

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool has_word(const char *text, const char *word) {
  size_t n = strlen(word), n_text = strlen(text);
  for (size_t at = 0; at + n <= n_text; at++)
    if (strncasecmp(text + at, word, n) == 0 && (at == 0 || !is_letter(text[at - 1])) &&
        !is_letter(text[at + n]))
      return true;
  return false;
}

bs_status bs_task_languages(bs_text *to, const char *keywords, const char *name,
                            const char *description, bs_error *err) {
  bool is_other = false;
  size_t n = 0;
  bs_status status = BS_OK;
  for (size_t i = 0; i < sizeof OTHER / sizeof *OTHER; i++)
    is_other = is_other || has_word(keywords, OTHER[i]);
  if (!is_other)
    return bs_text_append_string(to, "English", err);
  for (size_t i = 0; status == BS_OK && i < sizeof LANGUAGES / sizeof *LANGUAGES; i++)
    if (has_word(name, LANGUAGES[i]) || has_word(description, LANGUAGES[i]))
      status = bs_text_printf(to, err, "%s%s", n++ > 0 ? ", " : "", LANGUAGES[i]);
  if (status == BS_OK && n == 0)
    status = bs_text_append_string(to, "not English alone", err);
  return status;
}
