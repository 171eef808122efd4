#include "exec/worker.h"

#include "exec/sandbox.h"
#include "exec/trap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SOCKET = STDERR_FILENO + 1 };

/* Makes the kernel kill the worker when the zygote dies, even if it hangs or is hostile. */
static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(EXIT_SUCCESS);
}

/* Makes the OOM killer choose a worker first: it is the cheapest process to lose. */
static void volunteer_for_oom_kill(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = write(fd, "1000", 4); /* OOM_SCORE_ADJ_MAX; best effort */
    (void)n;
    close(fd);
}

static void keep_only(int socket)
{
    if (socket != SOCKET)
        dup2(socket, SOCKET);
    close_range(SOCKET + 1, ~0U, 0);
}

static bool send_byte(uint8_t byte)
{
    ssize_t n;
    do {
        n = write(SOCKET, &byte, 1);
    } while (n < 0 && errno == EINTR);
    return n == 1;
}

static bool hear_go(void)
{
    uint8_t byte;
    ssize_t n;
    do {
        n = read(SOCKET, &byte, 1);
    } while (n < 0 && errno == EINTR);
    return n == 1 && byte == WORKER_GO;
}

static struct slot *own_slot; /* for the handler of SIGSYS, and the work */

static void note_refused(int call)
{
    slot_set_refused(own_slot, call);
}

static ssize_t swallow(void *cookie, const char *text, size_t len)
{
    (void)cookie;
    (void)text;
    return (ssize_t)len;
}

/* Libraries print what they find wrong with an image (libjxl does), and the sandbox kills for that
 * call. Nobody should read on a terminal what a stranger's bytes make them print. */
static void mute_stderr(void)
{
    FILE *mute = fopencookie(NULL, "w", (cookie_io_functions_t){.write = swallow});
    if (mute)
        stderr = mute;
}

atomic_ullong *worker_progress(void)
{
    return slot_progress(own_slot);
}

/* The level reached. The reply of a confined worker is checked like that of a sandboxed one, so
 * their levels mean the same to the pool. */
static enum sandbox_level give_up_rights(const struct procpool_conf *conf)
{
    trap_install(note_refused, TRAP_KILLS);
    if (!conf->confine && !conf->unconfined)
        mute_stderr();
    if (!conf->confine)
        return conf->unconfined ? SANDBOX_NONE : sandbox_enter(conf->max_memory, SOCKET);
    enum confine_level level = confine_enter(conf->confine);
    return level == CONFINE_ALL    ? SANDBOX_SECCOMP
           : level == CONFINE_NONE ? SANDBOX_NONE
                                   : SANDBOX_LIMITS;
}

void worker_run(const struct procpool_conf *conf, struct slot *slot, int socket, pid_t parent)
{
    die_with(parent);
    prctl(PR_SET_NAME, "imgfetch-worker");
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    keep_only(socket);
    volunteer_for_oom_kill();
    own_slot = slot;
    enum sandbox_level level = give_up_rights(conf);
    if (!send_byte((uint8_t)(WORKER_READY + level)))
        _exit(EXIT_FAILURE);
    while (hear_go()) {
        slot_take(slot);
        slot_set_out_len(slot,
            conf->work(conf->arg, slot_in(slot), slot_in_len(slot), slot_out(slot), conf->max_out));
        if (!send_byte(WORKER_DONE))
            _exit(EXIT_FAILURE);
        if (level > SANDBOX_NONE && !sandbox_has_room(conf->max_memory))
            break;
    }
    _exit(EXIT_SUCCESS);
}
