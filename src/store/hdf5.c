/* HDF5's errors turned into ours, its types for our columns. */
#include "store/hdf5_internal.h"

#include <stdio.h>

bs_h5_quiet bs_h5_silence(void) {
  bs_h5_quiet before = {0};
  H5open();
  if (H5Eget_auto2(H5E_DEFAULT, &before.print, &before.data) < 0)
    before = (bs_h5_quiet){0};
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  return before;
}

void bs_h5_restore(bs_h5_quiet before) { H5Eset_auto2(H5E_DEFAULT, before.print, before.data); }

enum { REASON_BYTES = 256 };

/* Upward, the first record is the innermost, the one that tells what went wrong. */
static herr_t keep_reason(unsigned n, const H5E_error2_t *record, void *user) {
  if (n == 0 && record->desc != NULL)
    snprintf(user, REASON_BYTES, "%s", record->desc);
  return 0;
}

bs_status bs_h5_fault(bs_error *err, bs_status status, const char *file, const char *what) {
  char reason[REASON_BYTES] = "";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_reason, reason);
  H5Eclear2(H5E_DEFAULT);
  return bs_error_set(err, status, "%s: %s%s%s", file, what, reason[0] != '\0' ? ": " : "", reason);
}

static void close_any(hid_t id) {
  switch (H5Iget_type(id)) {
  case H5I_FILE:
    H5Fclose(id);
    break;
  case H5I_GROUP:
    H5Gclose(id);
    break;
  case H5I_DATASET:
    H5Dclose(id);
    break;
  case H5I_DATASPACE:
    H5Sclose(id);
    break;
  case H5I_DATATYPE:
    H5Tclose(id);
    break;
  case H5I_ATTR:
    H5Aclose(id);
    break;
  case H5I_GENPROP_LST:
    H5Pclose(id);
    break;
  default:
    break;
  }
}

void bs_h5_close(hid_t id) {
  if (id < 0)
    return;
  /* every call of HDF5 begins by forgetting the errors of the one before */
  hid_t errors = H5Eget_num(H5E_DEFAULT) > 0 ? H5Eget_current_stack() : H5I_INVALID_HID;
  close_any(id);
  if (errors >= 0)
    H5Eset_current_stack(errors);
}

bool bs_h5_is_text(const bs_column *column) {
  return column->kind == BS_COLUMN_STRING || column->kind == BS_COLUMN_HEX;
}

hid_t bs_h5_file_type(bs_column_kind kind) {
  switch (kind) {
  case BS_COLUMN_U32:
    return H5T_STD_U32LE;
  case BS_COLUMN_U64:
    return H5T_STD_U64LE;
  case BS_COLUMN_F64:
    return H5T_IEEE_F64LE;
  default:
    return H5I_INVALID_HID;
  }
}

hid_t bs_h5_memory_type(bs_column_kind kind) {
  switch (kind) {
  case BS_COLUMN_U32:
    return H5T_NATIVE_UINT32;
  case BS_COLUMN_U64:
    return H5T_NATIVE_UINT64;
  case BS_COLUMN_F64:
    return H5T_NATIVE_DOUBLE;
  default:
    return H5I_INVALID_HID;
  }
}

size_t bs_h5_number_bytes(bs_column_kind kind) { return kind == BS_COLUMN_U32 ? 4 : 8; }
