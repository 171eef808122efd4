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

#endif
