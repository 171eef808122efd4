/*
 * Names for the flat layout, where the files of all rows are in one folder. Each row gets its name
 * in the order of the list: that of its template, or if an earlier row has that name, the same with
 * "-2", "-3" and so on at its end, passing over names that are taken. So only the rows before it
 * decide, and it is the same in every run, whichever fetch finishes first.
 *
 * Names are the same if they differ in case only (base/casefold.h). Extensions are not part of
 * them. "manifest" and "thumbs" are taken from the beginning; no name begins with a dot
 * (store/name.h). Every row takes a name that may ever have files: one that fails and one that is a
 * duplicate, too. A row without a URL that can be fetched takes none.
 *
 * A template with {key} or {index} makes no name twice, and then nothing is remembered. Nor is it
 * with {sha256}, where equal names are equal bodies, and the body makes the name later.
 *
 * It remembers 64 bits of a SHA-256 of each name and a number, and takes at most 32 bytes a row: 12
 * to 18, and 31 while it grows. Two names of one hash count as the same, which hardly happens and
 * does no harm.
 *
 * One thread.
 */
#ifndef FEED_NAMES_H
#define FEED_NAMES_H

#include "input/job.h"
#include "store/name.h"

struct names;

/* The template is borrowed. */
struct names *names_new(const struct name *, struct job_digits digits);
void names_free(struct names *);

/* True if the names of rows depend on all rows before them. NULL: they do not. */
bool names_need_all(const struct names *);

/* Gives a row its name, unless its body makes it, or it can have no files. */
void names_take(struct names *, struct job *);

#endif
