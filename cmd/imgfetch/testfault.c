#include "cmd/imgfetch/testfault.h"

#include "exec/slot.h"
#include "exec/worker.h"
#include "pipeline/thumb.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SOCKET = STDERR_FILENO + 1, /* as in exec/worker.c */
    MB = 1 << 20,
    SLOW_TURNS = 1000 * 1000 * 1000, /* a second or more */
    LEAK = 10 * MB,
};

/* A body and its reply, which is valid until a fault spoils it. */
struct work {
    void *arg;
    const uint8_t *in;
    size_t in_len;
    uint8_t *out;
    size_t out_size;
    struct thumbmake_reply reply; /* goes to the beginning of `out` */
    size_t len;                   /* of the output */
};

static void spin(uint64_t turns)
{
    for (volatile uint64_t i = 0; i < turns; i++)
        ;
}

/* ---- crashes and hangs ---- */

static void crash(struct work *w)
{
    volatile uint8_t *volatile nowhere = NULL;
    (void)w;
    *nowhere = 1;
}

static void call_abort(struct work *w)
{
    (void)w;
    abort();
}

static void call_exit(struct work *w)
{
    (void)w;
    _exit(3);
}

static void spin_for_ever(struct work *w)
{
    (void)w;
    spin(UINT64_MAX);
}

static void be_slow(struct work *w)
{
    (void)w;
    spin(SLOW_TURNS);
}

static void open_file(struct work *w)
{
    (void)w;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        _exit(4);
}

/* ---- a way out ---- */

/* What whoever has taken over a process would like to do. True: it could. */

static bool read_secret(void)
{
    return open("/etc/shadow", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool write_elsewhere(void)
{
    return mkdirat(AT_FDCWD, "escaped", 0777) == 0;
}

static bool call_program(void)
{
    char name[] = "true", *argv[] = {name, NULL}, *envp[] = {NULL};
    return fork() >= 0 || execve("/bin/true", argv, envp) >= 0;
}

static bool reach_parent(void)
{
    return kill(getppid(), 0) == 0 || ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) == 0 ||
           pidfd_open(getppid(), 0) >= 0;
}

static bool change_system(void)
{
    return mount("none", "/mnt", "tmpfs", 0, NULL) == 0 || unshare(CLONE_NEWNS) == 0 ||
           syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3, 1) >= 0 ||
           (syscall(SYS_bpf, 0, NULL, 0) < 0 && errno != EPERM);
}

static bool open_local_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || socket(AF_INET, SOCK_RAW, IPPROTO_TCP) >= 0;
}

static void escape(struct work *w)
{
    static const struct {
        const char *name;
        bool (*act)(void);
    } ways[] = {{"shadow", read_secret}, {"elsewhere", write_elsewhere}, {"program", call_program},
        {"parent", reach_parent}, {"system", change_system}, {"socket", open_local_socket}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (ways[i].act()) {
            w->reply.err = ERR_DECODE_ERROR;
            snprintf(w->reply.message, sizeof w->reply.message, "escaped: %s", ways[i].name);
            return;
        }
}

/* ---- memory ---- */

struct piece {
    struct piece *next;
};

/* Decodes when all memory is used up, then frees it. */
static void take_all_memory(struct work *w)
{
    struct piece *all = NULL, *p;
    for (size_t size = MB; size >= sizeof *p; size /= 2)
        while ((p = malloc(size))) {
            memset(p, 1, size);
            p->next = all;
            all = p;
        }
    w->len = thumb_work(w->arg, w->in, w->in_len, w->out, w->out_size);
    memcpy(&w->reply, w->out, sizeof w->reply);
    while ((p = all)) {
        all = p->next;
        free(p);
    }
}

static void leak(struct work *w)
{
    static void *volatile lost;
    (void)w;
    lost = malloc(LEAK);
    (void)lost;
}

/* ---- unexpected bytes on the socket ---- */

static ssize_t say_done(size_t times)
{
    static const uint8_t done[2] = {WORKER_DONE, WORKER_DONE};
    return write(SOCKET, done, times);
}

static void answer_twice(struct work *w)
{
    (void)w;
    say_done(2);
    spin(UINT64_MAX);
}

static void hang_up(struct work *w)
{
    (void)w;
    close(SOCKET);
    spin(UINT64_MAX);
}

/* Ends between two images, after it has sent its reply. */
static void die_after(struct work *w)
{
    struct slot slot = {.base = (uint8_t *)w->in - sysconf(_SC_PAGESIZE)};
    slot_set_out_len(&slot, w->len);
    _exit(say_done(1) == 1 ? 0 : 1);
}

/* ---- invalid replies ---- */

static void lie_about_length(struct work *w)
{
    w->len = SIZE_MAX;
}

static void cut_reply(struct work *w)
{
    w->len = sizeof w->reply - 1;
}

static void cut_files(struct work *w)
{
    w->len--;
}

static void fill_with_noise(struct work *w)
{
    memset(&w->reply, 0xa5, sizeof w->reply);
}

static void end_no_message(struct work *w)
{
    w->reply.err = ERR_DECODE_ERROR;
    memset(w->reply.message, 'x', sizeof w->reply.message);
}

/* ---- a decoder that an image has taken over for good ---- */

static struct {
    uint8_t output[64 << 10];
    size_t len; /* 0: not taken over */
} forged;

/* Replies to all later images with the thumbnails of this one. */
static void stay(struct work *w)
{
    if (w->len > sizeof forged.output)
        return;
    memcpy(forged.output, w->out, w->len);
    forged.len = w->len;
}

static void stay_and_lie(struct work *w)
{
    stay(w);
    w->reply.n_thumbs = 0;
}

#define FIELD(name, number)                                                                        \
    .offset = offsetof(struct thumbmake_reply, name), .value = (uint32_t)(number)
static const struct fault {
    const char *name;
    void (*act)(struct work *); /* NULL: the reply's field at this offset gets this value */
    size_t offset;
    uint32_t value;
} faults[] = {
    {"crash", .act = crash},
    {"abort", .act = call_abort},
    {"exit", .act = call_exit},
    {"spin", .act = spin_for_ever},
    {"slow", .act = be_slow},
    {"open", .act = open_file},
    {"escape", .act = escape},
    {"memory", .act = take_all_memory},
    {"leak", .act = leak},
    {"twice", .act = answer_twice},
    {"hang-up", .act = hang_up},
    {"die-after", .act = die_after},
    {"length", .act = lie_about_length},
    {"cut-reply", .act = cut_reply},
    {"cut-files", .act = cut_files},
    {"noise", .act = fill_with_noise},
    {"code", FIELD(err, -1)},
    {"foreign-code", FIELD(err, ERR_TIMEOUT)}, /* no decoder can report this code */
    {"message", .act = end_no_message},
    {"many", FIELD(n_thumbs, UINT32_MAX)},
    {"none", FIELD(n_thumbs, 0)},
    {"offset", FIELD(thumbs[0].offset, UINT32_MAX - 15)},
    {"size", FIELD(thumbs[0].size, UINT32_MAX)},
    {"empty", FIELD(thumbs[0].size, 0)},
    {"body", FIELD(thumbs[0].is_body, 1)},
    {"width", FIELD(thumbs[0].width, 0)},
    {"height", FIELD(thumbs[0].height, UINT32_MAX)},
    {"stay", .act = stay},
    {"stay-and-lie", .act = stay_and_lie},
};

static const struct fault *find_fault(const uint8_t *in, size_t in_len)
{
    static const char mark[] = "imgfetch-fault: ";
    size_t mark_len = sizeof mark - 1;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        size_t name_len = strlen(faults[i].name), len = mark_len + name_len;
        if (in_len >= len && memcmp(in + in_len - len, mark, mark_len) == 0 &&
            memcmp(in + in_len - name_len, faults[i].name, name_len) == 0)
            return &faults[i];
    }
    return NULL;
}

size_t testfault_work(void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size)
{
    const struct fault *fault = find_fault(in, in_len);
    struct work w = {.arg = arg, .in = in, .in_len = in_len, .out = out, .out_size = out_size};
    w.len = thumb_work(arg, in, in_len, out, out_size);
    if (fault && w.len >= sizeof w.reply) {
        memcpy(&w.reply, out, sizeof w.reply);
        if (fault->act)
            fault->act(&w);
        else
            memcpy((uint8_t *)&w.reply + fault->offset, &fault->value, sizeof fault->value);
        memcpy(out, &w.reply, sizeof w.reply);
    } else if (forged.len) {
        memcpy(out, forged.output, forged.len);
        w.len = forged.len;
    }
    return w.len;
}
