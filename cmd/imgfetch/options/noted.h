/*
 * Goes on in a directory without naming its lists: they are noted there, and so are the options
 * that determine rows and files (store/diroptions.h). An option that is given replaces the noted
 * one. What another user has noted is not trusted: it could name the user's own files. Standard
 * input goes before the noted lists if it is a file, or was the list before.
 */
#ifndef CMD_NOTED_H
#define CMD_NOTED_H

#include "cmd/imgfetch/options/options_table.h"

/* Sets an option. NULL, or what is wrong with the value. */
typedef const char *noted_set(struct options *, const struct options_row *, const char *value);

/* Call it when no list is given, or with --update: that takes the options from the note also if
 * lists are given. Takes lists and options from the note, if the directory has one;
 * options_fini() frees them. stdin_is_read: as a file of options. False: they cannot be used, and
 * the message is printed. */
bool noted_take(struct options *, noted_set *, bool stdin_is_read);

#endif
