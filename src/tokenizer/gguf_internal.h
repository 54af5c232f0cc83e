/* The tokenizer in a GGUF file. */
#ifndef BIGSWEEP_TOKENIZER_GGUF_INTERNAL_H
#define BIGSWEEP_TOKENIZER_GGUF_INTERNAL_H

#include "bigsweep/tokenizer.h"

/* BS_ERR_UNSUPPORTED for a file without a tokenizer, and for a model or a way of cutting texts that
   is not known. */
bs_status bs_tokenizer_open_gguf(bs_tokenizer **out, const char *path, bs_error *err);

#endif
