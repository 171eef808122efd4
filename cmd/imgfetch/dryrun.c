#include "cmd/imgfetch/actions.h"

#include "audit/doneshard.h"
#include "base/beneath.h"
#include "base/hash.h"
#include "base/mem.h"
#include "cmd/imgfetch/destination.h"
#include "cmd/imgfetch/parquet.h"
#include "cmd/imgfetch/run.h"
#include "cmd/imgfetch/status/human.h"
#include "feed/feeder.h"
#include "store/sent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXAMPLES = 5 /* bad rows that are shown */ };

struct host {
    UT_hash_handle hh; /* by `name` */
    uint64_t rows;
    char name[];
};

struct dryrun {
    const struct options *options;
    struct destination destination;
    struct doneshard_conf directory; /* `dir` is negative if the run would start without rows */
    struct doneshard shard;          /* the present one */
    struct host *hosts;
    uint64_t rows, bad, repeats, to_fetch;
    struct tally done; /* by earlier runs */
    struct example {
        uint64_t line;
        enum err err;
        char *url, *message;
    } examples[EXAMPLES];
    int code; /* the exit status */
};

/* ---- counting ---- */

static void count_host(struct dryrun *d, const char *name)
{
    struct host *host;
    HASH_FIND_STR(d->hosts, name, host);
    if (!host) {
        size_t size = strlen(name) + 1;
        host = mem_new(sizeof *host + size);
        memcpy(host->name, name, size);
        HASH_ADD_KEYPTR(hh, d->hosts, host->name, size - 1, host);
    }
    host->rows++;
}

static void note_bad(struct dryrun *d, const struct job *j)
{
    if (d->bad < EXAMPLES)
        d->examples[d->bad] =
            (struct example){j->line, j->err, mem_dup(j->source), mem_dup(j->message)};
    d->bad++;
}

static int refuse_list(struct dryrun *d, uint32_t shard)
{
    human_line(stderr,
        "imgfetch: %s: shard %05u was made from other list lines: use the list, order, --limit and "
        "--shard-size of the first run, or another output directory",
        d->options->pipeline.store.dir, shard);
    destination_tell_lists(&d->destination);
    return EXIT_USAGE;
}

/* True if the run would leave the row out: it is done, and not to be done again. */
static bool is_done(struct dryrun *d, uint32_t pos)
{
    const struct resume_rerun *again = &d->options->pipeline.again;
    int code = doneshard_code(&d->shard, pos);
    if (code < 0 || again->refresh || again->failed[code])
        return false;
    d->done.by_code[code]++;
    return true;
}

static void take_row(struct dryrun *d, const struct job *j)
{
    d->rows++;
    if (!j->err)
        count_host(d, j->request.url.host);
    else
        note_bad(d, j);
    d->repeats += j->first != NULL;
    if (doneshard_differs(&d->shard, j->pos, j->source))
        d->code = refuse_list(d, j->shard);
    else if (!is_done(d, j->pos))
        d->to_fetch += !j->err && !j->first;
}

/* As store/resume.c refuses it. */
static void refuse_gone(struct dryrun *d, uint32_t shard)
{
    char path[SENT_PATH_SIZE], why[RESUME_MESSAGE_SIZE];
    if (sent_missing(
            d->directory.dir, d->directory.digits.shard, d->directory.manifest, shard, path) != 1)
        return;
    sent_print_gone(shard, path, why, sizeof why);
    human_line(stderr, "imgfetch: %s", why);
    d->code = EXIT_USAGE;
}

static bool has_wanted(const struct dryrun *d)
{
    const struct resume_rerun *again = &d->options->pipeline.again;
    bool any = false;
    for (int e = 0; e < ERR_COUNT; e++)
        any = any || (d->shard.tally.by_code[e] && (again->refresh || again->failed[e]));
    return any;
}

static void begin_shard(struct dryrun *d, uint32_t shard)
{
    int err = doneshard_load(&d->directory, shard, &d->shard);
    if (!err && d->shard.is_sent && has_wanted(d))
        refuse_gone(d, shard);
    if (!err)
        return;
    human_line(stderr, "imgfetch: %s: shard %05u: %s", d->options->pipeline.store.dir, shard,
        err == -EBADMSG ? "not written by imgfetch with this --shard-size" : beneath_why(err));
    d->code = err == -EBADMSG ? EXIT_USAGE : EXIT_STOPPED;
}

/* A closed shard with as many rows as the list has now has the same lines. */
static void end_shard(struct dryrun *d, const struct feeder_item *item)
{
    bool has_grown = item->rows > tally_rows(&d->shard.tally);
    if (d->shard.closed && !has_grown && strcmp(d->shard.fingerprint, item->fingerprint) != 0)
        d->code = refuse_list(d, item->shard);
    else if (d->shard.is_sent && has_grown)
        refuse_gone(d, item->shard);
    doneshard_fini(&d->shard);
}

/* False: it was the last item. */
static bool take_item(struct dryrun *d, struct feeder_item *item)
{
    switch (item->kind) {
    case FEEDER_SHARD_BEGIN:
        begin_shard(d, item->shard);
        break;
    case FEEDER_ROW:
        take_row(d, item->job);
        job_free(item->job, NULL);
        break;
    case FEEDER_SHARD_END:
        end_shard(d, item);
        break;
    case FEEDER_END:
        return false;
    case FEEDER_ERROR:
    case FEEDER_MISMATCH:
    case FEEDER_MISUSE:
        human_line(stderr, "imgfetch: %s", item->message);
        d->code = item->kind == FEEDER_ERROR ? EXIT_STOPPED : EXIT_USAGE;
        break;
    case FEEDER_NOTHING:
    case FEEDER_WAITS:
    case FEEDER_TORN:
        break;
    }
    return d->code == EXIT_OK;
}

static void read_lists(struct dryrun *d, struct feeder *feeder, uv_loop_t *loop)
{
    struct feeder_item item;
    do {
        feeder_next(feeder, &item);
        if (item.kind == FEEDER_NOTHING)
            uv_run(loop, UV_RUN_ONCE);
    } while (take_item(d, &item));
}

/* ---- telling ---- */

static void print_rows(const struct dryrun *d)
{
    char rows[HUMAN_SIZE], hosts[HUMAN_SIZE], most[HUMAN_SIZE];
    const struct host *busiest = NULL;
    for (const struct host *h = d->hosts; h; h = h->hh.next)
        if (!busiest || h->rows > busiest->rows)
            busiest = h;
    printf("%s row%s of %s host%s", human_count(d->rows, rows), d->rows == 1 ? "" : "s",
        human_count(HASH_COUNT(d->hosts), hosts), HASH_COUNT(d->hosts) == 1 ? "" : "s");
    if (HASH_COUNT(d->hosts) > 1)
        human_line(stdout, ", most of %s (%s)", busiest->name, human_count(busiest->rows, most));
    else
        putchar('\n');
}

static void print_bad(const struct dryrun *d)
{
    char n[HUMAN_SIZE], message[HUMAN_TEXT_SIZE], url[HUMAN_TEXT_SIZE];
    if (d->bad)
        printf("  bad, so never requested: %s\n", human_count(d->bad, n));
    for (unsigned i = 0; i < EXAMPLES && i < d->bad; i++) {
        const struct example *e = &d->examples[i];
        printf("    line %llu: %s: %s: %s\n", (unsigned long long)e->line, err_name(e->err),
            human_text(e->message, message), human_text(e->url, url));
    }
    if (d->bad > EXAMPLES)
        printf("    ...\n");
}

static void print_done(const struct dryrun *d)
{
    char n[HUMAN_SIZE], dir[HUMAN_TEXT_SIZE];
    const char *before = " (";
    if (!tally_rows(&d->done))
        return;
    printf("  already done in %s: %s", human_text(d->options->pipeline.store.dir, dir),
        human_count(tally_rows(&d->done), n));
    for (int e = ERR_OK; e < ERR_COUNT; e++) {
        if (!d->done.by_code[e])
            continue;
        printf("%s%s %s", before, human_count(d->done.by_code[e], n),
            e == ERR_OK ? "ok" : err_name(e));
        before = ", ";
    }
    printf(")\n");
}

static int print_all(const struct dryrun *d)
{
    char n[HUMAN_SIZE];
    print_rows(d);
    print_bad(d);
    if (d->repeats)
        printf("  repeats of an earlier row: %s\n", human_count(d->repeats, n));
    print_done(d);
    printf("  to be fetched: %s\n", human_count(d->to_fetch, n));
    if (!fflush(stdout))
        return EXIT_OK;
    fprintf(stderr, "imgfetch: standard output was closed\n");
    return EXIT_STOPPED;
}

/* ---- the whole ---- */

static void fill_feeder(const struct options *o, struct feeder_conf *ret)
{
    const struct pipeline_conf *p = &o->pipeline;
    *ret = (struct feeder_conf){.paths = p->lists, .n_paths = p->n_lists};
    ret->format = p->format;
    ret->columns = &o->columns;
    ret->shard_size = p->store.shard_size;
    ret->limit = p->limit;
    ret->is_part = p->is_part;
    ret->first_shard = p->first_shard;
    ret->shards = p->shards;
    ret->dedupe = p->dedupe;
}

static void count_rows(struct dryrun *d)
{
    struct feeder_conf conf;
    struct parquet parquet;
    char message[FEEDER_MESSAGE_SIZE];
    uv_loop_t loop;
    if (!parquet_fork(&parquet, d->options)) {
        d->code = EXIT_STOPPED;
        return;
    }
    fill_feeder(d->options, &conf);
    conf.parquet = parquet_engine(&parquet);
    int err = uv_loop_init(&loop);
    struct feeder *feeder = err ? NULL : feeder_new(&conf, &loop, message);
    if (feeder) {
        read_lists(d, feeder, &loop);
        feeder_free(feeder);
    } else {
        human_line(stderr, "imgfetch: %s", err ? uv_strerror(err) : message);
        d->code = EXIT_STOPPED;
    }
    if (!err) {
        uv_run(&loop, UV_RUN_DEFAULT); /* runs the close callbacks */
        uv_loop_close(&loop);
    }
    parquet_free(&parquet);
}

/* Finds out what the run would say to the directory, and opens it if the run would go on there. */
static int look_at_directory(struct dryrun *d)
{
    const struct options *o = d->options;
    bool anew = false;
    destination_init(&d->destination, o);
    int code = destination_try(&d->destination, &anew);
    d->directory.manifest = o->pipeline.store.layout->manifest;
    d->directory.shard_size = o->pipeline.store.shard_size;
    d->directory.digits = job_digits(o->pipeline.store.shard_digits, o->pipeline.store.shard_size);
    d->directory.dir = anew || o->outdir.fresh ? -1 : beneath_root(o->outdir.path, false);
    if (d->directory.dir >= 0 && outdir_look(d->directory.dir) == -EBUSY)
        human_line(stderr, "imgfetch: %s: another imgfetch is writing there now", o->outdir.path);
    return code;
}

static void free_all(struct dryrun *d)
{
    struct host *host, *next;
    HASH_ITER (hh, d->hosts, host, next) {
        HASH_DEL(d->hosts, host);
        free(host);
    }
    for (unsigned i = 0; i < EXAMPLES; i++) {
        free(d->examples[i].url);
        free(d->examples[i].message);
    }
    doneshard_fini(&d->shard);
    destination_fini(&d->destination);
    if (d->directory.dir >= 0)
        close(d->directory.dir);
}

int dryrun(const struct options *o)
{
    struct dryrun d = {.options = o};
    d.code = look_at_directory(&d);
    if (d.code == EXIT_OK)
        count_rows(&d);
    if (d.code == EXIT_OK)
        d.code = print_all(&d);
    free_all(&d);
    return d.code;
}
