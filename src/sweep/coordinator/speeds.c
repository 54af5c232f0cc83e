/* Estimating speeds of models and workers from finished units. */
#include "sweep/coordinator/speeds_internal.h"

#include <stdlib.h>

#include "base/memory_internal.h"

/* Of a worker: what it did before counts less and less. */
static const double MOST_UNITS = 32;
/* So many of its own units, at mean speed, stand for what is thought of it before. */
static const double PRIOR_UNITS = 0.5;

typedef struct model_speed {
  double cost, seconds;
} model_speed;

typedef struct worker_speed {
  double n_units, expected, seconds; /* by their models' rates, and taken */
  double speed;                      /* 0: not known */
} worker_speed;

struct bs_speeds {
  model_speed *models; /* [n_models] */
  model_speed all;
  worker_speed *workers; /* [n_workers] */
  size_t n_known;
  double sum; /* of the known workers' speeds */
};

bs_status bs_speeds_new(bs_speeds **out, size_t n_models, size_t n_workers, bs_error *err) {
  bs_speeds *s = *out = bs_array_new(1, sizeof *s, err);
  if (s == NULL)
    return BS_ERR_MEMORY;
  s->models = bs_array_new(n_models, sizeof *s->models, err);
  s->workers = bs_array_new(n_workers, sizeof *s->workers, err);
  if (s->models == NULL || s->workers == NULL) {
    bs_speeds_free(out);
    return BS_ERR_MEMORY;
  }
  return BS_OK;
}

void bs_speeds_free(bs_speeds **handle) {
  bs_speeds *s = *handle;
  if (s == NULL)
    return;
  free(s->models);
  free(s->workers);
  free(s);
  *handle = NULL;
}

static void set_speed(bs_speeds *s, worker_speed *who, double speed) {
  s->sum += speed - who->speed;
  if (speed > 0 && !(who->speed > 0))
    s->n_known++;
  if (!(speed > 0) && who->speed > 0)
    s->n_known--;
  who->speed = speed;
}

void bs_speeds_learn(bs_speeds *s, size_t worker, const bs_unit *unit, double seconds) {
  worker_speed *who = &s->workers[worker];
  model_speed *model = &s->models[unit->model];
  if (!(seconds > 0) || !(unit->cost > 0))
    return;
  model->cost += unit->cost;
  model->seconds += seconds;
  s->all.cost += unit->cost;
  s->all.seconds += seconds;
  who->n_units++;
  who->expected += unit->cost * model->seconds / model->cost;
  who->seconds += seconds;
  double prior = PRIOR_UNITS * who->expected / who->n_units;
  set_speed(s, who, (prior + who->expected) / (prior + who->seconds));
  if (who->n_units >= MOST_UNITS) {
    who->n_units /= 2;
    who->expected /= 2;
    who->seconds /= 2;
  }
}

void bs_speeds_lose(bs_speeds *s, size_t worker) {
  worker_speed *who = &s->workers[worker];
  set_speed(s, who, 0);
  *who = (worker_speed){0};
}

double bs_speeds_of_worker(const bs_speeds *s, size_t worker) {
  double speed = s->workers[worker].speed;
  return speed > 0 ? speed * (double)s->n_known / s->sum : 1;
}

double bs_speeds_of_model(const bs_speeds *s, size_t model) {
  const model_speed *known = s->models[model].seconds > 0 ? &s->models[model] : &s->all;
  return known->seconds > 0 ? known->cost / known->seconds : 0;
}

size_t bs_speeds_n_known(const bs_speeds *s) { return s->n_known; }
