/*
 * What happens when a filter of system calls refuses one with SECCOMP_RET_TRAP: the kernel does not
 * make the call but sends SIGSYS, and we tell which call it was.
 *
 * Without this handler, or where SIGSYS is blocked, the process is killed by SIGSYS.
 */
#ifndef EXEC_TRAP_H
#define EXEC_TRAP_H

/* Runs in the signal handler, on any thread. */
typedef void trap_told(int call);

enum trap_end {
    TRAP_FAILS, /* the call fails with EPERM, and the thread goes on */
    TRAP_KILLS, /* the process ends by SIGSYS */
};

/* For the whole process. Call it before the filter is installed. */
void trap_install(trap_told *, enum trap_end);

/* What a refused call returns in place of the kernel's result: a negative errno is an error. It has
 * the arguments of the call. In the signal handler, on any thread; the calls that it makes itself
 * must not be refused. */
typedef long trap_result(int call, const long *args);

/* Like trap_install(): refused calls are answered, and the thread goes on. */
void trap_answer(trap_result *);

#endif
