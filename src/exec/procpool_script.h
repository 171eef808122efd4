/*
 * A scripted zygote and scripted workers, and a pool that reads from them. So a test can send the
 * pool what no real worker sends, and at a known moment.
 *
 * Include it once in a test program: it defines the calls of exec/zygote.h.
 */
#ifndef EXEC_PROCPOOL_SCRIPT_H
#define EXEC_PROCPOOL_SCRIPT_H

#include "base/test.h"
#include "exec/procpool.h"
#include "exec/sandbox.h"
#include "exec/worker.h"
#include "exec/zygote.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORKERS_MAX = 512, MAX_OUT = 1000 };

/* ---- the zygote: these three functions replace exec/zygote.c ---- */

static struct {
    struct slot *slots;
    int control[2];          /* the pool's end, and ours: one byte wakes it */
    int socket[WORKERS_MAX]; /* our end; -1: no worker there */
    unsigned asked[WORKERS_MAX];
    struct zygote_message said[64]; /* to be heard */
    unsigned n_said, n_heard;
} script;

pid_t zygote_start(const struct procpool_conf *conf, struct slot *slots, int *ret_control)
{
    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, script.control), 0);
    for (unsigned i = 0; i < conf->workers; i++)
        script.socket[i] = -1;
    script.slots = slots;
    *ret_control = script.control[0];
    pid_t zygote = fork(); /* one that has ended already: the pool waits for it */
    ck_assert_int_ge(zygote, 0);
    if (!zygote)
        _exit(0);
    return zygote;
}

bool zygote_ask(int control, unsigned index)
{
    ck_assert_int_eq(control, script.control[0]);
    script.asked[index]++;
    return true;
}

enum zygote_says zygote_hear(int control, struct zygote_message *ret)
{
    uint8_t byte;
    if (recv(control, &byte, 1, 0) != 1)
        return ZYGOTE_NOTHING;
    *ret = script.said[script.n_heard++ % 64];
    return ret->says;
}

static inline void zygote_say(struct zygote_message m)
{
    script.said[script.n_said++ % 64] = m;
    ck_assert_int_eq(send(script.control[1], "", 1, 0), 1);
}

/* ---- the main process ---- */

struct call {
    struct task task; /* first */
    unsigned back;
    enum task_result result;
    size_t out_len;
    int status;
};

static uv_loop_t loop;
static struct procpool *pool;
static unsigned n_ready;
static bool distrusts; /* each answer */
static struct procpool_conf conf;

static inline size_t never_done(
    void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t size)
{
    (void)arg, (void)in, (void)in_len, (void)out, (void)size;
    abort();
}

static inline void on_ready(void *arg)
{
    (void)arg;
    n_ready++;
}

static inline void on_done(
    struct task *task, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    struct call *c = (struct call *)task;
    (void)out;
    c->back++;
    c->result = result;
    c->out_len = out_len;
    c->status = status;
    if (distrusts)
        procpool_distrust(pool);
}

static inline void open_pool_with(unsigned workers, unsigned spares, unsigned max_tasks)
{
    char message[PROCPOOL_MESSAGE_SIZE];
    memset(&script, 0, sizeof script);
    n_ready = 0;
    distrusts = false;
    conf = (struct procpool_conf){.workers = workers, .max_in = 100, .max_out = MAX_OUT};
    conf.work = never_done;
    conf.spares = spares;
    conf.max_tasks = max_tasks;
    pool = procpool_new(&conf, message);
    ck_assert_msg(pool != NULL, "%s", message);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(procpool_attach(pool, &loop, on_ready, NULL), 0);
}

static inline void open_pool(unsigned workers)
{
    open_pool_with(workers, 0, 0);
}

/* Lets the pool read everything sent to it. */
static inline void attend(void)
{
    for (unsigned i = 0; i < 5; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
}

static inline void close_pool(void)
{
    procpool_free(pool);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    close(script.control[1]);
    for (unsigned i = 0; i < conf.workers + conf.spares; i++)
        if (script.socket[i] >= 0)
            close(script.socket[i]);
}

/* ---- a worker ---- */

/* It has no real pidfd, so killing it has no effect. exits() ends it. */
static inline void spawn(unsigned index)
{
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    script.socket[index] = ends[1];
    zygote_say((struct zygote_message){.says = ZYGOTE_SPAWNED,
        .index = index,
        .socket = ends[0],
        .pidfd = dup(script.control[1])});
    attend();
}

static inline void worker_says(unsigned index, const void *bytes, size_t n)
{
    ck_assert_int_eq(send(script.socket[index], bytes, n, MSG_NOSIGNAL), (ssize_t)n);
    attend();
}

static inline void start(unsigned index)
{
    spawn(index);
    worker_says(index, (const char[]){WORKER_READY + SANDBOX_SECCOMP}, 1);
    ck_assert(procpool_stats(pool).workers > 0);
}

static inline bool was_told_to_go(unsigned index)
{
    char byte = 0;
    return recv(script.socket[index], &byte, 1, 0) == 1 && byte == WORKER_GO;
}

/* The pool has closed its end. */
static inline bool was_hung_up_on(unsigned index)
{
    char byte;
    return recv(script.socket[index], &byte, 1, 0) == 0;
}

static inline void exits(unsigned index, int status)
{
    if (script.socket[index] >= 0)
        close(script.socket[index]);
    script.socket[index] = -1;
    zygote_say((struct zygote_message){
        .says = ZYGOTE_EXITED, .index = index, .status = status, .socket = -1, .pidfd = -1});
    attend();
}

/* It answers the task it has with nothing. */
static inline void answers(unsigned index)
{
    ck_assert(was_told_to_go(index));
    slot_take(&script.slots[index]);
    worker_says(index, (const char[]){WORKER_DONE}, 1);
}

static inline void wait_for_asking(unsigned index)
{
    for (unsigned before = script.asked[index]; script.asked[index] == before;)
        uv_run(&loop, UV_RUN_ONCE);
}

static inline void submit(struct call *c)
{
    *c = (struct call){.task = {.in = (const uint8_t *)"in", .in_len = 2, .done = on_done}};
    ck_assert(procpool_submit(pool, &c->task));
    ck_assert_uint_eq(c->back, 0);
}

static inline void expect_back(const struct call *c, enum task_result result)
{
    ck_assert_uint_eq(c->back, 1);
    ck_assert_int_eq(c->result, result);
}

#endif
