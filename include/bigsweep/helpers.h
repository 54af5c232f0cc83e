/* Small functions that the library shares with programs built on it. */
#ifndef BIGSWEEP_HELPERS_H
#define BIGSWEEP_HELPERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zeroed array of n elements (never NULL for n == 0); free with free(). NULL with BS_ERR_MEMORY in
 * `err`. */
BS_API void *bs_array_new(size_t n, size_t element_bytes, bs_error *err);

/* A copy; free with free(). NULL with BS_ERR_MEMORY in `err`. */
BS_API char *bs_string_copy(const char *string, bs_error *err);

/* Whether something is at the path, of whatever kind. */
BS_API bool bs_file_exists(const char *path);

/* "folder/name", or `name` alone when it is absolute or folder is empty; free with free(). */
BS_API char *bs_path_join(const char *folder, const char *name, bs_error *err);

/* Offset of the first byte that is not UTF-8, or n when all is. */
BS_API size_t bs_utf8_valid_bytes(const char *text, size_t n);

/* The known name nearest to `name` by edit distance, or NULL when none is near enough to suggest.
 */
BS_API const char *bs_nearest_name(const char *name, const char *const *known, size_t n);

/* The number of threads to use where none is asked for: what OpenMP would start (it respects the
 * cores that the process may use), but no more than the processor quota of its control group. */
BS_API int bs_threads_default(void);

/* Resident memory of this process in bytes, without pages of mapped files; 0 where it cannot be
 * read.
 */
BS_API uint64_t bs_memory_resident(void);

#ifdef __cplusplus
}
#endif

#endif
