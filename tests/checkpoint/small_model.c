/* Opens the folders of the tests, and writes a small model into one. */
#include "small_model.h"

#include <string.h>

#include "base/text_internal.h"
#include "harness.h"

bs_checkpoint *open_folder(const char *folder) {
  bs_error err = {0};
  bs_checkpoint *checkpoint = NULL;
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, folder, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(checkpoint);
  return checkpoint;
}

void refuse(const char *folder, bs_status status, const char *says) {
  bs_error err = {0};
  bs_checkpoint *checkpoint = NULL;
  BS_TEST_FAILS(bs_checkpoint_open(&checkpoint, folder, &err), status, err, says);
  CU_ASSERT_PTR_NULL(checkpoint);
  bs_checkpoint_free(&checkpoint);
}

llama_sizes small(void) {
  return (llama_sizes){.d_model = 8,
                       .n_layers = 2,
                       .n_heads = 2,
                       .n_kv_heads = 1,
                       .head_dim = 8,
                       .d_ff = 6,
                       .n_vocab = 10,
                       .n_positions = 20,
                       .dtype = BS_DTYPE_F16,
                       .more = ""};
}

const char *small_with(const char *name, const char *more) {
  llama_sizes sizes = small();
  sizes.more = more;
  return make_llama(name, &sizes);
}

bs_text slurp(const char *folder, const char *name) {
  bs_text path = {0};
  bs_text_printf(&path, NULL, "%s/%s", folder, name);
  bs_text text = bs_test_read(path.data);
  bs_text_free(&path);
  return text;
}
