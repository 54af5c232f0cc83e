/* The terminal that is written to. */
#include "program/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>

enum { USUAL_WIDTH = 80, LEAST_WIDTH = 20, MOST_WIDTH = 10000 };

static size_t width_of_environment(void) {
  const char *columns = getenv("COLUMNS");
  long width = columns != NULL ? strtol(columns, NULL, 10) : 0;
  return width > 0 && width <= MOST_WIDTH ? (size_t)width : USUAL_WIDTH;
}

size_t terminal_width(int descriptor) {
  struct winsize size;
  size_t width = ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
                     ? size.ws_col
                     : width_of_environment();
  return width > LEAST_WIDTH ? width : LEAST_WIDTH;
}
