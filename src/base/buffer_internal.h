/* Growable text: what the library alone appends with. */
#ifndef BIGSWEEP_BASE_BUFFER_INTERNAL_H
#define BIGSWEEP_BASE_BUFFER_INTERNAL_H

#include <stdarg.h>

#include "bigsweep/buffer.h"

/* As bs_text_printf; `arguments` are left as after vprintf: good for va_end alone. */
bs_status bs_text_vprintf(bs_text *text, bs_error *err, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif
