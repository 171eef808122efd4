#include "net/resolver_servers.h"

#include "base/addr.h"
#include "base/mem.h"
#include "net/resolver.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DNS_PORT = 53 };

/* ":1" to ":65535", or nothing. */
static bool read_port(const char *text, int *port)
{
    if (*text == '\0')
        return true;
    if (*text != ':' || !isdigit((unsigned char)text[1]))
        return false;
    char *end;
    unsigned long n = strtoul(text + 1, &end, 10);
    if (*end != '\0' || n < 1 || n > UINT16_MAX)
        return false;
    *port = (int)n;
    return true;
}

/* "A", "A:PORT", "[A]:PORT". A bare IPv6 address has more than one colon and no port. */
static bool read_server(const char *text, struct ares_addr_port_node *ret)
{
    char host[ADDR_TEXT_SIZE + 2];
    size_t len = strlen(text);
    const char *first = strchr(text, ':'), *last = strrchr(text, ':');
    if (*text == '[')
        len = strcspn(text, "]") + 1;
    else if (first && first == last)
        len = (size_t)(first - text);
    int port = DNS_PORT;
    if (len >= sizeof host || len > strlen(text) || !read_port(text + len, &port))
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    struct addr a;
    if (!addr_parse(host, &a))
        return false;
    ret->family = a.family == 4 ? AF_INET : AF_INET6;
    memcpy(&ret->addr, a.bytes, a.family == 4 ? sizeof ret->addr.addr4 : sizeof ret->addr.addr6);
    ret->udp_port = ret->tcp_port = port;
    return true;
}

static bool read_list(struct resolver_servers *s, char *text)
{
    for (char *next; text; text = next) {
        next = strchr(text, ',');
        if (next)
            *next++ = '\0';
        s->own = mem_grow(s->own, (s->n + 1) * sizeof *s->own);
        s->own[s->n] = (struct ares_addr_port_node){0};
        if (!read_server(text, &s->own[s->n++]))
            return false;
    }
    for (size_t i = 0; i + 1 < s->n; i++)
        s->own[i].next = &s->own[i + 1];
    s->first = s->own;
    return true;
}

/* c-ares reads resolv.conf when a channel is made, so one is made to ask it. */
static bool read_system(struct resolver_servers *s, char *message)
{
    ares_channel channel;
    int status = ares_init(&channel);
    if (status == ARES_SUCCESS) {
        status = ares_get_servers_ports(channel, &s->first);
        ares_destroy(channel);
    }
    for (const struct ares_addr_port_node *node = s->first; node; node = node->next)
        s->n++;
    if (status != ARES_SUCCESS)
        snprintf(message, RESOLVER_MESSAGE_SIZE, "c-ares: %s", ares_strerror(status));
    return status == ARES_SUCCESS;
}

bool resolver_servers_init(struct resolver_servers *ret, const char *text, char *message)
{
    struct resolver_servers s = {0};
    bool ok;
    if (text) {
        char *copy = mem_dup(text);
        ok = read_list(&s, copy);
        free(copy);
        if (!ok)
            snprintf(message, RESOLVER_MESSAGE_SIZE, "not ADDRESS[:PORT],...: \"%.80s\"", text);
    } else {
        ok = read_system(&s, message);
    }
    if (ok)
        *ret = s;
    else
        resolver_servers_fini(&s);
    return ok;
}

void resolver_servers_fini(struct resolver_servers *s)
{
    if (s->own)
        free(s->own);
    else
        ares_free_data(s->first);
    *s = (struct resolver_servers){0};
}
