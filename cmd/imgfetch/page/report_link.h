/* Links from a page to files of an output directory. */
#ifndef CMD_REPORT_LINK_H
#define CMD_REPORT_LINK_H

#include <stdio.h>

/* The way from the folder of a page to a directory: "../out/"; "" if the page is in it. The page
 * need not exist; "-" stands for one in the current directory. NULL: one of the two folders cannot
 * be found. free(3)d by the caller. */
char *report_link_folder(const char *page, const char *dir);

/* Writes the path of a file as a URL reference. What a URL would understand as something else is
 * escaped: a colon, too, so that no text becomes a scheme. */
void report_link_put(FILE *, const char *path);

#endif
