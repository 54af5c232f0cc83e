/* What a file seems to be that is not of the kind it was taken for. */
#include <string.h>
#include <strings.h>

#include "base/text_internal.h"

#define ANSWER                                                                                     \
  "it is a server's answer, not the file: the download failed or was not allowed; gated models "   \
  "need a login"
#define WEB_PAGE                                                                                   \
  "it is a web page, not the file: the download failed or was not allowed; gated models need a "   \
  "login"

const char *bs_guess_format(const char *bytes, size_t n) {
  static const struct {
    const char *magic, *guess;
  } formats[] = {
      {"PK\x03\x04", "it looks like a zip archive, such as a pickle file of PyTorch"},
      {"\x80\x02", "it looks like a pickle file of PyTorch"},
      {"\x1F\x8B", "it is compressed by gzip: unpack it"},
      {"GGUF", "it looks like a GGUF file"},
      {"\x89HDF", "it looks like an HDF5 file"},
      {"version https://git-lfs",
       "it is a Git LFS pointer: the file itself was not downloaded; run "
       "`git lfs pull` or download the file again"},
      {"<!doctype", WEB_PAGE},
      {"<html", WEB_PAGE},
      {"<?xml", WEB_PAGE},
      {"<head", WEB_PAGE},
      {"<!--", WEB_PAGE},
      {"Entry not found", ANSWER},
      {"Repository not found", ANSWER},
      {"Invalid username or password", ANSWER},
      {"Access to model ", ANSWER},
  };
  if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) /* a byte order mark */
    bytes += 3, n -= 3;
  while (n > 0 && (*bytes == ' ' || *bytes == '\n' || *bytes == '\r' || *bytes == '\t'))
    bytes++, n--;
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    size_t length = strlen(formats[i].magic);
    if (n >= length && strncasecmp(bytes, formats[i].magic, length) == 0)
      return formats[i].guess;
  }
  return "";
}
