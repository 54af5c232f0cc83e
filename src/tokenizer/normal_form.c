/* Normal forms. Code points are decomposed and composed by utf8proc; the marks between are put in
   canonical order here, since utf8proc's own way takes quadratic time on long runs of marks. */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/unicode_internal.h"

typedef struct code_points {
  utf8proc_int32_t *data;
  size_t n, capacity;
} code_points;

/* Code points that came after the table of normal forms which the tokenizers library has (about
   Unicode 9): it neither decomposes nor composes them, and has them for letters, not marks. In
   ascending order. */
static const struct {
  utf8proc_int32_t first, last;
} inert_ranges[] = {{0x7FD, 0x7FD},     {0x897, 0x897},     {0x898, 0x89F},     {0x8CA, 0x8D3},
                    {0x9FE, 0x9FE},     {0xC3C, 0xC3C},     {0xD3B, 0xD3C},     {0xEBA, 0xEBA},
                    {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},   {0x32FF, 0x32FF},
                    {0xA7F2, 0xA7F4},   {0xA82C, 0xA82C},   {0xAB69, 0xAB69},   {0x10781, 0x10785},
                    {0x10787, 0x107B0}, {0x107B2, 0x107BA}, {0x10D24, 0x10D27}, {0x10D69, 0x10D6D},
                    {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50}, {0x10F82, 0x10F85},
                    {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x113CE, 0x113D0}, {0x113E1, 0x113E2},
                    {0x1145E, 0x1145E}, {0x11839, 0x1183A}, {0x11930, 0x11930}, {0x11938, 0x11938},
                    {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0}, {0x11A34, 0x11A34},
                    {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42}, {0x11D44, 0x11D45},
                    {0x11D97, 0x11D97}, {0x11F41, 0x11F42}, {0x1612F, 0x1612F}, {0x16FF0, 0x16FF1},
                    {0x1E030, 0x1E06D}, {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE},
                    {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}, {0x1E5EE, 0x1E5EF}, {0x1F16C, 0x1F16C},
                    {0x1FBF0, 0x1FBF9}};

static bool is_inert(utf8proc_int32_t c) {
  size_t low = 0, high = sizeof inert_ranges / sizeof *inert_ranges;
  if (c < inert_ranges[0].first)
    return false;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (inert_ranges[middle].last < c)
      low = middle + 1;
    else
      high = middle;
  }
  return low < sizeof inert_ranges / sizeof *inert_ranges && inert_ranges[low].first <= c;
}

/* Most text is its own normal form: nothing below U+0300 changes under NFC, and no ASCII under any
   form. */
static bool is_unchanged(bs_normal_form form, const char *text, size_t n_bytes) {
  unsigned char limit = form == BS_NFC ? 0xCC : 0x80; /* CC 80 is U+0300 */
  for (size_t i = 0; i < n_bytes; i++)
    if ((unsigned char)text[i] >= limit)
      return false;
  return true;
}

static bs_status decompose(code_points *points, int options, const char *text, size_t n_bytes,
                           bs_error *err) {
  enum { LONGEST = 32 }; /* the longest decomposition has 18 code points */
  for (size_t at = 0; at < n_bytes;) {
    uint32_t c = 0;
    size_t length = bs_utf8_decode(text + at, n_bytes - at, &c);
    if (length == 0)
      return bs_error_set(err, BS_ERR_INPUT, "not UTF-8 at byte %zu", at);
    at += length;
    bs_status status = bs_reserve(&points->data, &points->capacity, points->n, LONGEST, err);
    if (status != BS_OK)
      return status;
    if (is_inert((utf8proc_int32_t)c)) {
      points->data[points->n++] = (utf8proc_int32_t)c;
      continue;
    }
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, points->data + points->n,
                                                 LONGEST, (utf8proc_option_t)options, NULL);
    if (n < 0 || n > LONGEST)
      return bs_error_set(err, BS_ERR_INTERNAL, "cannot decompose U+%04X", (unsigned)c);
    points->n += (size_t)n;
  }
  return BS_OK;
}

static unsigned combining_class(utf8proc_int32_t c) {
  utf8proc_propval_t class =
      c < 0x300 || is_inert(c) ? 0 : utf8proc_get_property(c)->combining_class;
  return class < 0 || class > 255 ? 0 : (unsigned)class;
}

/* Stable counting sort of marks[0..n) by combining class; `spare` has room for n. */
static void sort_marks(utf8proc_int32_t *marks, size_t n, utf8proc_int32_t *spare) {
  size_t place[257] = {0};
  for (size_t i = 0; i < n; i++)
    place[combining_class(marks[i]) + 1]++;
  for (size_t class = 1; class < 257; class ++)
    place[class] += place[class - 1];
  for (size_t i = 0; i < n; i++)
    spare[place[combining_class(marks[i])]++] = marks[i];
  memcpy(marks, spare, n * sizeof *marks);
}

static bs_status order_marks(code_points *points, bs_error *err) {
  utf8proc_int32_t *spare = NULL;
  bs_status status = BS_OK;
  for (size_t at = 0; at < points->n && status == BS_OK;) {
    size_t end = at;
    bool sorted = true;
    unsigned last = 0;
    for (unsigned class; end < points->n && (class = combining_class(points->data[end])) > 0;
         end++) {
      sorted = sorted && class >= last;
      last = class;
    }
    if (!sorted) {
      if (spare == NULL)
        spare = bs_array_new(points->n, sizeof *spare, err);
      if (spare == NULL)
        status = BS_ERR_MEMORY;
      else
        sort_marks(points->data + at, end - at, spare);
    }
    at = end + 1;
  }
  free(spare);
  return status;
}

/* Composes in place, between the code points that take no part. */
static bs_status compose(code_points *points, bs_error *err) {
  size_t kept = 0;
  for (size_t at = 0; at < points->n;) {
    size_t end = at;
    while (end < points->n && !is_inert(points->data[end]))
      end++;
    utf8proc_ssize_t n =
        utf8proc_normalize_utf32(points->data + at, (utf8proc_ssize_t)(end - at),
                                 (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (n < 0)
      return bs_error_set(err, BS_ERR_INTERNAL, "cannot normalise: %s", utf8proc_errmsg(n));
    memmove(points->data + kept, points->data + at, (size_t)n * sizeof *points->data);
    kept += (size_t)n;
    if (end < points->n)
      points->data[kept++] = points->data[end];
    at = end + 1;
  }
  points->n = kept;
  return BS_OK;
}

bs_status bs_normalize(bs_normal_form form, const char *text, size_t n_bytes, bs_text *out,
                       bs_error *err) {
  if (is_unchanged(form, text, n_bytes))
    return bs_text_append(out, text, n_bytes, err);
  int options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
  if (form == BS_NFKC || form == BS_NFKD)
    options |= UTF8PROC_COMPAT;
  code_points points = {0};
  bs_status status = decompose(&points, options, text, n_bytes, err);
  if (status == BS_OK)
    status = order_marks(&points, err);
  if (status == BS_OK && (form == BS_NFC || form == BS_NFKC))
    status = compose(&points, err);
  if (status == BS_OK)
    status = bs_text_reserve(out, 4 * points.n, err);
  for (size_t i = 0; status == BS_OK && i < points.n; i++)
    out->n_bytes += bs_utf8_encode((uint32_t)points.data[i], out->data + out->n_bytes);
  if (status == BS_OK && out->data != NULL)
    out->data[out->n_bytes] = '\0';
  free(points.data);
  return status;
}
