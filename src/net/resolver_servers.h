/* The DNS servers to ask: the user's, or the system's. */
#ifndef NET_RESOLVER_SERVERS_H
#define NET_RESOLVER_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct resolver_servers {
    struct sockaddr_storage *at;
    size_t n; /* at least one */
};

/* text: as resolver_conf.servers; NULL: resolv.conf(5). False: malformed; `message`
 * (RESOLVER_MESSAGE_SIZE) says why and there is nothing to _fini. */
bool resolver_servers_init(struct resolver_servers *ret, const char *text, char *message);

/* Reads the servers of a file like resolv.conf(5) and skips what it cannot parse. If there are
 * none, or no such file, the server is 127.0.0.1. Ports are accepted as in
 * resolver_conf.servers. */
void resolver_servers_read(struct resolver_servers *ret, const char *path);

void resolver_servers_fini(struct resolver_servers *);

#endif
