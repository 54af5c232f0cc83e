/* Layers of experts: the rows of a pass are gathered by expert, each expert multiplies its own in
   packed products, and every row sums up what its experts say in an order of its own. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "engine/stack/experts_internal.h"

/* Below so many elements a loop over rows is not worth waking the threads. */
enum { PARALLEL_ELEMENTS = 1 << 17 };

/* An expert's rows of a pass. */
typedef struct gathered {
  const float *x;     /* all rows, normed */
  const size_t *rows; /* those of the expert */
  size_t d;
} gathered;

static void fill_gathered(const void *context, size_t row, float *out) {
  const gathered *from = context;
  memcpy(out, from->x + from->rows[row] * from->d, from->d * sizeof *out);
}

static const bs_slot_weights *slots_of(const bs_pass *pass) {
  return pass->stack->weights.layers[pass->layer].slots;
}

static size_t rows_of(const bs_routes *routes, size_t expert) {
  return routes->first[expert + 1] - routes->first[expert];
}

/* y = out(activation(in(rows))); `slab` has room for the hidden layer. */
static bs_status run_pair(const bs_stack *stack, const bs_linear *in, const bs_linear *out,
                          const bs_linear_input *input, size_t n, void *slab, float *y,
                          bs_error *err) {
  const bs_result_map map = {bs_activate_results, stack};
  bs_status status =
      bs_linear_run(in, input, n, &(bs_linear_output){.map = map, .next = out, .slab = slab}, err);
  if (status == BS_OK)
    status = bs_linear_run(out, &(bs_linear_input){.slab = slab}, n,
                           &(bs_linear_output){.y = y, .ld_y = stack->blueprint->d_model}, err);
  return status;
}

static bs_status run_expert(const bs_pass *pass, size_t expert, void *slab, bs_error *err) {
  const bs_slot_weights *slots = slots_of(pass);
  const bs_workspace *work = &pass->stack->work;
  size_t d = pass->stack->blueprint->d_model, first = work->routes.first[expert];
  const gathered rows = {work->normed.data, work->routes.rows + first, d};
  return run_pair(pass->stack, slots[BS_SLOT_EXPERT_IN].members[expert],
                  slots[BS_SLOT_EXPERT_OUT].members[expert],
                  &(bs_linear_input){.source = {fill_gathered, &rows}},
                  rows_of(&work->routes, expert), slab, work->answers.data + first * d, err);
}

/* Bytes from one thread's slab to the next one's. */
static bs_status slab_step(const bs_pass *pass, size_t n_rows, size_t *step, bs_error *err) {
  const bs_linear *out = slots_of(pass)[BS_SLOT_EXPERT_OUT].members[0];
  bs_status status = bs_linear_slab_bytes(out, n_rows, step, err);
  *step = bs_round_up(*step, 64);
  return status;
}

/* Experts with at most BS_EXPERT_FEW_ROWS rows, each by one thread. */
static bs_status run_small(const bs_pass *pass, size_t step, bs_error *err) {
  const bs_workspace *work = &pass->stack->work;
  unsigned char *slabs = (unsigned char *)work->hidden.data;
  bs_status status = BS_OK;
  omp_lock_t lock; /* of the status; a critical section would be a symbol that all see */
  omp_init_lock(&lock);
#pragma omp parallel for schedule(dynamic)
  for (size_t e = 0; e < pass->stack->blueprint->experts.n; e++) {
    size_t n = rows_of(&work->routes, e);
    bs_error own = {0};
    bs_status of_expert = BS_OK;
    if (n > 0 && n <= BS_EXPERT_FEW_ROWS)
      of_expert = run_expert(pass, e, slabs + (size_t)omp_get_thread_num() * step, &own);
    if (of_expert != BS_OK) {
      omp_set_lock(&lock);
      status = bs_error_set(err, of_expert, "%s", own.message);
      omp_unset_lock(&lock);
    }
  }
  omp_destroy_lock(&lock);
  return status;
}

/* Products of few rows are too small for all threads: where there are enough of them, a thread
   takes an expert. All others have all threads, one after the other. */
static bs_status run_experts(bs_pass *pass, bs_error *err) {
  bs_workspace *work = &pass->stack->work;
  size_t n_threads = (size_t)omp_get_max_threads(), n_small = 0, most = 1, few, many;
  size_t n_experts = pass->stack->blueprint->experts.n;
  for (size_t e = 0; e < n_experts; e++) {
    size_t n = rows_of(&work->routes, e);
    n_small += n > 0 && n <= BS_EXPERT_FEW_ROWS;
    most = bs_size_max(most, n);
  }
  bool apart = n_threads > 1 && n_small >= 2 * n_threads;
  bs_status status = slab_step(pass, bs_size_min(most, BS_EXPERT_FEW_ROWS), &few, err);
  if (status == BS_OK)
    status = slab_step(pass, most, &many, err);
  if (status == BS_OK)
    status = bs_floats_need(&work->hidden,
                            bs_size_max(apart ? n_threads * few : 0, many) / sizeof(float), 1, err);
  for (size_t e = 0; e < n_experts && status == BS_OK; e++) {
    size_t n = rows_of(&work->routes, e);
    if (n > (apart ? BS_EXPERT_FEW_ROWS : 0))
      status = run_expert(pass, e, work->hidden.data, err);
  }
  return status == BS_OK && apart ? run_small(pass, few, err) : status;
}

/* The expert that all rows go through, and how much of it each gets. */
static bs_status run_shared(bs_pass *pass, bs_error *err) {
  const bs_slot_weights *slots = slots_of(pass);
  bs_workspace *work = &pass->stack->work;
  const bs_linear *out = slots[BS_SLOT_SHARED_OUT].linear;
  size_t d = pass->stack->blueprint->d_model, n = pass->n_rows, n_bytes;
  const bs_linear_input normed = {.x = work->normed.data, .ld_x = d};
  bs_status status = bs_linear_slab_bytes(out, n, &n_bytes, err);
  if (status == BS_OK)
    status = bs_floats_need(&work->hidden, 1, n_bytes / sizeof(float), err);
  if (status == BS_OK)
    status = bs_floats_need(&work->shared, n, d, err);
  if (status == BS_OK)
    status = bs_floats_need(&work->gates, n, 1, err);
  if (status == BS_OK)
    status = bs_linear_run(slots[BS_SLOT_SHARED_GATE].linear, &normed, n,
                           &(bs_linear_output){.y = work->gates.data, .ld_y = 1}, err);
  if (status == BS_OK)
    status = run_pair(pass->stack, slots[BS_SLOT_SHARED_IN].linear, out, &normed, n,
                      work->hidden.data, work->shared.data, err);
  return status;
}

static bs_status route(bs_pass *pass, bs_slot norm, bs_error *err) {
  bs_stack *stack = pass->stack;
  const bs_blueprint *blueprint = stack->blueprint;
  bs_workspace *work = &stack->work;
  size_t d = blueprint->d_model, n = pass->n_rows, n_experts = blueprint->experts.n;
  bs_status status = bs_floats_need(&work->normed, n, d, err);
  if (status == BS_OK)
    status = bs_floats_need(&work->choices, n, n_experts, err);
  if (status == BS_OK)
    status = bs_floats_need(&work->answers, n * blueprint->experts.per_token, d, err);
  if (status != BS_OK)
    return status;
#pragma omp parallel for schedule(static) if (n * d > PARALLEL_ELEMENTS)
  for (size_t i = 0; i < n; i++)
    bs_norm_row(stack, &slots_of(pass)[norm], work->x.data + i * d, work->normed.data + i * d, d);
  status = bs_linear_run(slots_of(pass)[BS_SLOT_ROUTER].linear,
                         &(bs_linear_input){.x = work->normed.data, .ld_x = d}, n,
                         &(bs_linear_output){.y = work->choices.data, .ld_y = n_experts}, err);
  return status == BS_OK
             ? bs_routes_choose(&work->routes, &blueprint->experts, work->choices.data, n, err)
             : status;
}

/* Turns down what is beyond an expert's capacity; from here on only wanted rows are computed. */
static void limit(bs_pass *pass) {
  bs_workspace *work = &pass->stack->work;
  const bs_experts *experts = &pass->stack->blueprint->experts;
  size_t d = pass->stack->blueprint->d_model;
  float *normed = work->normed.data;
  bs_routes_limit(&work->routes, experts, pass->batch, &pass->stack->kv, pass->layer);
  bs_routes_keep(&work->routes, experts, pass->wanted, pass->n_wanted);
  for (size_t i = 0; i < pass->n_wanted; i++)
    if (pass->wanted[i] != i)
      memcpy(normed + i * d, normed + pass->wanted[i] * d, d * sizeof *normed);
  bs_pass_keep_wanted(pass);
}

bs_status bs_experts_read(bs_pass *pass, bs_slot norm, bs_error *err) {
  const bs_experts *experts = &pass->stack->blueprint->experts;
  bs_status status = route(pass, norm, err);
  if (status == BS_OK && experts->capacity > 0)
    limit(pass);
  if (status != BS_OK || pass->n_rows == 0)
    return status;
  bs_routes_gather(&pass->stack->work.routes, experts, pass->n_rows);
  if (experts->d_shared > 0)
    status = run_shared(pass, err);
  return status == BS_OK ? run_experts(pass, err) : status;
}

/* The sum of a row: its experts, the most likely one first, then the shared one. It is made where
   the first one's answer lies; NULL: no expert took the row. */
static float *add_up(const bs_stack *stack, size_t row) {
  const bs_workspace *work = &stack->work;
  const bs_experts *experts = &stack->blueprint->experts;
  size_t d = stack->blueprint->d_model;
  const size_t *places = work->routes.places + row * experts->per_token;
  const float *weights = work->routes.weights + row * experts->per_token;
  if (places[0] == BS_NO_PLACE)
    return NULL;
  float *sum = work->answers.data + places[0] * d;
  for (size_t j = 0; j < d; j++)
    sum[j] *= weights[0];
  for (size_t c = 1; c < experts->per_token; c++) {
    const float *answer = work->answers.data + places[c] * d;
    for (size_t j = 0; j < d; j++)
      sum[j] += weights[c] * answer[j];
  }
  if (experts->d_shared > 0) {
    const float *answer = work->shared.data + row * d;
    const float weight = 1 / (1 + expf(-work->gates.data[row]));
    for (size_t j = 0; j < d; j++)
      sum[j] += weight * answer[j];
  }
  return sum;
}

bs_status bs_experts_write(bs_pass *pass, float *y, bs_epilogue epilogue, bs_error *err) {
  size_t d = pass->stack->blueprint->d_model, n = pass->n_rows;
  (void)err;
#pragma omp parallel for schedule(static) if (n * d > PARALLEL_ELEMENTS)
  for (size_t i = 0; i < n; i++) {
    const float *sum = add_up(pass->stack, i);
    for (size_t j = 0; j < d; j++) {
      float result = sum != NULL ? sum[j] : 0;
      y[i * d + j] = epilogue == BS_EPILOGUE_ADD ? y[i * d + j] + result : result;
    }
  }
  return BS_OK;
}
