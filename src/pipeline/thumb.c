#include "pipeline/thumb.h"

#include "base/cgroup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "exec/callname.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

struct thumb {
    struct stage stage;
    struct thumb_conf conf;
    bool broken;
    unsigned n_running;
    bool is_alone;  /* what runs was killed before, and has all memory to itself */
    uint64_t kills; /* of decoders, for want of memory: those that are dealt with */
};

struct work {
    struct task task; /* first: on_thumb_done() gets it */
    struct thumb *owner;
    struct job *job;
    uint64_t started;
    bool given_up;
};

size_t thumb_work(void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size)
{
    struct thumbmake_reply reply;
    if (out_size < sizeof reply)
        return 0;
    thumbmake(arg, in, in_len, out + sizeof reply, out_size - sizeof reply, &reply);
    memcpy(out, &reply, sizeof reply);
    size_t used = sizeof reply;
    for (unsigned i = 0; i < reply.n_thumbs; i++)
        used += reply.thumbs[i].size;
    return used;
}

void thumb_load(void)
{
    thumbmake_load();
}

void thumb_warm_up(void *arg)
{
    (void)arg;
    thumbmake_warm_up();
}

/* True for the codes that a decoder can find. Whether it has crashed or is late, it does not say
 * itself. */
static bool is_possible(int32_t err)
{
    return err > ERR_OK && err < ERR_COUNT && err_is_resize((enum err)err) &&
           err != ERR_DECODE_CRASH && err != ERR_DECODE_TIMEOUT;
}

static bool is_sound_size(const struct thumbmake_thumb *t)
{
    return t->width > 0 && t->width <= THUMBSPEC_MAX_SIDE && t->height > 0 &&
           t->height <= THUMBSPEC_MAX_SIDE;
}

/* True if the body may be that thumbnail. That of a row with boxes must be blurred. */
static bool is_sound_body(
    const struct thumb_conf *conf, const struct job *j, const struct thumbmake_thumb *t)
{
    const struct buf *body = &j->response.body;
    return t->is_body == 1 && t->size == 0 && !(conf->blur && j->columns->boxes->n > 0) &&
           thumbmake_may_keep(body->data, body->len, conf->keeps, t->width, t->height);
}

/* A hash may have any value, so only its presence can be checked. */
static bool is_sound(const struct thumb_conf *conf, const struct job *j,
    const struct thumbmake_reply *r, size_t files_len)
{
    if (r->err != ERR_OK)
        return is_possible(r->err);
    if (r->n_thumbs != conf->n_specs || r->has_phash != conf->phash)
        return false;
    size_t used = 0; /* the files follow one another */
    for (unsigned i = 0; i < conf->n_specs; used += r->thumbs[i++].size) {
        const struct thumbmake_thumb *t = &r->thumbs[i];
        if (t->offset != used || t->size > files_len - used || !is_sound_size(t))
            return false;
        if (t->is_body ? !is_sound_body(conf, j, t) : t->size == 0)
            return false;
    }
    return true;
}

static void copy_thumbs(struct job *j, const struct thumbmake_reply *r, const uint8_t *files)
{
    const struct buf *body = &j->response.body;
    j->thumbs = mem_array(r->n_thumbs, sizeof *j->thumbs);
    for (unsigned i = 0; i < r->n_thumbs; i++) {
        const struct thumbmake_thumb *from = &r->thumbs[i];
        struct job_thumb *to = &j->thumbs[i];
        uint32_t size = from->is_body ? (uint32_t)body->len : from->size;
        to->data = malloc(size);
        if (!to->data) {
            job_fail(j, ERR_IO_ERROR, "no memory for a thumbnail");
            return;
        }
        j->n_thumbs = i + 1;
        memcpy(to->data, from->is_body ? body->data : files + from->offset, size);
        to->size = size;
        to->width = from->width;
        to->height = from->height;
    }
}

/* False: as for the whole reply. */
static bool take_exif(struct job *j, enum thumb_exif wanted, const struct exiftags *tags)
{
    if (!wanted)
        return true;
    if (!exiftags_are_sound(tags) || (tags->has_gps && wanted != THUMB_EXIF_GPS))
        return false;
    j->image.exif = mem_new(sizeof *tags);
    *j->image.exif = *tags;
    return true;
}

/* False: our own code has not written the reply. */
static bool take_reply(
    struct job *j, const struct thumb_conf *conf, const uint8_t *out, size_t out_len)
{
    struct thumbmake_reply reply;
    if (out_len < sizeof reply) {
        job_fail(j, ERR_DECODE_CRASH, "the decoder sent no reply");
        return false;
    }
    memcpy(&reply, out, sizeof reply);
    reply.message[sizeof reply.message - 1] = '\0';
    if (!is_sound(conf, j, &reply, out_len - sizeof reply) ||
        (!reply.err && !take_exif(j, conf->exif, &reply.exif))) {
        job_fail(j, ERR_DECODE_CRASH, "the decoder sent an invalid reply");
        return false;
    }
    j->image.truncated |= reply.truncated != 0;
    if (reply.err) {
        char *message = utf8_clean(reply.message, strlen(reply.message));
        job_fail(j, (enum err)reply.err, "%s", *message ? message : err_name((enum err)reply.err));
        free(message);
    } else {
        copy_thumbs(j, &reply, out + sizeof reply);
        j->image.has_phash = conf->phash && !j->err;
        j->image.phash = reply.phash;
    }
    return true;
}

/* True if the kernel has killed the decoder because the container has no memory left. */
static bool is_out_of_memory(struct thumb *t, int status)
{
    if (!t->conf.kills_fd || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        return false;
    bool is_new = cgroup_kills(t->conf.kills_fd) > t->kills;
    t->kills += is_new;
    return is_new;
}

static void fail_killed(struct job *j)
{
    if (j->was_killed)
        job_fail(j, ERR_DECODE_MEMORY, "the decoder was killed: this container has no memory left");
    else
        job_fail(j, ERR_EVICTED, "killed for memory");
    j->was_killed = true;
}

static void fail_crashed(struct job *j, int status, int refused)
{
    char call[CALLNAME_SIZE];
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS && refused >= 0) {
        callname_text(refused, call);
        job_fail(j, ERR_DECODE_CRASH,
            "the decoder was killed for a system call that is not on its list: %s", call);
    } else if (WIFSIGNALED(status)) {
        job_fail(j, ERR_DECODE_CRASH, "the decoder was killed by signal %d (%s)", WTERMSIG(status),
            strsignal(WTERMSIG(status)));
    } else {
        job_fail(j, ERR_DECODE_CRASH, "the decoder exited with status %d", WEXITSTATUS(status));
    }
}

static void on_thumb_done(
    struct task *task, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    struct work *w = (struct work *)task;
    struct thumb *t = w->owner;
    struct job *j = w->job;
    j->ms.decode = clock_ns() - w->started;
    t->n_running--;
    t->is_alone = false;
    switch (result) {
    case TASK_DONE:
        if (!take_reply(j, &t->conf, out, out_len))
            executor_distrust(t->conf.executor);
        break;
    case TASK_CRASHED:
        if (is_out_of_memory(t, status))
            fail_killed(j);
        else
            fail_crashed(j, status, task->refused);
        break;
    case TASK_TIMED_OUT:
        job_fail(
            j, ERR_DECODE_TIMEOUT, "not decoded within %.3g s", (double)t->conf.timeout_ns / 1e9);
        break;
    case TASK_CANCELLED:
        job_fail(j, w->given_up ? ERR_EVICTED : ERR_CANCELLED, "cancelled");
        break;
    case TASK_BROKEN:
        t->broken = true;
        job_fail(j, ERR_CANCELLED, "the decoders have died");
        break;
    }
    free(w);
    t->stage.done(t->stage.done_arg, j);
}

/* The length of what a decoder gets: the body and, if the run blurs, the boxes behind it. */
static size_t add_request(const struct thumb *t, const struct job *j)
{
    const struct buf *body = &j->response.body;
    if (!t->conf.blur)
        return body->len;
    assert(j->columns && j->columns->boxes && body->cap - body->len >= BOXES_SIZE_MAX);
    return body->len + boxes_write(j->columns->boxes, body->data + body->len);
}

bool thumb_make_room(const struct stage *s, struct job *j)
{
    struct buf *body = &j->response.body;
    return !((const struct thumb *)s)->conf.blur || buf_reserve(body, body->len + BOXES_SIZE_MAX);
}

static enum stage_status thumb_submit(struct stage *s, struct job *j)
{
    struct thumb *t = (struct thumb *)s;
    if (t->is_alone || (j->was_killed && t->n_running))
        return STAGE_AGAIN;
    struct work *w = mem_new(sizeof *w);
    w->task = (struct task){.in = j->response.body.data, .in_len = add_request(t, j)};
    w->task.timeout_ns = t->conf.timeout_ns;
    w->task.done = on_thumb_done;
    w->owner = t;
    w->job = j;
    w->started = clock_ns();
    j->owner_data = w;
    if (executor_submit(t->conf.executor, &w->task)) {
        t->n_running++;
        t->is_alone = j->was_killed;
        return STAGE_OK;
    }
    free(w);
    return STAGE_AGAIN;
}

void thumb_give_up(struct stage *s, struct job *j)
{
    struct work *w = j->owner_data;
    if (w->given_up)
        return;
    w->given_up = true;
    executor_cancel(((struct thumb *)s)->conf.executor, &w->task);
}

static void thumb_stop(struct stage *s)
{
    executor_stop(((struct thumb *)s)->conf.executor);
}

static void thumb_free(struct stage *s)
{
    free(s);
}

static const char *thumb_error(const struct stage *s)
{
    return ((const struct thumb *)s)->broken ? "the decoding processes have died" : NULL;
}

static const struct stage_ops thumb_ops = {thumb_submit, thumb_stop, thumb_free, thumb_error};

struct stage *thumb_open(const struct thumb_conf *conf)
{
    struct thumb *t = mem_new(sizeof *t);
    t->stage = (struct stage){&thumb_ops, conf->done, conf->done_arg};
    t->conf = *conf;
    t->kills = conf->kills_fd ? cgroup_kills(conf->kills_fd) : 0;
    return &t->stage;
}
