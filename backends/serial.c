/*
 * One request at a time, whatever --concurrency says: the base line. A thread does it, and
 * blocks; the loop must not, because look-ups, thumbnails and Ctrl-C live there.
 */
#include "base/mem.h"
#include "fetch/backend.h"
#include "net/transfer_perform.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct serial {
    struct stage stage;
    struct transfer *transfer;
    struct transfer_pins *pins;
    pthread_t thread;
    uv_async_t wake; /* the job is finished */
    bool busy;       /* the loop's: there is a job inside */
    atomic_bool stopped;

    pthread_mutex_t lock; /* for the next four */
    pthread_cond_t work;
    struct job *todo, *done;
    bool ending;
};

/* ---- the thread ---- */

static enum err poll(void *arg)
{
    return atomic_load(&((struct serial *)arg)->stopped) ? ERR_CANCELLED : ERR_OK;
}

/* Waits for the next job. NULL: there will be none. */
static struct job *take(struct serial *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->todo && !s->ending)
        pthread_cond_wait(&s->work, &s->lock);
    struct job *j = s->todo;
    s->todo = NULL;
    pthread_mutex_unlock(&s->lock);
    return j;
}

static void give_back(struct serial *s, struct job *j)
{
    pthread_mutex_lock(&s->lock);
    s->done = j;
    pthread_mutex_unlock(&s->lock);
    uv_async_send(&s->wake);
}

static void *run(void *arg)
{
    struct serial *s = arg;
    struct job *j;
    pthread_setname_np(pthread_self(), "fetch"); /* for top, perf and gdb */
    while ((j = take(s))) {
        transfer_perform(s->transfer, j, poll, s); /* blocks */
        give_back(s, j);
    }
    return NULL;
}

/* ---- the loop ---- */

static void on_wake(uv_async_t *wake)
{
    struct serial *s = wake->data;
    pthread_mutex_lock(&s->lock);
    struct job *j = s->done;
    s->done = NULL;
    pthread_mutex_unlock(&s->lock);
    if (!j)
        return;
    s->busy = false;
    s->stage.done(s->stage.done_arg, j);
}

static enum stage_status serial_submit(struct stage *stage, struct job *j)
{
    struct serial *s = (struct serial *)stage;
    if (s->busy)
        return STAGE_AGAIN;
    s->busy = true;
    pthread_mutex_lock(&s->lock);
    s->todo = j;
    pthread_mutex_unlock(&s->lock);
    pthread_cond_signal(&s->work);
    return STAGE_OK;
}

static void serial_stop(struct stage *stage)
{
    struct serial *s = (struct serial *)stage;
    atomic_store(&s->stopped, true);
    transfer_wake(s->transfer);
}

static void on_closed(uv_handle_t *h)
{
    struct serial *s = h->data;
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->work);
    transfer_free(s->transfer);
    transfer_pins_free(s->pins);
    free(s);
}

static void serial_free(struct stage *stage)
{
    struct serial *s = (struct serial *)stage;
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_mutex_unlock(&s->lock);
    pthread_cond_signal(&s->work);
    pthread_join(s->thread, NULL);
    uv_close((uv_handle_t *)&s->wake, on_closed);
}

static const struct stage_ops serial_ops = {
    .submit = serial_submit, .stop = serial_stop, .free = serial_free};

static int start(struct serial *s)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the loop's thread's */
    int err = pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return err;
}

static struct stage *serial_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    struct serial *s = mem_new(sizeof *s);
    s->stage = (struct stage){&serial_ops, conf->done, conf->done_arg};
    s->pins = transfer_pins_new();
    s->transfer = transfer_new(conf->transfer, s->pins, s);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    uv_async_init(loop, &s->wake, on_wake);
    s->wake.data = s;
    int err = start(s);
    if (!err)
        return &s->stage;
    snprintf(message, BACKEND_MESSAGE_SIZE, "serial: %s", strerror(err));
    uv_close((uv_handle_t *)&s->wake, on_closed);
    return NULL;
}

extern const struct backend backend_serial;
const struct backend backend_serial = {
    .name = "serial",
    .summary = "one request at a time: the base line",
    .concurrency = 1,
    .descriptors = 6, /* as of threads */
    .needs_address = true,
    .open = serial_open,
};
