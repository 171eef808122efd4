#include "cmd/imgfetch/status/summary.h"

#include "base/hex.h"
#include "cmd/imgfetch/status/human.h"
#include "manifest/shardfiles.h"
#include "store/store_tar.h"

#include <stdio.h>

enum { TOP_HOSTS = 5, TOP_SAME = 5 };

static void print_rates(const struct pipeline_stats *s)
{
    char rows[HUMAN_SIZE], ok[HUMAN_SIZE], time[HUMAN_SIZE], bytes[HUMAN_SIZE], rate[HUMAN_SIZE];
    uint64_t n = tally_rows(&s->tally);
    double seconds = s->seconds > 0 ? s->seconds : 1e-9;
    fprintf(stderr, "imgfetch: %s of %s rows succeeded in %s: %s, %.1f rows/s, %s/s\n",
        human_count(s->tally.by_code[ERR_OK], ok), human_count(n, rows),
        human_seconds(s->seconds, time), human_bytes(s->bytes, bytes), (double)n / seconds,
        human_bytes((uint64_t)((double)s->bytes / seconds), rate));
}

static void print_duplicates(const struct pipeline_stats *s)
{
    char n[HUMAN_SIZE];
    if (s->duplicates)
        fprintf(stderr, "  duplicates of an earlier row: %s\n", human_count(s->duplicates, n));
}

static void print_referers(const struct pipeline_stats *s)
{
    char n[HUMAN_SIZE];
    if (s->no_referer)
        fprintf(stderr, "  without a Referer, as the cell is no http or https URL: %s\n",
            human_count(s->no_referer, n));
}

static void print_refreshed(const struct pipeline_stats *s)
{
    char n[HUMAN_SIZE];
    if (s->unchanged)
        fprintf(stderr, "  unchanged: %s\n", human_count(s->unchanged, n));
    if (s->unasked)
        fprintf(stderr, "  kept, because the server could not be asked: %s\n",
            human_count(s->unasked, n));
}

static void print_failures(const struct tally *t)
{
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
        char n[HUMAN_SIZE];
        if (t->by_code[e])
            fprintf(stderr, "  %-18s %s\n", err_name(e), human_count(t->by_code[e], n));
    }
}

static void print_hosts(struct pipeline *p)
{
    struct hostcount_row top[TOP_HOSTS];
    unsigned n = pipeline_failing_hosts(p, top, TOP_HOSTS);
    for (unsigned i = 0; i < n; i++) {
        char host[HUMAN_TEXT_SIZE];
        fprintf(stderr, "%s %s (%llu)",
            i ? "," : "  hosts with most failures:", human_text(top[i].host, host),
            (unsigned long long)top[i].n);
    }
    if (n)
        fputc('\n', stderr);
}

/* Names pictures that may be placeholders, each with its line for the file of --reject. */
static void print_same(const struct pipeline *p)
{
    struct samebody_row top[TOP_SAME];
    char urls[HUMAN_SIZE], sha256[2 * sizeof top->sha256 + 1];
    unsigned n = pipeline_same_pictures(p, top, TOP_SAME);
    for (unsigned i = 0; i < n; i++) {
        hex_print(top[i].sha256, sizeof top[i].sha256, sha256);
        fprintf(stderr,
            "  %s URLs of %s gave the same picture; to refuse it, with --reject:\n"
            "    %s # %s\n",
            human_count(top[i].n, urls), top[i].host, sha256, top[i].host);
    }
}

static void print_latency(const struct pipeline_stats *s)
{
    char p50[HUMAN_SIZE], p95[HUMAN_SIZE], p99[HUMAN_SIZE];
    if (s->latency.n)
        fprintf(stderr, "  latency: p50 %s, p95 %s, p99 %s; retries %llu, redirects %llu\n",
            human_ns(histogram_quantile(&s->latency, 0.5) * 1000, p50),
            human_ns(histogram_quantile(&s->latency, 0.95) * 1000, p95),
            human_ns(histogram_quantile(&s->latency, 0.99) * 1000, p99),
            (unsigned long long)s->retries, (unsigned long long)s->redirects);
    if (s->starved)
        fprintf(stderr, "  %llu requests waited for a file descriptor (limit: ulimit -Hn)\n",
            (unsigned long long)s->starved);
}

static void print_window(const struct options *o, const struct pipeline_stats *s)
{
    char window[HUMAN_SIZE], most[HUMAN_SIZE];
    if (o->verbose && !o->pipeline.concurrency && o->pipeline.backend->adapts)
        fprintf(stderr, "  concurrency: auto settled on %s; most in flight %s\n",
            human_count(s->window, window), human_count(s->most_in_flight, most));
}

/* Prints nothing if every host is an address or given by --resolve. */
static void print_dns(const struct resolver_stats *dns)
{
    char lookups[HUMAN_SIZE], retried[HUMAN_SIZE], not_found[HUMAN_SIZE], failed[HUMAN_SIZE];
    char hits[HUMAN_SIZE];
    if (dns->lookups + dns->hits)
        fprintf(stderr, "  dns: lookups %s, retried %s, not found %s, failed %s; cache hits %s\n",
            human_count(dns->lookups, lookups), human_count(dns->retried, retried),
            human_count(dns->not_found, not_found), human_count(dns->failed, failed),
            human_count(dns->hits, hits));
}

/* Prints the figures of the decoding processes if one crashed or timed out, or with --verbose. */
static void print_decoders(const struct options *o, const struct decoders *d)
{
    struct procpool_stats s = d->pool ? procpool_stats(d->pool) : (struct procpool_stats){0};
    if (!s.sandbox || (!o->verbose && !s.crashes && !s.timeouts))
        return;
    fprintf(stderr,
        "  decoders: sandbox %s; processes started %llu, crashed %llu, timed out %llu\n", s.sandbox,
        (unsigned long long)s.spawned, (unsigned long long)s.crashes,
        (unsigned long long)s.timeouts);
}

static void print_resume(const struct pipeline_stats *s)
{
    char rows[HUMAN_SIZE], ok[HUMAN_SIZE];
    uint64_t n = tally_rows(&s->resume);
    if (n)
        fprintf(stderr, "  from earlier runs: %s rows, of which %s succeeded\n",
            human_count(n, rows), human_count(s->resume.by_code[ERR_OK], ok));
}

/* Prints what the user can do next. */
static void print_advice(const struct options *o, struct pipeline *p, bool interrupted)
{
    const struct pipeline_stats *s = pipeline_stats(p);
    const char *error = pipeline_error(p);
    if (error)
        human_line(stderr, "imgfetch: %s", error);
    if (pipeline_is_misuse(p))
        return;
    if (interrupted || error)
        fprintf(stderr, "imgfetch: %s; run the same command again to continue\n",
            interrupted ? "interrupted" : "stopped");
    uint64_t failed = tally_rows(&s->tally) + tally_rows(&s->resume) - s->tally.by_code[ERR_OK] -
                      s->resume.by_code[ERR_OK];
    if (failed && !error)
        human_line(stderr,
            "  list the failed rows: jq -c 'select(.error != null) | {url, error, message}' "
            "%s/%s*.jsonl",
            o->pipeline.store.dir,
            o->pipeline.store.layout == &store_tar ? "" : SHARDFILES_MANIFESTS "/");
    if (failed && !error)
        fputs("  retry them: run the same command with --retry-failed\n", stderr);
    if (!error && !interrupted && tally_rows(&s->tally) + tally_rows(&s->resume) == 0)
        fprintf(stderr, "imgfetch: %s\n",
            s->list_rows ? "the list has no rows in the shards of --shard" : "the list is empty");
}

void summary_print(
    const struct options *o, struct pipeline *p, const struct decoders *decoders, bool interrupted)
{
    const struct pipeline_stats *s = pipeline_stats(p);
    bool any = tally_rows(&s->tally) > 0;
    if (any && !o->quiet) {
        print_rates(s);
        print_duplicates(s);
        print_referers(s);
        print_refreshed(s);
        print_failures(&s->tally);
        print_hosts(p);
        print_same(p);
        print_latency(s);
        print_window(o, s);
        print_dns(&s->dns);
        print_decoders(o, decoders);
    }
    if (!o->quiet)
        print_resume(s);
    if (!o->quiet || pipeline_error(p))
        print_advice(o, p, interrupted);
}
