#include "exec/procpool_loop.h"

#include "base/clock.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum { MS_NS = 1000000 };

/* If the timer runs this late, the loop was stopped (Ctrl-Z, a debugger), and most
 * likely the workers, too. */
static const uint64_t STANDSTILL_NS = 250ULL * MS_NS;

/* Refills that may fail, per worker, while there is no worker at all: about 2 s. */
enum { FAILED_STARTS = 25 };

/* How many workers may die before they begin the same task: more is no accident. */
enum { LOST_MAX = 3 };

/* The zygote's socket was full: ask again soon. */
enum { ASK_AGAIN_NS = 10 * MS_NS };

static void on_pool_timer(uv_timer_t *);

void procpool_loop_wake_at(struct procpool *p, uint64_t due)
{
    if (p->timer_due && p->timer_due <= due)
        return;
    uint64_t now = clock_ns();
    p->timer_due = due;
    uv_timer_start(&p->timer, on_pool_timer, due > now ? (due - now + MS_NS - 1) / MS_NS : 0, 0);
}

static void remove_idle(struct procpool *p, const struct seat *s)
{
    for (unsigned i = 0; i < p->n_idle; i++)
        if (p->idle[i] == s) {
            p->n_idle--;
            memmove(&p->idle[i], &p->idle[i + 1], (p->n_idle - i) * sizeof *p->idle);
            return;
        }
}

/* Makes the worker begin the task in its slot. False: the worker is dead. */
static bool go(struct procpool *p, struct seat *s)
{
    bool alive = procpool_seat_go(s);
    if (s->due)
        procpool_loop_wake_at(p, s->due);
    return alive;
}

/* Spare workers wait even if there are tasks: they are no reason to do more at once. */
static bool are_enough_busy(const struct procpool *p)
{
    unsigned busy = 0;
    for (unsigned i = 0; i < p->conf.workers && p->conf.spares; i++)
        busy += p->seats[i].state == SEAT_BUSY || p->seats[i].state == SEAT_ANSWERING;
    return busy >= p->busy_max;
}

bool procpool_loop_assign(struct procpool *p, struct task *task)
{
    while (p->n_idle && !are_enough_busy(p)) {
        struct seat *s = p->idle[--p->n_idle];
        procpool_seat_put(s, task);
        if (go(p, s))
            return true;
        s->task = NULL; /* the worker had died before */
        procpool_seat_kill(s);
    }
    return false;
}

/* Assigns the tasks whose workers died before they began: they have waited longest. */
static void serve_again(struct procpool *p)
{
    while (p->again && !p->stopped) {
        struct task *task = p->again, *next = task->next;
        if (!procpool_loop_assign(p, task))
            return;
        p->again = next;
    }
}

void procpool_loop_refuse(struct procpool *p, struct task *task)
{
    task->next = NULL;
    *p->refused_tail = task;
    p->refused_tail = &task->next;
    procpool_loop_wake_at(p, clock_ns());
}

void procpool_loop_refuse_again(struct procpool *p)
{
    while (p->again) {
        struct task *task = p->again;
        p->again = task->next;
        procpool_loop_refuse(p, task);
    }
}

static void rest(struct procpool *p, struct seat *s)
{
    s->state = SEAT_IDLE;
    p->idle[p->n_idle++] = s;
    serve_again(p);
}

static void refill(struct procpool *p, struct seat *s)
{
    s->due = 0;
    if (p->stopped || p->broken)
        return;
    if (zygote_ask(p->control, s->index)) {
        procpool_seat_expect(s, p->conf.max_tasks);
    } else {
        s->due = clock_ns() + ASK_AGAIN_NS;
        procpool_loop_wake_at(p, s->due);
    }
}

/* Gives a task back without a result. */
static void give_back(struct procpool *p, struct task *task, int status, enum seat_fate fate)
{
    enum task_result result = TASK_CRASHED;
    if (p->stopped || fate == FATE_CANCELLED) {
        result = TASK_CANCELLED;
    } else if (p->broken) {
        result = TASK_BROKEN;
    } else if (fate == FATE_TIMED_OUT) {
        result = TASK_TIMED_OUT;
        p->stats.timeouts++;
    } else {
        p->stats.crashes++;
    }
    task->done(task, result, NULL, 0, status);
}

/* The worker is done: calls `done`, then begins the task submitted meanwhile, or
 * makes the worker idle. `last`: it gets no more tasks. */
static void finish_task(struct procpool *p, struct seat *s, bool last)
{
    struct task *task = s->task;
    size_t out_len = s->out_len;
    s->task = NULL;
    s->deaths = 0;
    s->due = 0;
    p->stats.tasks++;
    if (last || --s->tasks_left == 0 || p->stopped) {
        procpool_seat_kill(s);
    } else {
        s->state = SEAT_ANSWERING;
        p->answering = p->again ? NULL : s;
    }
    p->reporting = s;
    task->done(task, TASK_DONE, slot_out(s->slot), out_len, 0);
    p->reporting = p->answering = NULL;
    if (s->state != SEAT_ANSWERING)
        return;
    slot_trim(s->slot, s->task ? s->task->in_len : 0);
    if (!s->task)
        rest(p, s);
    else if (!go(p, s))
        procpool_seat_kill(s); /* the task has not begun: another worker gets it */
}

static void welcome(struct procpool *p, struct seat *s)
{
    if (!p->level_known || s->level < p->level)
        p->level = s->level;
    p->level_known = true;
    if (p->conf.require_filter && s->level < SANDBOX_SECCOMP) {
        s->started = false; /* its sandbox is too weak: it counts as not started */
        procpool_seat_kill(s);
        return;
    }
    p->failed_starts = 0;
    rest(p, s);
    if (p->ready && !p->stopped)
        p->ready(p->ready_arg);
}

/* Reads and handles what the worker has sent, if anything. */
static void hear(struct procpool *p, struct seat *s)
{
    switch (procpool_seat_hear(s, p->conf.max_out)) {
    case SEAT_SAYS_NOTHING:
        break;
    case SEAT_SAYS_READY:
        welcome(p, s);
        break;
    case SEAT_SAYS_DONE:
        finish_task(p, s, s->fate == FATE_CANCELLED); /* too late, but the worker is being killed */
        break;
    case SEAT_SAYS_LOST:
        remove_idle(p, s);
        procpool_seat_kill(s);
        break;
    }
}

static void on_seat(uv_poll_t *handle, int status, int events)
{
    (void)status; /* hear() meets the same error */
    (void)events;
    struct seat *s = handle->data;
    if (s)
        hear(s->pool, s);
}

/* The worker is certainly dead, but its last reply may still be in the socket. */
static struct task *bury(struct procpool *p, struct seat *s)
{
    if (s->state == SEAT_BUSY && procpool_seat_hear(s, p->conf.max_out) == SEAT_SAYS_DONE)
        finish_task(p, s, true);
    remove_idle(p, s);
    return procpool_seat_vacate(s);
}

/* Breaks the pool: the zygote is dead, or no worker can be started. */
static void break_down(struct procpool *p)
{
    if (p->broken)
        return;
    p->broken = true;
    uv_poll_stop(&p->control_poll);
    for (unsigned i = 0; i < p->conf.workers; i++) {
        struct seat *s = &p->seats[i];
        procpool_seat_signal(s);
        struct task *task = bury(p, s);
        if (task)
            give_back(p, task, 0, FATE_NONE);
    }
    procpool_loop_refuse_again(p);
    if (p->ready && !p->stopped)
        p->ready(p->ready_arg);
}

static bool any_started(const struct procpool *p)
{
    for (unsigned i = 0; i < p->conf.workers; i++)
        if (p->seats[i].state != SEAT_EMPTY && p->seats[i].started)
            return true;
    return false;
}

/* The seat's worker is dead, or could not be forked. */
static void on_exit_status(struct procpool *p, struct seat *s, int status)
{
    enum seat_fate fate = s->fate; /* a refill resets it */
    struct task *task = bury(p, s);
    bool is_refused = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
    int refused = is_refused ? s->refused : -1;
    if (refused >= 0)
        p->stats.refused = refused;
    if (s->tasks_left) { /* it died early */
        if (!s->started)
            p->failed_starts++;
        uint64_t now = clock_ns();
        procpool_seat_back_off(s, now);
        if (s->due > now)
            procpool_loop_wake_at(p, s->due);
        else
            refill(p, s);
    } else {
        refill(p, s);
    }
    if (task && !s->began && fate == FATE_NONE && !p->stopped && task->lost++ < LOST_MAX) {
        task->next = p->again;
        p->again = task;
        serve_again(p);
    } else if (task) {
        task->refused = refused;
        give_back(p, task, status, fate);
    }
    if (p->failed_starts >= FAILED_STARTS * p->conf.workers && !any_started(p))
        break_down(p);
}

static void on_control(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    struct procpool *p = handle->data;
    while (!p->broken) {
        struct zygote_message m;
        enum zygote_says says = zygote_hear(p->control, &m);
        if (says == ZYGOTE_NOTHING)
            return;
        if (says == ZYGOTE_GONE || m.index >= p->conf.workers) {
            break_down(p);
            return;
        }
        struct seat *s = &p->seats[m.index];
        if (says == ZYGOTE_SPAWNED) {
            p->stats.spawned++;
            procpool_seat_open(s, p->loop, &m, on_seat);
            if (p->stopped)
                procpool_seat_signal(s);
        } else {
            on_exit_status(p, s, m.status);
        }
    }
}

static void give_back_refused(struct procpool *p)
{
    struct task *task = p->refused;
    p->refused = NULL;
    p->refused_tail = &p->refused;
    while (task) {
        struct task *next = task->next;
        give_back(p, task, 0, p->broken ? FATE_NONE : FATE_CANCELLED);
        task = next;
    }
}

/* Handles what is due at this seat. After the loop was stopped, a task gets its full time again. */
static void attend(struct procpool *p, struct seat *s, uint64_t now, bool stood_still)
{
    if (s->state == SEAT_BUSY && s->due) {
        if (stood_still)
            s->due = now + s->task->timeout_ns;
        /* Timers run before sockets are read: the reply may be there. */
        if (s->due <= now)
            hear(p, s);
        if (s->state == SEAT_BUSY && s->due && s->due <= now) {
            s->fate = FATE_TIMED_OUT;
            procpool_seat_kill(s);
        }
    } else if (s->state == SEAT_EMPTY && s->due && s->due <= now) {
        refill(p, s);
    }
    if (s->due)
        procpool_loop_wake_at(p, s->due);
}

static void on_pool_timer(uv_timer_t *timer)
{
    struct procpool *p = timer->data;
    uint64_t now = clock_ns();
    bool stood_still = now > p->timer_due + STANDSTILL_NS;
    p->timer_due = 0;
    give_back_refused(p);
    for (unsigned i = 0; i < p->conf.workers; i++)
        attend(p, &p->seats[i], now, stood_still);
}

int procpool_loop_start(struct procpool *p, uv_loop_t *loop)
{
    int r = uv_poll_init(loop, &p->control_poll, p->control);
    if (r < 0)
        return r;
    uv_timer_init(loop, &p->timer);
    p->control_poll.data = p->timer.data = p;
    p->loop = loop;
    return uv_poll_start(&p->control_poll, UV_READABLE, on_control);
}

void procpool_loop_end(struct procpool *p, uv_close_cb closed)
{
    uv_close((uv_handle_t *)&p->control_poll, closed);
    uv_close((uv_handle_t *)&p->timer, closed);
}
