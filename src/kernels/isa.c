/* Which instruction sets this machine has. One table, best first; the last row is "portable". */
#define _DEFAULT_SOURCE /* syscall() is outside POSIX */

#include "kernels/arithmetic_internal.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if BS_ISA_X86
#include <cpuid.h>
#endif
#if BS_ISA_X86 && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

const char *bs_list_names(const char *const *listed, size_t n, char *text, size_t n_bytes) {
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < n && used < n_bytes; i++) {
    int k = snprintf(text + used, n_bytes - used, "%s%s", i > 0 ? ", " : "", listed[i]);
    used += k > 0 ? (size_t)k : 0;
  }
  return text;
}

typedef struct isa_row {
  bs_isa isa;
  const char *name;
  bool (*present)(void);
} isa_row;

#if BS_ISA_X86

enum {
  XCR0_AVX = 0x6,
  XCR0_AVX512 = 0xE6,
  XCR0_AMX = 0x60000,
};

typedef struct cpu_leaf {
  unsigned a, b, c, d;
} cpu_leaf;

static cpu_leaf leaf_of(unsigned leaf, unsigned subleaf) {
  cpu_leaf r = {0};
  if (__get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d) == 0)
    r = (cpu_leaf){0};
  return r;
}

/* The register state that the operating system saves and restores. */
static uint64_t enabled_state(void) {
  if ((leaf_of(1, 0).c & bit_OSXSAVE) == 0)
    return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static bool has_avx2(void) {
  const unsigned need = bit_FMA | bit_F16C | bit_AVX;
  return (enabled_state() & XCR0_AVX) == XCR0_AVX && (leaf_of(1, 0).c & need) == need &&
         (leaf_of(7, 0).b & bit_AVX2) != 0;
}

static bool has_avx512(void) {
  const unsigned need = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
  return has_avx2() && (enabled_state() & XCR0_AVX512) == XCR0_AVX512 &&
         (leaf_of(7, 0).b & need) == need;
}

static bool has_amx(void) {
  const unsigned tile_and_bf16 = 1U << 24 | 1U << 22, avx512_bf16 = 1U << 5;
  if (!has_avx512() || (enabled_state() & XCR0_AMX) != XCR0_AMX ||
      (leaf_of(7, 0).d & tile_and_bf16) != tile_and_bf16 || (leaf_of(7, 1).a & avx512_bf16) == 0)
    return false;
#if defined(__linux__)
  /* Tile data is 8 KiB of state: Linux wants each process to ask for it once. */
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
  return false;
#endif
}

#endif

static bool has_c(void) { return true; }

/* Best first. */
static const isa_row rows[] = {
#if BS_ISA_X86
    {BS_ISA_AMX, "amx", has_amx},
    {BS_ISA_AVX512, "avx512", has_avx512},
    {BS_ISA_AVX2, "avx2", has_avx2},
#endif
    {BS_ISA_PORTABLE, "portable", has_c},
};

enum { N_ROWS = sizeof rows / sizeof *rows };

/* Filled once. */
static const char *known_names[N_ROWS], *present_names[N_ROWS];
static bs_isa present_isas[N_ROWS];
static size_t n_present;
static pthread_once_t present_once = PTHREAD_ONCE_INIT;

static void find_present(void) {
  for (size_t i = 0; i < N_ROWS; i++) {
    known_names[i] = rows[i].name;
    if (rows[i].present()) {
      present_names[n_present] = rows[i].name;
      present_isas[n_present++] = rows[i].isa;
    }
  }
}

const char *const *bs_isa_names(size_t *n) {
  pthread_once(&present_once, find_present);
  *n = n_present;
  return present_names;
}

const bs_isa *bs_isa_list(size_t *n) {
  (void)bs_isa_names(n);
  return present_isas;
}

bool bs_isa_present(bs_isa isa) {
  size_t n;
  const bs_isa *isas = bs_isa_list(&n);
  for (size_t i = 0; i < n; i++)
    if (isa == isas[i])
      return true;
  return isa == BS_ISA_AUTO;
}

bs_status bs_isa_settle(bs_isa *isa, bs_error *err) {
  size_t n;
  const bs_isa *isas = bs_isa_list(&n);
  char here[64];
  if (!bs_isa_present(*isa))
    return bs_error_set(err, BS_ERR_UNSUPPORTED,
                        "this machine lacks the instruction set \"%s\"; it has: %s",
                        bs_isa_name(*isa), bs_list_names(present_names, n, here, sizeof here));
  if (*isa == BS_ISA_AUTO)
    *isa = isas[0];
  return BS_OK;
}

bs_status bs_isa_parse(bs_isa *out, const char *name, bs_error *err) {
  size_t n;
  const char *const *names = bs_isa_names(&n);
  char known[64], here[64];
  *out = BS_ISA_AUTO;
  if (name == NULL)
    return BS_OK;
  for (size_t i = 0; i < N_ROWS; i++)
    if (strcmp(name, rows[i].name) == 0) {
      *out = rows[i].isa;
      return BS_OK;
    }
  return bs_error_set(err, BS_ERR_USAGE,
                      "unknown instruction set \"%s\"; known: %s; on this machine: %s", name,
                      bs_list_names(known_names, N_ROWS, known, sizeof known),
                      bs_list_names(names, n, here, sizeof here));
}

const char *bs_isa_name(bs_isa isa) {
  for (size_t i = 0; i < N_ROWS; i++)
    if (rows[i].isa == isa)
      return rows[i].name;
  return "auto";
}
