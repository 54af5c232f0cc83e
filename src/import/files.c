/* The files of an import: what each is, by its content. */
#include <string.h>

#include "base/file_internal.h"
#include "import/import_internal.h"

enum { MOST_BYTES = 1 << 30 };

#define ADDRESS(name) &bs_import_format_##name,
static const bs_import_format *const FORMATS[] = {BS_IMPORT_FORMATS(ADDRESS)};
enum { N_FORMATS = sizeof FORMATS / sizeof *FORMATS };

/* What Python's json writes and JSON does not know: NaN and Infinity become empty texts, which are
   no scores, in place, so that lines and columns stay. */
static void mend_numbers(bs_text *text) {
  static const char *const WORDS[] = {"NaN", "-Infinity", "Infinity"};
  bool in_string = false;
  for (size_t i = 0; i < text->n_bytes; i++) {
    char *at = text->data + i;
    if (*at == '"')
      in_string = !in_string;
    else if (in_string && *at == '\\')
      i++;
    for (size_t k = 0; !in_string && k < sizeof WORDS / sizeof *WORDS; k++) {
      size_t n = strlen(WORDS[k]);
      if (n > text->n_bytes - i || memcmp(at, WORDS[k], n) != 0)
        continue;
      memset(at, ' ', n);
      at[0] = at[1] = '"';
      i += n - 1;
      break;
    }
  }
}

static bs_status read_json(bs_import *import, const char *path, bs_text *text, bs_error *err) {
  bs_json *json = NULL;
  mend_numbers(text);
  bs_status status = bs_json_parse(&json, text->data, text->n_bytes, path, err);
  if (status != BS_OK)
    return status;
  const bs_import_format *format = NULL;
  for (size_t i = 0; format == NULL && i < N_FORMATS; i++)
    if (FORMATS[i]->is_it(json->root))
      format = FORMATS[i];
  status = format != NULL
               ? format->read(import, json, err)
               : bs_json_fault(json, json->root, err,
                               "expected \"results\" (lm-evaluation-harness), \"model\" and "
                               "\"scores\" (BIG-bench) or \"evaluation_results\" "
                               "(every_eval_ever), or a table in CSV");
  bs_json_free(&json);
  return status;
}

static bool begins_json(const bs_text *text) {
  for (size_t i = 0; i < text->n_bytes; i++)
    if (strchr(" \t\r\n", text->data[i]) == NULL || text->data[i] == '\0')
      return text->data[i] == '{' || text->data[i] == '[';
  return false;
}

bs_status bs_import_file(bs_import *import, const char *path, bs_error *err) {
  bs_text text = {0};
  uint32_t number = 0;
  size_t n_files = import->files.n;
  bs_status status = bs_interner_add(&import->files, import->arena, path, &number, err);
  if (status == BS_OK && number < n_files)
    status = bs_error_set(err, BS_ERR_INPUT, "%s: is given twice", path);
  if (status == BS_OK)
    status = bs_file_read(path, MOST_BYTES, &text, err);
  if (status == BS_OK)
    status = begins_json(&text) ? read_json(import, path, &text, err)
                                : bs_import_csv(import, path, &text, err);
  bs_text_free(&text);
  return status;
}
