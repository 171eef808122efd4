#include "net/transfer_perform.h"

#include "base/clock.h"

#include <stdlib.h>

enum { CHECK_MS = 1000 };

/*
 * The transfer's own multi, used instead of curl_easy_perform(). That could be stopped from its
 * progress callback only, which runs once a second when no data comes. It is itself a loop over a
 * private multi. With our own loop curl_multi_wakeup() ends the wait at once, at no extra cost. The
 * multi is kept: it holds the connections and the pinned addresses.
 */
static CURLM *get_multi(struct transfer *t)
{
    CURLM *multi = transfer_multi(t);
    if (multi)
        return multi;
    multi = curl_multi_init();
    if (!multi)
        abort();
    transfer_set_multi(t, multi);
    return multi;
}

/* Milliseconds until the next check is due. */
static int wait_ms(uint64_t next_ns)
{
    uint64_t now = clock_ns();
    return now < next_ns ? (int)((next_ns - now) / 1000000) + 1 : 0;
}

static enum err check(struct transfer *t, uint64_t *next_ns)
{
    uint64_t now = clock_ns();
    if (now < *next_ns)
        return ERR_OK;
    *next_ns = now + (uint64_t)CHECK_MS * 1000000;
    return transfer_check(t, now);
}

void transfer_perform(struct transfer *t, struct job *j, transfer_poll *poll, void *arg)
{
    CURLM *multi = get_multi(t);
    CURL *easy = transfer_easy(t);
    CURLcode code = CURLE_OK;
    uint64_t next_ns = clock_ns() + (uint64_t)CHECK_MS * 1000000;
    int running = 1, left;
    enum err why;
    transfer_start(t, j);
    curl_multi_add_handle(multi, easy);
    for (;;) {
        why = poll ? poll(arg) : ERR_OK;
        if (!why)
            why = check(t, &next_ns);
        if (why)
            break;
        curl_multi_perform(multi, &running);
        if (!running)
            break;
        curl_multi_poll(multi, NULL, 0, wait_ms(next_ns), NULL);
    }
    if (why)
        transfer_abort(t, why);
    else
        code = curl_multi_info_read(multi, &left)->data.result;
    transfer_leave(t, code);
    curl_multi_remove_handle(multi, easy);
    transfer_finish(t, code);
}

void transfer_wake(struct transfer *t)
{
    CURLM *multi = transfer_multi(t);
    if (multi) /* else `poll` has not run yet */
        curl_multi_wakeup(multi);
}
