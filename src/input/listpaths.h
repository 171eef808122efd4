/*
 * LISTs that stand for several files: a folder for the Parquet files in it, and a pattern
 * (glob(7)) that is no file itself for the files that it matches. Their order is that of the bytes
 * of their names, in every locale.
 *
 * Plain functions. Any thread.
 */
#ifndef INPUT_LISTPATHS_H
#define INPUT_LISTPATHS_H

#include <stddef.h>

/* Returns the paths with the files in place of what stands for them; what stands for none stays.
 * NULL: none stands for others. Ends with NULL; free it with listpaths_free(). */
char **listpaths_expand(const char *const *paths, size_t n, size_t *ret_n);

void listpaths_free(char **); /* NULL is ignored */

#endif
