/* A list of strings as Python writes it
   (https://docs.python.org/3/reference/lexical_analysis.html):
   [' Yes', " No"], also with round brackets. */
#ifndef BIGSWEEP_TASKS_PYTHON_LIST_INTERNAL_H
#define BIGSWEEP_TASKS_PYTHON_LIST_INTERNAL_H

#include "base/name_list_internal.h"

/* Reads the whole of `text` (UTF-8). BS_ERR_INPUT tells the place in it, counted in bytes from 1,
   what was expected and what is there: anything but strings, one that holds U+0000 or half a
   surrogate pair, \N{...}, bytes. Frees what the list had. */
bs_status bs_python_list_read(bs_name_list *list, const char *text, bs_error *err);

#endif
