/* Standard error as a terminal: whether it can be redrawn, its size, its colours. One thread. */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include <stdbool.h>

enum terminal_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER }; /* --color */

enum terminal_style { STYLE_PLAIN, STYLE_GOOD, STYLE_BAD, STYLE_WARNING };

struct terminal {
    bool is_screen; /* lines can be redrawn: a terminal, and $TERM is not "dumb" */
    bool colours;
    unsigned columns, rows; /* of a screen, after terminal_measure(); at least 1 */
};

/* Colours are on with COLOR_AUTO on a screen, unless $NO_COLOR is set and not empty
 * (no-color.org). */
void terminal_open(struct terminal *, enum terminal_color);

/* Asks for its size, which may have changed. */
void terminal_measure(struct terminal *);

/* What begins and ends text of that style; "" without colours. Static text. */
const char *terminal_begin(enum terminal_style, bool colours);
const char *terminal_end(enum terminal_style, bool colours);

#endif
