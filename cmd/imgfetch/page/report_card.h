/*
 * The data card of an output directory: Markdown with a header in YAML, as Hugging Face's hub reads
 * it from the README.md of a data set. It says what the rows say; what only people know, as
 * licence and language, is left to them.
 *
 * Texts may be untrusted: they are escaped, so that none makes markup or another line.
 */
#ifndef CMD_REPORT_CARD_H
#define CMD_REPORT_CARD_H

#include "audit/survey.h"

#include <stdbool.h>
#include <stdio.h>

/* True if a page of this name is a card: it ends with .md. */
bool report_card_is_meant(const char *path);

/* dir: as the user named it. */
void report_card_put(FILE *, const struct survey *, const char *dir);

#endif
