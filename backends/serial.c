/*
 * One request at a time, whatever --concurrency says: the baseline. A thread makes the request and
 * blocks. The loop must not block, because it also handles look-ups, thumbnails and Ctrl-C.
 */
#include "backends/table.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"
#include "net/transfer_perform.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct serial {
    struct stage stage;
    struct transfer *transfer;
    struct transfer_pins *pins;
    pthread_t thread;
    bool busy; /* the loop's: there is a job inside */
    atomic_bool stopped;
    struct mailbox todo, done; /* to the thread, to the loop */
};

/* ---- the thread ---- */

static enum err poll(void *arg)
{
    return atomic_load(&((struct serial *)arg)->stopped) ? ERR_CANCELLED : ERR_OK;
}

static void fetch_all(void *arg)
{
    struct serial *s = arg;
    void *job;
    while (mailbox_wait(&s->todo, 0, &job, 1) > 0) {
        transfer_perform(s->transfer, job, poll, s); /* blocks */
        mailbox_put(&s->done, job);
    }
}

/* ---- the loop ---- */

static void on_fetched(void *arg, void *job)
{
    struct serial *s = arg;
    s->busy = false;
    s->stage.done(s->stage.done_arg, job);
}

static enum stage_status serial_submit(struct stage *stage, struct job *j)
{
    struct serial *s = (struct serial *)stage;
    if (s->busy)
        return STAGE_AGAIN;
    s->busy = true;
    mailbox_put(&s->todo, j);
    return STAGE_OK;
}

static void serial_stop(struct stage *stage)
{
    struct serial *s = (struct serial *)stage;
    atomic_store(&s->stopped, true);
    transfer_wake(s->transfer);
}

static void free_serial(void *arg)
{
    struct serial *s = arg;
    mailbox_fini(&s->todo);
    transfer_free(s->transfer);
    transfer_pins_free(s->pins);
    free(s);
}

static void serial_free(struct stage *stage)
{
    struct serial *s = (struct serial *)stage;
    mailbox_close(&s->todo);
    pthread_join(s->thread, NULL);
    mailbox_end(&s->done, free_serial);
}

static const struct stage_ops serial_ops = {
    .submit = serial_submit, .stop = serial_stop, .free = serial_free};

static struct stage *serial_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    struct serial *s = mem_new(sizeof *s);
    s->stage = (struct stage){&serial_ops, conf->done, conf->done_arg};
    s->pins = transfer_pins_new();
    s->transfer = transfer_new(conf->transfer, s->pins, s);
    mailbox_init(&s->todo);
    int err = mailbox_open(&s->done, loop, on_fetched, s);
    if (!err)
        err = thread_start(&s->thread, "fetch", 0, fetch_all, s);
    if (!err)
        return &s->stage;
    snprintf(message, BACKEND_MESSAGE_SIZE, "serial: %s", strerror(-err));
    mailbox_end(&s->done, free_serial);
    return NULL;
}

const struct backend backend_serial = {
    .name = "serial",
    .summary = "one request at a time: the baseline",
    .concurrency = 1,
    .descriptors = 6, /* as for threads */
    .needs_address = true,
    .open = serial_open,
};
