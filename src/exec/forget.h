/*
 * Wipes what a forked process has inherited of the program's secrets: the command line but its
 * first word, the environment (tokens are often passed there), and what calls that have returned
 * left on the stack. Afterwards neither /proc/PID/cmdline and /proc/PID/environ nor the memory has
 * them; the parent keeps its own.
 *
 * Texts that the caller needs from there must have been copied to the heap. What lies on the heap
 * itself is its owner's to wipe.
 */
#ifndef EXEC_FORGET_H
#define EXEC_FORGET_H

/* For a process with one thread. Of the environment the variables stay that OpenSSL and curl read
 * when they start; they are names of files. Without /proc the command line stays. */
void forget_inherited(void);

/* Gives the unused part of the stack back: it reads as zero. */
void forget_stack(void);

#endif
