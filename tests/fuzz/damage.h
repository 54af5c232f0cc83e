/* Changes a results file as HDF5 allows it: other values, sizes, types, layouts, links and
   attributes. The file stays a whole HDF5 file, so that what is tried is our reader and not
   HDF5's. */
#ifndef BIGSWEEP_TESTS_FUZZ_DAMAGE_H
#define BIGSWEEP_TESTS_FUZZ_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

/* `orders` says what to change: a byte for the change, then what the change takes. */
void bs_fuzz_damage(const char *path, const uint8_t *orders, size_t n_bytes);

#endif
