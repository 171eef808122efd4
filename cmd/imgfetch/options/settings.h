/*
 * Options as given by files or the command line; later ones override earlier ones. The struct owns
 * all of its texts. Only options.c knows what they mean.
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

/* Copies all three. The setting returned is valid until the next call, its texts until
 * settings_fini(). */
const struct setting *settings_add(
    struct settings *, const char *name, const char *value, const char *where);
/* Wipes the texts before it frees them: they may be passwords. */
void settings_fini(struct settings *);

/* Overwrites all values, so that this process has them no more. */
void settings_wipe(struct settings *);

/* The settings as a command line for another process: one word each ("--name=value"), except those
 * named in `without`; ends with NULL. The first word keeps that process from reading files of
 * options. */
char **settings_words(const struct settings *, const char *const *without);
void settings_words_free(char **);

#endif
