/* Expansion of quantised weights on any machine. */
#define BS_EXPANDERS bs_expanders_portable
#include "gguf/blocks_body.h"
