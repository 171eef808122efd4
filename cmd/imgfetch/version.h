#ifndef CMD_VERSION_H
#define CMD_VERSION_H

void version_print(void); /* ours and the libraries', on standard output */

#endif
