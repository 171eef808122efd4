#include "cmd/imgfetch/status/attemptline.h"

#include "cmd/imgfetch/status/human.h"

#include <stdio.h>

enum { AFTER_SIZE = HUMAN_TEXT_SIZE + 100 };

/* What came. */
static void print_outcome(const struct attempt *a, char out[AFTER_SIZE])
{
    char bytes[HUMAN_SIZE], time[HUMAN_SIZE], next[HUMAN_TEXT_SIZE];
    if (a->err)
        snprintf(out, AFTER_SIZE, "%s", a->message);
    else if (a->redirect)
        snprintf(out, AFTER_SIZE, "HTTP %d to %s", a->http_status, human_text(a->redirect, next));
    else if (!a->http_status) /* --backend=null */
        snprintf(out, AFTER_SIZE, "not fetched");
    else
        snprintf(out, AFTER_SIZE, "HTTP %d, %s in %s", a->http_status, human_bytes(a->bytes, bytes),
            human_ns(a->ns, time));
}

/* What follows; "" if that goes without saying. */
static void print_next(const struct attempt *a, char out[AFTER_SIZE])
{
    char wait[HUMAN_SIZE];
    out[0] = '\0';
    switch (a->next) {
    case RETRY_AGAIN:
        snprintf(out, AFTER_SIZE, "; again in %s", human_ns(a->wait_ns, wait));
        break;
    case RETRY_WAIT:
        if (a->wait_ns)
            snprintf(out, AFTER_SIZE, "; the server wants %s of rest", human_ns(a->wait_ns, wait));
        else
            snprintf(out, AFTER_SIZE, "; again when its host has rested");
        break;
    case RETRY_EVICTED:
    case RETRY_STALE:
    case RETRY_STARVED:
        snprintf(out, AFTER_SIZE, "; again, not counted");
        break;
    case RETRY_SETTLED:
    case RETRY_REDIRECTED:
    case RETRY_CANCELLED:
        break;
    }
}

void attemptline_show(struct progress *p, const struct attempt *a)
{
    char head[100], outcome[AFTER_SIZE], next[AFTER_SIZE], url[HUMAN_TEXT_SIZE], row[40];
    if (a->line)
        snprintf(row, sizeof row, "line %llu", (unsigned long long)a->line);
    else
        snprintf(row, sizeof row, "robots.txt");
    snprintf(head, sizeof head, "%s: attempt %u%s%s", row, a->number, a->err ? ": " : "",
        a->err ? err_name(a->err) : "");
    print_outcome(a, outcome);
    print_next(a, next);
    enum terminal_style style = !a->err                    ? STYLE_PLAIN
                                : a->next == RETRY_SETTLED ? STYLE_BAD
                                                           : STYLE_WARNING;
    progress_row_line(p, style, head, "%s%s: %s%s: %s", a->ip[0] ? ": " : "", a->ip, outcome, next,
        human_text(a->url, url));
}
