/* The DNS servers to ask: those the user names, or the system's. */
#ifndef NET_RESOLVER_SERVERS_H
#define NET_RESOLVER_SERVERS_H

#include <ares.h>
#include <stdbool.h>
#include <stddef.h>

/* For ares_set_servers_ports(). */
struct resolver_servers {
    struct ares_addr_port_node *first; /* c-ares's list, or `own` */
    struct ares_addr_port_node *own;   /* NULL when c-ares made the list */
    size_t n;                          /* at least one */
};

/* text: as resolver_conf.servers; NULL: resolv.conf(5). False: malformed, or c-ares fails;
 * `message` (RESOLVER_MESSAGE_SIZE) says why and there is nothing to _fini. */
bool resolver_servers_init(struct resolver_servers *ret, const char *text, char *message);
void resolver_servers_fini(struct resolver_servers *);

#endif
