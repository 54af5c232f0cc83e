/* Writing the files of an export, and the folders they stand in. */
#include "export/folder_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file_internal.h"
#include "store/commit_internal.h"

bs_status bs_export_write_file(const char *path, const bs_text *text, bs_error *err) {
  struct stat info;
  if (bs_path_name(path)[0] == '\0')
    return bs_error_set(err, BS_ERR_IO, "%s: expected the name of a file", path);
  if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
    return bs_error_set(err, BS_ERR_IO, "%s: there is something that is not a regular file", path);
  return bs_commit_replace(path, text->n_bytes > 0 ? text->data : "", text->n_bytes, err);
}

static bs_status make_folder(const char *path, bs_error *err) {
  if (mkdir(path, 0777) == 0 || bs_is_folder(path))
    return BS_OK;
  return bs_error_set(err, BS_ERR_IO, "%s: cannot make the folder: %s", path,
                      errno == EEXIST ? "there is a file of that name" : strerror(errno));
}

/* Every folder that the name leads through. */
static bs_status make_folders(const bs_export_folder *folder, const char *name, bs_error *err) {
  bs_status status = make_folder(folder->path, err);
  for (const char *at = name; status == BS_OK && (at = strchr(at, '/')) != NULL; at++) {
    bs_text path = {0};
    status = bs_text_printf(&path, err, "%s/%.*s", folder->path, (int)(at - name), name);
    if (status == BS_OK)
      status = make_folder(path.data, err);
    bs_text_free(&path);
  }
  return status;
}

bs_status bs_export_add_file(const bs_export_folder *folder, const char *name, const bs_text *text,
                             bs_error *err) {
  bs_status status = make_folders(folder, name, err);
  char *path = status == BS_OK ? bs_path_join(folder->path, name, err) : NULL;
  if (status == BS_OK)
    status = path == NULL ? BS_ERR_MEMORY : bs_export_write_file(path, text, err);
  free(path);
  return status;
}

bs_status bs_export_append_file_name(bs_text *to, const char *name, bs_error *err) {
  size_t first = to->n_bytes;
  bs_status status = bs_text_append_string(to, name[0] != '\0' ? name : "_", err);
  for (size_t i = first; status == BS_OK && i < to->n_bytes; i++)
    if (to->data[i] == '/' || (i == first && to->data[i] == '.'))
      to->data[i] = '_';
  return status;
}
