#include "cmd/imgfetch/status/summary.h"

#include "base/hex.h"
#include "base/mem.h"
#include "cmd/imgfetch/status/human.h"
#include "cmd/imgfetch/status/shellword.h"
#include "cmd/imgfetch/status/width.h"
#include "manifest/shardfiles.h"
#include "store/store_tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOP_HOSTS = 5, TOP_SAME = 5 };
enum { SCREEN = 80, WIDTH = SCREEN - 1, INDENT = 4 /* columns; of a line; of its next line */ };

struct summary {
    const struct options *options;
    struct pipeline *pipeline;
    const struct pipeline_stats *stats;
    const struct decoders *decoders;
    bool interrupted, quiet, colours;
};

static void print_rates(FILE *out, const struct pipeline_stats *s)
{
    char rows[HUMAN_SIZE], ok[HUMAN_SIZE], time[HUMAN_SIZE], bytes[HUMAN_SIZE], rate[HUMAN_SIZE];
    uint64_t n = tally_rows(&s->tally);
    double seconds = s->seconds > 0 ? s->seconds : 1e-9;
    fprintf(out, "imgfetch: %s of %s rows succeeded in %s: %s, %.1f rows/s, %s/s\n",
        human_count(s->tally.by_code[ERR_OK], ok), human_count(n, rows),
        human_seconds(s->seconds, time), human_bytes(s->bytes, bytes), (double)n / seconds,
        human_bytes((uint64_t)((double)s->bytes / seconds), rate));
}

static void print_duplicates(FILE *out, const struct pipeline_stats *s)
{
    char n[HUMAN_SIZE];
    if (s->duplicates)
        fprintf(out, "  duplicates of an earlier row: %s\n", human_count(s->duplicates, n));
    if (s->shared)
        fprintf(out, "  sharing the files of an earlier row with the same body: %s\n",
            human_count(s->shared, n));
}

static void print_reused(FILE *out, const struct pipeline_stats *s)
{
    char n[HUMAN_SIZE], bytes[HUMAN_SIZE];
    if (s->reused)
        fprintf(out, "  reused from earlier directories: %s (%s)\n", human_count(s->reused, n),
            human_bytes(s->reused_bytes, bytes));
    if (s->untrusted)
        fprintf(out, "  fetched, because what --reuse has of them is not to be trusted: %s\n",
            human_count(s->untrusted, n));
}

static void print_referers(FILE *out, const struct pipeline_stats *s)
{
    char n[HUMAN_SIZE];
    if (s->no_referer)
        fprintf(out, "  without a Referer, as the cell is no http or https URL: %s\n",
            human_count(s->no_referer, n));
}

static void print_malformed(FILE *out, const struct options *o, const struct pipeline_stats *s)
{
    char n[HUMAN_SIZE];
    if (s->malformed)
        fprintf(out,
            "  with bytes that are not %s, replaced in the manifest: %s (--encoding=NAME reads "
            "another encoding)\n",
            o->pipeline.encoding, human_count(s->malformed, n));
}

static void print_refreshed(FILE *out, const struct pipeline_stats *s)
{
    char n[HUMAN_SIZE];
    if (s->unchanged)
        fprintf(out, "  unchanged: %s\n", human_count(s->unchanged, n));
    if (s->unasked)
        fprintf(
            out, "  kept, because the server could not be asked: %s\n", human_count(s->unasked, n));
}

/* ": 120 svg, 3 tiff, 1 unknown": the formats that are not supported, most first. */
static void print_unsupported(FILE *out, const struct pipeline_stats *s)
{
    uint64_t left[IMAGE_FORMAT_COUNT];
    memcpy(left, s->unsupported, sizeof left);
    for (const char *between = ": ";; between = ", ") {
        char n[HUMAN_SIZE];
        int most = 0;
        for (int f = 0; f < IMAGE_FORMAT_COUNT; f++)
            most = left[f] > left[most] ? f : most;
        if (!left[most])
            return;
        fprintf(out, "%s%s %s", between, human_count(left[most], n),
            most == IMAGE_UNKNOWN ? "unknown" : image_format_name((enum image_format)most));
        left[most] = 0;
    }
}

static void print_delivered(FILE *out, const struct pipeline_stats *s)
{
    char n[HUMAN_SIZE];
    if (s->delivered)
        fprintf(out, "  delivered: %s shard%s\n", human_count(s->delivered, n),
            s->delivered == 1 ? "" : "s");
    if (s->undelivered)
        fprintf(out, "  complete, and not delivered yet: %s shard%s\n",
            human_count(s->undelivered, n), s->undelivered == 1 ? "" : "s");
}

static void print_failures(FILE *out, bool colours, const struct pipeline_stats *s)
{
    const struct tally *t = &s->tally;
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
        char n[HUMAN_SIZE];
        if (!t->by_code[e])
            continue;
        fprintf(out, "  %s%-18s%s %s", terminal_begin(STYLE_BAD, colours), err_name(e),
            terminal_end(STYLE_BAD, colours), human_count(t->by_code[e], n));
        if (e == ERR_UNSUPPORTED_FORMAT)
            print_unsupported(out, s);
        fputc('\n', out);
    }
}

/* Names hosts that have several. */
static void print_hosts(FILE *out, struct pipeline *p)
{
    struct hostcount_row top[TOP_HOSTS];
    unsigned n = pipeline_failing_hosts(p, top, TOP_HOSTS);
    for (unsigned i = 0; i < n && top[i].n > 1; i++) {
        char host[HUMAN_TEXT_SIZE], rows[HUMAN_SIZE];
        fprintf(out, "%s %s (%s)",
            i ? "," : "  hosts with most failures:", human_text(top[i].host, host),
            human_count(top[i].n, rows));
    }
    if (n && top[0].n > 1)
        fputc('\n', out);
}

/* Names pictures that may be placeholders, each with its line for the file of --reject. */
static void print_same(FILE *out, const struct pipeline *p)
{
    struct samebody_row top[TOP_SAME];
    char urls[HUMAN_SIZE], sha256[2 * sizeof top->sha256 + 1];
    unsigned n = pipeline_same_pictures(p, top, TOP_SAME);
    for (unsigned i = 0; i < n; i++) {
        hex_print(top[i].sha256, sizeof top[i].sha256, sha256);
        bool is_short = INDENT + strlen(sha256) + 3 + strlen(top[i].host) <= SCREEN;
        fprintf(out,
            "  %s URLs of %s gave the same picture; to refuse it, with --reject:\n"
            "    %s%s%s\n",
            human_count(top[i].n, urls), top[i].host, sha256, is_short ? " # " : "",
            is_short ? top[i].host : "");
    }
}

static void print_latency(FILE *out, const struct pipeline_stats *s)
{
    char p50[HUMAN_SIZE], p95[HUMAN_SIZE], p99[HUMAN_SIZE];
    if (s->latency.n && s->connections) /* blocked rows end at once */
        fprintf(out, "  latency: p50 %s, p95 %s, p99 %s; retries %llu, redirects %llu\n",
            human_ns(histogram_quantile(&s->latency, 0.5) * 1000, p50),
            human_ns(histogram_quantile(&s->latency, 0.95) * 1000, p95),
            human_ns(histogram_quantile(&s->latency, 0.99) * 1000, p99),
            (unsigned long long)s->retries, (unsigned long long)s->redirects);
    if (s->starved)
        fprintf(out, "  %llu requests waited for a file descriptor (limit: ulimit -Hn)\n",
            (unsigned long long)s->starved);
}

static void print_window(FILE *out, const struct options *o, const struct pipeline_stats *s)
{
    char window[HUMAN_SIZE], most[HUMAN_SIZE];
    if (o->verbose && !o->pipeline.concurrency && o->pipeline.backend->adapts)
        fprintf(out, "  concurrency: auto settled on %s; most in flight %s\n",
            human_count(s->window, window), human_count(s->most_in_flight, most));
}

/* Prints nothing if every host is an address or given by --resolve. */
static void print_dns(FILE *out, const struct resolver_stats *dns)
{
    char lookups[HUMAN_SIZE], retried[HUMAN_SIZE], not_found[HUMAN_SIZE], failed[HUMAN_SIZE];
    char hits[HUMAN_SIZE];
    if (dns->lookups + dns->hits)
        fprintf(out, "  dns: lookups %s, retried %s, not found %s, failed %s; cache hits %s\n",
            human_count(dns->lookups, lookups), human_count(dns->retried, retried),
            human_count(dns->not_found, not_found), human_count(dns->failed, failed),
            human_count(dns->hits, hits));
}

/* Prints the figures of the decoding processes if one crashed or timed out, or with --verbose. */
static void print_decoders(FILE *out, const struct options *o, const struct decoders *d)
{
    struct procpool_stats s = d->pool ? procpool_stats(d->pool) : (struct procpool_stats){0};
    if (!s.sandbox || (!o->verbose && !s.crashes && !s.timeouts))
        return;
    fprintf(out, "  decoders: sandbox %s; processes started %llu, crashed %llu, timed out %llu\n",
        s.sandbox, (unsigned long long)s.spawned, (unsigned long long)s.crashes,
        (unsigned long long)s.timeouts);
}

/* "imgfetch: all 21 rows are already done: 20 ok, 1 http_error" */
static void print_nothing_to_do(FILE *out, const struct tally *done)
{
    char rows[HUMAN_SIZE], n[HUMAN_SIZE];
    uint64_t all = tally_rows(done);
    const char *between = "";
    if (all == 1)
        fputs("imgfetch: the only row is already done: ", out);
    else
        fprintf(out, "imgfetch: all %s rows are already done: ", human_count(all, rows));
    for (int e = ERR_OK; e < ERR_COUNT; e++) {
        if (!done->by_code[e])
            continue;
        fprintf(out, "%s%s %s", between, human_count(done->by_code[e], n),
            e == ERR_OK ? "ok" : err_name(e));
        between = ", ";
    }
    fputc('\n', out);
}

static void print_resume(FILE *out, const struct pipeline_stats *s, bool is_over)
{
    char rows[HUMAN_SIZE], ok[HUMAN_SIZE];
    uint64_t n = tally_rows(&s->resume);
    if (n && is_over && !tally_rows(&s->tally))
        print_nothing_to_do(out, &s->resume);
    else if (n)
        fprintf(out, "  from earlier runs: %s rows, of which %s succeeded\n", human_count(n, rows),
            human_count(s->resume.by_code[ERR_OK], ok));
}

/* ---- what the user can do next ---- */

/* Failed rows of this run and of earlier ones, of which only the code is known. */
struct failed {
    struct tally all, may_pass;
    uint64_t n, n_may_pass;
};

static struct failed count_failed(const struct pipeline_stats *s)
{
    struct failed f = {s->tally, s->may_pass, 0, 0};
    tally_add(&f.all, &s->resume);
    f.all.by_code[ERR_OK] = 0;
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++)
        if (err_is_transient((enum err)e, 0) || e == ERR_HOST_DOWN)
            f.may_pass.by_code[e] = f.all.by_code[e];
    f.n = tally_rows(&f.all);
    f.n_may_pass = tally_rows(&f.may_pass);
    return f;
}

/* As options.c reads them: "CODE,CODE". */
static void print_codes(FILE *out, const struct tally *t)
{
    const char *between = "=";
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++)
        if (t->by_code[e]) {
            fprintf(out, "%s%s", between, err_name(e));
            between = ",";
        }
}

static void print_failed_advice(FILE *out, const struct options *o, const struct failed *f)
{
    char n[HUMAN_SIZE], *dir = shellword_path(o->pipeline.store.dir);
    const char *manifests = o->pipeline.store.layout == &store_tar ? "" : SHARDFILES_MANIFESTS "/";
    human_line(out, "  list the failed rows:");
    human_line(
        out, "    jq -c 'select(.error) | {url, error, message}' %s/%s*.jsonl", dir, manifests);
    free(dir);
    if (f->n_may_pass == f->n) {
        fputs("  retry them: run the same command with --retry-failed\n", out);
    } else if (f->n_may_pass) {
        fprintf(out, "  %s may pass: run the same command with --retry-failed",
            human_count(f->n_may_pass, n));
        print_codes(out, &f->may_pass);
        fputc('\n', out);
    } else if (f->all.by_code[ERR_BLOCKED_ADDRESS] > f->n / 2) {
        fputs("  these addresses are not public; to permit them, run the same command with"
              " --retry-failed and --allow-net=CIDR\n",
            out);
    }
}

static void print_advice(FILE *out, const struct summary *sum)
{
    const struct pipeline_stats *s = sum->stats;
    struct pipeline *p = sum->pipeline;
    const char *error = pipeline_error(p);
    if (error)
        human_line(out, "imgfetch: %s", error);
    if (pipeline_is_misuse(p))
        return;
    if (sum->interrupted || error)
        fprintf(out, "imgfetch: %s; run the same command again to continue\n",
            sum->interrupted ? "interrupted" : "stopped");
    struct failed failed = count_failed(s);
    if (failed.n && !error)
        print_failed_advice(out, sum->options, &failed);
    if (!error && !sum->interrupted && tally_rows(&s->tally) + tally_rows(&s->resume) == 0)
        fprintf(out, "imgfetch: %s\n",
            s->list_rows ? "the list has no rows in the shards of --shard" : "the list is empty");
}

/* ---- the whole ---- */

static void print_summary(FILE *out, const struct summary *sum)
{
    const struct options *o = sum->options;
    struct pipeline *p = sum->pipeline;
    const struct pipeline_stats *s = sum->stats;
    bool any = tally_rows(&s->tally) > 0;
    if (any && !sum->quiet) {
        print_rates(out, s);
        if (!o->pipeline.backend->needs_address)
            fprintf(out, "  nothing was fetched: --backend=%s only measures the rest\n",
                o->pipeline.backend->name);
        print_duplicates(out, s);
        print_reused(out, s);
        print_referers(out, s);
        print_malformed(out, o, s);
        print_refreshed(out, s);
        print_failures(out, sum->colours, s);
        print_hosts(out, p);
        print_same(out, p);
        print_latency(out, s);
        print_window(out, o, s);
        print_dns(out, &s->dns);
        print_decoders(out, o, sum->decoders);
    }
    if (!sum->quiet)
        print_resume(out, s, !sum->interrupted && !pipeline_error(p));
    if (!sum->quiet)
        print_delivered(out, s);
    if (!sum->quiet || pipeline_error(p))
        print_advice(out, sum);
}

/* The summary as text; free() it. NULL: no memory. */
static char *summary_text(const struct summary *sum)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return NULL;
    print_summary(out, sum);
    fclose(out);
    return text;
}

/* Prints a line, wrapped. One that begins with four spaces is to be copied, and stays whole. */
static void print_wrapped(const char *line, size_t len, int width)
{
    int indent = (int)strspn(line, " ");
    char *copy = mem_dup_n(line, len);
    if ((int)width_of(line, len) <= width || indent >= INDENT) {
        fprintf(stderr, "%s\n", copy);
    } else {
        fprintf(stderr, "%*s", indent, "");
        human_wrap(stderr, copy + indent, INDENT, INDENT, width);
        fputc('\n', stderr);
    }
    free(copy);
}

void summary_show(const struct options *o, struct pipeline *p, const struct decoders *decoders,
    struct progress *progress, bool interrupted)
{
    struct summary sum = {o, p, pipeline_stats(p), decoders, interrupted, o->quiet, false};
    const struct terminal *terminal = &progress->terminal;
    bool is_narrow = terminal->is_screen && terminal->columns <= WIDTH;
    sum.colours = terminal->colours;
    char *text = summary_text(&sum);
    for (size_t at = 0, len; text && text[at]; at += len + 1) {
        len = strcspn(text + at, "\n");
        print_wrapped(text + at, len, is_narrow ? (int)terminal->columns - 1 : WIDTH);
    }
    free(text);
    sum.quiet = sum.colours = false;
    text = summary_text(&sum);
    if (text)
        progress_log(progress, text);
    free(text);
}
