/*
 * Looks at the first objects of a jsonl list, before its first row: do they have the columns?
 *
 * In jsonl a field may be missing in any object. But a column that none of the first objects has,
 * those in the first LISTTEXT_AHEAD_MAX bytes, is taken for a mistake, as one that is not in the
 * header of a csv. One thread.
 */
#ifndef INPUT_LISTFIELDS_H
#define INPUT_LISTFIELDS_H

#include "input/columns.h"
#include "input/listjsonl.h"
#include "input/listtext.h"

/* Reads ahead as far as it takes. On a pipe it waits for objects only until one has the URL.
 * LISTSTREAM_REFUSED: `why` (`size` bytes) says which column is missing and which fields there are,
 * or that no line is an object. */
enum liststream_status listfields_check(
    struct listtext *, struct listjsonl *, const struct columns *, char *why, size_t size);

#endif
