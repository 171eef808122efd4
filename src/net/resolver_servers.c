#include "net/resolver_servers.h"

#include "base/addr.h"
#include "base/mem.h"
#include "net/resolver.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { DNS_PORT = 53 };
#define SYSTEM_FILE "/etc/resolv.conf"

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
static bool read_server(const char *text, struct sockaddr_storage *ret)
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
    for (char *next; text; text = next) {
        next = strchr(text, ',');
        if (next)
            *next++ = '\0';
        if (!read_server(text, append(s)))
            return false;
    }
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
        read_server("127.0.0.1", append(&s));
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
