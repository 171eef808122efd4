#include "cmd/imgfetch/status/figures.h"

#include "cmd/imgfetch/status/human.h"

uint64_t figures_done(const struct pipeline_stats *s)
{
    return tally_rows(&s->tally) + tally_rows(&s->resume);
}

/* What is left out last has the lowest number. */
enum { PERCENT, DONE, LEFT, BAR, ROWS_RATE, BYTES_RATE };

static void add_done(const struct pipeline_stats *s, struct fitline *l)
{
    char done[HUMAN_SIZE], total[HUMAN_SIZE];
    human_count(figures_done(s), done);
    human_count(s->total.rows, total);
    if (s->total.kind == ROWTOTAL_UNKNOWN) {
        fitline_add(l, DONE, STYLE_PLAIN, "%s done", done);
    } else if (s->total.kind == ROWTOTAL_ABOUT) {
        struct fitline_part *part =
            fitline_add(l, DONE, STYLE_PLAIN, "%s of about %s", done, total);
        fitline_shorten(part, "%s/~%s", done, total);
    } else {
        struct fitline_part *part = fitline_add(l, DONE, STYLE_PLAIN, "%s of %s", done, total);
        fitline_shorten(part, "%s/%s", done, total);
    }
}

static void add_rates(const struct figures *f, struct fitline *l)
{
    char rows[HUMAN_SIZE], bytes[HUMAN_SIZE];
    if (f->rows_per_s > 0 && f->rows_per_s < 9.95)
        snprintf(rows, sizeof rows, "%.1f", f->rows_per_s);
    else
        human_count((uint64_t)(f->rows_per_s + 0.5), rows);
    fitline_shorten(fitline_add(l, ROWS_RATE, STYLE_PLAIN, "%s rows/s", rows), "%s/s", rows);
    fitline_add(
        l, BYTES_RATE, STYLE_PLAIN, "%s/s", human_bytes((uint64_t)(f->bytes_per_s + 0.5), bytes));
}

/* The time left; if that is not known, the time passed, so that something moves. */
static void add_time(const struct figures *f, struct fitline *l)
{
    char time[HUMAN_SIZE];
    if (f->is_stopping) {
        human_count(f->stats->outstanding, time);
        fitline_add(l, LEFT, STYLE_WARNING, "finishing %s", time);
    } else if (f->left_s > 0) {
        human_clock(f->left_s < 1 ? 1 : f->left_s, time);
        fitline_add(l, LEFT, STYLE_PLAIN, "%s left", time);
    } else {
        human_clock(f->stats->seconds, time);
        fitline_shorten(fitline_add(l, LEFT, STYLE_PLAIN, "after %s", time), "%s", time);
    }
}

void figures_add_lead(const struct figures *f, struct fitline *l)
{
    const struct pipeline_stats *s = f->stats;
    if (s->total.kind != ROWTOTAL_UNKNOWN && s->total.rows) {
        double share = (double)figures_done(s) / (double)s->total.rows;
        share = share < 1 ? share : 1;
        fitline_add_bar(l, BAR, share);
        add_done(s, l);
        fitline_add(l, PERCENT, STYLE_PLAIN, "%u%%", (unsigned)(100 * share));
    } else {
        add_done(s, l);
    }
    add_rates(f, l);
    add_time(f, l);
}

/* The code with most rows, of those not marked yet; ERR_OK: there is none. */
static int next_code(const struct tally *t, bool marked[ERR_COUNT])
{
    int most = ERR_OK;
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++)
        if (!marked[e] && t->by_code[e] && (most == ERR_OK || t->by_code[e] > t->by_code[most]))
            most = e;
    marked[most] = true;
    return most;
}

void figures_add_results(const struct figures *f, struct fitline *l)
{
    struct tally all = f->stats->tally;
    bool marked[ERR_COUNT] = {false};
    char n[HUMAN_SIZE];
    tally_add(&all, &f->stats->resume);
    uint64_t ok = all.by_code[ERR_OK], failed = tally_rows(&all) - ok;
    fitline_add(l, 1, STYLE_GOOD, "ok %s", human_count(ok, n));
    fitline_add(l, 0, failed ? STYLE_BAD : STYLE_PLAIN, "failed %s", human_count(failed, n));
    for (int e, rank = 2; (e = next_code(&all, marked)) != ERR_OK; rank++)
        fitline_add(
            l, (unsigned)rank, STYLE_BAD, "%s %s", err_name(e), human_count(all.by_code[e], n));
}

void figures_add_queues(const struct figures *f, struct fitline *l)
{
    const struct pipeline_stats *s = f->stats;
    const struct {
        const char *name;
        uint64_t n;
    } queues[] = {{"waiting", s->waiting}, {"decoding", s->decoding}, {"writing", s->storing}};
    char n[HUMAN_SIZE], window[HUMAN_SIZE];
    unsigned rank = 0;
    struct fitline_part *part =
        fitline_add(l, rank++, STYLE_PLAIN, "in flight %s%s%s", human_count(s->in_flight, n),
            f->shows_window ? " of " : "", f->shows_window ? human_count(s->window, window) : "");
    fitline_shorten(part, "in flight %s", n);
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++)
        fitline_add(l, rank++, STYLE_PLAIN, "%s %s", queues[i].name, human_count(queues[i].n, n));
    fitline_add(l, rank++, STYLE_PLAIN, "memory %s", human_bytes(s->memory, n));
    fitline_add(l, rank++, STYLE_PLAIN, "connections %s", human_count(s->connections, n));
    fitline_add(l, rank++, STYLE_PLAIN, "after %s", human_clock(s->seconds, n));
}
