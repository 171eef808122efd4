#include "cmd/imgserve/stats.h"

#include "base/hash.h"
#include "base/mem.h"
#include "cmd/imgserve/text.h"

#include <inttypes.h>
#include <stdlib.h>

enum { HOST_MAX = 255 }; /* RFC 1035, section 2.3.4; longer ones are not counted */

struct gauge {
    uint64_t now, max;
};

struct stats_host {
    uint64_t serial; /* never used twice */
    uint64_t requests, connections;
    struct gauge in_flight;
    UT_hash_handle hh;
    char name[]; /* with a NUL */
};

struct stats {
    uint64_t requests, refused, connections, bytes_sent;
    struct gauge open, in_flight;
    struct stats_host *hosts;
    uint64_t serials;
    struct {
        uint64_t by_fate[DNS_FATES], dropped;
        struct gauge open;
    } dns;
};

static void up(struct gauge *g)
{
    if (++g->now > g->max)
        g->max = g->now;
}

struct stats *stats_new(void)
{
    return mem_new(sizeof(struct stats));
}

void stats_free(struct stats *s)
{
    if (!s)
        return;
    struct stats_host *h, *next;
    HASH_ITER (hh, s->hosts, h, next) {
        HASH_DEL(s->hosts, h);
        free(h);
    }
    free(s);
}

void stats_opened(struct stats *s)
{
    s->connections++;
    up(&s->open);
}

void stats_closed(struct stats *s)
{
    s->open.now--;
}

void stats_refused(struct stats *s)
{
    s->refused++;
}

void stats_sent(struct stats *s, uint64_t bytes)
{
    s->bytes_sent += bytes;
}

static struct stats_host *find_host(struct stats *s, struct span host)
{
    char name[HOST_MAX + 1];
    if (host.len > HOST_MAX)
        return NULL;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];
        name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    name[host.len] = '\0';

    struct stats_host *h;
    HASH_FIND(hh, s->hosts, name, host.len, h);
    if (h || HASH_COUNT(s->hosts) >= STATS_HOSTS_MAX)
        return h;
    h = mem_new(sizeof *h + host.len + 1);
    memcpy(h->name, name, host.len + 1);
    h->serial = ++s->serials;
    HASH_ADD_KEYPTR(hh, s->hosts, h->name, host.len, h);
    return h;
}

struct stats_host *stats_begin(struct stats *s, struct span host, uint64_t *last)
{
    s->requests++;
    up(&s->in_flight);
    struct stats_host *h = find_host(s, host);
    if (h) {
        h->requests++;
        up(&h->in_flight);
        if (*last != h->serial)
            h->connections++;
        *last = h->serial;
    }
    return h;
}

void stats_end(struct stats *s, struct stats_host *h)
{
    s->in_flight.now--;
    if (h)
        h->in_flight.now--;
}

void stats_dns_begin(struct stats *s, enum dns_fate fate)
{
    s->dns.by_fate[fate]++;
    up(&s->dns.open);
}

void stats_dns_end(struct stats *s)
{
    s->dns.open.now--;
}

void stats_dns_dropped(struct stats *s)
{
    s->dns.dropped++;
}

static void dns_json(const struct stats *s, struct buf *out)
{
    text_addf(out,
        "{\"dropped\":%" PRIu64 ",\"open\":%" PRIu64 ",\"max_open\":%" PRIu64 ",\"questions\":{",
        s->dns.dropped, s->dns.open.now, s->dns.open.max);
    for (int i = 0; i < DNS_FATES; i++)
        text_addf(
            out, "%s\"%s\":%" PRIu64, i ? "," : "", dns_script_fate_name(i), s->dns.by_fate[i]);
    text_adds(out, "}}");
}

void stats_json(const struct stats *s, struct buf *out)
{
    text_addf(out,
        "{\"requests\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"connections\":%" PRIu64
        ",\"open\":%" PRIu64 ",\"max_open\":%" PRIu64 ",\"bytes_sent\":%" PRIu64
        ",\"in_flight\":%" PRIu64 ",\"max_in_flight\":%" PRIu64 ",\"hosts\":{",
        s->requests, s->refused, s->connections, s->open.now, s->open.max, s->bytes_sent,
        s->in_flight.now, s->in_flight.max);
    const char *sep = "";
    for (const struct stats_host *h = s->hosts; h; h = h->hh.next) {
        text_addf(out,
            "%s\n\"%s\":{\"requests\":%" PRIu64 ",\"connections\":%" PRIu64
            ",\"in_flight\":%" PRIu64 ",\"max_in_flight\":%" PRIu64 "}",
            sep, h->name, h->requests, h->connections, h->in_flight.now, h->in_flight.max);
        sep = ",";
    }
    text_adds(out, "},\n\"dns\":");
    dns_json(s, out);
    text_adds(out, "}\n");
}

void stats_reset(struct stats *s)
{
    s->requests = s->refused = s->connections = s->bytes_sent = 0;
    s->open.max = s->open.now;
    s->in_flight.max = s->in_flight.now;
    memset(s->dns.by_fate, 0, sizeof s->dns.by_fate);
    s->dns.dropped = 0;
    s->dns.open.max = s->dns.open.now;
    struct stats_host *h, *next;
    HASH_ITER (hh, s->hosts, h, next) {
        h->requests = h->connections = 0;
        h->in_flight.max = h->in_flight.now;
        if (!h->in_flight.now) {
            HASH_DEL(s->hosts, h);
            free(h);
        }
    }
}
