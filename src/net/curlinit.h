/*
 * Starts libcurl, once in a process, before anything else of it is used and before there is a
 * second thread that uses it.
 *
 * libcurl (7.88) gets by badly without memory for its small objects: it divides by zero, or leaves
 * out a header line. So it aborts instead, as we do for our own (base/mem.h).
 */
#ifndef NET_CURLINIT_H
#define NET_CURLINIT_H

/* NULL, or why it failed. curl_global_cleanup() ends it. */
const char *curlinit(void);

#endif
