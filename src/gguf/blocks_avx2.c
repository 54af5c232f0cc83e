/* Expansion of quantised weights with AVX2, by the compiler's own vectors. */
#define BS_EXPANDERS bs_expanders_avx2
#include "gguf/blocks_body.h"
