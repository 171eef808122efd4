#include "cmd/imgfetch/compare/compare_progress.h"

#include "cmd/imgfetch/status/human.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Longer than any line that is erased: a line that wraps cannot be. */
enum { LEAST_WIDTH = 80 };

static bool is_terminal(void)
{
    struct winsize size;
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0 &&
           !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col >= LEAST_WIDTH;
}

/* How many of its rounds are to come. */
static unsigned rounds_left(const struct comparison *all, const struct contender *c)
{
    return c->trouble[0] ? 0 : all->options->repeat - c->n_rounds;
}

static unsigned runs_left(const struct comparison *all)
{
    unsigned n = 0;
    for (unsigned i = 0; i < all->n; i++)
        n += rounds_left(all, &all->contenders[i]);
    return n;
}

/* A contender without a round is taken to need as long as the warm-up. */
static double seconds_left(const struct compare_progress *p)
{
    double seconds = 0;
    for (unsigned i = 0; i < p->all->n; i++) {
        const struct contender *c = &p->all->contenders[i];
        seconds +=
            rounds_left(p->all, c) * (c->n_rounds ? compare_median(c, FIGURE_WALL) : p->warm_up);
    }
    return seconds;
}

static void print_run(const struct compare_progress *p, const struct contender *c, unsigned round,
    unsigned number, unsigned all)
{
    fprintf(stderr, "imgfetch: run %u of %u: ", number, all);
    if (round)
        fprintf(stderr, "round %u of %u, ", round, p->all->options->repeat);
    else
        fputs("warm-up, not counted, ", stderr);
    fprintf(stderr, "%s, %s thumbnails", c->name, c->thumbs ? "with" : "without");
}

void compare_progress_begin(struct compare_progress *p, const struct contender *c, unsigned round)
{
    if (p->all->options->quiet || !is_terminal())
        return;
    print_run(p, c, round, p->done + 1, p->done + runs_left(p->all) + !round);
    p->is_shown = true;
}

void compare_progress_end(
    struct compare_progress *p, const struct contender *c, unsigned round, double seconds)
{
    char left[HUMAN_SIZE];
    compare_progress_clear(p);
    p->done++;
    if (!round)
        p->warm_up = seconds;
    if (p->all->options->quiet)
        return;
    print_run(p, c, round, p->done, p->done + runs_left(p->all));
    if (c->trouble[0])
        fprintf(stderr, ": %s\n", c->trouble);
    else if (runs_left(p->all))
        fprintf(stderr, ": %.3g s; about %s left\n", seconds, human_seconds(seconds_left(p), left));
    else
        fprintf(stderr, ": %.3g s\n", seconds);
}

void compare_progress_clear(struct compare_progress *p)
{
    if (p->is_shown)
        fputs("\r\033[K", stderr);
    p->is_shown = false;
}
