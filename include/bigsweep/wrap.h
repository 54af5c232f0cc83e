/* Wraps: the chat or instruction format of a model, as texts around a whole prompt. The prompt,
   with its worked examples, is one user turn; what stands behind it begins the model's turn. */
#ifndef BIGSWEEP_WRAP_H
#define BIGSWEEP_WRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bs_wrap {
  char *name;      /* of a known wrap; NULL: it is given by its parts */
  char *before;    /* stands before the prompt; never NULL */
  char *after;     /* stands behind the prompt, before the answer; never NULL */
  char *between;   /* stands between worked examples in place of the task's separator; NULL: that */
  char *end;       /* ends the model's turn, and so a generated text; NULL: nothing does */
  bool is_trimmed; /* white space at both ends of the prompt is left out */
} bs_wrap;

/* The known wraps in their order, or NULL from `i` on. "none" has no text at all. */
BS_API const char *bs_wrap_known(size_t i);

/* Reads what a configuration gives: the name of a known wrap, or an object of JSON with parts.
   `source` names it in messages. BS_ERR_USAGE lists the known wraps, with a near one suggested, and
   names a part that cannot be meant. */
BS_API bs_status bs_wrap_parse(bs_wrap **out, const char *text, const char *source, bs_error *err);
BS_API bs_status bs_wrap_copy(bs_wrap **out, const bs_wrap *wrap, bs_error *err);
BS_API void bs_wrap_free(bs_wrap **wrap);

/* Appends what bs_wrap_parse reads: the name, or the parts as one line of JSON. */
BS_API bs_status bs_wrap_print(const bs_wrap *wrap, bs_text *text, bs_error *err);

/* Whether it adds nothing to a prompt: NULL, or "none". */
BS_API bool bs_wrap_is_none(const bs_wrap *wrap);

#ifdef __cplusplus
}
#endif

#endif
