/* Wraps as members of JSON objects, and what they are told apart by. */
#ifndef BIGSWEEP_TASKS_WRAP_INTERNAL_H
#define BIGSWEEP_TASKS_WRAP_INTERNAL_H

#include "base/writer_internal.h"
#include "bigsweep/json.h"
#include "bigsweep/wrap.h"

/* The key "wrap" of an object: a name or an object with parts. NULL where it is absent or null.
   BS_ERR_INPUT with the file and the key. */
bs_status bs_wrap_read(bs_wrap **out, const bs_json *json, const cJSON *object, bs_error *err);

/* Writes a JSON value. `is_content`: all of its parts, whatever it is called. */
void bs_wrap_write(bs_writer *w, const bs_wrap *wrap, bool is_content);

/* Appends the wrap around a prompt; NULL or "none": the prompt as it is. *n_inside: bytes of the
   prompt that are left between the wrap's parts. */
bs_status bs_wrap_append(const bs_wrap *wrap, const bs_text *prompt, bs_text *to, size_t *n_inside,
                         bs_error *err);

#endif
