/*
 * What a worker gives up before it touches foreign bytes. Once in, never out.
 *
 * The levels, each with all of the one before:
 * - none     nothing is promised: a limit could not be set.
 * - limits   no core, no file opened or written, no child (but root's), no gain of
 *            privileges, a bounded stack, no ptrace by others; the address space is at most what it
 *            was plus max_memory.
 * - seccomp  the only system calls left are read and write on one descriptor, and
 *            exit; anything else traps (exec/trap.h), which ends the process. Memory: the heap
 *            has been grown by max_memory beforehand; past it malloc returns NULL.
 *
 * Under ASan and TSan, which need memory and calls of their own, and with max_memory
 * 0, the filter and the limit of the address space are left out ("limits").
 */
#ifndef EXEC_SANDBOX_H
#define EXEC_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

enum sandbox_level { SANDBOX_NONE, SANDBOX_LIMITS, SANDBOX_SECCOMP };

/* "none", "limits", "seccomp". Static text. */
const char *sandbox_name(enum sandbox_level);

/* In a process that forks those who will enter with the same max_memory: makes the heap that they
 * inherit. Only speed depends on it: a heap that grows after a fork has no huge page where the old
 * and the new part meet. */
void sandbox_prepare(size_t max_memory);

/* Confines this process, which has one thread, `fd` being all that it will
 * read and write; returns the level reached. */
enum sandbox_level sandbox_enter(size_t max_memory, int fd);

/* For a process with a filter of its own: the limits of this one, but for its descriptors, whose
 * numbers are below `descriptors`. False: one could not be set. */
bool sandbox_limit(size_t max_memory, unsigned descriptors);

/* Between two tasks: whether half of max_memory can be had in one piece. If not, a task has left
 * memory behind, and the next one might fail for it. Always true where memory is not limited. */
bool sandbox_has_room(size_t max_memory);

#endif
