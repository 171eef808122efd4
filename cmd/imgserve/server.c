#include "cmd/imgserve/server.h"

#include "base/mem.h"
#include "cmd/imgserve/conn.h"
#include "cmd/imgserve/dns.h"
#include "cmd/imgserve/files.h"
#include "cmd/imgserve/stats.h"
#include "cmd/imgserve/tries.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { BACKLOG = 4096 };

struct server {
    uv_loop_t loop;
    uv_tcp_t listen4, listen6;
    uv_signal_t on_term, on_int;
    struct site *site;
    struct conn_set conns;
    struct dns *dns; /* or NULL */
    uint16_t port;
};

/* NULL: errno says why the directory cannot be opened. */
static struct site *site_new(const char *dir)
{
    struct files *files = files_new(dir);
    if (!files)
        return NULL;
    struct site *site = mem_new(sizeof *site);
    site->files = files;
    site->stats = stats_new();
    site->tries = tries_new();
    return site;
}

static void site_free(struct site *site)
{
    if (!site)
        return;
    files_free(site->files);
    stats_free(site->stats);
    tries_free(site->tries);
    if (site->log)
        fclose(site->log);
    free(site);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void stop(struct server *s)
{
    conn_close_all(&s->conns);
    uv_walk(&s->loop, close_handle, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    stop(handle->data);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct server *s = listener->data;
    if (!status)
        conn_accept(&s->conns, listener);
}

static int listen_on(struct server *s, uv_tcp_t *tcp, const struct sockaddr *addr)
{
    uv_tcp_init(&s->loop, tcp);
    tcp->data = s;
    int error = uv_tcp_bind(tcp, addr, addr->sa_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0);
    if (!error)
        error = uv_listen((uv_stream_t *)tcp, BACKLOG, on_connection);
    return error;
}

/* 0 or an error of libuv. */
static int listen_all(struct server *s, uint16_t port)
{
    struct sockaddr_in any;
    int len = sizeof any;
    uv_ip4_addr("0.0.0.0", port, &any);
    int error = listen_on(s, &s->listen4, (struct sockaddr *)&any);
    if (!error)
        error = uv_tcp_getsockname(&s->listen4, (struct sockaddr *)&any, &len);
    if (error)
        return error;
    s->port = ntohs(any.sin_port);

    /* A machine without IPv6 is served over IPv4 only. */
    struct sockaddr_in6 loopback;
    uv_ip6_addr("::1", s->port, &loopback);
    if (listen_on(s, &s->listen6, (struct sockaddr *)&loopback))
        uv_close((uv_handle_t *)&s->listen6, NULL);
    return 0;
}

static void watch_signals(struct server *s)
{
    signal(SIGPIPE, SIG_IGN);
    uv_signal_init(&s->loop, &s->on_term);
    uv_signal_init(&s->loop, &s->on_int);
    s->on_term.data = s->on_int.data = s;
    uv_signal_start(&s->on_term, on_signal, SIGTERM);
    uv_signal_start(&s->on_int, on_signal, SIGINT);
}

struct server *server_new(const char *dir, uint16_t port, char message[SERVER_MESSAGE_SIZE])
{
    struct site *site = site_new(dir);
    if (!site) {
        snprintf(message, SERVER_MESSAGE_SIZE, "%s: %s", dir, strerror(errno));
        return NULL;
    }
    struct server *s = mem_new(sizeof *s);
    s->site = site;
    conn_set_init(&s->conns, site);
    int error = uv_loop_init(&s->loop);
    if (error) {
        snprintf(message, SERVER_MESSAGE_SIZE, "cannot make a loop: %s", uv_strerror(error));
        site_free(site);
        free(s);
        return NULL;
    }
    error = listen_all(s, port);
    if (error) {
        snprintf(message, SERVER_MESSAGE_SIZE, "port %u: %s", port, uv_strerror(error));
        server_free(s);
        return NULL;
    }
    watch_signals(s);
    return s;
}

uint16_t server_port(const struct server *s)
{
    return s->port;
}

/* Buffered by line, so that a reader sees whole lines at any time. */
bool server_log(struct server *s, const char *path, char message[SERVER_MESSAGE_SIZE])
{
    s->site->log = fopen(path, "ae");
    if (s->site->log)
        setvbuf(s->site->log, NULL, _IOLBF, BUFSIZ);
    else
        snprintf(message, SERVER_MESSAGE_SIZE, "%s: %s", path, strerror(errno));
    return s->site->log != NULL;
}

bool server_add_dns(struct server *s, const struct dns_script *script, uint16_t dns_port,
    char message[SERVER_MESSAGE_SIZE])
{
    s->dns = dns_new(&s->loop, s->site, script);
    int error = dns_listen(s->dns, dns_port);
    if (error)
        snprintf(message, SERVER_MESSAGE_SIZE, "DNS port %u: %s", dns_port, uv_strerror(error));
    return !error;
}

uint16_t server_dns_port(const struct server *s)
{
    return dns_port(s->dns);
}

void server_run(struct server *s)
{
    uv_run(&s->loop, UV_RUN_DEFAULT);
}

void server_free(struct server *s)
{
    if (!s)
        return;
    stop(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    dns_free(s->dns);
    uv_loop_close(&s->loop);
    site_free(s->site);
    free(s);
}
