/*
 * One request at a time: the base line. A thread does it, and blocks; the loop must not,
 * because look-ups, thumbnails and Ctrl-C live there.
 *
 * Jobs wait in a queue to the thread, are with it one by one, and come back through another.
 */
#include "base/mem.h"
#include "net/transfer_perform.h"
#include "run/backend.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct serial {
    struct stage stage;
    struct budget *budget;
    struct transfer *transfer;
    struct transfer_pins *pins;
    pthread_t thread;
    uv_async_t wake;               /* `done` has jobs */
    unsigned n_inside, max_inside; /* the loop's: jobs submitted and not yet back */
    atomic_bool stopped;

    pthread_mutex_t lock; /* for these */
    pthread_cond_t work;
    struct job_queue todo, done;
    bool ending;
};

static void give_back(struct serial *s, struct job *j)
{
    pthread_mutex_lock(&s->lock);
    TAILQ_INSERT_TAIL(&s->done, j, link);
    pthread_mutex_unlock(&s->lock);
    uv_async_send(&s->wake);
}

/* When memory runs out, those that wait go, the youngest first; never the one under way. */
static void evict(struct serial *s)
{
    pthread_mutex_lock(&s->lock);
    struct job *j = TAILQ_LAST(&s->todo, job_queue);
    if (j)
        TAILQ_REMOVE(&s->todo, j, link);
    pthread_mutex_unlock(&s->lock);
    if (!j)
        return;
    job_fail(j, ERR_EVICTED, "no memory");
    budget_set(s->budget, &j->reserved, 0);
    give_back(s, j);
}

static enum err poll(void *arg)
{
    struct serial *s = arg;
    if (budget_is_blown(s->budget))
        evict(s);
    return atomic_load(&s->stopped) ? ERR_CANCELLED : ERR_OK;
}

static void *run(void *arg)
{
    struct serial *s = arg;
    pthread_mutex_lock(&s->lock);
    while (!s->ending) {
        struct job *j = TAILQ_FIRST(&s->todo);
        if (!j) {
            pthread_cond_wait(&s->work, &s->lock);
            continue;
        }
        TAILQ_REMOVE(&s->todo, j, link);
        pthread_mutex_unlock(&s->lock);
        transfer_perform(s->transfer, j, poll, s);
        give_back(s, j);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void on_wake(uv_async_t *wake)
{
    struct serial *s = wake->data;
    struct job_queue done = TAILQ_HEAD_INITIALIZER(done);
    struct job *j;
    pthread_mutex_lock(&s->lock);
    TAILQ_CONCAT(&done, &s->done, link);
    pthread_mutex_unlock(&s->lock);
    while ((j = TAILQ_FIRST(&done))) {
        TAILQ_REMOVE(&done, j, link);
        s->n_inside--;
        s->stage.done(s->stage.done_arg, j);
    }
}

static enum stage_answer serial_submit(struct stage *stage, struct job *j)
{
    struct serial *s = (struct serial *)stage;
    if (s->n_inside == s->max_inside)
        return STAGE_AGAIN;
    s->n_inside++;
    budget_set(s->budget, &j->reserved, TRANSFER_RESERVE);
    pthread_mutex_lock(&s->lock);
    TAILQ_INSERT_TAIL(&s->todo, j, link);
    pthread_mutex_unlock(&s->lock);
    pthread_cond_signal(&s->work);
    return STAGE_OK;
}

static void serial_stop(struct stage *stage)
{
    atomic_store(&((struct serial *)stage)->stopped, true);
}

static void on_closed(uv_handle_t *h)
{
    struct serial *s = h->data;
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->work);
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
    transfer_free(s->transfer);
    transfer_pins_free(s->pins);
    uv_close((uv_handle_t *)&s->wake, on_closed);
}

static const struct stage_ops serial_ops = {
    .submit = serial_submit, .stop = serial_stop, .free = serial_free};

static struct stage *serial_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    (void)message;
    struct serial *s = mem_new(sizeof *s);
    s->stage = (struct stage){&serial_ops, conf->done, conf->done_arg};
    s->max_inside = conf->concurrency; /* that they wait here changes nothing: one at a time */
    s->budget = conf->transfer->budget;
    TAILQ_INIT(&s->todo);
    TAILQ_INIT(&s->done);
    s->pins = transfer_pins_new();
    s->transfer = transfer_new(conf->transfer, s->pins, s);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    uv_async_init(loop, &s->wake, on_wake);
    s->wake.data = s;
    if (pthread_create(&s->thread, NULL, run, s))
        abort();
    return &s->stage;
}

extern const struct backend backend_serial;
const struct backend backend_serial = {
    .name = "serial",
    .summary = "one request at a time: the base line",
    .concurrency = 1,
    .needs_address = true,
    .open = serial_open,
};
