/* tokenizer_config.json: what the fast tokenizer classes of Hugging Face transformers (4.46
   to 4.57) change of a tokenizer.json before they encode with it. The class is named by the file,
   else by config.json, whose model_type has a class of its own. Where the file is absent,
   tokenizer.json stands as it is. */
#ifndef BIGSWEEP_TOKENIZER_SETTINGS_INTERNAL_H
#define BIGSWEEP_TOKENIZER_SETTINGS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/json.h"

/* What add_prefix_space does. */
typedef enum bs_prefix_rule {
  BS_PREFIX_SET,        /* sets that of a ByteLevel pre-tokenizer; absent is false */
  BS_PREFIX_EVERYWHERE, /* the same, and true reaches ByteLevel parts of a Sequence */
  BS_PREFIX_REBUILDS,   /* given at all: normalizer and pre-tokenizer are made anew */
} bs_prefix_rule;

typedef enum bs_template_rule {
  BS_TEMPLATE_KEPT,
  BS_TEMPLATE_ALWAYS,   /* the post-processor gives way to [BOS] text [EOS] */
  BS_TEMPLATE_IF_ASKED, /* where add_bos_token or add_eos_token is given */
} bs_template_rule;

typedef struct bs_tokenizer_class {
  const char *name; /* without the "Fast" at its end */
  bs_template_rule template;
  bs_prefix_rule prefix;
  bool adds_bos;               /* the default of add_bos_token; that of add_eos_token is false */
  const char *bos, *eos, *unk; /* defaults; NULL: none */
} bs_tokenizer_class;

/* Initialise with {0}. */
typedef struct bs_settings {
  bs_json *file;          /* tokenizer_config.json; NULL: absent, and nothing below holds */
  bs_json *tokens;        /* special_tokens_map.json where it counts, or NULL */
  bs_json *model;         /* config.json, or NULL */
  bs_json *added;         /* added_tokens.json where it counts, or NULL */
  const char *class_name; /* as it is written, NULL where nothing says it; borrowed */
  const bs_tokenizer_class *class; /* NULL: not known */
  bool adds_bos, adds_eos;         /* by key or default */
  bool has_adds;                   /* one of these keys is given */
  bool has_prefix, prefix;         /* add_prefix_space is given, and its value */
  bool keeps_prefix;               /* it is given as null */
  bool is_legacy, from_slow;
  bool converts_bos; /* the converter of a slow class heeds add_bos_token where the fast does not */
  bool splits_special; /* special tokens that a text spells out are ordinary text */
} bs_settings;

/* Reads the files of a folder. Without tokenizer.json (`converts`) the defaults of the class hold
   where tokenizer_config.json is absent, and added_tokens.json counts. Errors name file, line and
   key. */
bs_status bs_settings_load(bs_settings *settings, const char *model_dir, bool converts,
                           bs_error *err);
void bs_settings_free(bs_settings *settings);

/* The token under a key ("bos_token"), as text or an object with "content"; NULL: none. *json is
   the document that it stands in, NULL where it is the class's default `*text` (a plain text). */
bs_status bs_settings_token(const bs_settings *settings, const char *key, const bs_json **json,
                            const cJSON **item, const char **text, bs_error *err);

/* Why the ids of a class of transformers are not those of tokenizer.json; NULL: they may be. */
const char *bs_settings_why_refused(const char *class_name);

/* model_type of config.json, or "". */
const char *bs_settings_model_type(const bs_settings *settings);
/* A whole number of config.json that is an id, or -1. */
int32_t bs_settings_model_id(const bs_settings *settings, const char *key);

#endif
