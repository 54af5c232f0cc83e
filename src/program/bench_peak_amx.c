/* The peak loop of AMX: bf16 tile products. */
#include "program/bench_peak.h"

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum { ROWS = 16, ROW_BYTES = 64 };

/* Palette 1: all eight tiles of 16 rows of 64 bytes. */
static void configure(void) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } config;
  memset(&config, 0, sizeof config);
  config.palette = 1;
  for (size_t i = 0; i < 8; i++) {
    config.row_bytes[i] = ROW_BYTES;
    config.rows[i] = ROWS;
  }
  __asm__ volatile("" : : "r"(&config) : "memory"); /* the stores have to happen before */
  _tile_loadconfig(&config);
}

float peak_amx(size_t n) {
  /* Numbers of both signs between 1/2 and 1 with random fractions: zeros would run faster. */
  uint16_t operands[4][ROWS * ROW_BYTES / 2];
  uint32_t random = 12345;
  for (size_t i = 0; i < sizeof operands / 2; i++) {
    random = random * 1664525U + 1013904223U;
    operands[i / (ROWS * ROW_BYTES / 2)][i % (ROWS * ROW_BYTES / 2)] =
        (uint16_t)((random >> 16 & 0x8000U) | 0x3F00U | (random >> 20 & 0x7FU));
  }
  float sums[ROWS * ROW_BYTES / 4];
  configure();
  _tile_loadd(4, operands[0], ROW_BYTES);
  _tile_loadd(5, operands[1], ROW_BYTES);
  _tile_loadd(6, operands[2], ROW_BYTES);
  _tile_loadd(7, operands[3], ROW_BYTES);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (size_t k = 0; k < n; k++) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, sums, ROW_BYTES);
  float sum = sums[0];
  for (int i = 1; i < 4; i++) {
    if (i == 1)
      _tile_stored(1, sums, ROW_BYTES);
    else if (i == 2)
      _tile_stored(2, sums, ROW_BYTES);
    else
      _tile_stored(3, sums, ROW_BYTES);
    sum += sums[0];
  }
  _tile_release();
  return sum;
}
