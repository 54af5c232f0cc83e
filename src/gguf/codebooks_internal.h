/* The codebooks of the IQ types. */
#ifndef BIGSWEEP_GGUF_CODEBOOKS_INTERNAL_H
#define BIGSWEEP_GGUF_CODEBOOKS_INTERNAL_H

#include <stdint.h>

/* 8 places of 2 bits in {8, 25, 43}. */
extern const uint16_t bs_codebook_iq2_xxs[256], bs_codebook_iq2_xs[512], bs_codebook_iq2_s[1024];
/* 4 places of 3 bits in {4, 12, 20, 28, 36, 44, 52, 62} and in {1, 3, 5, ... 15}. */
extern const uint16_t bs_codebook_iq3_xxs[256], bs_codebook_iq3_s[512];
/* 8 places of 2 bits in {-1, 0, 1}. */
extern const uint16_t bs_codebook_iq1[2048];

#endif
