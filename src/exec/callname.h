/*
 * The names of system calls, so that a call which a filter refused can be told to people.
 */
#ifndef EXEC_CALLNAME_H
#define EXEC_CALLNAME_H

/* No kernel had a call of this number, or a higher one, when this was written (Linux 6.18). */
enum { CALLNAME_KNOWN = 470 };

/* "59 (execve)", or "9999 (unknown)". May be called from a signal handler. */
enum { CALLNAME_SIZE = 64 };
void callname_text(int call, char ret[CALLNAME_SIZE]);

#endif
