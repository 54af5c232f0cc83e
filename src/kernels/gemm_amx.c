/* Products of bf16 parts on AMX tiles, summed in f32.

   An operand of the precision f32 is split into up to three bf16 parts that together hold all its
   bits; a product of two operands is the sum of the products of their parts, those far below the
   last bit of f32 left out (part i of the activation and j of the weight meet when i + j < 3). The
   parts of an activation meet the same weight tile: it is loaded once.

   Arithmetic of an output: one chain over steps of 32 inputs; in a step, for each pair of parts in
   fixed order, TDPBF16PS adds the 16 even and 16 odd products in f32 and the result to the sum.
   Where the weights have several parts a first chain takes the pairs of order 1 and 2 and the chain
   of order 0 goes on from there: six roundings a step at full size would show when most
   activations are 0.
   The unit takes denormal inputs and results for 0 and rounds to nearest: relative to f32
   arithmetic there is an absolute error of up to n_in * 2^-126 in units of the larger operand
   (nothing at the magnitudes of a model). An infinite operand may give NaN where f32 arithmetic has
   an infinity. */
#include <immintrin.h>
#include <string.h>

#include "base/size_internal.h"
#include "kernels/amx_internal.h"
#include "kernels/convert_internal.h"
#include "kernels/gemm_internal.h"

enum {
  STEP = 32, /* inputs of a tile */
  TILE_ROWS = BS_AMX_ROWS,
  TILE_BYTES = BS_AMX_TILE_BYTES, /* 16 rows of 32 bf16 */
  TILE_HALFS = TILE_BYTES / 2,
  GROUP = 2 * TILE_ROWS,
  ROW_BYTES = BS_AMX_ROW_BYTES,
  BLOCK_STEPS = 64,      /* of one part; half as many of several */
  CHUNK_BYTES = 5 << 18, /* of weights that stay in the second-level cache */
  MOST_PANELS = 16,
};

static size_t n_steps(size_t n_in) { return bs_ceil_div(n_in, STEP); }

static size_t weight_parts(bs_precision precision, bs_dtype storage) {
  size_t needed = storage == BS_DTYPE_BF16 ? 1 : storage == BS_DTYPE_F16 ? 2 : 3;
  return needed < bs_precision_parts(precision) ? needed : bs_precision_parts(precision);
}

/* Panel: [steps][parts][2 tiles of 16 outputs][16 pairs of inputs][16 outputs][2]. */
static size_t panel_bytes(const bs_gemm *gemm, bs_dtype storage, size_t n_in) {
  return n_steps(n_in) * weight_parts(gemm->precision, storage) * 2 * TILE_BYTES;
}

static void pack_panel(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t k, size_t depth,
                       const float *block, void *panel) {
  (void)n_in;
  size_t parts = weight_parts(gemm->precision, storage);
  unsigned char *step = (unsigned char *)panel + k / STEP * parts * 2 * TILE_BYTES;
  for (size_t i = 0; i < depth; i += 2)
    for (size_t h = 0; h < 2; h++) {
      const float *from = block + i * BS_PANEL + h * 16;
      __m512 even = _mm512_loadu_ps(from);
      __m512 odd = i + 1 < depth ? _mm512_loadu_ps(from + BS_PANEL) : _mm512_setzero_ps();
      unsigned char *to = step + (i / STEP * parts * 2 + h) * TILE_BYTES + i % STEP / 2 * ROW_BYTES;
      for (size_t p = 0; p < parts; p++, to += 2 * TILE_BYTES) {
        __m512 left_even, left_odd, first_even, first_odd;
        if (p == 0 && parts > 1) {
          first_even = bs_first_part_avx512(even, &left_even);
          first_odd = bs_first_part_avx512(odd, &left_odd);
        } else {
          first_even = bs_round_bf16_avx512(even);
          first_odd = bs_round_bf16_avx512(odd);
          left_even = _mm512_sub_ps(even, first_even);
          left_odd = _mm512_sub_ps(odd, first_odd);
        }
        _mm512_storeu_si512(to,
                            _mm512_or_si512(_mm512_srli_epi32(_mm512_castps_si512(first_even), 16),
                                            _mm512_castps_si512(first_odd)));
        even = left_even;
        odd = left_odd;
      }
    }
}

static bool copy_panel(const bs_gemm *gemm, bs_dtype storage, bs_dtype dtype, const void *weights,
                       size_t n_rows, size_t n_in, void *panel) {
  if (dtype != BS_DTYPE_BF16 || weight_parts(gemm->precision, storage) != 1)
    return false;
  bs_amx_copy_panel(weights, n_rows, n_in, panel);
  return true;
}

/* Slab: [groups of 32 rows][steps][2 tiles of 16 rows][parts][16 rows][32 inputs]. */
static size_t group_bytes(const bs_gemm *gemm, size_t n_in) {
  return n_steps(n_in) * 2 * bs_precision_parts(gemm->precision) * TILE_BYTES;
}

static size_t slab_bytes(const bs_gemm *gemm, size_t slab_rows, size_t n_in) {
  return bs_ceil_div(slab_rows, GROUP) * group_bytes(gemm, n_in);
}

/* 32 inputs of a row into its places in the tiles of the parts. */
BS_INLINE void split_inputs(const size_t parts, __m512 low, __m512 high, unsigned char *to) {
  __m512i part[BS_MAX_PARTS];
  bs_split_32(parts, low, high, part);
  BS_UNROLL for (size_t p = 0; p < parts; p++) _mm512_store_si512(to + p * TILE_BYTES, part[p]);
}

BS_INLINE void split_row(const size_t parts, const float *x, size_t n_in, unsigned char *to) {
  size_t k = 0;
  for (; k + STEP <= n_in; k += STEP, to += 2 * parts * TILE_BYTES)
    split_inputs(parts, _mm512_loadu_ps(x + k), _mm512_loadu_ps(x + k + 16), to);
  if (k < n_in) {
    __m512 low, high;
    bs_load_32(x + k, n_in - k, &low, &high);
    split_inputs(parts, low, high, to);
  }
}

static void split_row_1(const float *x, size_t n_in, unsigned char *to) {
  split_row(1, x, n_in, to);
}
static void split_row_2(const float *x, size_t n_in, unsigned char *to) {
  split_row(2, x, n_in, to);
}
static void split_row_3(const float *x, size_t n_in, unsigned char *to) {
  split_row(3, x, n_in, to);
}

typedef void (*split_function)(const float *x, size_t n_in, unsigned char *to);

static split_function split_of(size_t parts) {
  static const split_function split[] = {split_row_1, split_row_2, split_row_3};
  return split[parts - 1];
}

/* Where the first step of a row lies. */
static unsigned char *row_at(size_t parts, size_t n_in, size_t row, void *slab) {
  return (unsigned char *)slab + row / GROUP * (n_steps(n_in) * 2 * parts * TILE_BYTES) +
         row % GROUP / TILE_ROWS * parts * TILE_BYTES + row % TILE_ROWS * ROW_BYTES;
}

static void pack_rows(const bs_gemm *gemm, const float *x, size_t ld_x, size_t row, size_t n_rows,
                      size_t slab_rows, size_t n_in, void *slab) {
  size_t parts = bs_precision_parts(gemm->precision);
  split_function split = split_of(parts);
  (void)slab_rows;
  for (size_t r = row; r < row + n_rows; r++)
    split(x + r * ld_x, n_in, row_at(parts, n_in, r, slab));
}

static void pack_piece(const bs_gemm *gemm, const float *x, size_t row, size_t first, size_t n,
                       size_t slab_rows, size_t n_in, void *slab) {
  size_t parts = bs_precision_parts(gemm->precision);
  (void)slab_rows;
  split_of(parts)(x, n, row_at(parts, n_in, row, slab) + first / STEP * 2 * parts * TILE_BYTES);
}

/* What is left of the last tile multiplies too; its results are dropped. */
static void pad_rows(const bs_gemm *gemm, size_t n_rows, size_t n_in, void *slab) {
  size_t parts = bs_precision_parts(gemm->precision);
  for (size_t r = n_rows; r % TILE_ROWS != 0; r++)
    for (size_t t = 0; t < n_steps(n_in); t++)
      for (size_t p = 0; p < parts; p++)
        memset(row_at(parts, n_in, r, slab) + (t * 2 * parts + p) * TILE_BYTES, 0, ROW_BYTES);
}

/* Results rest in memory as [16 rows][8 panels][2 tiles of rows][32 outputs]. Rows 2 KiB apart are
   for the processor's sake: it holds a load back behind an unfinished store whose address has the
   same last 12 bits, and tiles of activations and weights lie at all of them. The rows of one
   product of tiles use 512 of the 4,096, so that the next can begin while these are stored. */
enum {
  C_PANELS = 8,
  C_PANEL = 2 * BS_PANEL,
  C_ROW = C_PANELS * C_PANEL,
  C_BYTES = C_ROW * sizeof(float),
  C_SET = TILE_ROWS * C_ROW,
};

/* Blocks of steps between which sums rest in memory; exact, so of no influence on results. */
static size_t n_blocks(const bs_gemm *gemm, size_t n_in) {
  size_t most = bs_precision_parts(gemm->precision) == 1 ? BLOCK_STEPS : BLOCK_STEPS / 2;
  return (n_steps(n_in) + most - 1) / most;
}

/* Panels stay in the second-level cache while groups of rows pass by. Where all the rows of the
   call fit there too they stay, and fewer panels at a time do. */
static size_t chunk_panels(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t m) {
  size_t steps = n_steps(n_in) / n_blocks(gemm, n_in) + 1;
  size_t panels = CHUNK_BYTES / (steps * 2 * TILE_BYTES * weight_parts(gemm->precision, storage));
  size_t most = slab_bytes(gemm, m, n_in) <= CHUNK_BYTES ? MOST_PANELS / 2 : MOST_PANELS;
  return panels < 1 ? 1 : panels > most ? most : panels;
}

/* Over the blocks of inputs; where the weights have several parts, once for each chain, unless
   there is one block. */
static size_t n_passes(const bs_gemm *gemm, bs_dtype storage, size_t n_in) {
  size_t blocks = n_blocks(gemm, n_in);
  return weight_parts(gemm->precision, storage) > 1 && blocks > 1 ? 2 * blocks : blocks;
}

/* Sets of results that are kept: all, where sums rest in between passes, else the one that is
   worked on and the one that is being handed over. */
static size_t kept_sets(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t n_rows,
                        size_t n_panels) {
  size_t all = bs_ceil_div(n_rows, GROUP) * bs_ceil_div(n_panels, C_PANELS);
  return n_passes(gemm, storage, n_in) > 1 || all < 2 ? all : 2;
}

static size_t block_bytes(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t n_rows,
                          size_t n_panels) {
  return kept_sets(gemm, storage, n_in, n_rows, n_panels) * C_SET * sizeof(float);
}

static void begin(void) { bs_amx_begin(); }

static void end(void) { _tile_release(); }

/* Results that wait to be handed over. It is done in between the steps of the next product, some
   rows at a time: done at once it would leave the tile unit without work. */
typedef struct pending {
  const bs_product *work;
  const float *c; /* of the first panel */
  size_t group_row, n_rows, done, panel, n_panels;
  const bs_block_store *store; /* or NULL: by call */
  float *y;                    /* of the first row */
  __m512 bias[2];
  __mmask16 lanes[2];
} pending;

static pending pending_new(const bs_product *work, size_t group_row, size_t n_rows, size_t panel,
                           size_t n_panels, const float *c) {
  pending p = {.work = work,
               .c = c,
               .group_row = group_row,
               .n_rows = n_rows,
               .panel = panel,
               .n_panels = n_panels,
               .store = work->store};
  if (p.store == NULL)
    return p;
  size_t col = panel * BS_PANEL, left = p.store->n_out - col;
  p.y = p.store->y + group_row * p.store->ld_y + col;
  for (size_t h = 0; h < 2; h++) {
    p.lanes[h] = bs_lanes(left > 16 * h ? left - 16 * h : 0);
    p.bias[h] = p.store->bias != NULL
                    ? _mm512_maskz_loadu_ps(p.lanes[h], p.store->bias + col + 16 * h)
                    : _mm512_setzero_ps();
  }
  return p;
}

BS_INLINE void store_rows(pending *p, size_t n_rows) {
  size_t end = p->done + n_rows < p->n_rows ? p->done + n_rows : p->n_rows;
  for (size_t r = p->done; r < end; r++) {
    const float *c = p->c + r / TILE_ROWS * BS_PANEL + r % TILE_ROWS * C_ROW;
    float *y = p->y + r * p->store->ld_y;
    BS_UNROLL for (size_t h = 0; h < 2; h++) {
      __m512 value = _mm512_load_ps(c + 16 * h);
      if (p->store->bias != NULL)
        value = _mm512_add_ps(value, p->bias[h]);
      if (p->store->epilogue == BS_EPILOGUE_ADD)
        value = _mm512_add_ps(_mm512_maskz_loadu_ps(p->lanes[h], y + 16 * h), value);
      _mm512_mask_storeu_ps(y + 16 * h, p->lanes[h], value);
    }
  }
  p->done = end;
}

static void emit_rows(pending *p, size_t n_rows) {
  for (size_t i = 0; i < n_rows && p->done < p->n_rows; i++, p->done++)
    p->work->emit(p->work->context, &(bs_block_sums){.data = p->c + p->done / TILE_ROWS * BS_PANEL +
                                                             p->done % TILE_ROWS * C_ROW,
                                                     .panel_stride = C_PANEL,
                                                     .row_stride = C_ROW,
                                                     .row = p->group_row + p->done,
                                                     .n_rows = 1,
                                                     .panel = p->panel,
                                                     .n_panels = p->n_panels});
}

BS_INLINE void hand_over(pending *p, size_t n_rows) {
  if (p->store != NULL)
    store_rows(p, n_rows);
  else
    emit_rows(p, n_rows);
}

/* A product of tiles: c [16 m_tiles][32] = or += a w. */
typedef struct tiles {
  size_t steps;
  bool low, high; /* where the weights have several parts: which chains */
  bool first;
  const unsigned char *a, *w;
  float *c;
  float *out[2];    /* where the sums of each tile of rows go: to c, or to their last place */
  size_t out_bytes; /* from row to row there */
  pending *earlier;
  size_t rows_a_step; /* of earlier results */
} tiles;

/* The pairs of parts whose order is from low to end. Tiles 0 to 3: sums; 4, 5: activations of rows
   0 and 16 on; 6, 7: weights of outputs 0 and 16 on. Parts and orders are constants, so that the
   loops over them vanish. */
BS_INLINE void chain(const size_t a_parts, const size_t w_parts, const size_t m_tiles,
                     const size_t low, const size_t end, const tiles *work) {
  const unsigned char *a = work->a, *w = work->w;
  const size_t n_q = bs_size_min(w_parts, end);
  for (size_t t = 0; t < work->steps; t++) {
    BS_UNROLL for (size_t q = 0; q < n_q; q++) {
      _tile_stream_loadd(6, w + 2 * q * TILE_BYTES, ROW_BYTES);
      _tile_stream_loadd(7, w + (2 * q + 1) * TILE_BYTES, ROW_BYTES);
      BS_UNROLL for (size_t p = q < low ? low - q : 0; p < end - q; p++) {
        _tile_loadd(4, a + p * TILE_BYTES, ROW_BYTES);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        if (m_tiles > 1) {
          _tile_loadd(5, a + (a_parts + p) * TILE_BYTES, ROW_BYTES);
          _tile_dpbf16ps(2, 5, 6);
          _tile_dpbf16ps(3, 5, 7);
        }
      }
    }
    a += 2 * a_parts * TILE_BYTES;
    w += 2 * w_parts * TILE_BYTES;
    if (work->rows_a_step > 0)
      hand_over(work->earlier, work->rows_a_step);
  }
}

BS_INLINE void micro(const size_t a_parts, const size_t w_parts, const size_t m_tiles,
                     const tiles *work) {
  float *c = work->c;
  /* gcc 12 does not know that tile loads read memory. */
  __asm__ volatile("" : : : "memory");
  if (work->first) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  } else {
    _tile_loadd(0, c, C_BYTES);
    _tile_loadd(1, c + 16, C_BYTES);
    if (m_tiles > 1) {
      _tile_loadd(2, c + BS_PANEL, C_BYTES);
      _tile_loadd(3, c + BS_PANEL + 16, C_BYTES);
    }
  }
  if (w_parts == 1) {
    chain(a_parts, w_parts, m_tiles, 0, a_parts, work);
  } else {
    if (work->low)
      chain(a_parts, w_parts, m_tiles, 1, a_parts, work);
    if (work->high)
      chain(a_parts, w_parts, m_tiles, 0, 1, work);
  }
  _tile_stored(0, work->out[0], work->out_bytes);
  _tile_stored(1, work->out[0] + 16, work->out_bytes);
  if (m_tiles > 1) {
    _tile_stored(2, work->out[1], work->out_bytes);
    _tile_stored(3, work->out[1] + 16, work->out_bytes);
  }
}

#define MICRO(a_parts, w_parts)                                                                    \
  static void micro_##a_parts##_##w_parts(size_t m_tiles, const tiles *work) {                     \
    if (m_tiles > 1)                                                                               \
      micro(a_parts, w_parts, 2, work);                                                            \
    else                                                                                           \
      micro(a_parts, w_parts, 1, work);                                                            \
  }
MICRO(1, 1)
MICRO(2, 1)
MICRO(2, 2)
MICRO(3, 1)
MICRO(3, 2)
MICRO(3, 3)
#undef MICRO

typedef void (*micro_function)(size_t m_tiles, const tiles *work);

static micro_function micro_of(size_t a_parts, size_t w_parts) {
  static const micro_function table[BS_MAX_PARTS][BS_MAX_PARTS] = {
      {micro_1_1, NULL, NULL}, {micro_2_1, micro_2_2, NULL}, {micro_3_1, micro_3_2, micro_3_3}};
  return table[a_parts - 1][w_parts - 1];
}

/* Sizes of the layouts, once per piece of work. */
typedef struct layout {
  size_t a_step, w_step, group; /* bytes */
  size_t n_groups, n_sets;
  size_t kept_sets; /* of results: all, where sums rest in between passes */
  size_t n_passes, blocks, steps;
} layout;

static layout layout_of(const bs_product *work) {
  const bs_gemm *gemm = work->gemm;
  size_t w_parts = weight_parts(gemm->precision, work->storage);
  layout l = {.a_step = 2 * bs_precision_parts(gemm->precision) * TILE_BYTES,
              .w_step = 2 * w_parts * TILE_BYTES,
              .group = group_bytes(gemm, work->n_in),
              .n_groups = bs_ceil_div(work->n_rows, GROUP),
              .n_sets = bs_ceil_div(work->n_panels, C_PANELS),
              .steps = n_steps(work->n_in),
              .blocks = n_blocks(gemm, work->n_in),
              .kept_sets = kept_sets(gemm, work->storage, work->n_in, work->n_rows, work->n_panels),
              .n_passes = n_passes(gemm, work->storage, work->n_in)};
  return l;
}

/* A pass over the inputs of the work: a block of steps. The low chain goes over all blocks before
   the high one; of a single block both are done at once. */
typedef struct pass {
  size_t first_step, n_steps;
  bool low, high, first, last;
} pass;

static pass pass_of(size_t i, const layout *l) {
  size_t b = i % l->blocks;
  pass p = {.first_step = b * l->steps / l->blocks};
  p.n_steps = (b + 1) * l->steps / l->blocks - p.first_step;
  p.low = i < l->blocks;
  p.high = l->blocks == 1 || i >= l->blocks;
  p.first = i == 0;
  p.last = i + 1 == l->n_passes;
  return p;
}

_Static_assert(C_PANELS % BS_HEAD_PANELS == 0, "panels handed over at once lie in one set");

/* Whole tiles of results that nothing is added to go straight to their place. */
static bool stores_directly(const bs_product *work, size_t n_rows, size_t p) {
  const bs_block_store *store = work->store;
  return store != NULL && store->bias == NULL && store->epilogue == BS_EPILOGUE_STORE &&
         n_rows % TILE_ROWS == 0 && (work->panel + p + 1) * BS_PANEL <= store->n_out;
}

/* One group of rows by all panels of the work. */
static void group_product(const bs_product *work, const layout *l, const pass *now,
                          micro_function run, size_t g, pending *earlier) {
  size_t left = work->n_rows - g * GROUP, n_rows = bs_size_min(left, GROUP);
  const unsigned char *a = (const unsigned char *)work->rows + (work->row / GROUP + g) * l->group +
                           now->first_step * l->a_step;
  for (size_t p = 0; p < work->n_panels; p++) {
    tiles t = {.low = now->low,
               .high = now->high,
               .steps = now->n_steps,
               .a = a,
               .w = work->panels + (work->panel + p) * work->panel_bytes +
                    now->first_step * l->w_step,
               .c = (float *)work->block + (g * l->n_sets + p / C_PANELS) % l->kept_sets * C_SET +
                    p % C_PANELS * C_PANEL,
               .first = now->first,
               .earlier = earlier};
    size_t waiting = earlier->n_rows - earlier->done, in_set = p % work->emit_panels;
    size_t share = bs_ceil_div(waiting, work->emit_panels - in_set);
    t.rows_a_step = bs_ceil_div(share, t.steps);
    t.out[0] = t.c;
    t.out[1] = t.c + BS_PANEL;
    t.out_bytes = C_BYTES;
    bool direct = now->last && stores_directly(work, n_rows, p);
    if (direct) {
      t.out[0] = work->store->y + (work->row + g * GROUP) * work->store->ld_y +
                 (work->panel + p) * BS_PANEL;
      t.out[1] = t.out[0] + TILE_ROWS * work->store->ld_y;
      t.out_bytes = work->store->ld_y * sizeof(float);
    }
    run(n_rows > TILE_ROWS ? 2 : 1, &t);
    if (now->last && !direct && (in_set + 1 == work->emit_panels || p + 1 == work->n_panels)) {
      hand_over(earlier, GROUP);
      *earlier = pending_new(work, work->row + g * GROUP, n_rows, work->panel + p - in_set,
                             in_set + 1, t.c - in_set * C_PANEL);
    }
  }
}

static void product(const bs_product *work) {
  const bs_gemm *gemm = work->gemm;
  micro_function run =
      micro_of(bs_precision_parts(gemm->precision), weight_parts(gemm->precision, work->storage));
  layout l = layout_of(work);
  pending earlier = {.work = work};
  for (size_t i = 0; i < l.n_passes; i++) {
    pass now = pass_of(i, &l);
    for (size_t g = 0; g < l.n_groups; g++)
      group_product(work, &l, &now, run, g, &earlier);
  }
  hand_over(&earlier, GROUP);
}

const bs_gemm_family bs_amx_family = {
    .panel_bytes = panel_bytes,
    .pack_panel = pack_panel,
    .copy_panel = copy_panel,
    .slab_bytes = slab_bytes,
    .pack_rows = pack_rows,
    .pack_piece = pack_piece,
    .pad_rows = pad_rows,
    .chunk_panels = chunk_panels,
    .block_bytes = block_bytes,
    .begin = begin,
    .end = end,
    .product = product,
    .group_rows = GROUP,
    .chunk_rows = 256,
};
