/* The listening side: one loop, one port on all loopback addresses. */
#ifndef IMGSERVE_SERVER_H
#define IMGSERVE_SERVER_H

#include "cmd/imgserve/dns_script.h"

#include <stdbool.h>
#include <stdint.h>

struct server;

enum { SERVER_MESSAGE_SIZE = 200 };

/* Listens when it returns. port 0: any. NULL: `message` says why. */
struct server *server_new(const char *dir, uint16_t port, char message[SERVER_MESSAGE_SIZE]);
uint16_t server_port(const struct server *);

/* Adds a line to the file for each request that is counted. Call it before server_run(). False:
 * `message` says why. */
bool server_log(struct server *, const char *path, char message[SERVER_MESSAGE_SIZE]);

/* Adds a DNS server on 127.0.0.1. Call it before server_run(). dns_port 0: any. The
 * script is copied. False: `message` says why. */
bool server_add_dns(struct server *, const struct dns_script *, uint16_t dns_port,
    char message[SERVER_MESSAGE_SIZE]);
uint16_t server_dns_port(const struct server *);

/* Serves until SIGTERM or SIGINT; then every connection is closed. */
void server_run(struct server *);

void server_free(struct server *);

#endif
