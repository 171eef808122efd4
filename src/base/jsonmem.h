/* The memory of yajl, for yajl_gen_alloc() and yajl_alloc(). Aborts when there is none
 * (base/mem.h); yajl (2.1) itself would crash. */
#ifndef BASE_JSONMEM_H
#define BASE_JSONMEM_H

#include <yajl/yajl_common.h>

extern yajl_alloc_funcs jsonmem;

#endif
