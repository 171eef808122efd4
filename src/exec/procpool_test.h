/*
 * Shared by the tests of the pool: work that misbehaves on request, and a
 * bench that sends calls through a pool and keeps the results.
 */
#ifndef EXEC_PROCPOOL_TEST_H
#define EXEC_PROCPOOL_TEST_H

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "exec/procpool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { TEST_SANITIZED = 1 };
#else
enum { TEST_SANITIZED = 0 };
#endif

/* The first byte of a call's input. */
enum what {
    INVERT = 'i',       /* replies with all bits of the rest inverted */
    CRASH = 'c',        /* writes to address 0 */
    ABORT = 'a',        /* SIGABRT, or SIGSYS under the filter */
    EXIT = 'x',         /* with status 3 */
    SPIN = 's',         /* for ever */
    WORK_A_WHILE = 'b', /* some ms of CPU, then INVERT */
    FILL_MEMORY = 'm',  /* replies with the number of megabytes malloc gave, and frees them */
    LEAK = 'k',         /* leaks 40 MB, then INVERT */
    OPEN = 'o',         /* opens a file; replies with the errno if it survives */
    WRITE = 'w',        /* writes to stdout */
    LIE = 'l',          /* claims an enormous output */
    LIE_A_LITTLE = 'L', /* claims one byte more than the output may have */
    BABBLE = 'B',       /* writes two bytes to the socket */
    HANG_UP = 'h',      /* closes its socket and continues */
    DIE_AFTER = 'D',    /* replies with nothing, and ends */
    PIDS = 'p',         /* replies with its pid and its parent's */
    SOIL = 'O',         /* writes to all of its slot that it can, then INVERT */
    LOOK = 'K',         /* replies with the number of bytes in its slot that are not its task's */
    SLOTS = 'S',        /* replies with the number of slots in its address space */
};

enum { MB = 1 << 20, TEST_OUT = 4096, TEST_SOCKET = 3 };

static inline uint64_t ms(uint64_t n)
{
    return n * 1000000;
}

static inline uint32_t test_fill_memory(void)
{
    uint32_t n = 0;
    void **all = NULL, **p; /* each piece begins with the address of the one before */
    while (n < 100000 && (p = malloc(MB))) {
        memset(p, 1, MB);
        *p = all;
        all = p;
        n++;
    }
    while ((p = all)) {
        all = *p;
        free(p);
    }
    return n;
}

static inline void test_lose(size_t size)
{
    static void *volatile lost;
    lost = malloc(size);
    (void)lost;
}

static inline uint32_t test_count_slots(void)
{
    char line[512];
    uint32_t n = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    while (f && fgets(line, sizeof line, f))
        n += strstr(line, "imgfetch-slot") != NULL;
    if (f)
        fclose(f);
    return n;
}

/* The areas of bench_conf()'s slots, which follow one another. */
static inline void test_soil(uint8_t *in, size_t in_len, uint8_t *out)
{
    memset(in + in_len, 0x5a, (size_t)(out - in) - in_len);
    memset(out, 0x5a, TEST_OUT);
}

static inline uint32_t test_look(const uint8_t *in, size_t in_len, const uint8_t *out)
{
    uint32_t n = 0;
    for (const uint8_t *at = in + in_len; at < out + TEST_OUT; at++)
        n += *at != 0;
    return n;
}

static inline size_t test_invert(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size)
{
    size_t n = in_len < out_size ? in_len : out_size;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)~in[i];
    return n;
}

static inline void test_spin(uint64_t turns)
{
    for (volatile uint64_t i = 0; i < turns; i++)
        ;
}

static inline size_t answer(uint8_t *out, uint32_t a, uint32_t b)
{
    memcpy(out, (uint32_t[]){a, b}, 2 * sizeof a);
    return 2 * sizeof a;
}

static inline size_t misbehave(
    void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size)
{
    (void)arg;
    volatile uint8_t *volatile nowhere = NULL;
    ssize_t n;
    switch (in_len ? in[0] : (uint8_t)INVERT) {
    case CRASH:
        *nowhere = 1;
        break;
    case ABORT:
        abort();
    case EXIT:
        _exit(3);
    case SPIN:
        test_spin(UINT64_MAX);
        break;
    case WORK_A_WHILE:
        test_spin(5 * 1000 * 1000);
        break;
    case FILL_MEMORY:
        return answer(out, test_fill_memory(), 0);
    case LEAK:
        test_lose(40 * MB);
        break;
    case OPEN:
        n = open("/dev/null", O_RDONLY);
        return answer(out, (uint32_t)n, (uint32_t)errno);
    case WRITE:
        n = write(STDOUT_FILENO, "", 0);
        return answer(out, (uint32_t)n, 0);
    case LIE:
        return SIZE_MAX;
    case LIE_A_LITTLE:
        return out_size + 1;
    case BABBLE:
        n = write(TEST_SOCKET, "dd", 2);
        test_spin(UINT64_MAX);
        break;
    case HANG_UP:
        close(TEST_SOCKET);
        test_spin(UINT64_MAX);
        break;
    case DIE_AFTER:
        n = write(TEST_SOCKET, "d", 1);
        _exit(n == 1 ? 0 : 1);
    case PIDS:
        return answer(out, (uint32_t)getpid(), (uint32_t)getppid());
    case SOIL:
        test_soil((uint8_t *)in, in_len, out);
        break;
    case LOOK:
        return answer(out, test_look(in, in_len, out), 0);
    case SLOTS:
        return answer(out, test_count_slots(), 0);
    default:
        break;
    }
    return test_invert(in, in_len, out, out_size);
}

struct call {
    struct task task; /* first */
    struct bench *bench;
    uint8_t in[16];
    unsigned back; /* how often it came back */
    enum task_result result;
    int status;
    uint32_t out[4];
    size_t out_len;
};

struct bench {
    uv_loop_t loop;
    struct procpool *pool;
    struct call *calls;
    unsigned n, sent, back, ready;
    bool refused_in_done;
};

static inline void bench_pump(struct bench *b)
{
    while (b->sent < b->n && procpool_submit(b->pool, &b->calls[b->sent].task))
        b->sent++;
}

static inline void bench_ready(void *arg)
{
    struct bench *b = arg;
    b->ready++;
    bench_pump(b);
}

static inline void bench_done(
    struct task *task, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    struct call *c = (struct call *)task;
    c->back++;
    c->result = result;
    c->status = status;
    c->out_len = out_len;
    if (out)
        memcpy(c->out, out, out_len < sizeof c->out ? out_len : sizeof c->out);
    struct bench *b = c->bench;
    b->back++;
    unsigned before = b->sent;
    bench_pump(b);
    if (b->sent == before && b->sent < b->n)
        b->refused_in_done = true;
    if (b->back == b->n)
        uv_stop(&b->loop);
}

static inline struct procpool_conf bench_conf(unsigned workers, size_t max_memory)
{
    return (struct procpool_conf){.workers = workers,
        .max_in = 8 * MB,
        .max_out = TEST_OUT,
        .max_memory = max_memory,
        .work = misbehave};
}

static inline void bench_open(struct bench *b, const struct procpool_conf *conf)
{
    char message[PROCPOOL_MESSAGE_SIZE];
    *b = (struct bench){.pool = procpool_new(conf, message)};
    ck_assert_msg(b->pool != NULL, "%s", message);
    ck_assert_int_eq(uv_loop_init(&b->loop), 0);
    ck_assert_int_eq(procpool_attach(b->pool, &b->loop, bench_ready, b), 0);
}

/* Nothing may be left on the loop. */
static inline void bench_close(struct bench *b)
{
    procpool_free(b->pool);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&b->loop), 0);
    free(b->calls);
}

/* n calls, each a `what` and a number; the caller may change them before bench_run(). */
static inline void bench_calls(struct bench *b, unsigned n, enum what what)
{
    free(b->calls);
    b->calls = mem_array(n, sizeof *b->calls);
    b->n = n;
    b->sent = b->back = 0;
    for (unsigned i = 0; i < n; i++) {
        struct call *c = &b->calls[i];
        c->bench = b;
        c->in[0] = (uint8_t)what;
        memcpy(c->in + 4, &i, sizeof i);
        c->task = (struct task){.in = c->in, .in_len = sizeof c->in, .done = bench_done};
    }
}

static inline void bench_wait(struct bench *b)
{
    while (b->back < b->n)
        uv_run(&b->loop, UV_RUN_DEFAULT);
    for (unsigned i = 0; i < b->n; i++)
        ck_assert_uint_eq(b->calls[i].back, 1);
}

static inline void bench_run(struct bench *b)
{
    bench_pump(b);
    ck_assert_uint_eq(b->back, 0);
    bench_wait(b);
}

/* Makes one call; returns it for its result and the first two words of its output. */
static inline struct call *bench_call(struct bench *b, enum what what)
{
    bench_calls(b, 1, what);
    bench_run(b);
    return b->calls;
}

static inline void bench_wait_for_workers(struct bench *b, unsigned n)
{
    while (procpool_stats(b->pool).workers != n)
        uv_run(&b->loop, UV_RUN_ONCE);
}

static inline bool duplicates_right(const struct call *c)
{
    uint8_t want[sizeof c->in];
    test_invert(c->in, sizeof c->in, want, sizeof want);
    return c->result == TASK_DONE && c->out_len == sizeof want &&
           memcmp(c->out, want, sizeof want) == 0;
}

static inline bool confined_by_filter(const struct bench *b)
{
    return strcmp(procpool_stats(b->pool).sandbox, "seccomp") == 0;
}

#endif
