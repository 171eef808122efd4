/* What a run says about itself to those who read its results: its command line, versions
 * and machine. */
#ifndef CMD_ABOUT_H
#define CMD_ABOUT_H

#include "cmd/imgfetch/options/options.h"

/* The command line as a shell takes it, with options of files and long names, and without what is
 * secret: the values of headers, and the name and password of a proxy. free(3)d by the caller. */
char *about_command(const struct options *);

/* "imgfetch 0.1.0, libcurl/8.14.1 OpenSSL/3.5.1 zlib/1.3.1 ..." */
enum { ABOUT_PROGRAM_SIZE = 400 };
const char *about_program(char out[ABOUT_PROGRAM_SIZE]);

/* "2 cores, 8.3 GB of memory, Linux 6.1.0 x86_64" */
enum { ABOUT_MACHINE_SIZE = 300 };
const char *about_machine(char out[ABOUT_MACHINE_SIZE]);

#endif
