/* A folder without tokenizer.json. */
#ifndef BIGSWEEP_TOKENIZER_ABSENT_INTERNAL_H
#define BIGSWEEP_TOKENIZER_ABSENT_INTERNAL_H

#include "bigsweep/error.h"

/* BS_ERR_IO with what lies in the folder instead, which cannot be read for the class (NULL: none is
   named), and how to make a tokenizer.json of it. */
bs_status bs_tokenizer_absent(const char *dir, const char *class_name, bs_error *err);

#endif
