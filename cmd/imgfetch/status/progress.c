#include "cmd/imgfetch/status/progress.h"

#include "base/clock.h"
#include "cmd/imgfetch/status/human.h"

#include <stdio.h>
#include <unistd.h>

enum { BLOCK_MS = 200, LINE_MS = 10000 };

static void measure(struct progress *p, const struct pipeline_stats *s)
{
    uint64_t now = clock_ns(), rows = tally_rows(&s->tally);
    double seconds = (double)(now - p->last_ns) / 1e9;
    if (seconds < 0.05)
        return;
    /* A moving average over some seconds, so that the numbers are readable. */
    double weight = seconds > 2 ? 1 : seconds / 2;
    p->rows_per_s += weight * ((double)(rows - p->last_rows) / seconds - p->rows_per_s);
    p->bytes_per_s += weight * ((double)(s->bytes - p->last_bytes) / seconds - p->bytes_per_s);
    p->last_ns = now;
    p->last_rows = rows;
    p->last_bytes = s->bytes;
}

/* "done 1,234 (34 failed)  56 rows/s  1.2 MB/s" */
static void print_counts(const struct progress *p, const struct pipeline_stats *s)
{
    char done[HUMAN_SIZE], ok[HUMAN_SIZE], failed[HUMAN_SIZE], rate[HUMAN_SIZE];
    uint64_t rows = tally_rows(&s->tally), good = s->tally.by_code[ERR_OK];
    fprintf(stderr, "done %s  ok %s  failed %s  %.0f rows/s  %s/s", human_count(rows, done),
        human_count(good, ok), human_count(rows - good, failed), p->rows_per_s,
        human_bytes((uint64_t)p->bytes_per_s, rate));
}

static void print_queues(const struct progress *p, const struct pipeline_stats *s)
{
    char waiting[HUMAN_SIZE], memory[HUMAN_SIZE];
    fprintf(stderr, "in flight %u", s->in_flight);
    if (p->shows_window)
        fprintf(stderr, " of %u", s->window);
    fprintf(stderr, "  waiting %s  decoding %llu  writing %llu  memory %s",
        human_count(s->waiting, waiting), (unsigned long long)s->decoding,
        (unsigned long long)s->storing, human_bytes(s->memory, memory));
}

static void print_time(const struct progress *p, const struct pipeline_stats *s)
{
    char elapsed[HUMAN_SIZE], left[HUMAN_SIZE];
    fprintf(stderr, "%s", human_seconds(s->seconds, elapsed));
    if (s->list_ended && p->rows_per_s > 0.01 && s->outstanding)
        fprintf(
            stderr, "  about %s left", human_seconds((double)s->outstanding / p->rows_per_s, left));
}

static void print_failures(const struct pipeline_stats *s)
{
    const char *between = "failed: ";
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
        char n[HUMAN_SIZE];
        if (!s->tally.by_code[e])
            continue;
        fprintf(stderr, "%s%s %s", between, err_name(e), human_count(s->tally.by_code[e], n));
        between = "  ";
    }
}

static void end_line(struct progress *p)
{
    fputs("\033[K\n", stderr); /* ECMA-48: erase to the end of the line */
    p->drawn++;
}

static void draw_block(struct progress *p, const struct pipeline_stats *s)
{
    progress_clear(p);
    print_counts(p, s);
    end_line(p);
    print_queues(p, s);
    fputs("  ", stderr);
    print_time(p, s);
    end_line(p);
    if (tally_rows(&s->tally) > s->tally.by_code[ERR_OK]) {
        print_failures(s);
        end_line(p);
    }
}

static void print_line(const struct progress *p, const struct pipeline_stats *s)
{
    fputs("imgfetch: ", stderr);
    print_time(p, s);
    fputs("  ", stderr);
    print_counts(p, s);
    fputs("  ", stderr);
    print_queues(p, s);
    fputc('\n', stderr);
}

static void on_progress_timer(uv_timer_t *timer)
{
    struct progress *p = timer->data;
    const struct pipeline_stats *s = pipeline_stats(p->pipeline);
    measure(p, s);
    if (p->on_terminal)
        draw_block(p, s);
    else
        print_line(p, s);
    fflush(stderr);
}

void progress_start(struct progress *p, struct pipeline *pipeline, uv_loop_t *loop, bool quiet)
{
    *p = (struct progress){.pipeline = pipeline, .quiet = quiet, .last_ns = clock_ns()};
    p->on_terminal = isatty(STDERR_FILENO);
    uv_timer_init(loop, &p->timer);
    p->timer.data = p;
    uint64_t ms = p->on_terminal ? BLOCK_MS : LINE_MS;
    if (!quiet)
        uv_timer_start(&p->timer, on_progress_timer, ms, ms);
}

void progress_print_once(struct progress *p)
{
    const struct pipeline_stats *s = pipeline_stats(p->pipeline);
    measure(p, s);
    progress_clear(p);
    print_line(p, s);
    fflush(stderr);
}

void progress_clear(struct progress *p)
{
    if (p->drawn)
        fputc('\r', stderr); /* the terminal may have echoed ^C */
    for (; p->drawn; p->drawn--)
        fputs("\033[A\033[K", stderr); /* up, and erase the line */
}

void progress_stop(struct progress *p)
{
    progress_clear(p);
    fflush(stderr);
    uv_close((uv_handle_t *)&p->timer, NULL);
}
