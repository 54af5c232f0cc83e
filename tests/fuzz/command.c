#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bigsweep/json.h"
#include "folder.h"

static void must(bool done, const char *what) {
  if (!done) {
    perror(what);
    exit(1);
  }
}

/* Opens a file of our folder. */
static int open_file(const char *name) {
  char path[256];
  bs_fuzz_write(name, "", 0);
  snprintf(path, sizeof path, "%s/%s", bs_fuzz_folder(), name);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  must(fd >= 0, path);
  return fd;
}

static void give_input(const void *input, size_t n_bytes) {
  static int fd = -1;
  if (fd < 0)
    must(dup2(fd = open_file("input"), STDIN_FILENO) >= 0, "standard input");
  must(ftruncate(fd, 0) == 0 && pwrite(fd, input, n_bytes, 0) == (ssize_t)n_bytes &&
           lseek(STDIN_FILENO, 0, SEEK_SET) == 0,
       "input");
}

static void take_output(int fd, bs_text *output) {
  off_t n = lseek(fd, 0, SEEK_END);
  output->n_bytes = 0;
  must(n >= 0 && bs_text_reserve(output, (size_t)n, NULL) == BS_OK &&
           pread(fd, output->data, (size_t)n, 0) == n,
       "output");
  output->n_bytes = (size_t)n;
  output->data[n] = '\0';
  must(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0, "output");
}

/* Of the standard error the stream is exchanged, not the descriptor: what a sanitizer writes there
   stays to be seen. */
int bs_fuzz_command(const bs_command *command, char **argv, const void *input, size_t n_bytes,
                    bs_text *output) {
  static FILE *null;
  static int kept = -1, original;
  if (null == NULL) {
    must((null = fopen("/dev/null", "we")) != NULL, "/dev/null");
    must((original = dup(STDOUT_FILENO)) >= 0, "standard output");
    kept = open_file("output");
  }
  FILE *err = stderr;
  int argc = 0;
  while (argv[argc] != NULL)
    argc++;
  give_input(input, n_bytes);
  must(fflush(stdout) == 0 && dup2(kept, STDOUT_FILENO) >= 0, "standard output");
  stderr = null;
  int code = command->run(command, argc, argv);
  stderr = err;
  must(fflush(stdout) == 0 && dup2(original, STDOUT_FILENO) >= 0, "standard output");
  take_output(kept, output);
  return code;
}

void bs_fuzz_expect_objects(const bs_text *output, size_t n_lines) {
  size_t n = 0;
  for (const char *line = output->data, *end; line < output->data + output->n_bytes;
       line = end + 1, n++) {
    bs_json *json = NULL;
    end = memchr(line, '\n', (size_t)(output->data + output->n_bytes - line));
    if (end == NULL || bs_json_parse(&json, line, (size_t)(end - line), "a line", NULL) != BS_OK ||
        !cJSON_IsObject(json->root))
      abort();
    bs_json_free(&json);
  }
  if (n_lines != SIZE_MAX && n != n_lines)
    abort();
}
