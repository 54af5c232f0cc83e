/* page.css and page.js, which CMake makes arrays of (cmake/BigsweepEmbed.cmake). */
#ifndef BIGSWEEP_PAGE_ASSETS_INTERNAL_H
#define BIGSWEEP_PAGE_ASSETS_INTERNAL_H

#include <stddef.h>

extern const char bs_page_style[], bs_page_script[];
extern const size_t bs_page_style_bytes, bs_page_script_bytes;

#endif
