/* The parts of the page of a directory; report_dir.c writes the page. */
#ifndef CMD_REPORT_DIR_INSIDE_H
#define CMD_REPORT_DIR_INSIDE_H

#include "audit/survey.h"

#include <stdio.h>

void report_dir_figures(FILE *, const struct survey *);  /* charts */
void report_dir_success(FILE *, const struct survey *);  /* by class of error, by host suffix */
void report_dir_failures(FILE *, const struct survey *); /* by code and by host */
void report_dir_same(FILE *, const struct survey *);     /* pictures that may be placeholders */

/* Groups of pictures that look alike. folder: as for report_dir_sheet(). */
void report_dir_alike(FILE *, const struct survey *, const char *folder);

/* Thumbnails. folder: from the page to the directory (report_link.h); NULL: no links to files. */
void report_dir_sheet(FILE *, const struct survey *, const char *folder);
/* An entry of a contact sheet. */
void report_dir_picture(FILE *, const struct survey_picture *, const char *folder);
/* A text, and "..." if it was cut. */
void report_dir_text(FILE *, const struct survey_text *);

/* Writes the href attribute of an <a> if the URL is a web address; else nothing. */
void report_dir_href(FILE *, const struct survey_text *url);

#endif
