#include "cmd/imgfetch/decoders.h"

#include "base/cgroup.h"
#include "cmd/imgfetch/status/human.h"
#include "cmd/imgfetch/testfault.h"
#include "exec/callname.h"
#include "exec/executor_inline.h"
#include "exec/executor_threads.h"
#include "pipeline/thumb.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OUT_MAX = 64 << 20 /* bytes of all thumbnails of one image */ };

static executor_work *work_of(const struct options *o)
{
    return o->test_faults ? testfault_work : thumb_work;
}

/* Runs in the zygote, whose copy of the options may have passwords: headers, a proxy's. What
 * decoders need is in arg itself. */
static void warm_up(void *arg)
{
    struct options *o = (struct options *)((char *)arg - offsetof(struct options, make));
    settings_wipe(&o->given);
    settings_wipe(&o->environment);
    thumb_warm_up(arg);
}

bool decoders_fork(struct decoders *d, const struct options *o, struct progress *progress)
{
    char message[PROCPOOL_MESSAGE_SIZE];
    struct procpool_conf conf = {.max_out = OUT_MAX};
    conf.max_in = o->pipeline.transfer.max_size + (o->make.blur ? THUMB_IN_MORE : 0);
    *d = (struct decoders){.options = o, .progress = progress};
    if (!options_decode(o))
        return true;
    thumb_load();
    if (o->pool != POOL_PROCS)
        return true;
    conf.workers = o->workers;
    if (o->isolate == ISOLATE_IMAGE) {
        conf.max_tasks = 1;
        conf.spares = conf.workers; /* the next one is there when a decoder has finished */
    }
    conf.max_memory = o->make.limits.max_memory;
    conf.require_filter = o->require_sandbox;
    conf.warm_up = warm_up;
    conf.work = work_of(o);
    conf.arg = (void *)&o->make;
    d->pool = procpool_new(&conf, message);
    int kills = cgroup_open_kills(""); /* after the fork: no child needs it */
    d->kills_fd = kills > 0 ? kills : 0;
    if (!d->pool)
        human_line(stderr, "imgfetch: decoders: %s", message);
    return d->pool != NULL;
}

static bool is_full(const char *level)
{
    return strcmp(level, "seccomp") == 0;
}

/* The decoders have died of a system call: a new C library may make one that is not on the list. */
static void tell_refused(const struct decoders *d)
{
    char call[CALLNAME_SIZE];
    int refused = procpool_stats(d->pool).refused;
    if (refused < 0)
        return;
    callname_text(refused, call);
    progress_line(d->progress, STYLE_BAD, "imgfetch",
        ": decoders were killed for a system call that is not on their list: %s", call);
}

/* A worker has started, maybe with a weaker sandbox than those before it. */
static void on_decoder_ready(void *arg)
{
    struct decoders *d = arg;
    const char *now = procpool_stats(d->pool).sandbox, *before = d->sandbox;
    d->sandbox = now;
    if (procpool_stats(d->pool).broken)
        tell_refused(d);
    if (!now || now == before || is_full(now))
        return;
    progress_line(d->progress, STYLE_WARNING, "imgfetch: warning",
        ": decoders run with a weaker sandbox: level '%s', not 'seccomp'", now);
}

/* Turns the loop until it is known whether decoders have the required sandbox. */
static bool wait_for_sandbox(struct decoders *d, uv_loop_t *loop)
{
    struct procpool_stats s;
    while (s = procpool_stats(d->pool), !s.sandbox && !s.broken)
        uv_run(loop, UV_RUN_ONCE);
    if (s.sandbox && is_full(s.sandbox))
        return true;
    fprintf(stderr,
        "imgfetch: --require-sandbox: decoders reach only sandbox level '%s' here, not 'seccomp'\n",
        s.sandbox ? s.sandbox : "none");
    return false;
}

static struct executor *open_threads(const struct options *o, uv_loop_t *loop, int *ret_err)
{
    struct executor_threads_conf conf = {.workers = o->workers, .max_out = OUT_MAX};
    conf.work = work_of(o);
    conf.arg = (void *)&o->make;
    thumb_warm_up(conf.arg); /* one thread initialises what is made at first use */
    return executor_threads_new(&conf, loop, ret_err);
}

static struct executor *open_inline(const struct options *o, uv_loop_t *loop, int *ret_err)
{
    struct executor_inline_conf conf = {.max_out = OUT_MAX, .work = work_of(o)};
    conf.arg = (void *)&o->make;
    return executor_inline_new(&conf, loop, ret_err);
}

/* err: a negative errno, or 0. */
static bool is_open(int err)
{
    if (err)
        fprintf(stderr, "imgfetch: decoders: %s\n", strerror(-err));
    return !err;
}

bool decoders_attach(struct decoders *d, uv_loop_t *loop)
{
    if (!d->pool)
        return true;
    if (!is_open(procpool_attach(d->pool, loop, on_decoder_ready, d)))
        return false;
    d->executor = procpool_executor(d->pool);
    return !d->options->require_sandbox || wait_for_sandbox(d, loop);
}

bool decoders_start(struct decoders *d, uv_loop_t *loop)
{
    const struct options *o = d->options;
    int err = 0;
    if (!options_decode(o) || d->pool)
        return true;
    d->sandbox = "none";
    d->executor =
        o->pool == POOL_THREADS ? open_threads(o, loop, &err) : open_inline(o, loop, &err);
    return is_open(err);
}

const char *decoders_sandbox(const struct decoders *d)
{
    return d->sandbox;
}

void decoders_free(struct decoders *d)
{
    executor_free(d->executor);
    procpool_free(d->pool);
    if (d->kills_fd)
        close(d->kills_fd);
}
