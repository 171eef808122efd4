/*
 * What all pages have in common. A page is one self-contained HTML file, without scripts. A browser
 * fetches nothing for it, and the page forbids that, too. It works on wide and narrow screens,
 * light and dark. Charts: report_chart.h.
 *
 * Texts may be untrusted. These calls escape them; other code must print them with
 * report_chart_text().
 */
#ifndef CMD_REPORT_PAGE_H
#define CMD_REPORT_PAGE_H

#include <stdbool.h>
#include <stdio.h>

/* Writes the beginning, up to the <h1> with the title; and the end. */
void report_page_begin(FILE *, const char *title);
void report_page_end(FILE *);

/* <element>text</element>; its class may be NULL. */
void report_page_text(FILE *, const char *element, const char *class, const char *text);

/* A table that scrolls sideways where it is too wide: its name, and its columns, of which those
 * with `is_text` are aligned as text. If the last one is, the cells of a row stand below each other
 * on a narrow screen instead. The first cell of a row is a <th scope="row">. */
struct report_page_column {
    const char *title;
    bool is_text;
};
void report_page_table(FILE *, const char *name, const struct report_page_column *, unsigned n);
void report_page_table_end(FILE *);

/* An entry of a list <dl>. */
void report_page_fact(FILE *, const char *name, const char *value);

#endif
