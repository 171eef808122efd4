/*
 * Options as they were given, by a file or by the command line, in the order in which they count.
 * The struct owns all of its texts. options.c knows what they mean.
 */
#ifndef CMD_SETTINGS_H
#define CMD_SETTINGS_H

#include <stddef.h>

struct setting {
    char *name;  /* the long one, without "--" */
    char *value; /* NULL: none */
    char *where; /* "FILE:LINE"; NULL: the command line */
};

/* Zeroed: there are none. */
struct settings {
    struct setting *at;
    size_t n;
};

/* Copies all three. What is returned stays where it is until the next call, its texts until _fini.
 */
const struct setting *settings_add(
    struct settings *, const char *name, const char *value, const char *where);
void settings_fini(struct settings *);

/* One long word each ("--name=value"), but for those named in `without`; ends with NULL. For
 * another process: the first word keeps it from reading files of its own. */
char **settings_words(const struct settings *, const char *const *without);
void settings_words_free(char **);

#endif
