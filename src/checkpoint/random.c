/* Writing a checkpoint of random weights. */
#include "bigsweep/random_model.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/half_internal.h"
#include "base/memory_internal.h"
#include "checkpoint/random_plan_internal.h"

enum {
  QUANTILES = 1 << 16,
  CHUNK = 1 << 18, /* elements written at a time; a multiple of 4 */
};

bs_status bs_random_model_bytes(const bs_random_model *model, uint64_t *bytes, bs_error *err) {
  bs_random_plan p;
  bs_status status = bs_random_plan_make(&p, model, err);
  if (status == BS_OK)
    *bytes = 8 + p.header.n_bytes + p.n_bytes;
  bs_random_plan_free(&p);
  return status;
}

/* The middle of each of QUANTILES equally likely parts of the normal distribution, ascending. */
static double *normal_quantiles(bs_error *err) {
  double *quantiles = bs_array_new(QUANTILES, sizeof *quantiles, err);
  if (quantiles == NULL)
    return NULL;
  const double density = 1 / sqrt(2 * acos(-1));
  double x = 0;
  for (size_t i = QUANTILES / 2; i < QUANTILES; i++) {
    double above = 1 - ((double)i + 0.5) / QUANTILES; /* probability of a larger number */
    for (int step = 0; step < 4; step++)              /* Newton's, from the part before */
      x += (erfc(x / sqrt(2)) / 2 - above) / (density * exp(-x * x / 2));
    quantiles[i] = x;
    quantiles[QUANTILES - 1 - i] = -x;
  }
  return quantiles;
}

/* A tensor's values by quantile, as they are stored. */
static void store_quantiles(bs_dtype store, const bs_random_tensor *tensor, const double *quantiles,
                            unsigned char *to) {
  for (size_t i = 0; i < QUANTILES; i++) {
    double value = tensor->centre + tensor->scale * quantiles[i];
    float single = (float)value;
    uint16_t half = store == BS_DTYPE_BF16 ? bs_bf16_of_f32(single) : bs_f16_of_f64(value);
    if (store == BS_DTYPE_F32)
      memcpy(to + 4 * i, &single, 4);
    else
      memcpy(to + 2 * i, &half, 2);
  }
}

static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9U;
  x = (x ^ x >> 27) * 0x94D049BB133111EBU;
  return x ^ x >> 31;
}

/* Elements first .. first + n of a tensor; four come of one hash. */
static void fill_chunk(uint64_t key, size_t element_bytes, const unsigned char *table,
                       uint64_t first, size_t n, unsigned char *to) {
  for (size_t i = 0; i < n; i += 4) {
    uint64_t bits = mix(key + ((first + i) / 4 + 1) * 0x9E3779B97F4A7C15U);
    for (size_t j = i; j < n && j < i + 4; j++, bits >>= 16) {
      if (element_bytes == 4)
        memcpy(to + 4 * j, table + 4 * (bits & 0xFFFFU), 4);
      else
        memcpy(to + 2 * j, table + 2 * (bits & 0xFFFFU), 2);
    }
  }
}

/* 0, or what errno says. */
static int write_at(int fd, const void *bytes, size_t n_bytes, uint64_t offset) {
  const unsigned char *at = bytes;
  while (n_bytes > 0) {
    ssize_t n = pwrite(fd, at, n_bytes, (off_t)offset);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : ENOSPC;
    at += n;
    n_bytes -= (size_t)n;
    offset += (uint64_t)n;
  }
  return 0;
}

static int write_tensor(int fd, const bs_random_plan *p, size_t index, const unsigned char *table) {
  const bs_random_tensor *tensor = &p->tensors[index];
  size_t bytes = bs_dtype_bytes(p->model->store);
  uint64_t n_chunks = (tensor->n + CHUNK - 1) / CHUNK, base = 8 + p->header.n_bytes + tensor->begin;
  uint64_t key = mix(p->model->seed ^ mix((uint64_t)index + 1));
  atomic_int failure;
  atomic_init(&failure, 0);
#pragma omp parallel if (n_chunks > 1)
  {
    unsigned char *chunk = malloc(CHUNK * bytes);
    if (chunk == NULL)
      atomic_store(&failure, ENOMEM);
#pragma omp for schedule(dynamic)
    for (uint64_t c = 0; c < n_chunks; c++) {
      uint64_t first = c * CHUNK, left = tensor->n - first;
      size_t n = left < CHUNK ? (size_t)left : CHUNK;
      if (chunk == NULL || atomic_load(&failure) != 0)
        continue;
      fill_chunk(key, bytes, table, first, n, chunk);
      int status = write_at(fd, chunk, n * bytes, base + first * bytes);
      if (status != 0)
        atomic_store(&failure, status);
    }
    free(chunk);
  }
  return atomic_load(&failure);
}

static bs_status write_data(int fd, const char *path, const bs_random_plan *p, bs_error *err) {
  unsigned char size[8];
  for (size_t i = 0; i < 8; i++)
    size[i] = (unsigned char)((uint64_t)p->header.n_bytes >> 8 * i);
  int failure = write_at(fd, size, sizeof size, 0);
  if (failure == 0)
    failure = write_at(fd, p->header.data, p->header.n_bytes, 8);
  double *quantiles = normal_quantiles(err);
  unsigned char *table = bs_array_new(QUANTILES, bs_dtype_bytes(p->model->store), err);
  bs_status status = quantiles == NULL || table == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; i < p->n_tensors && status == BS_OK && failure == 0; i++) {
    store_quantiles(p->model->store, &p->tensors[i], quantiles, table);
    failure = write_tensor(fd, p, i, table);
  }
  if (status == BS_OK && failure != 0)
    status =
        bs_error_set(err, BS_ERR_IO, "%s: cannot write %llu bytes: %s", path,
                     (unsigned long long)(8 + p->header.n_bytes + p->n_bytes), strerror(failure));
  free(table);
  free(quantiles);
  return status;
}

static bs_status check_room(const bs_random_plan *p, const char *dir, bs_error *err) {
  struct statvfs info;
  if (statvfs(dir, &info) != 0)
    return bs_error_set(err, BS_ERR_IO, "%s: cannot write there: %s", dir, strerror(errno));
  double need = (double)p->n_bytes + (double)p->header.n_bytes;
  double room = (double)info.f_bavail * (double)info.f_frsize;
  if (need <= room)
    return BS_OK;
  return bs_error_set(err, BS_ERR_LIMIT, "%s: the model needs %.0f MiB on disk, %.0f MiB are free",
                      dir, need / 1048576, room / 1048576);
}

/* A file that is not there yet; on a failure it is removed. */
static bs_status write_new(const char *path, const bs_random_plan *p, const bs_text *text,
                           bs_error *err) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0)
    return bs_error_set(err, BS_ERR_IO, "%s: cannot create: %s", path, strerror(errno));
  bs_status status = BS_OK;
  if (text != NULL) {
    int failure = write_at(fd, text->data, text->n_bytes, 0);
    if (failure != 0)
      status = bs_error_set(err, BS_ERR_IO, "%s: cannot write: %s", path, strerror(failure));
  } else {
    status = write_data(fd, path, p, err);
  }
  if (close(fd) != 0 && status == BS_OK)
    status = bs_error_set(err, BS_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
  if (status != BS_OK)
    (void)unlink(path);
  return status;
}

bs_status bs_random_model_write(const bs_random_model *model, const char *dir, bs_error *err) {
  bs_random_plan p;
  char *weights_path = NULL, *config_path = NULL;
  bs_status status = bs_random_plan_make(&p, model, err);
  if (status == BS_OK)
    status = check_room(&p, dir, err);
  if (status != BS_OK)
    goto cleanup;
  weights_path = bs_path_join(dir, "model.safetensors", err);
  config_path = bs_path_join(dir, "config.json", err);
  if (weights_path == NULL || config_path == NULL) {
    status = BS_ERR_MEMORY;
    goto cleanup;
  }
  status = write_new(config_path, &p, &p.config, err);
  if (status != BS_OK)
    goto cleanup;
  status = write_new(weights_path, &p, NULL, err);
  if (status != BS_OK)
    (void)unlink(config_path);
cleanup:
  free(weights_path);
  free(config_path);
  bs_random_plan_free(&p);
  return status;
}
