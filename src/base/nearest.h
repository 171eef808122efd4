/*
 * Which of the words that exist is meant by one that does not.
 *
 * The distance is the number of letters that are left out, added, wrong or swapped with their
 * neighbour; case is ignored (ASCII). A word is near if the distance is at most a third of what was
 * given, but one letter is always near. So is a word that contains what was given, or is part of
 * it, if the shorter one has three letters; a word that is near by distance comes before it.
 *
 * Plain data; the words are borrowed. Any thread.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include "base/span.h"

/* Words of more bytes are near to none. */
enum { NEAREST_MAX = 64 };

struct nearest {
    struct span given;
    struct span word; /* the nearest so far, the first of equally near ones; `at` is NULL: none */
    unsigned distance;
};

void nearest_begin(struct nearest *, struct span given);
void nearest_try(struct nearest *, struct span word);

#endif
