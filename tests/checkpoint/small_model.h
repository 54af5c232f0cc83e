/* What the tests of opening checkpoints share: a small model, its files, and the opening of a
   folder that has to succeed or to be refused. */
#ifndef BIGSWEEP_TESTS_CHECKPOINT_SMALL_MODEL_H
#define BIGSWEEP_TESTS_CHECKPOINT_SMALL_MODEL_H

#include "bigsweep/buffer.h"
#include "bigsweep/checkpoint.h"
#include "model_writer.h"

/* Opens a folder; fails the test when it is refused. */
bs_checkpoint *open_folder(const char *folder);
/* Checks that a folder is refused, with a message that contains `says`. */
void refuse(const char *folder, bs_status status, const char *says);

/* Two layers, 8 wide, in F16. */
llama_sizes small(void);
/* Writes such a model, with `more` in its config.json, and returns its folder. */
const char *small_with(const char *name, const char *more);

/* A file of a folder. */
bs_text slurp(const char *folder, const char *name);

#endif
