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
static trap_result *result;

/* SIGSYS is blocked in its own handler. When the same call is refused again, the kernel therefore
 * kills the process, and the wait status says why. No descriptor and no process has number -1. */
static _Noreturn void die_by_call(int call)
{
    syscall(call, -1L, -1L, -1L, -1L, -1L, -1L);
    _exit(EXIT_FAILURE);
}

static void set_result(void *context, long value)
{
    ucontext_t *c = context;
#if defined __x86_64__
    c->uc_mcontext.gregs[REG_RAX] = value;
#elif defined __aarch64__
    c->uc_mcontext.regs[0] = (unsigned long)value;
#else
    (void)c;
    (void)value;
#endif
}

enum { ARGS = 6 };

static void get_args(const void *context, long ret[ARGS])
{
    const ucontext_t *c = context;
    for (int i = 0; i < ARGS; i++) {
#if defined __x86_64__
        static const int places[ARGS] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
        ret[i] = (long)c->uc_mcontext.gregs[places[i]];
#elif defined __aarch64__
        ret[i] = (long)c->uc_mcontext.regs[i];
#else
        (void)c;
        ret[i] = 0;
#endif
    }
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

static void on_answered_call(int number, siginfo_t *info, void *context)
{
    long args[ARGS];
    (void)number;
    if (info->si_code != 1) /* as above */
        return;
    int error = errno;
    get_args(context, args);
    set_result(context, result(info->si_syscall, args));
    errno = error;
}

static void handle(void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction act = {.sa_flags = SA_SIGINFO | SA_RESTART};
    act.sa_sigaction = handler;
    sigemptyset(&act.sa_mask);
    sigaction(SIGSYS, &act, NULL);
}

void trap_install(trap_told *tell, enum trap_end how)
{
    told = tell;
    end = how;
    handle(on_refused_call);
}

void trap_answer(trap_result *answer)
{
    result = answer;
    handle(on_answered_call);
}
