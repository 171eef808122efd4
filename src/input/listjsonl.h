/*
 * A line of a jsonl list: one JSON object (RFC 8259), of which the fields that are columns are
 * picked out. Strings come decoded; what is no string stays JSON, numbers digit by digit.
 * One thread.
 */
#ifndef INPUT_LISTJSONL_H
#define INPUT_LISTJSONL_H

#include "input/columns.h"
#include "input/urllist.h"

struct listjsonl;

struct listjsonl *listjsonl_new(const struct columns *); /* borrowed */

/* Fills the values of all columns; they are valid until the next call. NULL, or why the line is
 * no object; valid likewise, and then so are the values read before. */
const char *listjsonl_parse(
    struct listjsonl *, const char *line, size_t len, struct urllist_value *values);

void listjsonl_free(struct listjsonl *);

#endif
