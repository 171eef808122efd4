#include "exec/launcher_inside.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct launcher {
    pid_t helper;
    int control;
};

struct launcher *launcher_start(const struct launcher_conf *conf, int *ret_err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
        *ret_err = -errno;
        return NULL;
    }
    pid_t helper = fork();
    if (helper == 0) {
        close(ends[0]);
        launcher_help(conf, ends[1]);
    }
    *ret_err = helper < 0 ? -errno : 0;
    close(ends[1]);
    if (helper < 0) {
        close(ends[0]);
        return NULL;
    }
    struct launcher *l = mem_new(sizeof *l);
    *l = (struct launcher){helper, ends[0]};
    return l;
}

/* The helper reads its orders at once, so the socket has room. */
static bool tell(struct launcher *l, const struct launcher_order *order)
{
    ssize_t n;
    do {
        n = send(l->control, order, sizeof *order, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n == sizeof *order;
}

bool launcher_ask(struct launcher *l, const uint32_t numbers[2])
{
    return tell(l, &(struct launcher_order){.numbers = {numbers[0], numbers[1]}});
}

void launcher_kill(struct launcher *l)
{
    (void)tell(l, &(struct launcher_order){.kills = 1}); /* a helper that is gone runs nothing */
}

int launcher_descriptor(const struct launcher *l)
{
    return l->control;
}

enum launcher_says launcher_hear(struct launcher *l, struct launcher_message *ret)
{
    ssize_t n = recv(l->control, ret, sizeof *ret, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return LAUNCHER_NOTHING;
    if (n != sizeof *ret)
        return LAUNCHER_GONE;
    ret->text[LAUNCHER_LINE_SIZE - 1] = '\0';
    return ret->says;
}

void launcher_free(struct launcher *l)
{
    if (!l)
        return;
    close(l->control);
    while (waitpid(l->helper, NULL, 0) < 0 && errno == EINTR)
        ;
    free(l);
}
