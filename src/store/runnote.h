/*
 * .imgfetch/run.json: how the last run into a directory was started, for people who look at its
 * results later (audit/survey.h). Nothing depends on it: a file that is missing or damaged means
 * that nothing is known. Blocks; any thread.
 */
#ifndef STORE_RUNNOTE_H
#define STORE_RUNNOTE_H

/* Texts, borrowed. They must not contain passwords. */
struct runnote {
    const char *command, *program, *machine;
};

/* Replaces the file, and adds the time. If it cannot be written, the old one is removed, because it
 * would tell of another run. One process at a time. */
void runnote_write(int folder, const struct runnote *);

/* The name of the file below an output directory, and its fields. All are strings. */
#define RUNNOTE_PATH ".imgfetch/run.json"
#define RUNNOTE_COMMAND "command"
#define RUNNOTE_PROGRAM "program"
#define RUNNOTE_MACHINE "machine"
#define RUNNOTE_STARTED "started"

#endif
