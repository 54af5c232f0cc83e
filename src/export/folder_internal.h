/* The files of an export on disk. */
#ifndef BIGSWEEP_EXPORT_FOLDER_INTERNAL_H
#define BIGSWEEP_EXPORT_FOLDER_INTERNAL_H

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"

typedef struct bs_export_folder {
  const char *path; /* made with the first file */
} bs_export_folder;

/* Writes a file whole or not at all; one that is there is replaced, anything else of that name is
   BS_ERR_IO. */
bs_status bs_export_write_file(const char *path, const bs_text *text, bs_error *err);

/* The same of a file in the folder; "a/b.csv" stands in its folder "a". */
bs_status bs_export_add_file(const bs_export_folder *folder, const char *name, const bs_text *text,
                             bs_error *err);

/* Appends a name of results, as a file or folder can be called: "/", and a dot at its beginning,
   become "_". */
bs_status bs_export_append_file_name(bs_text *to, const char *name, bs_error *err);

#endif
