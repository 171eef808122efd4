#include "cmd/imgfetch/status/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void terminal_open(struct terminal *t, enum terminal_color color)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    bool is_dumb = !term || !*term || !strcmp(term, "dumb");
    *t = (struct terminal){.is_screen = isatty(STDERR_FILENO) && !is_dumb};
    t->colours =
        color == COLOR_ALWAYS || (color == COLOR_AUTO && t->is_screen && (!no_color || !*no_color));
    terminal_measure(t);
}

void terminal_measure(struct terminal *t)
{
    struct winsize size = {0};
    if (!t->is_screen || ioctl(STDERR_FILENO, TIOCGWINSZ, &size))
        size = (struct winsize){0};
    t->columns = size.ws_col ? size.ws_col : 80; /* a serial line does not know */
    t->rows = size.ws_row ? size.ws_row : 24;
}

/* ECMA-48, 8.3.117: select graphic rendition. */
const char *terminal_begin(enum terminal_style style, bool colours)
{
    static const char *const begins[] = {[STYLE_PLAIN] = "",
        [STYLE_GOOD] = "\033[32m",
        [STYLE_BAD] = "\033[31m",
        [STYLE_WARNING] = "\033[33m"};
    return colours ? begins[style] : "";
}

const char *terminal_end(enum terminal_style style, bool colours)
{
    return colours && style != STYLE_PLAIN ? "\033[m" : "";
}
