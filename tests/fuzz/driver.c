/* Runs a target over a corpus: every file of its folders as it is, then `runs` mutations of them,
   the same at every call. A crash is the sanitizer's business; an input that takes longer than
   LIMIT_SECONDS or a process that grows past LIMIT_MIB is a failure here.

       fuzz_NAME RUNS FOLDER...        runs them
       fuzz_NAME FILE                  runs one input

   With FUZZ_KEEP=PATH in the environment each input is written to PATH before it is run. */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum {
  LIMIT_SECONDS = 20,
  LIMIT_MIB = 1024,
  MOST_FILES = 1024,
  MOST_BYTES = 1 << 16,
  PATH_BYTES = 1024
};

typedef struct input {
  uint8_t *bytes;
  size_t n;
} input;

static input corpus[MOST_FILES];
static size_t n_corpus;
static uint64_t state = 42;
static const char *keep_path;

/* splitmix64 */
static uint64_t next_random(void) {
  uint64_t z = (state += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

static size_t below(size_t n) { return n > 0 ? (size_t)(next_random() % n) : 0; }

static void die(const char *message, const char *what) {
  fprintf(stderr, "fuzz: %s%s%s\n", message, what != NULL ? ": " : "", what != NULL ? what : "");
  exit(1);
}

static input read_file(const char *path) {
  input in = {.bytes = malloc(MOST_BYTES)};
  FILE *file = fopen(path, "rb");
  if (file == NULL || in.bytes == NULL)
    die("cannot read", path);
  in.n = fread(in.bytes, 1, MOST_BYTES, file);
  fclose(file);
  uint8_t *exact = realloc(in.bytes, in.n + 1);
  in.bytes = exact != NULL ? exact : in.bytes;
  return in;
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_folder(const char *folder) {
  static char *names[MOST_FILES];
  DIR *open = opendir(folder);
  if (open == NULL)
    die("cannot read", folder);
  size_t n = 0;
  for (const struct dirent *entry; (entry = readdir(open)) != NULL;) {
    if (entry->d_name[0] == '.')
      continue;
    if (n_corpus + n == MOST_FILES)
      die("more files than MOST_FILES", folder);
    names[n++] = strdup(entry->d_name);
  }
  closedir(open);
  if (n == 0)
    die("an empty folder", folder);
  qsort(names, n, sizeof *names, by_name);
  for (size_t i = 0; i < n; i++) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    corpus[n_corpus++] = read_file(path);
    free(names[i]);
  }
}

/* Replaces old_n bytes at `at` by new_n others. */
static void splice(input *in, size_t at, size_t old_n, const uint8_t *bytes, size_t new_n) {
  if (in->n - old_n + new_n > MOST_BYTES)
    return;
  memmove(in->bytes + at + new_n, in->bytes + at + old_n, in->n - at - old_n);
  if (new_n > 0)
    memmove(in->bytes + at, bytes, new_n);
  in->n = in->n - old_n + new_n;
}

/* What parsers stumble over. */
static const char *const WORDS[] = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"\"",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "-0.0",
    "1e-400",
    "18446744073709551615",
    "9007199254740993",
    "\\u0000",
    "\\ud800",
    "\\",
    "\xFF",
    "\xC0\x80",
    "\xEF\xBB\xBF",
    "(a*)*b",
    "(?:",
    "\\p{L}",
    "[^",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":{\"a\":",
    "4294967296",
    "..",
    "*",
};
enum { N_WORDS = sizeof WORDS / sizeof *WORDS };

static void mutate(input *in) {
  static uint8_t copy[MOST_BYTES];
  size_t at = below(in->n + 1), left = in->n - at, n = below(left < 64 ? left + 1 : 64);
  const char *word = WORDS[below(N_WORDS)];
  const input *other = &corpus[below(n_corpus)];
  switch (below(9)) {
  case 0: /* a bit */
    if (left > 0)
      in->bytes[at] ^= (uint8_t)(1U << below(8));
    break;
  case 1: /* a byte */
    if (left > 0)
      in->bytes[at] = (uint8_t)next_random();
    break;
  case 2:
    splice(in, at, n, NULL, 0);
    break;
  case 3: /* the same once more */
    memcpy(copy, in->bytes + at, n);
    splice(in, at, 0, copy, n);
    break;
  case 4:
    splice(in, at, 0, (const uint8_t *)word, strlen(word));
    break;
  case 5:
    splice(in, at, n < 8 ? n : 8, (const uint8_t *)word, strlen(word));
    break;
  case 6: /* the end goes */
    if (below(8) == 0)
      in->n = at;
    break;
  case 7: { /* a piece of another file */
    size_t from = below(other->n),
           length = below(other->n - from < 256 ? other->n - from + 1 : 256);
    memcpy(copy, other->bytes + from, length);
    splice(in, at, n, copy, length);
    break;
  }
  default: /* a digit, for sizes and offsets */
    for (size_t i = at; i < in->n; i++)
      if (in->bytes[i] >= '0' && in->bytes[i] <= '9') {
        in->bytes[i] = (uint8_t)('0' + below(10));
        break;
      }
  }
}

static void too_long(int signal_number) {
  static const char message[] = "fuzz: an input takes too long\n";
  (void)signal_number;
  ssize_t ignored = write(2, message, sizeof message - 1);
  (void)ignored;
  abort();
}

static void run_one(const input *in) {
  if (keep_path != NULL) {
    FILE *file = fopen(keep_path, "wb");
    if (file == NULL || fwrite(in->bytes, 1, in->n, file) != in->n || fclose(file) != 0)
      die("cannot write", keep_path);
  }
  uint8_t *exact = malloc(in->n > 0 ? in->n : 1); /* so that reading past the end is noticed */
  if (exact == NULL)
    die("no memory", NULL);
  memcpy(exact, in->bytes, in->n);
  alarm(LIMIT_SECONDS);
  bs_fuzz_one(exact, in->n);
  alarm(0);
  free(exact);
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_maxrss / 1024 > LIMIT_MIB)
    die("the process has grown past its limit", NULL);
}

static void run_mutations(size_t n_runs) {
  input in = {.bytes = malloc(MOST_BYTES)};
  if (in.bytes == NULL)
    die("no memory", NULL);
  for (size_t i = 0; i < n_runs; i++) {
    const input *from = &corpus[below(n_corpus)];
    memcpy(in.bytes, from->bytes, from->n);
    in.n = from->n;
    for (size_t k = 1 + below(6); k > 0; k--)
      mutate(&in);
    run_one(&in);
  }
  free(in.bytes);
}

int main(int argc, char **argv) {
  if (argc < 2)
    die("usage: RUNS FOLDER..., or FILE", NULL);
  signal(SIGALRM, too_long);
  keep_path = getenv("FUZZ_KEEP");
  if (argc == 2) {
    input in = read_file(argv[1]);
    run_one(&in);
    free(in.bytes);
    return 0;
  }
  for (int i = 2; i < argc; i++)
    add_folder(argv[i]);
  for (size_t i = 0; i < n_corpus; i++)
    run_one(&corpus[i]);
  run_mutations(strtoul(argv[1], NULL, 10));
  printf("%zu files, %s mutations: nothing found\n", n_corpus, argv[1]);
  for (size_t i = 0; i < n_corpus; i++)
    free(corpus[i].bytes);
  return 0;
}
