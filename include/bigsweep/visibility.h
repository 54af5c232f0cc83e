/* BS_API marks what the shared library shows; all else is hidden in it. */
#ifndef BIGSWEEP_VISIBILITY_H
#define BIGSWEEP_VISIBILITY_H

#if defined(__GNUC__)
#define BS_API __attribute__((visibility("default")))
#else
#define BS_API
#endif

#endif
