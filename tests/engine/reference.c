#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double element(const bs_tensor *tensor, size_t i) {
  const unsigned char *data = tensor->data;
  if (tensor->dtype == BS_DTYPE_F32) {
    float value;
    memcpy(&value, data + 4 * i, 4);
    return (double)value;
  }
  unsigned half = data[2 * i] | (unsigned)data[2 * i + 1] << 8;
  double sign = (half & 0x8000U) != 0 ? -1 : 1;
  if (tensor->dtype == BS_DTYPE_BF16) {
    unsigned exponent = (half >> 7) & 255U, fraction = half & 127U;
    if (exponent == 0)
      return sign * ldexp(fraction, -133);
    return sign * ldexp(fraction + 128U, (int)exponent - 134);
  }
  unsigned exponent = (half >> 10) & 31U, fraction = half & 1023U;
  if (exponent == 0)
    return sign * ldexp(fraction, -24);
  return sign * ldexp(fraction + 1024U, (int)exponent - 25);
}

static void norm(const bs_blueprint *blueprint, const bs_slot_tensors *by, double *x, size_t n) {
  if (by->n_parts == 0)
    return;
  double mean = 0, square = 0;
  if (blueprint->norm_kind == BS_NORM_LAYER)
    for (size_t i = 0; i < n; i++)
      mean += x[i] / (double)n;
  for (size_t i = 0; i < n; i++)
    square += (x[i] - mean) * (x[i] - mean) / (double)n;
  for (size_t i = 0; i < n; i++)
    x[i] = (x[i] - mean) / sqrt(square + blueprint->norm_epsilon) *
               (blueprint->norm_offset + element(by->weights[0], i)) +
           (by->biases[0] != NULL ? element(by->biases[0], i) : 0);
}

/* A linear layer in double. */
typedef struct matrix {
  size_t n_in, n_out;
  double *weights; /* (n_in, n_out) */
  double *bias;    /* (n_out) */
} matrix;

struct reference {
  const bs_blueprint *blueprint;
  matrix (*layers)[BS_LAYER_SLOTS]; /* those in slots of matrices */
  matrix head;
};

static matrix expand(const bs_slot_tensors *by) {
  matrix m = {.n_in = by->n_in};
  for (size_t part = 0; part < by->n_parts; part++)
    m.n_out += by->n_out[part];
  m.weights = calloc(m.n_in * m.n_out, sizeof *m.weights);
  m.bias = calloc(m.n_out, sizeof *m.bias);
  for (size_t part = 0, first = 0; part < by->n_parts; first += by->n_out[part], part++) {
    for (size_t j = 0; j < by->n_out[part]; j++) {
      m.bias[first + j] = by->biases[part] != NULL ? element(by->biases[part], j) : 0;
      for (size_t i = 0; i < by->n_in; i++)
        m.weights[i * m.n_out + first + j] =
            element(by->weights[part], by->transposed ? i * by->n_out[part] + j : j * by->n_in + i);
    }
  }
  return m;
}

reference *reference_new(const bs_blueprint *blueprint) {
  reference *r = calloc(1, sizeof *r);
  r->blueprint = blueprint;
  r->layers = calloc(blueprint->n_layers, sizeof *r->layers);
  for (size_t l = 0; l < blueprint->n_layers; l++) {
    const bs_layer_blueprint *layer = &blueprint->layers[l];
    for (size_t i = 0; i < BS_LAYER_SLOTS; i++)
      if (bs_slot_rules[i].kind == BS_KIND_LINEAR)
        r->layers[l][i] = expand(&layer->slots[i]);
  }
  r->head = expand(&blueprint->slots[BS_SLOT_HEAD]);
  return r;
}

static void matrix_free(matrix *m) {
  free(m->weights);
  free(m->bias);
}

void reference_free(reference *r) {
  for (size_t l = 0; l < r->blueprint->n_layers; l++)
    for (size_t i = 0; i < BS_LAYER_SLOTS; i++)
      matrix_free(&r->layers[l][i]);
  matrix_free(&r->head);
  free(r->layers);
  free(r);
}

static void affine(const matrix *by, const double *x, double *y) {
  memcpy(y, by->bias, by->n_out * sizeof *y);
  for (size_t i = 0; i < by->n_in; i++)
    for (size_t j = 0; j < by->n_out; j++)
      y[j] += x[i] * by->weights[i * by->n_out + j];
}

static double activation(bs_activation kind, double x) {
  switch (kind) {
  case BS_ACTIVATION_SILU:
    return x / (1 + exp(-x));
  case BS_ACTIVATION_GELU:
    return x * erfc(-x / sqrt(2)) / 2;
  case BS_ACTIVATION_GELU_TANH:
    return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
  case BS_ACTIVATION_GELU_QUICK:
    return x / (1 + exp(-1.702 * x));
  case BS_ACTIVATION_RELU:
    return x > 0 ? x : 0;
  }
  return 0;
}

/* The token at `position` of a text of n tokens. */
static void rotate(const bs_blueprint *blueprint, size_t layer, size_t position, size_t n,
                   double *head) {
  size_t n_angles = blueprint->n_angles, set = blueprint->layers[layer].angles;
  if (set == BS_NO_ANGLES)
    return;
  double *frequencies = calloc(n_angles, sizeof *frequencies);
  bs_angles_at(blueprint, &blueprint->angles[set], bs_blueprint_length_class(blueprint, n),
               frequencies);
  for (size_t i = 0; i < n_angles; i++) {
    double angle = (double)position * frequencies[i], factor = blueprint->angles[set].factor;
    double *a = head + (blueprint->neighbours ? 2 * i : i);
    double *b = blueprint->neighbours ? a + 1 : a + n_angles, old_a = *a;
    *a = factor * (*a * cos(angle) - *b * sin(angle));
    *b = factor * (*b * cos(angle) + old_a * sin(angle));
  }
  free(frequencies);
}

static double sinusoid(const bs_blueprint *blueprint, size_t position, size_t column) {
  size_t n = blueprint->n_angles;
  double angle = (double)position * blueprint->angles[0].frequencies[column % n];
  return column < n ? sin(angle) : cos(angle);
}

static void attend(const bs_blueprint *blueprint, const bs_layer_blueprint *layer,
                   double *const *qkv, size_t t, double *out) {
  size_t hd = blueprint->head_dim;
  double *p = calloc(t + 1, sizeof *p);
  for (size_t h = 0; h < blueprint->n_heads; h++) {
    size_t kv = h / (blueprint->n_heads / blueprint->n_kv_heads);
    const double *q = qkv[t] + bs_head_place(&blueprint->q, h);
    double total = 0;
    memset(out + h * hd, 0, hd * sizeof *out);
    size_t low = layer->window > 0 && t + 1 > layer->window ? t + 1 - layer->window : 0;
    for (size_t j = low; j <= t; j++) {
      double score = 0;
      for (size_t d = 0; d < hd; d++)
        score += q[d] * qkv[j][bs_head_place(&blueprint->k, kv) + d];
      score *= layer->score_scale;
      if (layer->score_cap > 0)
        score = layer->score_cap * tanh(score / layer->score_cap);
      if (blueprint->alibi_slopes != NULL)
        score -= blueprint->alibi_slopes[h] * (double)(t - j);
      total += p[j] = exp(score);
    }
    for (size_t j = low; j <= t; j++)
      for (size_t d = 0; d < hd; d++)
        out[h * hd + d] += p[j] / total * qkv[j][bs_head_place(&blueprint->v, kv) + d];
  }
  free(p);
}

/* out = attention of all n tokens, of which `normed` are the inputs. */
static void run_attention(const reference *r, size_t index, double *const *normed,
                          double *const *out, size_t n) {
  const bs_blueprint *blueprint = r->blueprint;
  const bs_layer_blueprint *layer = &blueprint->layers[index];
  const matrix *matrices = r->layers[index];
  size_t hd = blueprint->head_dim;
  double **qkv = calloc(n, sizeof *qkv);
  double *heads = calloc(blueprint->n_heads * hd, sizeof *heads);
  for (size_t t = 0; t < n; t++) {
    qkv[t] = calloc(matrices[BS_SLOT_QKV].n_out, sizeof **qkv);
    affine(&matrices[BS_SLOT_QKV], normed[t], qkv[t]);
    for (size_t h = 0; h < blueprint->n_heads; h++) {
      double *q = qkv[t] + bs_head_place(&blueprint->q, h);
      norm(blueprint, &layer->slots[BS_SLOT_Q_NORM], q, hd);
      rotate(blueprint, index, t, n, q);
    }
    for (size_t h = 0; h < blueprint->n_kv_heads; h++) {
      double *k = qkv[t] + bs_head_place(&blueprint->k, h);
      norm(blueprint, &layer->slots[BS_SLOT_K_NORM], k, hd);
      rotate(blueprint, index, t, n, k);
    }
  }
  for (size_t t = 0; t < n; t++) {
    attend(blueprint, layer, qkv, t, heads);
    affine(&matrices[BS_SLOT_ATTENTION_OUT], heads, out[t]);
  }
  for (size_t t = 0; t < n; t++)
    free(qkv[t]);
  free(qkv);
  free(heads);
}

static void run_mlp(const reference *r, size_t index, double *const *normed, double *const *out,
                    size_t n) {
  const bs_blueprint *blueprint = r->blueprint;
  const matrix *matrices = r->layers[index];
  size_t ff = blueprint->d_ff;
  double *hidden = calloc(2 * ff, sizeof *hidden);
  for (size_t t = 0; t < n; t++) {
    affine(&matrices[BS_SLOT_MLP_IN], normed[t], hidden);
    for (size_t i = 0; i < ff; i++)
      hidden[i] =
          activation(blueprint->activation, hidden[i]) * (blueprint->gated ? hidden[ff + i] : 1);
    affine(&matrices[BS_SLOT_MLP_OUT], hidden, out[t]);
  }
  free(hidden);
}

static double **rows_new(size_t n, size_t width) {
  double **rows = calloc(n, sizeof *rows);
  for (size_t t = 0; t < n; t++)
    rows[t] = calloc(width, sizeof **rows);
  return rows;
}

static void rows_free(double **rows, size_t n) {
  for (size_t t = 0; t < n; t++)
    free(rows[t]);
  free(rows);
}

/* Step by step; a step beside the one before it reads what that one read. */
static void run_layer(const reference *r, size_t index, double *const *x, size_t n) {
  const bs_blueprint *blueprint = r->blueprint;
  const bs_layer_blueprint *layer = &blueprint->layers[index];
  size_t d = blueprint->d_model;
  double **before = rows_new(n, d), **normed = rows_new(n, d), **out = rows_new(n, d);
  for (size_t s = 0; s < layer->n_steps; s++) {
    const bs_layer_step *step = &layer->steps[s];
    for (size_t t = 0; t < n; t++) {
      if (!step->beside)
        memcpy(before[t], x[t], d * sizeof **x);
      memcpy(normed[t], before[t], d * sizeof **x);
      norm(blueprint, &layer->slots[step->pre_norm], normed[t], d);
    }
    if (step->operation == BS_OPERATION_ATTENTION)
      run_attention(r, index, normed, out, n);
    else
      run_mlp(r, index, normed, out, n);
    for (size_t t = 0; t < n; t++) {
      norm(blueprint, &layer->slots[step->post_norm], out[t], d);
      for (size_t i = 0; i < d; i++)
        x[t][i] += step->scale * out[t][i];
      norm(blueprint, &layer->slots[step->result_norm], x[t], d);
    }
  }
  rows_free(before, n);
  rows_free(normed, n);
  rows_free(out, n);
}

void reference_logprobs_from(const reference *r, const int32_t *ids, size_t n, size_t first,
                             double *logprobs) {
  const bs_blueprint *blueprint = r->blueprint;
  size_t d = blueprint->d_model;
  double **x = rows_new(n, d);
  double *logits = calloc(blueprint->vocab_size, sizeof *logits);
  const bs_slot_tensors *slots = blueprint->slots;
  for (size_t t = 0; t < n; t++) {
    for (size_t i = 0; i < d; i++) {
      x[t][i] = blueprint->embedding_scale *
                element(slots[BS_SLOT_EMBEDDING].weights[0], (size_t)ids[t] * d + i);
      if (blueprint->position == BS_POSITION_LEARNED)
        x[t][i] +=
            element(slots[BS_SLOT_POSITIONS].weights[0], (t + blueprint->position_offset) * d + i);
      if (blueprint->position == BS_POSITION_SINUSOIDAL)
        x[t][i] += sinusoid(blueprint, t + blueprint->position_offset, i);
    }
    norm(blueprint, &slots[BS_SLOT_EMBEDDING_NORM], x[t], d);
  }
  for (size_t l = 0; l < blueprint->n_layers; l++)
    run_layer(r, l, x, n);
  for (size_t t = first; t + 1 < n; t++) {
    double total = 0;
    norm(blueprint, &slots[BS_SLOT_FINAL_NORM], x[t], d);
    affine(&r->head, x[t], logits);
    for (size_t j = 0; j < blueprint->vocab_size; j++) {
      double cap = blueprint->logit_cap, logit = blueprint->output_scale * logits[j];
      logits[j] = cap > 0 ? cap * tanh(logit / cap) : logit;
    }
    for (size_t j = 0; j < blueprint->vocab_size; j++)
      total += exp(logits[j]);
    logprobs[t - first] = logits[ids[t + 1]] - log(total);
  }
  rows_free(x, n);
  free(logits);
}

void reference_logprobs(const bs_blueprint *blueprint, const int32_t *ids, size_t n,
                        double *logprobs) {
  reference *r = reference_new(blueprint);
  reference_logprobs_from(r, ids, n, 0, logprobs);
  reference_free(r);
}
