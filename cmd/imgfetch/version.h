#ifndef CMD_VERSION_H
#define CMD_VERSION_H

void version_print(void); /* of imgfetch and its libraries, on standard output */

#endif
