/* Reading a command's options by its table, and printing help and errors. */
#include "program/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/buffer.h"
#include "bigsweep/checkpoint.h"
#include "bigsweep/helpers.h"
#include "program/describe.h"

enum { MAX_OPTIONS = 32 };

void print_error(const bs_command *command, const char *message) {
  fprintf(stderr, "bigsweep %s: %s\n", command->name, message);
}

int fail(const bs_command *command, const bs_error *err) {
  print_error(command, err->message[0] != '\0' ? err->message : bs_status_text(err->status));
  return err->status == BS_ERR_USAGE ? EXIT_USAGE : EXIT_BAD_INPUT;
}

static parsed wrong_usage(const bs_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static parsed wrong_usage(const bs_command *command, const char *format, ...) {
  va_list values;
  va_start(values, format);
  fprintf(stderr, "bigsweep %s: ", command->name);
  vfprintf(stderr, format, values);
  fprintf(stderr, "\nusage: bigsweep %s %s\n", command->name, command->usage);
  va_end(values);
  return (parsed){.exit_code = EXIT_USAGE};
}

bs_status expect_file(const char *path, bs_error *err) {
  bs_text parts = {0};
  bs_status status = bs_text_printf(&parts, err, "%s.parts", path);
  if (status == BS_OK && strcmp(path, "-") != 0 && !bs_file_exists(path) &&
      !bs_file_exists(parts.data))
    status = bs_error_set(err, BS_ERR_USAGE, "no such file: %s", path);
  bs_text_free(&parts);
  return status;
}

bs_status expect_model(const char *path, bs_error *err) {
  if (bs_file_exists(path))
    return BS_OK;
  bs_error fault = {0};
  bs_checkpoint_check_folder(path, &fault);
  return bs_error_set(err, BS_ERR_USAGE, "%s", fault.message);
}

static const option *find(const option *options, size_t n, const char *argument, size_t n_name) {
  for (size_t i = 0; i < n; i++)
    if ((strlen(options[i].name) == n_name && memcmp(options[i].name, argument, n_name) == 0) ||
        (options[i].letter != NULL && strlen(options[i].letter) == n_name &&
         memcmp(options[i].letter, argument, n_name) == 0))
      return &options[i];
  return NULL;
}

void text_list_free(text_list *list) {
  free(list->texts);
  free(list->bytes);
  *list = (text_list){0};
}

/* False where a text is empty, or memory is short. */
static bool take_list(text_list *to, const char *value) {
  size_t n = 1;
  text_list_free(to);
  for (const char *at = value; *at != '\0'; at++)
    n += *at == ',';
  to->bytes = strdup(value);
  to->texts = calloc(n, sizeof *to->texts);
  if (to->bytes == NULL || to->texts == NULL)
    return false;
  for (char *at = to->bytes; at != NULL;) {
    char *comma = strchr(at, ',');
    if (comma != NULL)
      *comma++ = '\0';
    if (*at == '\0')
      return false;
    to->texts[to->n++] = at;
    at = comma;
  }
  return true;
}

static bool take_value(const option *o, const char *value) {
  if (o->kind == OPTION_LIST)
    return take_list(o->to, value);
  if (o->kind == OPTION_TEXT) {
    *(const char **)o->to = value;
    return true;
  }
  char *end;
  errno = 0;
  long long number = strtoll(value, &end, 10);
  if (errno != 0 || end == value || *end != '\0' || number < o->low || number > o->high)
    return false;
  *(int64_t *)o->to = number;
  return true;
}

static const char *word_of(const option *o, const char *value) {
  for (const char *const *word = o->words; *word != NULL; word++)
    if (strcmp(*word, value) == 0)
      return *word;
  return NULL;
}

/* "linearity, scores or forecasts" */
static parsed wrong_word(const bs_command *command, const option *o, const char *value) {
  char words[128] = "";
  for (const char *const *word = o->words; *word != NULL; word++) {
    size_t n = strlen(words);
    snprintf(words + n, sizeof words - n, "%s%s",
             word == o->words  ? ""
             : word[1] == NULL ? " or "
                               : ", ",
             *word);
  }
  return wrong_usage(command, "option %s: expected %s, found %s", o->name, words, value);
}

static parsed unknown_option(const bs_command *command, const option *options, size_t n,
                             const char *argument) {
  const char *names[MAX_OPTIONS];
  for (size_t i = 0; i < n; i++)
    names[i] = options[i].name;
  const char *near = bs_nearest_name(argument, names, n);
  return near == NULL ? wrong_usage(command, "unknown option %s", argument)
                      : wrong_usage(command, "unknown option %s, did you mean %s?", argument, near);
}

parsed options_parse(const bs_command *command, int argc, char **argv, const option *options,
                     size_t n_options, size_t least, size_t most) {
  parsed result = {.go_on = true, .arguments = argv + 1};
  bool only_arguments = false;
  for (int i = 1; i < argc; i++) {
    char *argument = argv[i];
    if (only_arguments || argument[0] != '-' || argument[1] == '\0') {
      result.arguments[result.n_arguments++] = argument;
      continue;
    }
    if (strcmp(argument, "--") == 0) {
      only_arguments = true;
      continue;
    }
    const char *equals = strchr(argument, '=');
    if (strcmp(argument, "-h") == 0 || strncmp(argument, "--help=", 7) == 0 ||
        strcmp(argument, "--help") == 0)
      return describe_options(equals != NULL ? equals + 1 : "text", command, options, n_options)
                 ? (parsed){.exit_code = EXIT_DONE}
                 : wrong_usage(command, "no such form of help: %s", equals + 1);
    size_t n_name = equals != NULL ? (size_t)(equals - argument) : strlen(argument);
    const option *o = find(options, n_options, argument, n_name);
    if (o == NULL)
      return unknown_option(command, options, n_options, argument);
    if (o->kind == OPTION_FLAG) {
      if (equals != NULL)
        return wrong_usage(command, "option %s takes no value", o->name);
      *(bool *)o->to = true;
      continue;
    }
    if (o->kind == OPTION_WORD) {
      const char *given = equals != NULL ? equals + 1 : i + 1 < argc ? argv[i + 1] : "";
      const char *word = word_of(o, given);
      if (word == NULL && equals != NULL)
        return wrong_word(command, o, given);
      i += word != NULL && equals == NULL;
      *(const char **)o->to = word != NULL ? word : o->words[0];
      continue;
    }
    if (equals == NULL && i + 1 == argc)
      return wrong_usage(command, "option %s needs a value", o->name);
    const char *value = equals != NULL ? equals + 1 : argv[++i];
    if (take_value(o, value))
      continue;
    return o->kind == OPTION_LIST
               ? wrong_usage(command, "option %s: expected texts with commas between them", o->name)
               : wrong_usage(command, "option %s: expected a whole number from %lld to %lld",
                             o->name, (long long)o->low, (long long)o->high);
  }
  if (result.n_arguments < least)
    return wrong_usage(command, "an argument is missing");
  if (result.n_arguments > most)
    return wrong_usage(command, "unexpected argument %s", result.arguments[most]);
  return result;
}
