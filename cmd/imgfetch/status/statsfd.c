#include "cmd/imgfetch/status/statsfd.h"

#include <stdio.h>
#include <stdlib.h>

enum { EVERY_MS = 100 };

const double statsfd_quantiles[STATSFD_QUANTILES] = {
    1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 99};

static void on_stats_timer(uv_timer_t *timer)
{
    struct statsfd *l = timer->data;
    const struct pipeline_stats *s = pipeline_stats(l->pipeline);
    dprintf(l->fd, "{\"t\":%.3f,\"rows\":%llu,\"bytes\":%llu}\n", s->seconds,
        (unsigned long long)tally_rows(&s->tally), (unsigned long long)s->bytes);
}

void statsfd_start(struct statsfd *l, int fd, struct pipeline *p, uv_loop_t *loop)
{
    *l = (struct statsfd){.fd = fd, .pipeline = p};
    if (fd < 0)
        return;
    uv_timer_init(loop, &l->timer);
    l->timer.data = l;
    uv_timer_start(&l->timer, on_stats_timer, EVERY_MS, EVERY_MS);
}

void statsfd_row(struct statsfd *l, const struct job *j)
{
    if (l->fd < 0)
        return;
    l->decode_ns += j->ms.decode;
    if (j->request.url.host)
        hostcount_add(&l->hosts, j->request.url.host);
}

static unsigned count_hosts(const struct hostcount *hosts)
{
    struct hostcount_row *rows = malloc(HOSTCOUNT_MAX * sizeof *rows);
    unsigned n = rows ? hostcount_top(hosts, rows, HOSTCOUNT_MAX) : 0;
    free(rows);
    return n;
}

static void write_end(FILE *out, struct statsfd *l)
{
    const struct pipeline_stats *s = pipeline_stats(l->pipeline);
    fprintf(out, "{\"end\":true,\"rows\":%llu,\"ok\":%llu,\"bytes\":%llu,\"seconds\":%.6f",
        (unsigned long long)tally_rows(&s->tally), (unsigned long long)s->tally.by_code[ERR_OK],
        (unsigned long long)s->bytes, s->seconds);
    fprintf(out, ",\"retries\":%llu,\"connections\":%llu,\"hosts\":%u,\"in_flight\":%u",
        (unsigned long long)s->retries, (unsigned long long)s->connections, count_hosts(&l->hosts),
        s->most_in_flight);
    if (l->adapts)
        fprintf(out, ",\"settled_in_flight\":%u", s->window);
    fprintf(out, ",\"decode_s\":%.6f,\"failed\":{", (double)l->decode_ns / 1e9);
    const char *comma = "";
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
        if (!s->tally.by_code[e])
            continue;
        fprintf(out, "%s\"%s\":%llu", comma, err_name((enum err)e),
            (unsigned long long)s->tally.by_code[e]);
        comma = ",";
    }
    fputs("},\"latency\":[", out);
    for (int i = 0; i < STATSFD_QUANTILES; i++)
        fprintf(out, "%s%llu", i ? "," : "",
            (unsigned long long)histogram_quantile(&s->latency, statsfd_quantiles[i] / 100) * 1000);
    fputs("]}\n", out);
}

void statsfd_stop(struct statsfd *l)
{
    if (l->fd < 0)
        return;
    uv_close((uv_handle_t *)&l->timer, NULL);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out) {
        write_end(out, l);
        fclose(out);
        dprintf(l->fd, "%s", text);
        free(text);
    }
    hostcount_fini(&l->hosts);
}
