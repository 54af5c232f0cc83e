/* The scores of an import, and the formats that they come from. */
#ifndef BIGSWEEP_IMPORT_IMPORT_INTERNAL_H
#define BIGSWEEP_IMPORT_IMPORT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/interner_internal.h"
#include "bigsweep/import.h"
#include "bigsweep/json.h"

/* What is known of a model: "" and NaN where a source does not say it. */
typedef struct bs_imported_model {
  const char *name, *family;
  double scale, seed, tokens, compute;
} bs_imported_model;

/* A score. Texts are never NULL once it is kept; NaN where a number is not known. */
typedef struct bs_imported_score {
  bs_imported_model model;
  const char *task, *metric, *preferred;
  uint32_t shots;
  double value, standard_error, n, chance;
  uint32_t file; /* that it comes from */
} bs_imported_score;

struct bs_import {
  bs_arena *arena;
  bs_imported_score *scores;
  size_t n_scores, cap_scores;
  bs_interner keys;          /* of the scores, in their order */
  bs_interner files;         /* read so far */
  bs_interner named;         /* models that a table told of ... */
  bs_imported_model *models; /* ... and what it told: [named.n] */
  size_t cap_models;
};

#define BS_NO_MODEL                                                                                \
  { .name = "", .family = "", .scale = NAN, .seed = NAN, .tokens = NAN, .compute = NAN }

/* Completes what a file says of a model: of its name the last part stays ("org/name"), the table of
   models overrides the rest, and the name tells scale and family where nothing else does.
   BS_ERR_INPUT for a model without a scale. Texts of the result live as long as the import. */
bs_status bs_import_settle_model(bs_import *import, bs_imported_model *model, bs_error *err);

/* Keeps a score, whose texts are copied; its model is settled. BS_ERR_INPUT where it is kept
   already; the message does not name the file at hand. */
bs_status bs_import_add(bs_import *import, const bs_imported_score *score, bs_error *err);

/* The size that a name tells: in "pythia-1.4b-deduped" 1.4e9, of which *first and *n_bytes are the
   part between separators; NaN where it tells none. */
double bs_import_size_in_name(const char *name, size_t *first, size_t *n_bytes);

/* JSON of one kind of file. The names are for messages. */
typedef struct bs_import_format {
  const char *name;
  bool (*is_it)(const cJSON *root);
  bs_status (*read)(bs_import *import, const bs_json *json, bs_error *err);
} bs_import_format;

#define BS_IMPORT_FORMATS(ROW)                                                                     \
  ROW(every_eval_ever)                                                                             \
  ROW(bigbench)                                                                                    \
  ROW(lm_eval)
#define BS_IMPORT_DECLARE(name) extern const bs_import_format bs_import_format_##name;
BS_IMPORT_FORMATS(BS_IMPORT_DECLARE)
#undef BS_IMPORT_DECLARE

/* A table of scores in CSV. */
bs_status bs_import_csv(bs_import *import, const char *name, const bs_text *text, bs_error *err);

/* A number that stands in a member, or as text in it; NaN where it is absent or none. */
double bs_import_number(const cJSON *object, const char *key);
/* A text that stands in a member; "" where it is absent or none. */
const char *bs_import_string(const cJSON *object, const char *key);

#endif
