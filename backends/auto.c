/*
 * Chooses for the user: starts as async, looks at how the first requests went, and
 * applies the decision guide (README.md). If another backend suits better, new requests go
 * to it while async finishes what it has.
 *
 *   many small waits                    an event loop: a wait costs it nothing
 *   few long ones                       threads: simple, and as fast
 *   CPU-heavy                           processes: but that is the decoders' business (--pool),
 *                                       the fetching beside them stays what the waits ask for
 */
#include "backends/table.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LOOK_AT = 200,            /* requests before it decides; so few rows need no decision */
    FEW_AT_ONCE = 16,         /* in flight: a thread for each costs nothing */
    LARGE_BODY = 1024 * 1024, /* bytes: the time goes into moving them, not into waiting */
};

struct choice {
    const char *name;
    char why[120];
};

struct auto_backend {
    struct stage stage;
    struct backend_conf conf;
    uv_loop_t *loop;
    struct stage *first, *second; /* second: NULL while there is no better one */
    bool decided;
    unsigned n_inside, most_inside; /* requests in flight */
    uint64_t n_seen, bytes, ns;
};

/* The guide, on what was seen. */
static void choose(const struct auto_backend *a, struct choice *ret)
{
    uint64_t size = a->bytes / a->n_seen, ms = a->ns / a->n_seen / 1000000;
    if (size >= LARGE_BODY && a->most_inside <= FEW_AT_ONCE) {
        ret->name = "threads";
        snprintf(ret->why, sizeof ret->why, "few large bodies: %" PRIu64 " kB each, %u at once",
            size / 1000, a->most_inside);
    } else {
        ret->name = "async";
        snprintf(ret->why, sizeof ret->why,
            "many small waits: %" PRIu64 " kB and %" PRIu64 " ms each, %u at once", size / 1000, ms,
            a->most_inside);
    }
}

static void on_back(void *arg, struct job *j)
{
    struct auto_backend *a = arg;
    a->n_inside--;
    if (j->err == ERR_OK) {
        a->n_seen++;
        a->bytes += j->response.body.len;
        a->ns += j->ms.total;
    }
    a->stage.done(a->stage.done_arg, j);
}

static struct stage *open_one(struct auto_backend *a, const char *name, char *message)
{
    const struct backend *backend = backend_find(name);
    struct backend_conf conf = a->conf;
    conf.done = on_back;
    conf.done_arg = a;
    return backend->open(&conf, a->loop, message);
}

/* Once: stays with async, or opens what follows it. */
static void decide(struct auto_backend *a)
{
    struct choice choice;
    char message[BACKEND_MESSAGE_SIZE], text[300];
    a->decided = true;
    choose(a, &choice);
    if (backend_find(choice.name) != backend_find("async"))
        a->second = open_one(a, choice.name, message);
    const char *name = a->second ? choice.name : "async";
    snprintf(text, sizeof text, "auto: %s, after %" PRIu64 " requests (%s)", name, a->n_seen,
        choice.why);
    if (a->conf.say)
        a->conf.say(a->conf.say_arg, text);
}

static enum stage_answer auto_submit(struct stage *s, struct job *j)
{
    struct auto_backend *a = (struct auto_backend *)s;
    if (a->n_inside == a->conf.concurrency)
        return STAGE_AGAIN;
    if (!a->decided && a->n_seen >= LOOK_AT)
        decide(a);
    enum stage_answer answer = stage_submit(a->second ? a->second : a->first, j);
    if (answer == STAGE_OK && ++a->n_inside > a->most_inside)
        a->most_inside = a->n_inside;
    return answer;
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

extern const struct backend backend_auto;
const struct backend backend_auto = {
    .name = "auto",
    .summary = "looks at the first requests and chooses, by the decision guide",
    .concurrency = 256,
    .needs_address = true,
    .open = auto_open,
};
