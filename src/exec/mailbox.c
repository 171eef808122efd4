#include "exec/mailbox.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROOM = 64,  /* items, at first */
    BATCH = 64, /* a loop takes this many at a time */
};

static void make_room(struct mailbox *m)
{
    size_t room = m->room ? 2 * m->room : ROOM;
    void **items = mem_array(room, sizeof *items);
    for (size_t i = 0; i < m->n; i++)
        items[i] = m->items[(m->first + i) & (m->room - 1)];
    free(m->items);
    m->items = items;
    m->first = 0;
    m->room = room;
}

size_t mailbox_add(struct mailbox *m, void *item)
{
    pthread_mutex_lock(&m->lock);
    if (m->n == m->room)
        make_room(m);
    m->items[(m->first + m->n++) & (m->room - 1)] = item;
    size_t waiting = m->sleepers ? m->n : 0;
    pthread_mutex_unlock(&m->lock);
    return waiting;
}

void mailbox_put(struct mailbox *m, void *item)
{
    bool sleeps = mailbox_add(m, item) > 0;
    if (m->receive)
        uv_async_send(&m->async);
    else if (sleeps)
        pthread_cond_signal(&m->work);
}

void mailbox_wake(struct mailbox *m)
{
    if (m->receive) {
        uv_async_send(&m->async);
        return;
    }
    pthread_mutex_lock(&m->lock);
    m->woken = true;
    pthread_mutex_unlock(&m->lock);
    pthread_cond_signal(&m->work);
}

/* Call with the lock held. */
static size_t take_out(struct mailbox *m, void **ret, size_t max)
{
    size_t n = m->n < max ? m->n : max;
    for (size_t i = 0; i < n; i++)
        ret[i] = m->items[(m->first + i) & (m->room - 1)];
    m->first += n;
    m->n -= n;
    return n;
}

size_t mailbox_take(struct mailbox *m, void **ret, size_t max)
{
    pthread_mutex_lock(&m->lock);
    size_t n = take_out(m, ret, max);
    pthread_mutex_unlock(&m->lock);
    return n;
}

/* ---- threads receive ---- */

void mailbox_init(struct mailbox *m)
{
    memset(m, 0, sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->work, NULL);
}

void mailbox_fini(struct mailbox *m)
{
    pthread_mutex_destroy(&m->lock);
    pthread_cond_destroy(&m->work);
    free(m->items);
}

int mailbox_wait(struct mailbox *m, uint64_t until, void **ret, size_t max)
{
    struct timespec when = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
    bool late = false;
    pthread_mutex_lock(&m->lock);
    m->sleepers++;
    while ((!m->n || !max) && !m->woken && !m->closed && !late)
        late = (until ? pthread_cond_clockwait(&m->work, &m->lock, CLOCK_MONOTONIC, &when)
                      : pthread_cond_wait(&m->work, &m->lock)) == ETIMEDOUT;
    m->sleepers--;
    m->woken = false;
    int n = m->closed ? -1 : (int)take_out(m, ret, max);
    pthread_mutex_unlock(&m->lock);
    return n;
}

void mailbox_close(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->closed = true;
    pthread_mutex_unlock(&m->lock);
    pthread_cond_broadcast(&m->work);
}

/* ---- a loop receives ---- */

static void receive_all(uv_async_t *async)
{
    struct mailbox *m = async->data;
    void *items[BATCH];
    size_t n;
    do {
        n = mailbox_take(m, items, BATCH);
        for (size_t i = 0; i < n; i++)
            m->receive(m->arg, items[i]);
    } while (n == BATCH);
}

int mailbox_open(struct mailbox *m, uv_loop_t *loop, mailbox_receive *receive, void *arg)
{
    mailbox_init(m);
    m->arg = arg;
    m->async.data = m;
    int err = uv_async_init(loop, &m->async, receive_all);
    m->receive = err ? NULL : receive;
    return err;
}

static void on_mailbox_closed(uv_handle_t *async)
{
    struct mailbox *m = async->data;
    mailbox_fini(m);
    if (m->ended)
        m->ended(m->arg);
}

void mailbox_end(struct mailbox *m, void (*ended)(void *arg))
{
    m->ended = ended;
    if (m->receive)
        uv_close((uv_handle_t *)&m->async, on_mailbox_closed);
    else
        on_mailbox_closed((uv_handle_t *)&m->async);
}
