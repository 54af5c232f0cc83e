/* A product over threads: rows are packed, the work is cut into tasks, threads take them. */
#include "kernels/run_internal.h"

#include <omp.h>
#include <stdatomic.h>

#include "base/memory_internal.h"
#include "kernels/scratch_internal.h"

enum {
  PACKED_BYTES = 64 << 20,     /* of activations at once */
  FEWEST_ROWS = 256,           /* but no fewer rows than this */
  THREADED_PRODUCTS = 1 << 24, /* multiply-adds from which a second thread pays */
  TASKS_PER_THREAD = 2,
  CACHE_LINE = 64,
};

/* How a run is cut into tasks: a task is a chunk of panels by a chunk of rows. Tasks that share
   panels follow each other. */
typedef struct plan {
  size_t panels_per_chunk, n_panel_chunks;
  size_t rows_per_chunk, n_row_chunks;
  size_t n_tasks, n_queues;
} plan;

/* What is left of a contiguous range of tasks; every thread has one and helps with the others when
   its own is empty. */
typedef struct queue {
  atomic_size_t next;
  size_t end;
  char gap[CACHE_LINE - sizeof(atomic_size_t) - sizeof(size_t)];
} queue;

size_t bs_run_slab_rows(const bs_linear *linear, size_t m) {
  size_t group = linear->gemm->family->group_rows;
  return bs_round_up(m, group);
}

size_t bs_run_max_rows(const bs_linear *linear) {
  const bs_gemm *gemm = linear->gemm;
  size_t group = gemm->family->group_rows;
  size_t group_bytes = gemm->family->slab_bytes(gemm, group, linear->n_in);
  return bs_size_max(FEWEST_ROWS, PACKED_BYTES / group_bytes * group);
}

static plan make_plan(const bs_linear *linear, size_t m, size_t n_threads, size_t emit_panels) {
  const bs_gemm_family *family = linear->gemm->family;
  plan p = {.n_queues = n_threads};
  /* Weights that are expanded are worth many rows. */
  p.n_row_chunks =
      bs_ceil_div(m, linear->panel_bytes == 0 ? family->lying_rows : family->chunk_rows);
  size_t wanted = n_threads > 1 ? bs_ceil_div(TASKS_PER_THREAD * n_threads, p.n_row_chunks) : 1;
  size_t most = family->chunk_panels(linear->gemm, linear->storage, linear->n_in, m);
  size_t n =
      bs_size_max(bs_ceil_div(linear->n_panels, most), bs_size_min(wanted, linear->n_panels));
  p.panels_per_chunk = bs_size_max(bs_ceil_div(linear->n_panels, n) / emit_panels, 1) * emit_panels;
  p.n_panel_chunks = bs_ceil_div(linear->n_panels, p.panels_per_chunk);
  if (p.n_panel_chunks * p.n_row_chunks < n_threads) /* few outputs, many threads */
    p.n_row_chunks =
        bs_size_min(bs_ceil_div(m, family->group_rows), bs_ceil_div(n_threads, p.n_panel_chunks));
  size_t groups = bs_ceil_div(m, family->group_rows);
  p.rows_per_chunk = bs_ceil_div(groups, p.n_row_chunks) * family->group_rows;
  p.n_row_chunks = bs_ceil_div(m, p.rows_per_chunk);
  p.n_tasks = p.n_panel_chunks * p.n_row_chunks;
  return p;
}

static size_t block_bytes_of(const bs_linear *linear, const plan *p) {
  return linear->gemm->family->block_bytes(linear->gemm, linear->storage, linear->n_in,
                                           p->rows_per_chunk, p->panels_per_chunk);
}

static void fill_queues(queue *queues, const plan *p) {
  for (size_t q = 0; q < p->n_queues; q++) {
    atomic_init(&queues[q].next, q * p->n_tasks / p->n_queues);
    queues[q].end = (q + 1) * p->n_tasks / p->n_queues;
  }
}

static void do_task(const bs_run *run, const plan *p, size_t task, const void *slab, void *block) {
  const bs_linear *linear = run->linear;
  size_t panel = task / p->n_row_chunks * p->panels_per_chunk;
  size_t row = task % p->n_row_chunks * p->rows_per_chunk;
  bs_product work = {
      .gemm = linear->gemm,
      .storage = linear->storage,
      .n_in = linear->n_in,
      .panels = linear->panels,
      .panel_bytes = linear->panel_bytes,
      .lying = linear->lying,
      .panel = panel,
      .n_panels = bs_size_min(p->panels_per_chunk, linear->n_panels - panel),
      .rows = slab,
      .slab_rows = bs_run_slab_rows(linear, run->m),
      .row = row,
      .n_rows = bs_size_min(p->rows_per_chunk, run->m - row),
      .block = block,
      .emit_panels = run->emit_panels,
      .emit = run->emit,
      .context = run->context,
      .store = run->store,
  };
  linear->gemm->family->product(&work);
}

/* A thread's tasks: its own queue, then what the others have not begun. */
static void work_off(const bs_run *run, const plan *p, queue *queues, size_t thread,
                     const void *slab, void *block) {
  for (size_t i = 0; i < p->n_queues; i++) {
    queue *q = &queues[(thread + i) % p->n_queues];
    size_t task;
    while ((task = atomic_fetch_add_explicit(&q->next, 1, memory_order_relaxed)) < q->end)
      do_task(run, p, task, slab, block);
  }
}

/* Floats between the rows that threads compute for themselves. */
static size_t row_floats(const bs_linear *linear) { return bs_round_up(linear->n_in, CACHE_LINE); }

/* Rows first .. end; `row` is where this thread may compute one. */
static void pack_rows(const bs_run *run, size_t first, size_t end, void *slab, float *row) {
  const bs_linear *linear = run->linear;
  const bs_gemm *gemm = linear->gemm;
  const bs_linear_input *input = run->input;
  size_t slab_rows = bs_run_slab_rows(linear, run->m);
  if (input->x != NULL) {
    gemm->family->pack_rows(gemm, input->x + run->first_row * input->ld_x, input->ld_x, first,
                            end - first, slab_rows, linear->n_in, slab);
    return;
  }
  for (size_t r = first; r < end; r++) {
    input->source.fill(input->source.context, run->first_row + r, row);
    gemm->family->pack_rows(gemm, row, 0, r, 1, slab_rows, linear->n_in, slab);
  }
}

static void pack_share(const bs_run *run, size_t thread, size_t n_threads, void *slab, float *row) {
  const bs_gemm *gemm = run->linear->gemm;
  size_t group = gemm->family->group_rows, n_groups = bs_ceil_div(run->m, group);
  size_t first = thread * n_groups / n_threads * group;
  size_t end = bs_size_min(run->m, (thread + 1) * n_groups / n_threads * group);
  if (first < end && run->input->slab == NULL)
    pack_rows(run, first, end, slab, row);
  if (first < end && end == run->m && gemm->family->pad_rows != NULL)
    gemm->family->pad_rows(gemm, end, run->linear->n_in, slab);
}

bs_status bs_run_product(const bs_run *run, bs_error *err) {
  const bs_linear *linear = run->linear;
  const bs_gemm_family *family = linear->gemm->family;
  if (run->m == 0)
    return BS_OK;
  size_t slab_bytes =
      family->slab_bytes(linear->gemm, bs_run_slab_rows(linear, run->m), linear->n_in);
  void *slab = run->input->slab;
  if (slab == NULL)
    slab = bs_scratch(BS_SCRATCH_ROWS, slab_bytes);
  size_t most = (size_t)omp_get_max_threads();
  queue *queues = bs_scratch(BS_SCRATCH_QUEUES, most * sizeof *queues);
  size_t own = run->input->source.fill != NULL ? row_floats(linear) : 0;
  float *rows = bs_scratch(BS_SCRATCH_VECTORS, most * own * sizeof *rows);
  if (slab == NULL || queues == NULL || rows == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate %zu bytes for the rows of a product",
                        slab_bytes);
  bool threaded =
      (double)run->m * (double)linear->n_in * (double)linear->n_out >= (double)THREADED_PRODUCTS;
  plan p = {0};
  atomic_size_t n_able;
  atomic_init(&n_able, 0);
#pragma omp parallel if (threaded)
  {
    size_t thread = (size_t)omp_get_thread_num(), n_threads = (size_t)omp_get_num_threads();
    if (thread == 0) {
      p = make_plan(linear, run->m, n_threads, run->emit_panels);
      fill_queues(queues, &p);
    }
    pack_share(run, thread, n_threads, slab, rows + thread * own);
#pragma omp barrier
    void *block = bs_scratch(BS_SCRATCH_BLOCK, block_bytes_of(linear, &p));
    if (block != NULL) {
      atomic_fetch_add(&n_able, 1);
      if (family->begin != NULL)
        family->begin();
      work_off(run, &p, queues, thread, slab, block);
      if (family->end != NULL)
        family->end();
    }
  }
  /* One thread with memory does the work of all. */
  return atomic_load(&n_able) > 0
             ? BS_OK
             : bs_error_set(err, BS_ERR_MEMORY,
                            "cannot allocate %zu bytes for a block of a product",
                            block_bytes_of(linear, &p));
}

bs_status bs_run_bytes(const bs_linear *linear, const bs_linear_use *use, uint64_t *bytes,
                       bs_error *err) {
  size_t n_threads = bs_size_max(use->n_threads, 1);
  size_t rows =
      bs_run_slab_rows(linear, bs_size_min(bs_size_max(use->n_rows, 1), bs_run_max_rows(linear)));
  plan p = make_plan(linear, rows, n_threads, 1);
  size_t each, total = 0;
  if (!use->packed)
    total = linear->gemm->family->slab_bytes(linear->gemm, rows, linear->n_in);
  if (!bs_size_mul(block_bytes_of(linear, &p) + row_floats(linear) * sizeof(float), n_threads,
                   &each) ||
      !bs_size_add(total, each, &total))
    return bs_error_set(err, BS_ERR_LIMIT, "working memory of %zu threads", use->n_threads);
  *bytes = total;
  return BS_OK;
}
