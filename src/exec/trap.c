#include "exec/trap.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static trap_told *told;
static enum trap_end end;

/* SIGSYS is blocked in its own handler. When the same call is refused again, the kernel therefore
 * kills the process, and the wait status says why. No descriptor and no process has number -1. */
static _Noreturn void die_by_call(int call)
{
    syscall(call, -1L, -1L, -1L, -1L, -1L, -1L);
    _exit(EXIT_FAILURE);
}

static void set_result(void *context, long result)
{
    ucontext_t *c = context;
#if defined __x86_64__
    c->uc_mcontext.gregs[REG_RAX] = result;
#elif defined __aarch64__
    c->uc_mcontext.regs[0] = (unsigned long)result;
#else
    (void)c;
    (void)result;
#endif
}

static void on_refused_call(int number, siginfo_t *info, void *context)
{
    (void)number;
    if (info->si_code != 1) /* SYS_SECCOMP, see sigaction(2): it was not sent by a process */
        return;
    int error = errno, call = info->si_syscall;
    told(call);
    if (end == TRAP_KILLS)
        die_by_call(call);
    set_result(context, -EPERM);
    errno = error;
}

void trap_install(trap_told *tell, enum trap_end how)
{
    struct sigaction act = {.sa_flags = SA_SIGINFO | SA_RESTART};
    act.sa_sigaction = on_refused_call;
    sigemptyset(&act.sa_mask);
    told = tell;
    end = how;
    sigaction(SIGSYS, &act, NULL);
}
