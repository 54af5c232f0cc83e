/* Folders without tokenizer.json: the files that the slow classes of transformers read, opened as
   the fast tokenizers that these are converted to. */
#ifndef BIGSWEEP_TOKENIZER_FOLDER_INTERNAL_H
#define BIGSWEEP_TOKENIZER_FOLDER_INTERNAL_H

#include "bigsweep/tokenizer.h"
#include "tokenizer/settings_internal.h"

/* Whether the class makes ids of bytes alone and reads no file. */
bool bs_folder_is_bytes(const bs_settings *settings);

/* By the class of the settings: bytes, a SentencePiece model, or vocab.json with merges.txt.
   BS_ERR_IO where no such file is there, BS_ERR_UNSUPPORTED where the class is none of those whose
   conversion is known. Changes the settings as the conversion demands. */
bs_status bs_folder_open(bs_tokenizer **out, const char *dir, bs_settings *settings, bs_error *err);

/* Whether the folder has what bs_tokenizer_open reads. */
bool bs_folder_has_tokenizer(const char *dir);

#endif
