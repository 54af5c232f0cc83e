/* What the program takes out of texts by Python expressions, for a comparison with Python: lines of
   "PATTERN TEXT", both in hexadecimal UTF-8 ("-": empty), are answered by "= RESULT" or by
   "! MESSAGE" (and nothing else on the line). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/metric.h"

enum { LINE_BYTES = 1 << 16 };

/* In place; NULL: not hexadecimal. */
static char *decode(char *hex) {
  size_t n = strlen(hex);
  if (strcmp(hex, "-") == 0)
    n = 0;
  for (size_t i = 0; i + 1 < n; i += 2) {
    unsigned byte;
    if (sscanf(hex + i, "%2x", &byte) != 1)
      return NULL;
    hex[i / 2] = (char)byte;
  }
  hex[n / 2] = '\0';
  return hex;
}

int main(void) {
  static char line[LINE_BYTES], pattern[LINE_BYTES], text[LINE_BYTES];
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "%s %s", pattern, text) != 2 || decode(pattern) == NULL ||
        decode(text) == NULL) {
      fprintf(stderr, "not a line of two hexadecimal texts: %s", line);
      return 1;
    }
    bs_text out = {0};
    bs_error err = {0};
    if (bs_postprocess(text, strlen(text), 0, NULL, pattern, &out, &err) == BS_OK) {
      printf("= ");
      for (size_t i = 0; i < out.n_bytes; i++)
        printf("%02x", (unsigned)(unsigned char)out.data[i]);
      printf("\n");
    } else {
      for (char *c = err.message; *c != '\0'; c++)
        *c = *c == '\n' || *c == '\r' ? ' ' : *c;
      printf("! %s\n", err.message);
    }
    bs_text_free(&out);
  }
  return 0;
}
