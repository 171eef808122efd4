/*
 * A line of parts that fits a width: parts become shorter, or are left out, the least important
 * first. Pure. One thread.
 */
#ifndef CMD_FITLINE_H
#define CMD_FITLINE_H

#include "cmd/imgfetch/status/terminal.h"

#include <stdio.h>

enum {
    FITLINE_PARTS = 40,
    FITLINE_TEXT = 48,
    FITLINE_ANY = 100000 /* columns: any width will do */
};

/* Begin with a zeroed struct. */
struct fitline {
    unsigned n;
    struct fitline_part {
        char text[FITLINE_TEXT], brief[FITLINE_TEXT]; /* brief: "" if there is no shorter text */
        enum terminal_style style;
        unsigned rank;  /* 0: the most important */
        unsigned width; /* of a bar; 0: it is none */
        double share;   /* of a bar: how much of it is full, 0 to 1 */
        bool is_left_out;
    } at[FITLINE_PARTS];
};

/* Adds a part, its text as printf(3) makes it, and returns it; a full line returns its last one. */
struct fitline_part *fitline_add(struct fitline *, unsigned rank, enum terminal_style,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sets the shorter text of a part. */
void fitline_shorten(struct fitline_part *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a bar, which is as wide as there is room. */
void fitline_add_bar(struct fitline *, unsigned rank, double share);

/* Makes the line fit, once, and prints it without a line feed. */
void fitline_print(struct fitline *, unsigned columns, bool colours, FILE *);

#endif
