#include "cmd/imgfetch/signals.h"

#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { ENDS_AT = 3 /* signals */ };

struct signals {
    sigset_t set;
    pthread_t thread;
    atomic_bool over;
    pthread_mutex_t lock; /* for the next three */
    bool followed;
    unsigned asked;       /* how often the end was asked for while somebody followed */
    struct mailbox taken; /* the numbers, to the loop */
    void (*take)(void *arg, int number);
    void *arg;
    uv_timer_t patience; /* runs from the first signal that asks for the end; loop thread */
    uint64_t patience_ms;
    bool is_late;
};

static bool asks_for_end(int number)
{
    return number != SIGUSR1 && number != SIGWINCH;
}

/* The status that a shell gives to a program that a signal has ended. */
static void exit_by(int number)
{
    _exit(128 + number);
}

void signals_as_init(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; getpid() == 1 && i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], exit_by);
}

/* Does what the signal does by default. Process 1 of a container gets none by default. */
static void end_by(int number)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    signal(number, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    raise(number);
    exit_by(number);
}

static void pass_on(struct signals *s, int number)
{
    pthread_mutex_lock(&s->lock);
    bool is_end = !s->followed ? number != SIGWINCH : asks_for_end(number) && ++s->asked >= ENDS_AT;
    if (!is_end && s->followed)
        mailbox_put(&s->taken, (void *)(intptr_t)number);
    pthread_mutex_unlock(&s->lock);
    if (is_end)
        end_by(number);
}

static void take_signals(void *arg)
{
    struct signals *s = arg;
    int number;
    while (!sigwait(&s->set, &number) && !atomic_load(&s->over))
        pass_on(s, number);
}

/* nohup(1) starts us with SIGHUP ignored; then it stays ignored. */
static bool is_ignored(int number)
{
    struct sigaction old;
    return number == SIGHUP && !sigaction(number, NULL, &old) && old.sa_handler == SIG_IGN;
}

struct signals *signals_start(int *ret_err)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGWINCH};
    struct signals *s = mem_new(sizeof *s);
    sigemptyset(&s->set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!is_ignored(numbers[i]))
            sigaddset(&s->set, numbers[i]);
    pthread_mutex_init(&s->lock, NULL);
    pthread_sigmask(SIG_BLOCK, &s->set, NULL);
    *ret_err = thread_start(&s->thread, "signals", 0, take_signals, s);
    if (!*ret_err)
        return s;
    pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}

static void on_patience_over(uv_timer_t *timer)
{
    struct signals *s = timer->data;
    s->is_late = true;
    s->take(s->arg, SIGNALS_LATE);
}

static void on_taken(void *arg, void *item)
{
    struct signals *s = arg;
    int number = (int)(intptr_t)item;
    if (asks_for_end(number) && !s->is_late && !uv_is_active((uv_handle_t *)&s->patience))
        uv_timer_start(&s->patience, on_patience_over, s->patience_ms, 0);
    s->take(s->arg, number);
}

int signals_follow(struct signals *s, uv_loop_t *loop, uint64_t patience_ms,
    void (*take)(void *arg, int number), void *arg)
{
    s->take = take;
    s->arg = arg;
    int err = mailbox_open(&s->taken, loop, on_taken, s);
    if (err) {
        mailbox_end(&s->taken, NULL);
        return err;
    }
    uv_timer_init(loop, &s->patience);
    s->patience.data = s;
    s->patience_ms = patience_ms;
    pthread_mutex_lock(&s->lock);
    s->followed = true;
    s->asked = 0;
    pthread_mutex_unlock(&s->lock);
    return 0;
}

void signals_leave(struct signals *s)
{
    pthread_mutex_lock(&s->lock);
    s->followed = false;
    pthread_mutex_unlock(&s->lock);
    mailbox_end(&s->taken, NULL);
    uv_close((uv_handle_t *)&s->patience, NULL);
}

void signals_free(struct signals *s)
{
    if (!s)
        return;
    atomic_store(&s->over, true);
    pthread_kill(s->thread, SIGUSR1); /* wakes it */
    pthread_join(s->thread, NULL);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
