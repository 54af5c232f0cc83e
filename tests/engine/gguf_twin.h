/* A folder of the shared data written as a GGUF file, the way llama.cpp's converter lays it out. */
#ifndef BIGSWEEP_TESTS_GGUF_TWIN_H
#define BIGSWEEP_TESTS_GGUF_TWIN_H

/* models/tiny-gemma2: 1 is added to the norms, and q is scaled so that the division by the root of
   the head's size, which the files have in place of query_pre_attn_scalar, gives the same. Returns
   the file's path. */
const char *make_gemma2_twin(void);

/* models/tiny-falcon-40b: rows of q, k and v are sorted from groups of heads to all q, all k, all
   v. */
const char *make_falcon_40b_twin(void);

/* models/tiny-t5: no gate, a tied head, a table of the attention to the encoder that nothing uses.
 */
const char *make_t5_twin(void);

#endif
