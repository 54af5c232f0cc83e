/* A results file in memory, so that all that touches the disk is one plain sequence of writes whose
   failures are told apart by errno: a full disk met by HDF5 itself leaves its file open and its
   cache in an undefined state. The compressed image is a fraction of the tables that are in memory
   already. */
#include <stdlib.h>
#include <string.h>

#include "store/write_internal.h"

enum { IMAGE_STEP_BYTES = 1 << 20 };

static void *image_malloc(size_t size, H5FD_file_image_op_t op, void *user) {
  bs_image_bytes *bytes = user;
  (void)op;
  bytes->data = malloc(size);
  bytes->capacity = bytes->data != NULL ? size : 0;
  return bytes->data;
}

static void *image_copy(void *to, const void *from, size_t size, H5FD_file_image_op_t op,
                        void *user) {
  (void)op, (void)user;
  return memcpy(to, from, size);
}

static void *image_realloc(void *data, size_t size, H5FD_file_image_op_t op, void *user) {
  bs_image_bytes *bytes = user;
  (void)op;
  void *grown = realloc(data, size);
  if (grown != NULL)
    *bytes = (bs_image_bytes){grown, size};
  return grown;
}

static herr_t image_keep(void *data, H5FD_file_image_op_t op, void *user) {
  (void)data, (void)op, (void)user;
  return 0;
}

static void *user_same(void *user) { return user; }

static herr_t user_keep(void *user) {
  (void)user;
  return 0;
}

/* The 1.10 format: its metadata carry checksums, so that a flipped bit is found. */
hid_t bs_image_create(bs_image_bytes *bytes) {
  /* HDF5 would first read a file of the name whole, to see whether it is open already. */
  static const char NAME_THAT_NO_FILE_HAS[] = "/dev/null/results";
  H5FD_file_image_callbacks_t callbacks = {image_malloc, image_copy, image_realloc, image_keep,
                                           user_same,    user_keep,  bytes};
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
  hid_t file = H5I_INVALID_HID;
  if (access >= 0 && creation >= 0 &&
      H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0 &&
      H5Pset_fapl_core(access, IMAGE_STEP_BYTES, false) >= 0 &&
      H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
      H5Pset_obj_track_times(creation, false) >= 0 &&
      H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0)
    file = H5Fcreate(NAME_THAT_NO_FILE_HAS, H5F_ACC_TRUNC, creation, access);
  bs_h5_close(access);
  bs_h5_close(creation);
  return file;
}

/* The length stands in the header (superblock version 3): the memory behind it is only room. */
bs_status bs_image_take(bs_image_bytes *from, const char *name, bs_text *out, bs_error *err) {
  enum { VERSION_AT = 8, END_AT = 28, HEADER_BYTES = 48, VERSION = 3 };
  uint64_t end = 0;
  if (from->capacity > HEADER_BYTES && from->data[VERSION_AT] == VERSION)
    for (int i = 7; i >= 0; i--)
      end = end << 8 | (unsigned char)from->data[END_AT + i];
  if (end < HEADER_BYTES || end > from->capacity)
    return bs_error_set(err, BS_ERR_INTERNAL, "%s: cannot tell the length of the file in memory",
                        name);
  bs_text_free(out);
  *out = (bs_text){.data = from->data, .n_bytes = (size_t)end, .capacity = from->capacity};
  *from = (bs_image_bytes){0};
  return BS_OK;
}
