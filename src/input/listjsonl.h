/*
 * Parses a line of a jsonl list: one JSON object (RFC 8259), from which the fields that are columns
 * are extracted. Strings are decoded; other values stay JSON, and numbers keep their digits. A
 * column is the field of that name, or else the only one whose name differs in case. One thread.
 */
#ifndef INPUT_LISTJSONL_H
#define INPUT_LISTJSONL_H

#include "input/columns.h"
#include "input/urllist.h"

struct listjsonl;

struct listjsonl *listjsonl_new(const struct columns *); /* borrowed */

/* Called for each field of the line's object, before its value. NULL: none. */
void listjsonl_watch(
    struct listjsonl *, void (*on_field)(void *arg, const char *name, size_t len), void *arg);

/* Fills the values of all columns. Returns NULL, or why the line is not an object; the values
 * read before the error are set even then. All are valid until the next call. */
const char *listjsonl_parse(
    struct listjsonl *, const char *line, size_t len, struct urllist_value *values);

void listjsonl_free(struct listjsonl *);

#endif
