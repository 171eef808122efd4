#include "cmd/imgfetch/status/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    FIRST_CLASS_NS = 1000000,
    NAME_SIZE = 60,
    LINE_SIZE = NAME_SIZE + 2 * METRICS_RUN_SIZE + 100
};

static void add_time(struct metrics_times *t, uint64_t ns)
{
    t->n++;
    t->sum_ns += ns;
    for (unsigned i = 0; i < METRICS_CLASSES; i++) {
        if (ns <= (uint64_t)FIRST_CLASS_NS << i) {
            t->classes[i]++;
            return;
        }
    }
}

void metrics_row(struct metrics *m, const struct job *j, double now)
{
    m->last_row = now;
    if (j->first)
        return; /* a duplicate: nothing was fetched or decoded for it */
    if (j->ms.total)
        add_time(&m->request, j->ms.total);
    if (j->ms.decode)
        add_time(&m->decode, j->ms.decode);
}

/* Text being made. */
struct draft {
    struct buf *out;
    const char *run; /* the label of every figure, escaped */
    bool is_broken;  /* no memory */
};

__attribute__((format(printf, 2, 3))) static void add_line(struct draft *d, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len > 0 && (size_t)len < sizeof line)
        d->is_broken |= !buf_append(d->out, line, (size_t)len);
}

static void add_head(struct draft *d, const char *name, const char *type, const char *help)
{
    add_line(d, "# HELP imgfetch_%s %s\n# TYPE imgfetch_%s %s\n", name, help, name, type);
}

/* One figure; `labels` are those beside the run's, each after a comma. */
static void add_figure(struct draft *d, const char *name, const char *labels, double value)
{
    add_line(d, "imgfetch_%s{run=\"%s\"%s} %.15g\n", name, d->run, labels, value);
}

static void add_count(struct draft *d, const char *name, const char *help, uint64_t value)
{
    add_head(d, name, "counter", help);
    add_figure(d, name, "", (double)value);
}

static void add_gauge(struct draft *d, const char *name, const char *help, double value)
{
    add_head(d, name, "gauge", help);
    add_figure(d, name, "", value);
}

static void add_times(
    struct draft *d, const char *name, const char *help, const struct metrics_times *t)
{
    uint64_t n = 0;
    char bucket[NAME_SIZE], label[40];
    add_head(d, name, "histogram", help);
    snprintf(bucket, sizeof bucket, "%s_bucket", name);
    for (unsigned i = 0; i < METRICS_CLASSES; i++) {
        n += t->classes[i];
        snprintf(
            label, sizeof label, ",le=\"%.6g\"", (double)((uint64_t)FIRST_CLASS_NS << i) / 1e9);
        add_figure(d, bucket, label, (double)n);
    }
    add_figure(d, bucket, ",le=\"+Inf\"", (double)t->n);
    snprintf(bucket, sizeof bucket, "%s_sum", name);
    add_figure(d, bucket, "", (double)t->sum_ns / 1e9);
    snprintf(bucket, sizeof bucket, "%s_count", name);
    add_figure(d, bucket, "", (double)t->n);
}

static void add_rows(struct draft *d, const struct pipeline_stats *s)
{
    char label[60];
    add_head(d, "rows_total", "counter", "Rows written by this run, by their code.");
    for (int e = 0; e < ERR_COUNT; e++) {
        snprintf(label, sizeof label, ",code=\"%s\"", err_name((enum err)e));
        if (e == ERR_OK || s->tally.by_code[e])
            add_figure(d, "rows_total", label, (double)s->tally.by_code[e]);
    }
    add_gauge(d, "rows_of_earlier_runs", "Rows that earlier runs have done.",
        (double)tally_rows(&s->resume));
    if (s->total.kind != ROWTOTAL_UNKNOWN)
        add_gauge(d, "rows_expected", "Rows of the list, done or to do; an estimate at first.",
            (double)s->total.rows);
    add_count(d, "duplicates_total", "Rows that got the result of an earlier row.", s->duplicates);
    add_count(d, "shared_total", "Rows that share the files of an earlier row with the same body.",
        s->shared);
    add_count(d, "reused_total", "Rows whose body an earlier directory had.", s->reused);
    add_count(d, "thumbnails_total", "Thumbnails made.", s->thumbs);
}

static void add_queues(struct draft *d, const struct pipeline_stats *s)
{
    add_head(d, "rows_in_stage", "gauge", "Rows in progress, by where they are.");
    add_figure(d, "rows_in_stage", ",stage=\"waiting\"", (double)s->waiting);
    add_figure(d, "rows_in_stage", ",stage=\"fetching\"", s->in_flight);
    add_figure(d, "rows_in_stage", ",stage=\"decoding\"", (double)s->decoding);
    add_figure(d, "rows_in_stage", ",stage=\"storing\"", (double)s->storing);
    add_gauge(d, "requests_limit", "Requests that may be in flight now.", s->window);
    add_gauge(d, "body_bytes", "Memory that bodies use.", (double)s->memory);
}

static void add_network(struct draft *d, const struct pipeline_stats *s)
{
    add_count(d, "received_bytes_total", "Bytes of bodies, unfinished ones included.", s->arrived);
    add_count(d, "body_bytes_total", "Bytes of the bodies of rows written.", s->bytes);
    add_count(d, "connections_total", "Connections opened, or attempted.", s->connections);
    add_count(d, "retries_total", "Attempts after a failed one.", s->retries);
    add_count(d, "redirects_total", "Redirects followed.", s->redirects);
    add_count(d, "dns_lookups_total", "Names asked of DNS servers.", s->dns.lookups);
    add_count(d, "dns_cache_hits_total", "Names that were known.", s->dns.hits);
    add_count(d, "dns_not_found_total", "Names that do not exist.", s->dns.not_found);
    add_count(d, "dns_failed_total", "Names whose servers did not answer.", s->dns.failed);
}

/* The file's name without its folder and extension. */
static void take_run(const char *path, char ret[2 * METRICS_RUN_SIZE])
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t len = strcspn(name + (*name == '.'), ".") + (*name == '.'), n = 0;
    for (size_t i = 0; i < len && i < METRICS_RUN_SIZE - 1; i++) {
        if (name[i] == '"' || name[i] == '\\')
            ret[n++] = '\\';
        ret[n++] = (unsigned char)name[i] < ' ' ? '?' : name[i];
    }
    ret[n] = '\0';
}

bool metrics_text(
    const struct metrics *m, const struct pipeline_stats *s, bool is_running, struct buf *out)
{
    char run[2 * METRICS_RUN_SIZE], labels[60];
    take_run(m->path, run);
    struct draft d = {.out = out, .run = run};
    snprintf(labels, sizeof labels, ",version=\"%s\",backend=\"%s\"", IMGFETCH_VERSION, m->backend);
    add_head(&d, "info", "gauge", "The program; always 1.");
    add_figure(&d, "info", labels, 1);
    add_gauge(&d, "running", "0: the run has ended. A killed run leaves 1.", is_running);
    add_gauge(&d, "start_time_seconds", "When the run began, since 1970.", m->began);
    add_gauge(&d, "last_row_time_seconds", "When it last wrote a row, or else began.",
        m->last_row > 0 ? m->last_row : m->began);
    add_rows(&d, s);
    add_queues(&d, s);
    add_network(&d, s);
    add_gauge(&d, "shards_open", "Shards begun and not closed.", s->shards_open);
    add_count(&d, "shards_closed_total", "Shards closed by this run.", s->shards_closed);
    add_count(
        &d, "shards_delivered_total", "Shards delivered by this run (--on-shard).", s->delivered);
    add_gauge(&d, "shards_undelivered", "Complete shards that --on-shard has to deliver.",
        (double)s->undelivered);
    add_gauge(
        &d, "disk_free_bytes", "Room on the disk of the output directory.", (double)m->disk_free);
    add_times(&d, "request_seconds", "The last attempt of each row.", &m->request);
    add_times(&d, "decode_seconds", "Decoding and shrinking one image.", &m->decode);
    return !d.is_broken;
}
