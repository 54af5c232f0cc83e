/* madvise() is outside POSIX. */
#define _DEFAULT_SOURCE

#include "base/size_internal.h"
#include "kernels/scratch_internal.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CACHE_LINE = 64, HUGE_PAGE = 1 << 21 };

typedef struct scratch {
  struct {
    void *data;
    size_t n_bytes;
  } uses[BS_SCRATCH_USES];
} scratch;

static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static int key_status;

static void scratch_free(void *data) {
  scratch *s = data;
  if (s == NULL)
    return;
  for (size_t i = 0; i < BS_SCRATCH_USES; i++)
    free(s->uses[i].data);
  free(s);
}

static void make_key(void) { key_status = pthread_key_create(&key, scratch_free); }

static size_t rounded(size_t n_bytes) { return bs_round_up(n_bytes, HUGE_PAGE); }

void *bs_region_new(size_t n_bytes) {
  if (n_bytes > SIZE_MAX - 2 * HUGE_PAGE)
    return NULL;
  /* Room to begin at a huge page; what is not written to costs nothing. */
  void *data = mmap(NULL, rounded(n_bytes) + HUGE_PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    return NULL;
  size_t lead = rounded((uintptr_t)data) - (uintptr_t)data;
  if (lead > 0)
    (void)munmap(data, lead);
  data = (char *)data + lead;
  if (lead < HUGE_PAGE)
    (void)munmap((char *)data + rounded(n_bytes), HUGE_PAGE - lead);
#ifdef MADV_HUGEPAGE
  (void)madvise(data, n_bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
  return data;
}

void bs_region_free(void *region, size_t n_bytes) {
  if (region != NULL)
    (void)munmap(region, rounded(n_bytes));
}

/* Working memory is read over and over: from half a huge page on it gets a whole one. */
static void *aligned(size_t n_bytes, size_t huge_from) {
  size_t alignment = n_bytes >= huge_from ? HUGE_PAGE : CACHE_LINE;
  if (n_bytes > SIZE_MAX - HUGE_PAGE)
    return NULL;
  if (n_bytes >= huge_from && n_bytes < HUGE_PAGE)
    n_bytes = HUGE_PAGE;
  n_bytes = bs_round_up(n_bytes, CACHE_LINE);
  void *data;
  if (posix_memalign(&data, alignment, n_bytes > 0 ? n_bytes : CACHE_LINE) != 0)
    return NULL;
#ifdef MADV_HUGEPAGE
  if (alignment == HUGE_PAGE)
    (void)madvise(data, n_bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
  return data;
}

void *bs_aligned_new(size_t n_bytes) {
  void *data = aligned(n_bytes, 2 * HUGE_PAGE);
  if (data != NULL)
    memset(data, 0, n_bytes);
  return data;
}

void *bs_scratch(bs_scratch_use use, size_t n_bytes) {
  pthread_once(&key_once, make_key);
  if (key_status != 0)
    return NULL;
  scratch *s = pthread_getspecific(key);
  if (s == NULL) {
    s = calloc(1, sizeof *s);
    if (s == NULL || pthread_setspecific(key, s) != 0) {
      free(s);
      return NULL;
    }
  }
  if (s->uses[use].data == NULL || s->uses[use].n_bytes < n_bytes) {
    free(s->uses[use].data);
    s->uses[use].n_bytes = 0;
    s->uses[use].data = aligned(n_bytes, HUGE_PAGE / 2);
    s->uses[use].n_bytes = s->uses[use].data != NULL ? n_bytes : 0;
  }
  return s->uses[use].data;
}
