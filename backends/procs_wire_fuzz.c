#include "backends/procs_wire.h"

#include "base/fuzz.h"

#include <string.h>

enum { MAX_SIZE = 1000, ELAPSED_NS = 1000000000 };

static const struct transfer_conf conf = {.max_size = MAX_SIZE};

static struct job *make_job(bool is_asking)
{
    static const char url[] = "http://a.test/b";
    const char *why;
    struct job *j = job_new();
    fuzz_expect(url_parse(url, sizeof url - 1, &j->request.url, &why) == ERR_OK);
    fuzz_expect(addr_parse("192.0.2.1", &j->request.addrs.at[0]));
    j->request.addrs.n = 1;
    if (is_asking)
        j->request.etag = strdup("\"a\"");
    return j;
}

/* What the pipeline relies on, whatever a worker says. */
static void expect_reply(const struct job *j, bool is_asking)
{
    const struct response *r = &j->response;
    fuzz_expect(j->err != ERR_CANCELLED && j->err != ERR_EVICTED && (!j->err || *j->message));
    fuzz_expect(!r->http_status || (r->http_status >= 100 && r->http_status <= 999));
    fuzz_expect(
        r->body.len <= MAX_SIZE && (!r->body.len || (!j->err && r->http_status / 100 == 2)));
    fuzz_expect(!r->is_unchanged || (is_asking && r->http_status == 304));
    fuzz_expect(!r->redirect || r->http_status / 100 == 3);
    fuzz_expect(!*r->ip || !strcmp(r->ip, "192.0.2.1"));
    fuzz_expect(
        j->ms.total <= ELAPSED_NS && j->ms.connect <= ELAPSED_NS && !j->ms.dns && !j->ms.decode);
    fuzz_expect(r->received < 1 << 20 && r->connections <= 100);
}

/* A reply that was believed is written and believed again. */
static void take_reply(const uint8_t *data, size_t len, bool is_asking)
{
    static uint8_t again[1 << 17];
    const struct procs_wire_bounds bounds = {.elapsed_ns = ELAPSED_NS, .transfer = &conf};
    struct budget budget = {.limit = SIZE_MAX / 2};
    struct job *j = make_job(is_asking), *other = make_job(is_asking);
    uint8_t *copy = malloc(len ? len : 1); /* so that reading behind it is seen */
    fuzz_expect(copy != NULL);
    memcpy(copy, data, len);
    if (procs_wire_take_reply(j, copy, len, &bounds)) {
        expect_reply(j, is_asking);
        len = procs_wire_put_reply(j, again, sizeof again);
        fuzz_expect(len && procs_wire_take_reply(other, again, len, &bounds));
        fuzz_expect(other->err == j->err && other->response.http_status == j->response.http_status);
        fuzz_expect(other->response.body.len == j->response.body.len);
    }
    free(copy);
    job_free(j, &budget);
    job_free(other, &budget);
}

/* The first byte says whether the request was conditional; the worker says the rest. (An ask
 * comes from our own process, and is believed.) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!len)
        return 0;
    take_reply(data + 1, len - 1, *data & 1);
    return 0;
}
