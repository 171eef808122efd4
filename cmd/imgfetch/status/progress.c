#include "cmd/imgfetch/status/progress.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/imgfetch/status/human.h"
#include "cmd/imgfetch/status/width.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DRAW_MS = 200,         /* of the block */
    LOOK_MS = 1000,        /* without one: how often the rates are measured */
    LINE_MS = 10000,       /* between lines of status, ... */
    LATER_MS = 60000,      /* ... and after */
    LATER_S = 120,         /* this time */
    FIRST_LEFT_S = 3,      /* before that, nobody knows how long it will take */
    WAITING_MAX = 1 << 16, /* bytes of lines; more are written at once */
};

/* ---- the block ---- */

static void measure(struct progress *p, const struct pipeline_stats *s)
{
    uint64_t now = clock_ns();
    rate_note(&p->rows, now, tally_rows(&s->tally));
    rate_note(&p->bytes, now, s->arrived);
}

static struct figures figures_now(struct progress *p)
{
    const struct pipeline_stats *s = pipeline_stats(p->pipeline);
    struct figures f = {.stats = s, .shows_window = p->shows_window};
    uint64_t done = figures_done(s);
    measure(p, s);
    f.rows_per_s = rate_of(&p->rows, RATE_SHORT_S);
    f.bytes_per_s = rate_of(&p->bytes, RATE_SHORT_S);
    f.is_stopping = p->is_stopping;
    if (s->total.kind != ROWTOTAL_UNKNOWN && s->total.rows > done && s->seconds >= FIRST_LEFT_S)
        f.left_s = rate_left(&p->left, clock_ns(), s->total.rows - done, rate_expected(&p->rows));
    return f;
}

/* A line one column narrower than the terminal leaves the cursor in it. */
static void print_block(struct progress *p, FILE *out)
{
    struct figures f = figures_now(p);
    struct fitline lines[3] = {0};
    unsigned n = 0, room = p->terminal.rows > 1 ? p->terminal.rows - 1 : 1;
    figures_add_lead(&f, &lines[n++]);
    figures_add_results(&f, &lines[n++]);
    if (p->shows_queues)
        figures_add_queues(&f, &lines[n++]);
    n = n < room ? n : room;
    for (unsigned i = 0; i < n; i++) {
        fitline_print(&lines[i], p->terminal.columns - 1, p->terminal.colours, out);
        fputs(i + 1 < n ? "\033[K\n" : "\033[J\r", out); /* ECMA-48: erase in line, in page */
    }
    if (n > 1)
        fprintf(out, "\033[%uA", n - 1); /* cursor up */
}

/* Writes what waits, then the block, all in one piece. */
static void draw(struct progress *p)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return;
    terminal_measure(&p->terminal);
    fputs(p->waiting.len ? "\r\033[J" : "\r", out); /* the terminal may have echoed ^C */
    fwrite(p->waiting.data, 1, p->waiting.len, out);
    p->waiting.len = 0;
    print_block(p, out);
    fclose(out);
    fwrite(text, 1, len, stderr);
    fflush(stderr);
    free(text);
}

static bool has_block(const struct progress *p)
{
    return p->pipeline && p->terminal.is_screen && !p->quiet;
}

void progress_redraw(struct progress *p)
{
    if (has_block(p))
        draw(p);
}

/* ---- lines ---- */

/* Tells once why lines are missing in the log. */
static void tell_log_error(struct progress *p)
{
    int err = logfile_error(&p->log);
    if (err)
        progress_line(p, STYLE_WARNING, "imgfetch: warning",
            ": --log: %s: %s; lines are missing there", p->log.path, strerror(-err));
}

static void log_line(struct progress *p, enum terminal_style style, const char *text, size_t len)
{
    enum logfile_level level = style == STYLE_WARNING ? LOGFILE_WARNING
                               : style == STYLE_BAD   ? LOGFILE_ERROR
                                                      : LOGFILE_INFO;
    logfile_add(&p->log, level, text, len);
    tell_log_error(p);
}

void progress_log(struct progress *p, const char *text)
{
    for (size_t len; *text; text += len + (text[len] == '\n')) {
        len = strcspn(text, "\n");
        log_line(p, STYLE_PLAIN, text, len);
    }
}

/* text[0..head) is shown in the style. */
static void show_line(struct progress *p, enum terminal_style style, const char *text, size_t len,
    size_t head, bool at_once)
{
    char *shown = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&shown, &n);
    if (!out)
        return;
    fputs(terminal_begin(style, p->terminal.colours), out);
    fwrite(text, 1, head, out);
    fputs(terminal_end(style, p->terminal.colours), out);
    fwrite(text + head, 1, len - head, out);
    fputc('\n', out);
    fclose(out);
    if (!has_block(p))
        fwrite(shown, 1, n, stderr); /* in one piece, as other processes may write there, too */
    else if (!buf_append(&p->waiting, shown, n) || at_once || p->waiting.len > WAITING_MAX)
        draw(p);
    free(shown);
}

enum how { AT_ONCE, UNLESS_QUIET, IN_TIME };

static void take_line(struct progress *p, enum terminal_style style, const char *what,
    const char *format, va_list args, enum how how)
{
    char *text = NULL;
    int len = vasprintf(&text, format, args);
    if (len < 0)
        return;
    size_t head = strlen(what);
    char *shown = mem_new(UTF8_SHOWN_MAX * (head + (size_t)len) + 1);
    head = utf8_show(what, head, shown);
    size_t n = head + utf8_show(text, (size_t)len, shown + head);
    if (how != UNLESS_QUIET || !p->quiet)
        show_line(p, style, shown, n, head, how != IN_TIME);
    log_line(p, style, shown, n);
    free(shown);
    free(text);
}

void progress_line(
    struct progress *p, enum terminal_style style, const char *what, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    take_line(p, style, what, format, args, AT_ONCE);
    va_end(args);
}

void progress_say(
    struct progress *p, enum terminal_style style, const char *what, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    take_line(p, style, what, format, args, UNLESS_QUIET);
    va_end(args);
}

void progress_row_line(
    struct progress *p, enum terminal_style style, const char *what, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    take_line(p, style, what, format, args, IN_TIME);
    va_end(args);
}

/* ---- lines of status ---- */

static void print_status(struct progress *p, bool with_queues, FILE *out)
{
    struct figures f = figures_now(p);
    struct fitline line = {0};
    figures_add_lead(&f, &line);
    line.at[0].is_left_out = line.at[0].width > 0; /* a bar is for screens */
    figures_add_results(&f, &line);
    if (with_queues)
        figures_add_queues(&f, &line);
    fputs("imgfetch: ", out);
    fitline_print(&line, FITLINE_ANY, false, out);
}

/* shown: on standard error, too. */
static void take_status(struct progress *p, bool shown, bool with_queues)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return;
    print_status(p, with_queues, out);
    fclose(out);
    if (shown)
        show_line(p, STYLE_PLAIN, text, len, 0, true);
    log_line(p, STYLE_PLAIN, text, len);
    free(text);
}

void progress_print_once(struct progress *p)
{
    if (p->pipeline)
        take_status(p, true, true);
}

/* ---- when ---- */

static void on_progress_timer(uv_timer_t *timer)
{
    struct progress *p = timer->data;
    uint64_t now = clock_ns();
    if (has_block(p))
        draw(p);
    else
        measure(p, pipeline_stats(p->pipeline));
    if (now + (uint64_t)LOOK_MS / 2 * 1000000 < p->next_line)
        return;
    bool is_later = pipeline_stats(p->pipeline)->seconds >= LATER_S;
    p->next_line += (uint64_t)(is_later ? LATER_MS : LINE_MS) * 1000000;
    if (p->log.path || (!p->quiet && !has_block(p)))
        take_status(p, !p->quiet && !has_block(p), p->shows_queues);
}

void progress_start(struct progress *p, struct pipeline *pipeline, uv_loop_t *loop)
{
    p->pipeline = pipeline;
    p->next_line = clock_ns() + (uint64_t)LINE_MS * 1000000;
    measure(p, pipeline_stats(pipeline));
    uv_timer_init(loop, &p->timer);
    p->timer.data = p;
    uint64_t ms = has_block(p) ? DRAW_MS : LOOK_MS;
    if (!p->quiet || p->log.path)
        uv_timer_start(&p->timer, on_progress_timer, ms, ms);
}

void progress_stop(struct progress *p)
{
    if (has_block(p)) {
        fputs("\r\033[J", stderr);
        fwrite(p->waiting.data, 1, p->waiting.len, stderr);
        p->waiting.len = 0;
    }
    p->pipeline = NULL;
    uv_close((uv_handle_t *)&p->timer, NULL);
}

void progress_free(struct progress *p)
{
    logfile_close(&p->log);
    tell_log_error(p);
    buf_fini(&p->waiting);
}
