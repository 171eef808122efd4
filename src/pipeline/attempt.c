#include "pipeline/attempt.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void attempt_note(struct attempt *a, const struct job *j)
{
    const struct response *r = &j->response;
    *a = (struct attempt){.line = j->robots_site ? 0 : j->line, .number = j->attempts};
    a->url = mem_dup(j->request.url.text);
    a->redirect = mem_dup(r->redirect);
    a->http_status = r->http_status;
    memcpy(a->ip, r->ip, sizeof a->ip);
    a->err = j->err;
    memcpy(a->message, j->message, sizeof a->message);
    a->bytes = r->body.len;
    a->wait_ns = (uint64_t)r->retry_after_s * 1000000000;
    a->ns = j->ms.total + j->ms.dns;
}

void attempt_follow(struct attempt *a, const struct job *j, enum retry_next next)
{
    a->next = next;
    if (next == RETRY_AGAIN)
        a->wait_ns = j->delay_ns;
    else if (next != RETRY_WAIT)
        a->wait_ns = 0;
}

void attempt_fini(struct attempt *a)
{
    free(a->url);
    free(a->redirect);
}
