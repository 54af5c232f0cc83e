/* The terminal that is written to. */
#ifndef BIGSWEEP_PROGRAM_TERMINAL_H
#define BIGSWEEP_PROGRAM_TERMINAL_H

#include <stddef.h>

/* Characters in a line of the terminal behind the file descriptor, at least 20; of what is no
   terminal the environment's COLUMNS where it is a number, else 80. */
size_t terminal_width(int descriptor);

#endif
