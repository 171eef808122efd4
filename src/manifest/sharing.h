/*
 * Finds the rows of a shard with the same body, so that they share the files of the first of them
 * (--dedupe=content). The rows alone decide, in the order of the list, so the result is the same
 * whichever was fetched first; and finding once more finds nothing new.
 *
 * Rows share only if all their files are the same: the bodies, and the thumbnails, which can differ
 * although the bodies do not (boxes to blur). Rows that failed share nothing.
 *
 * Takes 32 bytes for each row. One thread.
 */
#ifndef MANIFEST_SHARING_H
#define MANIFEST_SHARING_H

#include "manifest/rowtext.h"

#include <stdint.h>

struct manifest_row;
struct sharing;
struct sharing *sharing_new(uint32_t rows); /* how many will be added, at most */
void sharing_free(struct sharing *);

/* Adds a row; those before it in the list were added before. The line has no line feed, and is
 * borrowed. */
void sharing_add(struct sharing *, uint32_t pos, const char *line, size_t len);

/* Whether the files of the row may go; if not, it keeps them. */
typedef bool sharing_may_drop(void *arg, const struct manifest_row *);

/* *ret: how many rows are to name the files of another one, and do not yet. may_drop: of rows that
 * have files of their own; NULL: all may go. False: there is no memory to read a row, or it is
 * none. */
bool sharing_find(struct sharing *, sharing_may_drop *may_drop, void *arg, uint32_t *ret);

/* What became of the n-th row that was added. */
struct sharing_row {
    uint32_t pos;
    struct rowtext line;
    struct rowtext first; /* the line whose files it is to name; at NULL: it stays as it is */
    bool drops;           /* it has had files of its own, which no row will name */
};
struct sharing_row sharing_row(const struct sharing *, uint32_t n);

#endif
