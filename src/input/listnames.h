/*
 * The columns that a list seems to have, for somebody who is typing a command line: the names in
 * its first line. The format is guessed by that line, too: an object is jsonl; with tabs it is tsv,
 * else csv, also with semicolons or bars; a URL is no header. Nothing is an error, and nothing
 * waits: a file that is not regular, or has no such line, has no names. Any thread.
 */
#ifndef INPUT_LISTNAMES_H
#define INPUT_LISTNAMES_H

#include <stddef.h>

enum { LISTNAMES_AHEAD = 64 << 10 /* bytes read at most */ };

/* Calls on_name for each name, in their order. `name` has no NUL. */
void listnames_each(
    const char *path, void (*on_name)(void *arg, const char *name, size_t len), void *arg);

#endif
