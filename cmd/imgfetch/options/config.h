/*
 * Files of options (--config), one a line, nearly as curl reads them:
 *
 *     # a comment
 *     max-size = 20M            # and another, behind white space
 *     --header: "Accept: image/jpeg"
 *     robots-txt
 *
 * A long option, with or without "--"; then white space, "=" or ":", and its value. A value with
 * white space in it stands in double quotes; there \\ \" \t \n \r and \v are what they are in C,
 * and any other backslash is left out. CRLF and a byte order mark do no harm. What curl would
 * guess at is an error here: text behind a value, a quote that is not closed.
 *
 * Whether there is such an option, and what its value means, is not decided here.
 */
#ifndef CMD_CONFIG_H
#define CMD_CONFIG_H

#include "cmd/imgfetch/options/settings.h"

enum { CONFIG_MAX_SIZE = 1 << 20 }; /* bytes of a file: nobody writes that many options */

/* Adds what a file says; "-" is standard input. NULL, or what is wrong (static text), and
 * *ret_where says where: "FILE" or "FILE:LINE". free() it. */
const char *config_read(const char *path, struct settings *, char **ret_where);

/* The files that --config names on the command line, or else the user's own if it is there:
 * $XDG_CONFIG_HOME/imgfetch/config, or below $HOME/.config. */
const char *config_read_all(const struct settings *typed, struct settings *, char **ret_where);

#endif
