/*
 * The DNS server beside the site: UDP on 127.0.0.1, on the site's loop.
 *
 * Always true: a question is answered once, after the script's delay, or lost
 * on purpose; a packet that is not exactly one valid question is dropped. One
 * thread.
 */
#ifndef IMGSERVE_DNS_H
#define IMGSERVE_DNS_H

#include "cmd/imgserve/dns_script.h"
#include "cmd/imgserve/site.h"

#include <uv.h>

struct dns;

/* The site must outlive it. */
struct dns *dns_new(uv_loop_t *, struct site *, const struct dns_script *);

/* port 0: any. 0, or an error of libuv. */
int dns_listen(struct dns *, uint16_t port);
uint16_t dns_port(const struct dns *);

/* Only after its handles were closed, with all others of the loop, and the loop has ended. */
void dns_free(struct dns *);

#endif
