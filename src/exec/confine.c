#include "exec/confine_inside.h"

#include <errno.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

#define BIT(capability) (1U << (capability))

/* For root: files of other users, and blocks that file systems reserve. */
static const unsigned kept = BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) |
                             BIT(CAP_FSETID) | BIT(CAP_SYS_RESOURCE);

const char *confine_name(enum confine_level level)
{
    static const char *const names[] = {"none", "seccomp", "landlock", "landlock+seccomp"};
    return names[level];
}

static void drop_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data))
        return;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        data[i].permitted &= i ? 0 : kept;
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0;
    }
    syscall(SYS_capset, &header, data);
}

void confine_family(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return;
    confine_signals();
    confine_rings();
}

enum confine_level confine_enter(const struct confine_conf *conf)
{
    if (SANITIZED || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return CONFINE_NONE;
    drop_capabilities();
    unsigned level = CONFINE_NONE;
    if (confine_files(conf))
        level |= CONFINE_FILES;
    if (confine_calls(conf->is_worker))
        level |= CONFINE_CALLS;
    return level;
}

enum confine_level confine_probe(void)
{
    static const char *const none[] = {NULL};
    pid_t child = fork();
    if (child == 0)
        _exit((int)confine_enter(&(struct confine_conf){.readable = none}));
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    bool is_known = child > 0 && WIFEXITED(status) && WEXITSTATUS(status) <= CONFINE_ALL;
    return is_known ? (enum confine_level)WEXITSTATUS(status) : CONFINE_NONE;
}
