/*
 * What all pages have in common. A page is one HTML file that needs nothing else: no scripts,
 * and nothing that a browser would have to fetch, which it is told to refuse. For wide and narrow
 * screens, light and dark. Charts: report_chart.h.
 *
 * Texts may be anybody's: they are escaped here, and whoever puts one himself does it with
 * report_chart_text().
 */
#ifndef CMD_REPORT_PAGE_H
#define CMD_REPORT_PAGE_H

#include <stdio.h>

extern const char report_style[]; /* the style sheet: report_style.c */

/* Up to the <h1> with the title; and the end. */
void report_page_begin(FILE *, const char *title);
void report_page_end(FILE *);

/* <element>text</element>; its class may be NULL. */
void report_page_text(FILE *, const char *element, const char *class, const char *text);

/* Of a list <dl>. */
void report_page_fact(FILE *, const char *name, const char *value);

#endif
