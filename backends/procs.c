/*
 * Forked workers, each with one blocking request. The most expensive way to wait, and
 * the only one in which a crash of curl, or of a library below it, costs one attempt
 * instead of the run.
 *
 * Only bytes go to a worker and come back, through the slot of a process pool
 * (exec/procpool.h): a request as `struct ask`, the URL and the validators; the result as
 * `struct reply`, its texts and the body. A worker has read a stranger's bytes, so every
 * field of its reply is checked before use.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "exec/procpool.h"
#include "fetch/backend.h"
#include "net/transfer_perform.h"
#include "net/transfer_validator.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
    TASKS_PER_WORKER = 10000, /* its connections are lost when it is replaced */
    /* Bytes of a content type, a validator or a redirect's target. Longer ones are cut; a target
     * that was cut is still longer than a URL may be. */
    TEXT_MAX = URL_MAX + 1,
    GRACE_MS = 5000, /* a worker that is this late with its reply is killed */
    EVICT_MS = 200,  /* how often the memory budget is checked */
    HTTP_STATUS_MAX = 999,
    /* For one request: 7.88 and 8.14 try each address once, and five times more when a kept
     * connection was dead (src/net/curlfacts_test.c); with --http3, by QUIC and by TCP.
     * ADDR_SET_MAX * 6 * 2 is less. */
    CONNECTIONS_MAX = 100,
};

struct ask {
    uint64_t time_left_ns;
    uint64_t max_speed;
    struct addr_set addrs;
    bool is_elsewhere, last_for_host, new_connection, is_robots_txt;
    uint32_t url_len, etag_len, modified_len; /* the texts follow the struct */
};

struct reply {
    int32_t err;
    int32_t http_status;
    uint32_t connections;
    uint32_t retry_after_s;
    uint32_t is_empty; /* 0 or 1 */
    struct timings ms;
    char message[JOB_MESSAGE_SIZE];
    char ip[ADDR_TEXT_SIZE];
    uint32_t is_unchanged;
    uint64_t received;
    uint32_t type_len, redirect_len, etag_len, modified_len, body_len; /* the bytes follow */
};

/* ---- in the worker ---- */

struct worker {
    struct transfer_conf conf; /* as it was when the pool was made */
    struct budget budget;      /* the worker's own; so is its one body */
    atomic_uint bodies;
    struct transfer_pins *pins;
    struct transfer *transfer;
};

/* Runs in the zygote: initialises curl and OpenSSL and reads the certificates, so that the workers
 * inherit them. It makes no thread, no socket and no random number (OpenSSL seeds again after a
 * fork, EVP_RAND(7)). */
static void warm_up(void *arg)
{
    struct worker *w = arg;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (w->conf.ca && !w->conf.insecure)
        castore_read(w->conf.ca);
    w->budget.limit = SIZE_MAX / 2;
    w->conf.budget = &w->budget;
    w->conf.bodies = &w->bodies;
    w->pins = transfer_pins_new();
    w->transfer = transfer_new(&w->conf, w->pins, w);
}

static bool take_text(const uint8_t **at, size_t *left, uint32_t len, char **ret)
{
    if (len > TEXT_MAX || len > *left)
        return false;
    *ret = len ? utf8_clean((const char *)*at, len) : NULL;
    *at += len;
    *left -= len;
    return true;
}

static bool read_ask(struct worker *w, const uint8_t *in, size_t in_len, struct job *j)
{
    struct ask ask;
    const char *why;
    if (in_len < sizeof ask)
        return false;
    memcpy(&ask, in, sizeof ask);
    w->conf.max_speed = ask.max_speed;
    j->request.time_left_ns = ask.time_left_ns;
    j->request.addrs = ask.addrs;
    j->request.is_elsewhere = ask.is_elsewhere;
    j->request.last_for_host = ask.last_for_host;
    j->request.new_connection = ask.new_connection;
    j->request.is_robots_txt = ask.is_robots_txt;
    if (ask.url_len > in_len - sizeof ask)
        return false;
    const uint8_t *url = in + sizeof ask, *at = url + ask.url_len;
    size_t left = in_len - sizeof ask - ask.url_len;
    return take_text(&at, &left, ask.etag_len, &j->request.etag) &&
           take_text(&at, &left, ask.modified_len, &j->request.last_modified) && !left &&
           !url_parse((const char *)url, ask.url_len, &j->request.url, &why);
}

static uint32_t text_len(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    return (uint32_t)(len < TEXT_MAX ? len : TEXT_MAX);
}

static size_t write_reply(const struct job *j, uint8_t *out, size_t out_size)
{
    const struct response *r = &j->response;
    struct reply a = {.err = j->err, .http_status = r->http_status, .ms = j->ms};
    a.connections = r->connections;
    a.received = r->received;
    a.retry_after_s = r->retry_after_s;
    a.is_empty = r->is_empty;
    a.is_unchanged = r->is_unchanged;
    memcpy(a.message, j->message, sizeof a.message);
    memcpy(a.ip, r->ip, sizeof a.ip);
    a.type_len = text_len(r->content_type);
    a.redirect_len = text_len(r->redirect);
    a.etag_len = text_len(r->etag);
    a.modified_len = text_len(r->last_modified);
    a.body_len = (uint32_t)r->body.len;
    size_t texts = (size_t)a.type_len + a.redirect_len + a.etag_len + a.modified_len;
    if (sizeof a + texts + a.body_len > out_size)
        return 0;
    uint8_t *at = mempcpy(out, &a, sizeof a);
    at = mempcpy(at, r->content_type ? r->content_type : "", a.type_len);
    at = mempcpy(at, r->redirect ? r->redirect : "", a.redirect_len);
    at = mempcpy(at, r->etag ? r->etag : "", a.etag_len);
    at = mempcpy(at, r->last_modified ? r->last_modified : "", a.modified_len);
    if (a.body_len)
        at = mempcpy(at, r->body.data, a.body_len);
    return (size_t)(at - out);
}

static size_t work(void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size)
{
    struct worker *w = arg;
    struct job *j = job_new();
    size_t len = 0;
    if (read_ask(w, in, in_len, j)) {
        transfer_perform(w->transfer, j, NULL, NULL);
        len = write_reply(j, out, out_size);
    }
    job_free(j, &w->budget);
    return len;
}

/* ---- in the main process ---- */

struct procs {
    struct stage stage;
    struct procpool *pool;
    struct budget *budget;
    uv_timer_t watch;                   /* checks the budget */
    TAILQ_HEAD(fetch_list, fetch) busy; /* the youngest last */
    struct fetch_list waiting;          /* for a worker that is starting */
    unsigned n_inside, concurrency;
    uint64_t max_speed;
    bool broken;
};

/* A job on its way to a worker and back. */
struct fetch {
    struct task task; /* first: on_fetch_done() gets it */
    TAILQ_ENTRY(fetch) link;
    struct procs *owner;
    struct job *job;
    bool evicted;
    uint8_t in[]; /* struct ask and its texts */
};

/* True for the codes with which a transfer can end by itself. */
static bool is_possible(int32_t err)
{
    return (err >= ERR_OK && err < ERR_COUNT && !err_is_resize((enum err)err)) ||
           err == ERR_STALE || err == ERR_STARVED;
}

/* Copies the reply into the job. False: our own code cannot have written it. */
static bool take_reply(struct job *j, const uint8_t *out, size_t out_len)
{
    struct reply a;
    struct response *r = &j->response;
    struct addr ignored;
    if (out_len < sizeof a)
        return false;
    memcpy(&a, out, sizeof a);
    const uint8_t *at = out + sizeof a;
    size_t left = out_len - sizeof a;
    if (!is_possible(a.err) || a.http_status < 0 || a.http_status > HTTP_STATUS_MAX ||
        !take_text(&at, &left, a.type_len, &r->content_type) ||
        !take_text(&at, &left, a.redirect_len, &r->redirect) ||
        !take_text(&at, &left, a.etag_len, &r->etag) ||
        !take_text(&at, &left, a.modified_len, &r->last_modified) || a.body_len != left)
        return false;
    r->http_status = a.http_status;
    r->connections = a.connections < CONNECTIONS_MAX ? a.connections : CONNECTIONS_MAX;
    r->received = a.received;
    r->retry_after_s = a.retry_after_s;
    r->is_empty = a.is_empty != 0;
    r->is_unchanged = a.is_unchanged && (j->request.etag || j->request.last_modified);
    a.ip[sizeof a.ip - 1] = '\0';
    if (addr_parse(a.ip, &ignored))
        memcpy(r->ip, a.ip, sizeof r->ip);
    uint64_t dns = j->ms.dns;
    j->ms = a.ms;
    j->ms.dns = dns;
    j->ms.decode = 0;
    a.message[sizeof a.message - 1] = '\0';
    if (a.err)
        job_fail(j, (enum err)a.err, "%s", a.message);
    else if (!buf_append(&r->body, at, left))
        job_fail(j, ERR_IO_ERROR, "no memory for the body");
    return true;
}

static void fail_dead(struct job *j, int status)
{
    if (WIFSIGNALED(status))
        job_fail(j, ERR_IO_ERROR, "the fetch process was killed by signal %d (%s)",
            WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        job_fail(j, ERR_IO_ERROR, "the fetch process exited with status %d", WEXITSTATUS(status));
}

static void take_result(
    struct fetch *e, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    struct job *j = e->job;
    switch (result) {
    case TASK_DONE:
        if (!take_reply(j, out, out_len))
            job_fail(j, ERR_IO_ERROR, "the fetch process sent an invalid reply");
        break;
    case TASK_CRASHED:
        fail_dead(j, status);
        break;
    case TASK_TIMED_OUT:
        job_fail(j, ERR_TIMEOUT, "not finished in time (--timeout)");
        break;
    case TASK_BROKEN:
        e->owner->broken = true;
        /* fall through */
    case TASK_CANCELLED:
        job_fail(j, e->evicted ? ERR_EVICTED : ERR_CANCELLED, "cancelled");
        break;
    }
    if (j->err)
        buf_fini(&j->response.body);
}

/* Submits the jobs that wait, as far as there are free workers. */
static void send_off(struct procs *p)
{
    struct fetch *e;
    while ((e = TAILQ_FIRST(&p->waiting)) && procpool_submit(p->pool, &e->task)) {
        TAILQ_REMOVE(&p->waiting, e, link);
        TAILQ_INSERT_TAIL(&p->busy, e, link);
    }
}

static void on_fetch_done(
    struct task *task, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    struct fetch *e = (struct fetch *)task;
    struct procs *p = e->owner;
    struct job *j = e->job;
    take_result(e, result, out, out_len, status);
    budget_set(p->budget, &j->reserved, j->response.body.cap);
    TAILQ_REMOVE(&p->busy, e, link);
    p->n_inside--;
    free(e);
    p->stage.done(p->stage.done_arg, j);
    send_off(p);
}

/* A validator that is too long for a request is left out. */
static uint32_t validator_len(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    return len <= TRANSFER_VALIDATOR_MAX ? (uint32_t)len : 0;
}

static enum stage_status procs_submit(struct stage *s, struct job *j)
{
    struct procs *p = (struct procs *)s;
    struct ask ask = {.time_left_ns = j->request.time_left_ns, .addrs = j->request.addrs};
    ask.max_speed = p->max_speed / (p->n_inside + 1); /* a worker knows nothing of the others */
    ask.is_elsewhere = j->request.is_elsewhere;
    ask.last_for_host = j->request.last_for_host;
    ask.new_connection = j->request.new_connection;
    ask.is_robots_txt = j->request.is_robots_txt;
    ask.url_len = (uint32_t)strlen(j->request.url.text);
    ask.etag_len = validator_len(j->request.etag);
    ask.modified_len = validator_len(j->request.last_modified);
    if (p->n_inside == p->concurrency)
        return STAGE_AGAIN;
    size_t in_len = sizeof ask + ask.url_len + ask.etag_len + ask.modified_len;
    struct fetch *e = mem_new(sizeof *e + in_len);
    uint8_t *at = mempcpy(e->in, &ask, sizeof ask);
    at = mempcpy(at, j->request.url.text, ask.url_len);
    at = mempcpy(at, j->request.etag ? j->request.etag : "", ask.etag_len);
    memcpy(at, j->request.last_modified ? j->request.last_modified : "", ask.modified_len);
    e->task = (struct task){.in = e->in, .in_len = in_len};
    e->task.timeout_ns = j->request.time_left_ns + (uint64_t)GRACE_MS * 1000000;
    e->task.prefer = url_host_hash(&j->request.url); /* that worker may have a connection */
    e->task.done = on_fetch_done;
    e->owner = p;
    e->job = j;
    TAILQ_INSERT_TAIL(&p->waiting, e, link);
    p->n_inside++;
    budget_set(p->budget, &j->reserved, TRANSFER_RESERVE);
    send_off(p);
    return STAGE_OK;
}

/* If the budget is exceeded, gives up the youngest request, whatever it holds: the size of a body
 * in a worker is not known before the reply. */
static void on_watch(uv_timer_t *watch)
{
    struct procs *p = watch->data;
    struct fetch *e = TAILQ_LAST(&p->busy, fetch_list);
    if (!e || e == TAILQ_FIRST(&p->busy) || e->evicted || !budget_is_blown(p->budget))
        return;
    e->evicted = true;
    procpool_cancel(p->pool, &e->task);
}

static void procs_stop(struct stage *s)
{
    struct procs *p = (struct procs *)s;
    procpool_stop(p->pool);
    send_off(p); /* a stopped pool takes every job and cancels it */
}

static const char *procs_error(const struct stage *s)
{
    return ((const struct procs *)s)->broken ? "the fetch processes have died" : NULL;
}

static void on_procs_closed(uv_handle_t *h)
{
    free(h->data);
}

static void procs_free(struct stage *s)
{
    uv_close((uv_handle_t *)&((struct procs *)s)->watch, on_procs_closed);
}

static const struct stage_ops procs_ops = {
    .submit = procs_submit, .stop = procs_stop, .free = procs_free, .error = procs_error};

/* A worker has started. */
static void on_worker_ready(void *arg)
{
    send_off(arg);
}

static struct stage *procs_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    struct procs *p = mem_new(sizeof *p);
    TAILQ_INIT(&p->busy);
    TAILQ_INIT(&p->waiting);
    int err = procpool_attach(conf->pool, loop, on_worker_ready, p);
    if (err) {
        snprintf(message, BACKEND_MESSAGE_SIZE, "procs: %s", strerror(-err));
        free(p);
        return NULL;
    }
    p->stage = (struct stage){&procs_ops, conf->done, conf->done_arg};
    p->pool = conf->pool;
    p->budget = conf->transfer->budget;
    p->max_speed = conf->transfer->max_speed;
    p->concurrency = conf->concurrency;
    uv_timer_init(loop, &p->watch);
    p->watch.data = p;
    uv_timer_start(&p->watch, on_watch, EVICT_MS, EVICT_MS);
    return &p->stage;
}

/* The struct worker is in this process until the fork; then each worker has its own copy. */
static struct procpool *procs_fork(const struct backend_conf *conf, char *message)
{
    static struct worker worker;
    worker = (struct worker){.conf = *conf->transfer};
    struct procpool_conf pool = {.workers = conf->concurrency, .unconfined = true};
    pool.max_in = sizeof(struct ask) + URL_MAX * 3 + 2 * TRANSFER_VALIDATOR_MAX;
    pool.max_out = sizeof(struct reply) + 4 * TEXT_MAX + conf->transfer->max_size;
    pool.max_tasks = TASKS_PER_WORKER;
    pool.warm_up = warm_up;
    pool.work = work;
    pool.arg = &worker;
    return procpool_new(&pool, message);
}

extern const struct backend backend_procs;
const struct backend backend_procs = {
    .name = "procs",
    .summary = "forked workers, each with one blocking request; a crash costs one attempt",
    .concurrency = 32,
    .descriptors = 3, /* of its worker: socket, pidfd, memfd */
    .needs_address = true,
    .fork = procs_fork,
    .open = procs_open,
};
