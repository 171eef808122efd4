/*
 * Chooses a backend for the user: starts as async, measures the first requests, and
 * applies the decision guide (README.md). If another backend is better, new requests go
 * to it while async finishes its own.
 *
 *   many small waits                    an event loop: a wait costs it nothing
 *   few long ones                       threads: simple, and as fast
 *   CPU-heavy                           processes: but that is the decoders' business (--pool),
 *                                       the fetching beside them stays what the waits ask for
 */
#include "backends/guide.h"
#include "backends/table.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOOK_AT = 64 /* successful requests before it decides */ };

struct auto_backend {
    struct stage stage;
    struct backend_conf conf;
    uv_loop_t *loop;
    struct stage *first, *second; /* second: NULL unless a better one was found */
    bool decided;
    unsigned n_inside, most_inside; /* requests in flight */
    uint64_t n_seen, bytes, ns;     /* of those that succeeded */
    uint32_t hosts[LOOK_AT];        /* their hashes, each once */
    unsigned n_hosts;
};

static void see(struct auto_backend *a, const struct job *j)
{
    uint32_t host = url_host_hash(&j->request.url);
    unsigned i = 0;
    a->n_seen++;
    a->bytes += j->response.body.len;
    a->ns += j->ms.total;
    while (i < a->n_hosts && a->hosts[i] != host)
        i++;
    if (i == a->n_hosts && i < LOOK_AT)
        a->hosts[a->n_hosts++] = host;
}

static void on_back(void *arg, struct job *j)
{
    struct auto_backend *a = arg;
    a->n_inside--;
    if (j->err == ERR_OK)
        see(a, j);
    a->stage.done(a->stage.done_arg, j);
}

static void say_choice(const struct auto_backend *a, const char *name, const char *why)
{
    char text[300];
    snprintf(text, sizeof text, "auto: %s, after %" PRIu64 " requests (%s)", name, a->n_seen, why);
    if (a->conf.say)
        a->conf.say(a->conf.say_arg, text);
}

static struct stage *open_one(struct auto_backend *a, const char *name, char *message)
{
    const struct backend *backend = backend_find(name);
    struct backend_conf conf = a->conf;
    conf.done = on_back;
    conf.done_arg = a;
    return backend->open(&conf, a->loop, message);
}

/* Decides once, by what was measured: stays with async, or opens threads. */
static void decide(struct auto_backend *a)
{
    char message[BACKEND_MESSAGE_SIZE], why[160];
    unsigned cores = uv_available_parallelism();
    uint64_t size = a->bytes / a->n_seen;
    bool few_large = guide_judge((double)size, a->most_inside, 0, cores) == GUIDE_LONG_TRANSFERS;
    a->decided = true;
    if (few_large)
        a->second = open_one(a, "threads", message);
    snprintf(why, sizeof why,
        "%s: %.1f kB and %" PRIu64 " ms each, %u at once, %u host%s, %u core%s",
        few_large ? "few large bodies" : "many small waits", (double)size / 1000,
        a->ns / a->n_seen / 1000000, a->most_inside, a->n_hosts, a->n_hosts == 1 ? "" : "s", cores,
        cores == 1 ? "" : "s");
    say_choice(a, a->second ? "threads" : "async", why);
}

static enum stage_status auto_submit(struct stage *s, struct job *j)
{
    struct auto_backend *a = (struct auto_backend *)s;
    if (a->n_inside == a->conf.concurrency)
        return STAGE_AGAIN;
    if (!a->decided && a->n_seen >= LOOK_AT)
        decide(a);
    enum stage_status status = stage_submit(a->second ? a->second : a->first, j);
    if (status == STAGE_OK && ++a->n_inside > a->most_inside)
        a->most_inside = a->n_inside;
    return status;
}

static void auto_stop(struct stage *s)
{
    struct auto_backend *a = (struct auto_backend *)s;
    stage_stop(a->first);
    if (a->second)
        stage_stop(a->second);
}

static const char *auto_error(const struct stage *s)
{
    const struct auto_backend *a = (const struct auto_backend *)s;
    const char *error = stage_error(a->first);
    return error ? error : stage_error(a->second);
}

static void auto_free(struct stage *s)
{
    struct auto_backend *a = (struct auto_backend *)s;
    if (!a->decided)
        say_choice(a, "async", "the run ended before there was enough to judge by");
    stage_free(a->first);
    stage_free(a->second);
    free(a);
}

static const struct stage_ops auto_ops = {
    .submit = auto_submit, .stop = auto_stop, .free = auto_free, .error = auto_error};

static struct stage *auto_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    struct auto_backend *a = mem_new(sizeof *a);
    a->stage = (struct stage){&auto_ops, conf->done, conf->done_arg};
    a->conf = *conf;
    a->loop = loop;
    a->first = open_one(a, "async", message);
    if (a->first)
        return &a->stage;
    free(a);
    return NULL;
}

const struct backend backend_auto = {
    .name = "auto",
    .summary = "looks at the first requests and chooses, by the decision guide",
    .kind = BACKEND_EVENT_LOOP,
    .only_if_named = true,
    .concurrency = 256,
    .descriptors = 6, /* it may choose threads */
    .needs_address = true,
    .open = auto_open,
};
