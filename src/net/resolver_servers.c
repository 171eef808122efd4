#include "net/resolver_servers.h"

#include "base/addr.h"
#include "base/mem.h"
#include "net/resolver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { DNS_PORT = 53 };
#define SYSTEM_FILE "/etc/resolv.conf"

/* "A", "A:PORT", "[A]:PORT". A bare IPv6 address has more than one colon and no port. */
static bool read_server(char *text, struct sockaddr_storage *ret)
{
    char host[ADDR_TEXT_SIZE + 2];
    size_t len = strlen(text);
    const char *first = strchr(text, ':'), *last = strrchr(text, ':');
    uint16_t port = DNS_PORT;
    if (*text == '[')
        len = strcspn(text, "]") + 1;
    else if (first && first == last)
        len = (size_t)(first - text);
    if (len >= sizeof host || len > strlen(text))
        return false;
    const char *end = text[len] == ':' ? addr_read_port(text + len + 1, &port) : text + len;
    if (!end || *end)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    struct addr a;
    char plain[ADDR_TEXT_SIZE];
    if (!addr_parse(host, &a))
        return false;
    addr_format(&a, plain);
    return !(a.family == 4 ? uv_ip4_addr(plain, port, (struct sockaddr_in *)ret)
                           : uv_ip6_addr(plain, port, (struct sockaddr_in6 *)ret));
}

static struct sockaddr_storage *append(struct resolver_servers *s)
{
    s->at = mem_grow(s->at, (s->n + 1) * sizeof *s->at);
    memset(&s->at[s->n], 0, sizeof *s->at);
    return &s->at[s->n++];
}

static bool read_list(struct resolver_servers *s, char *text)
{
    for (char *part; (part = strsep(&text, ","));)
        if (!read_server(part, append(s)))
            return false;
    return true;
}

/* "nameserver ADDRESS". A link-local address ends in "%" and the name of an interface. */
static void read_line(struct resolver_servers *s, char *line)
{
    static const char blanks[] = " \t\r\n";
    char *rest, *word = strtok_r(line, blanks, &rest);
    if (!word || strcmp(word, "nameserver") != 0 || !(word = strtok_r(NULL, blanks, &rest)))
        return;
    struct sockaddr_storage *server = append(s);
    if (!read_server(word, server) &&
        !(strchr(word, '%') && !uv_ip6_addr(word, DNS_PORT, (struct sockaddr_in6 *)server)))
        s->n--;
}

void resolver_servers_read(struct resolver_servers *ret, const char *path)
{
    struct resolver_servers s = {0};
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    while (f && getline(&line, &size, f) >= 0)
        read_line(&s, line);
    free(line);
    if (f)
        fclose(f);
    if (s.n == 0)
        read_server((char[]){"127.0.0.1"}, append(&s));
    *ret = s;
}

bool resolver_servers_init(struct resolver_servers *ret, const char *text, char *message)
{
    struct resolver_servers s = {0};
    if (!text) {
        resolver_servers_read(ret, SYSTEM_FILE);
        return true;
    }
    char *copy = mem_dup(text);
    bool ok = read_list(&s, copy);
    free(copy);
    if (ok) {
        *ret = s;
        return true;
    }
    snprintf(message, RESOLVER_MESSAGE_SIZE, "not ADDRESS[:PORT],...: \"%.80s\"", text);
    resolver_servers_fini(&s);
    return false;
}

void resolver_servers_fini(struct resolver_servers *s)
{
    free(s->at);
    *s = (struct resolver_servers){0};
}
