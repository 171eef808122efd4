/* Prints a comparison on standard output, as a table or as JSON. A figure is the median of the
 * rounds, and "±" what the round farthest from it is away. */
#ifndef CMD_COMPARE_TABLE_H
#define CMD_COMPARE_TABLE_H

#include "cmd/imgfetch/compare/compare_advice.h"

enum { COMPARE_CELL_SIZE = 112, COMPARE_NARROW = 80, COMPARE_WIDE = 120 };

/* A column of the table, also used for the page. */
struct compare_column {
    const char *title;
    enum figure figure;
    int width;    /* in characters */
    bool is_wide; /* left out where a line has less than COMPARE_WIDE characters */
    const char *(*format)(const struct range *, char out[COMPARE_CELL_SIZE]);
};
extern const struct compare_column compare_columns[];
extern const unsigned compare_n_columns;

/* How the contenders of each enum compared are called. */
struct compare_kind {
    const char *one, *many;
};
extern const struct compare_kind compare_kinds[];

/* "2,000 rows, default concurrency, 3 rounds: median ± deviation", for all contenders with,
 * or all without, thumbnails: those like this one. */
void compare_caption(const struct comparison *, const struct contender *, char *out, size_t size);

/* "failed rows of async, coro, in all rounds: http_error 12, timeout 3". Contenders with the same
 * failures are named together: false for all but the first of them, and if no row failed. */
enum { COMPARE_FAILURES_SIZE = 1000 };
bool compare_failures(const struct comparison *, unsigned contender, char *out, size_t size);

/* "concurrency of async: auto settled on 1,024 (512-2,048)". False: its concurrency is fixed. */
bool compare_settled(const struct contender *, char *out, size_t size);

/* width: of a line of the terminal, in characters. */
void compare_table_print(const struct comparison *, const struct advice *, int width);
void compare_json_print(const struct comparison *, unsigned cores, const struct advice *);

#endif
