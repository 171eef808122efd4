#include "net/transfer_perform.h"

#include "base/clock.h"

enum { CHECK_MS = 1000 };

struct performing {
    struct transfer *transfer;
    transfer_poll *poll;
    void *arg;
    uint64_t next_check;
};

static int on_progress(
    void *arg, curl_off_t all, curl_off_t now_down, curl_off_t all_up, curl_off_t now_up)
{
    (void)all, (void)now_down, (void)all_up, (void)now_up;
    struct performing *p = arg;
    uint64_t now = clock_ns();
    enum err why = p->poll ? p->poll(p->arg) : ERR_OK;
    if (!why && now >= p->next_check) {
        p->next_check = now + (uint64_t)CHECK_MS * 1000000;
        why = transfer_check(p->transfer, now);
    }
    if (why)
        transfer_abort(p->transfer, why);
    return why != ERR_OK; /* not 0: curl gives up */
}

void transfer_perform(struct transfer *t, struct job *j, transfer_poll *poll, void *arg)
{
    struct performing p = {t, poll, arg, clock_ns() + (uint64_t)CHECK_MS * 1000000};
    CURL *easy = transfer_easy(t);
    transfer_start(t, j);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &p);
    transfer_finish(t, curl_easy_perform(easy));
}
