/* Lines for the filters; the first byte says for which. Every line is answered by one line with a
   JSON object, whatever stands in it. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "fuzz.h"

#define MODEL BS_SOURCE_DIR "/models/ladder/s1/3k"

enum { MOST_ARGUMENTS = 8 };

typedef struct filter {
  char letter;
  const bs_command *command;
  const char *arguments[MOST_ARGUMENTS];
} filter;

static const filter FILTERS[] = {
    {'t', &tokenize_command, {"tokenize", "--model", MODEL}},
    {'s', &tokenize_command, {"tokenize", "--model", MODEL, "--special"}},
    {'d', &tokenize_command, {"tokenize", "--model", MODEL, "--decode"}},
    {'m', &metric_command, {"metric"}},
    {'l', &loglik_command, {"loglik", "--model", MODEL, "--threads", "1"}},
    {'g', &generate_command, {"generate", "--model", MODEL, "--threads", "1"}},
};
enum { N_FILTERS = sizeof FILTERS / sizeof *FILTERS };

static const filter *filter_of(uint8_t letter) {
  for (size_t i = 0; i < N_FILTERS; i++)
    if (FILTERS[i].letter == (char)letter)
      return &FILTERS[i];
  return &FILTERS[letter % N_FILTERS];
}

static size_t count_lines(const uint8_t *data, size_t size) {
  size_t n = size > 0 && data[size - 1] != '\n';
  for (size_t i = 0; i < size; i++)
    n += data[i] == '\n';
  return n;
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  if (size == 0)
    return;
  const filter *of = filter_of(data[0]);
  char *argv[MOST_ARGUMENTS + 1];
  memcpy(argv, of->arguments, sizeof of->arguments);
  argv[MOST_ARGUMENTS] = NULL;
  bs_text output = {0};
  int code = bs_fuzz_command(of->command, argv, data + 1, size - 1, &output);
  if (code != EXIT_DONE && code != EXIT_BAD_INPUT)
    abort();
  bs_fuzz_expect_objects(&output, count_lines(data + 1, size - 1));
  bs_text_free(&output);
}
