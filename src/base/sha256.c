/* SHA-256 of bytes and of files, through OpenSSL. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/text_internal.h"

enum { DIGEST_BYTES = 32, BLOCK_BYTES = 1 << 20 };

bs_status bs_sha256(const void *bytes, size_t n_bytes, unsigned char digest[32], bs_error *err) {
  if (EVP_Digest(bytes, n_bytes, digest, NULL, EVP_sha256(), NULL) != 1)
    return bs_error_set(err, BS_ERR_INTERNAL, "libcrypto cannot compute SHA-256");
  return BS_OK;
}

void bs_hex(const unsigned char *bytes, size_t n, char *hex) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < n; i++) {
    hex[2 * i] = digits[bytes[i] >> 4];
    hex[2 * i + 1] = digits[bytes[i] & 15];
  }
  hex[2 * n] = '\0';
}

bs_status bs_sha256_file(const char *path, char hex[65], bs_error *err) {
  bs_status status = BS_OK;
  unsigned char digest[DIGEST_BYTES];
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  unsigned char *block = malloc(BLOCK_BYTES);
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    status = bs_error_set(err, BS_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
    goto cleanup;
  }
  if (context == NULL || block == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
    status = bs_error_set(err, BS_ERR_MEMORY, "%s: cannot start SHA-256", path);
    goto cleanup;
  }
  for (size_t n; (n = fread(block, 1, BLOCK_BYTES, file)) > 0;)
    EVP_DigestUpdate(context, block, n);
  if (ferror(file)) {
    status = bs_error_set(err, BS_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
    goto cleanup;
  }
  EVP_DigestFinal_ex(context, digest, NULL);
  bs_hex(digest, DIGEST_BYTES, hex);

cleanup:
  if (file != NULL)
    fclose(file);
  free(block);
  EVP_MD_CTX_free(context);
  return status;
}
