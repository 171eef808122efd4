/*
 * Files of options (--config), one per line, in nearly the same syntax as curl's:
 *
 *     # a comment
 *     max-size = 20M            # and another, behind white space
 *     --header: "Accept: image/jpeg"
 *     robots-txt
 *
 * A line has a long option, with or without "--"; then white space, "=" or ":", and its value. A
 * value with white space in it needs double quotes; inside them \\ \" \t \n \r and \v are as in C,
 * and any other backslash is removed. CRLF and a byte order mark are accepted. Where curl guesses,
 * this is an error: text after a value, a quote that is not closed.
 *
 * This module does not know which options exist, or what their values mean.
 */
#ifndef CMD_CONFIG_H
#define CMD_CONFIG_H

#include "cmd/imgfetch/options/settings.h"

enum { CONFIG_MAX_SIZE = 1 << 20 }; /* bytes of a file */

/* Adds the options of a file; "-" is standard input. Returns NULL, or what is wrong (static text);
 * then *ret_where says where: "FILE" or "FILE:LINE". free() it. */
const char *config_read(const char *path, struct settings *, char **ret_where);

/* Reads the files that --config names on the command line, or else the user's own if it exists:
 * $XDG_CONFIG_HOME/imgfetch/config, or below $HOME/.config. */
const char *config_read_all(const struct settings *typed, struct settings *, char **ret_where);

#endif
