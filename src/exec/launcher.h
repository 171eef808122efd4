/*
 * A helper process that starts and ends programs for a process that is confined by then
 * (exec/confine.h). It is forked before confine_family(), while the program has one thread, and
 * neither it nor what it starts is confined.
 *
 * Always true:
 * - It starts one program, which is fixed when it is forked. It is told two numbers, of which it
 *   makes the words behind the program's name itself, or to kill what runs.
 * - A program runs without a shell, in a process group and session that no terminal reaches, with
 *   the environment and the working directory of the helper's birth, default signals, /dev/null as
 *   standard input, and a pipe as standard output and error. No other descriptor is open in it.
 * - Its group is killed when it has ended, when its time is over, when launcher_kill() says so, and
 *   when the asking process has ended for whatever reason. If the helper is killed, the kernel
 *   kills the program itself, but not what that has started.
 * - What a program prints is passed on line by line; while nobody hears it, the program waits.
 *
 * One thread makes the calls. Errors are negative errno values.
 */
#ifndef EXEC_LAUNCHER_H
#define EXEC_LAUNCHER_H

#include <stdbool.h>
#include <stdint.h>

enum { LAUNCHER_MOST = 4, LAUNCHER_LINE_SIZE = 1000 };

struct launcher_conf {
    const char *program; /* a path; without a slash, a name in $PATH */
    unsigned most;       /* programs at once, up to LAUNCHER_MOST */
    unsigned timeout_s;  /* of each */
    /* In the helper: the words behind the program's name, ending with NULL; it frees none of them.
     * NULL: no program has such numbers. */
    char **(*words)(void *arg, const uint32_t numbers[2]);
    void *arg;
};

enum launcher_says {
    LAUNCHER_NOTHING, /* there is no message */
    LAUNCHER_LINE,    /* the program has printed `text` */
    LAUNCHER_ENDED,   /* it has ended: status */
    LAUNCHER_FAILED,  /* it could not be started: status is an errno */
    LAUNCHER_GONE,    /* the helper is dead */
};

struct launcher_message {
    uint32_t says; /* enum launcher_says */
    uint32_t numbers[2];
    int32_t status;                /* as from waitpid(2) */
    uint32_t is_late;              /* LAUNCHER_ENDED: it was killed, because its time was over */
    char text[LAUNCHER_LINE_SIZE]; /* any bytes but NUL and line feed; ends with a NUL */
};

struct launcher;

/* Forks the helper. NULL: *ret_err says why. conf is inherited. */
struct launcher *launcher_start(const struct launcher_conf *, int *ret_err);

/* Asks for a program with these numbers. Each is answered by LAUNCHER_ENDED or LAUNCHER_FAILED, in
 * any order; those beyond `most` at once fail with EAGAIN. False: the helper is gone. */
bool launcher_ask(struct launcher *, const uint32_t numbers[2]);

/* Kills all that run; their LAUNCHER_ENDED follow. */
void launcher_kill(struct launcher *);

/* Readable when there is a message. */
int launcher_descriptor(const struct launcher *);

/* Reads the next message, without waiting. */
enum launcher_says launcher_hear(struct launcher *, struct launcher_message *ret);

/* Kills all that run, and waits for the helper's end. NULL is fine. */
void launcher_free(struct launcher *);

#endif
