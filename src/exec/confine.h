/*
 * What a process gives up before it reads strangers' bytes with libraries that need files, sockets
 * and threads (curl, OpenSSL, zlib): the main process of a run, and the workers of procs. Decoders
 * give up more (sandbox.h). Once in, never out.
 *
 * Always true, at level CONFINE_ALL:
 * - Files (Landlock): it can open, make, rename and remove only below `writable` (files also in
 *   `replaced_in`, and folders below `renames`), and read only what `readable` names, directories
 *   with all that is below them, and what every program of the system reads: libraries, time zones,
 *   resolv.conf(5), hosts(5). It can open no directory of /proc. Files that were replaced since by
 *   others of the same name cannot be opened.
 * - Calls (seccomp): those that are not on a list are not made. So there is no execve, ptrace,
 *   mount, bpf, keyctl, io_uring; no new process (fork fails with EPERM); no signal to another
 *   process but by a pidfd that it has already; no socket but of TCP or UDP over IP, and none that
 *   listens. A call that is newer than the list fails with ENOSYS, as on an older kernel; one that
 *   is known but not on the list traps (trap.h).
 * - Root keeps only the capabilities that are about files.
 *
 * What the kernel lacks is left out; the level says so. A worker opens nothing for writing at all.
 *
 * Landlock restricts one thread and those that it starts, so call confine_enter() before there is a
 * second thread, and open, load or fork before it what is not possible afterwards.
 */
#ifndef EXEC_CONFINE_H
#define EXEC_CONFINE_H

#include "exec/trap.h"

#include <stdbool.h>

enum confine_level {
    CONFINE_NONE,  /* also under ASan and TSan, which need calls and files of their own */
    CONFINE_CALLS, /* seccomp only */
    CONFINE_FILES, /* Landlock only */
    CONFINE_ALL,
};

struct confine_conf {
    const char *const *readable; /* paths of files and directories, ends with NULL; those that
                                    cannot be opened are skipped */
    const char *const *writable; /* directories that exist, ends with NULL; NULL: none */
    const char *replaced_in;     /* a directory in which files are made and replace others, which
                                    exists; NULL: none */
    const char *renames;         /* a directory whose folders can be renamed and removed, if they
                                    are empty, and made; no file. NULL: none */
    bool is_worker;              /* its list of calls has no change of files or processes */
};

/* "none", "seccomp", "landlock", "landlock+seccomp". Static text. */
const char *confine_name(enum confine_level);

/* The version of Landlock's interface that the kernel has; 0: none. */
int confine_landlock(void);

/* From here on this process, and those forked later, gain no privileges, send signals only among
 * themselves (Landlock 6), and have no io_uring, whose requests no filter sees: libuv makes one for
 * each loop, so call it before the first. Best effort. */
void confine_family(void);

/* Confines this process, which has one thread; returns the level reached. Who wants to know of
 * refused calls has called trap_install(). */
enum confine_level confine_enter(const struct confine_conf *);

/* The level that a process reaches on this machine: a child tries it. */
enum confine_level confine_probe(void);

#endif
