/* Made-up models for the bench: shapes, and a folder with random weights. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bigsweep/helpers.h"
#include "program/bench.h"

enum { HEAD = 64, MAX_LAYERS = 1024, MAX_WIDTH = 65536, PATH_BYTES = 4096 };

static const struct {
  const char *name;
  size_t n_layers, d_model, d_ff, n_heads, n_kv_heads; /* of "llama" */
} shapes[] = {
    {"S", 12, 768, 3072, 12, 12},
    {"M", 22, 2048, 5632, 32, 4},
};

static const struct {
  const char *name;
  size_t vocab_size, max_positions;
} families[] = {
    {"llama", 32000, 2048},   {"gptneox", 50304, 2048}, {"gpt2", 50257, 1024},
    {"mixtral", 32000, 2048}, {"olmoe", 50304, 2048},   {"t5", 32128, 2048},
    {"switch", 32128, 2048},
};

static const struct {
  const char *name;
  bs_dtype dtype;
} stores[] = {{"bf16", BS_DTYPE_BF16}, {"f32", BS_DTYPE_F32}, {"f16", BS_DTYPE_F16}};

static bs_status bad_shape(const char *text, bs_error *err) {
  return bs_error_set(err, BS_ERR_USAGE,
                      "option --shape: expected S, M or LAYERSxWIDTH (12x768) with 1 to %d layers "
                      "and a width that is a multiple of %d up to %d, found \"%s\"",
                      MAX_LAYERS, HEAD, MAX_WIDTH, text);
}

/* "12x768" */
static bs_status parse_sizes(bs_random_model *shape, const char *text, bs_error *err) {
  char *end = NULL;
  errno = 0;
  if (text[0] < '0' || text[0] > '9')
    return bad_shape(text, err);
  unsigned long n_layers = strtoul(text, &end, 10);
  if (*end != 'x' || end[1] < '0' || end[1] > '9')
    return bad_shape(text, err);
  unsigned long width = strtoul(end + 1, &end, 10);
  if (errno != 0 || *end != '\0' || n_layers < 1 || n_layers > MAX_LAYERS || width < HEAD ||
      width > MAX_WIDTH || width % HEAD != 0)
    return bad_shape(text, err);
  shape->n_layers = n_layers;
  shape->d_model = width;
  shape->d_ff = (8 * width / 3 + 31) / 32 * 32;
  shape->n_heads = shape->n_kv_heads = width / HEAD;
  return BS_OK;
}

bs_status bench_shape_parse(bs_random_model *shape, const char *text, const char *family,
                            const char *store, bs_error *err) {
  size_t f = 0, s = 0;
  while (f < sizeof families / sizeof *families && strcmp(families[f].name, family) != 0)
    f++;
  if (f == sizeof families / sizeof *families)
    return bs_error_set(
        err, BS_ERR_USAGE,
        "option --family: unknown family \"%s\"; known: llama, gptneox, gpt2, mixtral, "
        "olmoe, t5, switch",
        family);
  while (s < sizeof stores / sizeof *stores && strcmp(stores[s].name, store) != 0)
    s++;
  if (s == sizeof stores / sizeof *stores)
    return bs_error_set(err, BS_ERR_USAGE,
                        "option --store: unknown type \"%s\"; known: bf16, f32, f16", store);
  *shape = (bs_random_model){.family = families[f].name,
                             .vocab_size = families[f].vocab_size,
                             .max_positions = families[f].max_positions,
                             .store = stores[s].dtype,
                             .seed = 1};
  bs_status status = BS_OK;
  size_t named = 0;
  while (named < sizeof shapes / sizeof *shapes && strcmp(shapes[named].name, text) != 0)
    named++;
  if (named < sizeof shapes / sizeof *shapes) {
    shape->n_layers = shapes[named].n_layers;
    shape->d_model = shapes[named].d_model;
    shape->d_ff = shapes[named].d_ff;
    shape->n_heads = shapes[named].n_heads;
    shape->n_kv_heads = shapes[named].n_kv_heads;
  } else {
    status = parse_sizes(shape, text, err);
  }
  if (status == BS_OK && strcmp(shape->family, "olmoe") == 0)
    shape->d_ff = (shape->d_model / 2 + 31) / 32 * 32; /* of one of many small experts */
  else if (status == BS_OK && strncmp(shape->family, "gpt", 3) == 0)
    shape->d_ff = 4 * shape->d_model;
  if (status == BS_OK && strcmp(shape->family, "llama") != 0)
    shape->n_kv_heads = shape->n_heads;
  return status;
}

/* What a signal has to remove: paths in static storage, for the handler may do little. */
static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
enum { N_CAUGHT = sizeof caught / sizeof *caught };
static char files[2][PATH_BYTES], folder_path[PATH_BYTES];
static struct sigaction before[N_CAUGHT];

static void remove_and_end(int signal_number) {
  (void)unlink(files[0]);
  (void)unlink(files[1]);
  if (folder_path[0] != '\0')
    (void)rmdir(folder_path);
  (void)signal(signal_number, SIG_DFL);
  (void)raise(signal_number);
}

static bs_status guard(const char *dir, bool with_folder, bs_error *err) {
  static const char *const names[] = {"config.json", "model.safetensors"};
  for (size_t i = 0; i < 2; i++)
    if ((size_t)snprintf(files[i], PATH_BYTES, "%s/%s", dir, names[i]) >= PATH_BYTES)
      return bs_error_set(err, BS_ERR_LIMIT, "%s: the path is too long", dir);
  for (size_t i = 0; i < 2; i++)
    if (bs_file_exists(files[i]))
      return bs_error_set(err, BS_ERR_USAGE, "%s: there is one already", files[i]);
  snprintf(folder_path, sizeof folder_path, "%s", with_folder ? dir : "");
  struct sigaction action = {.sa_handler = remove_and_end};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < N_CAUGHT; i++)
    (void)sigaction(caught[i], &action, &before[i]);
  return BS_OK;
}

static void unguard(void) {
  for (size_t i = 0; i < N_CAUGHT; i++)
    (void)sigaction(caught[i], &before[i], NULL);
}

bs_status bench_folder_make(bench_folder *folder, const bs_random_model *shape, bs_error *err) {
  const char *base = getenv("TMPDIR");
  folder->path =
      bs_path_join(base != NULL && base[0] != '\0' ? base : "/tmp", "bigsweep-bench-XXXXXX", err);
  if (folder->path == NULL)
    return BS_ERR_MEMORY;
  if (mkdtemp(folder->path) == NULL) {
    bs_error_set(err, BS_ERR_IO, "%s: cannot make a folder: %s", folder->path, strerror(errno));
    free(folder->path);
    folder->path = NULL;
    return BS_ERR_IO;
  }
  bs_status status = guard(folder->path, true, err);
  if (status != BS_OK) {
    (void)rmdir(folder->path);
    free(folder->path);
    folder->path = NULL;
    return status;
  }
  status = bs_random_model_write(shape, folder->path, err);
  if (status != BS_OK)
    bench_folder_remove(folder);
  return status;
}

void bench_folder_remove(bench_folder *folder) {
  if (folder->path == NULL)
    return;
  (void)unlink(files[0]);
  (void)unlink(files[1]);
  (void)rmdir(folder->path);
  unguard();
  free(folder->path);
  folder->path = NULL;
}

bs_status bench_make(const char *dir, const bs_random_model *shape, bs_error *err) {
  bool is_new = mkdir(dir, 0777) == 0;
  if (!is_new && errno != EEXIST)
    return bs_error_set(err, BS_ERR_IO, "%s: cannot make the folder: %s", dir, strerror(errno));
  bs_status status = guard(dir, is_new, err);
  if (status == BS_OK) {
    status = bs_random_model_write(shape, dir, err);
    unguard();
  }
  if (status != BS_OK && is_new)
    (void)rmdir(dir);
  return status;
}
