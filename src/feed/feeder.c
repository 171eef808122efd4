#include "feed/feeder.h"

#include "base/beneath.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"
#include "feed/feeder_row.h"
#include "feed/names.h"
#include "store/layout.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 256,
    MAX_BATCHES = 16,
    LOCK_POLL_MS = 200,
    HEAP = 32 << 20, /* bytes; nearly all rows that can be queued at a time fit */
};

/* An item. Most are rows; the others are large, so they are allocated separately. */
struct entry {
    struct job *row;
    struct feeder_item *item; /* if it is not a row */
};

struct batch {
    STAILQ_ENTRY(batch) link;
    unsigned n, taken;
    struct entry at[BATCH];
};
STAILQ_HEAD(batches, batch);

struct feeder {
    struct feeder_conf conf;
    struct urllist *list;
    pthread_t thread;
    struct mailbox full; /* batches, to the loop */
    /* To the thread: a NULL for each batch that it may still put into `full`. Closed: it ends. */
    struct mailbox room;

    struct rowtotal_reach reach;

    struct batches ready; /* the loop's; items are taken from the first batch */

    /* the thread's own */
    struct batch *filling;
    uint64_t begin, index; /* of the first row, and of the next one */
    struct resume resume;  /* of the current shard */
    bool has_grown;        /* the list has more rows of it than when it was closed */
    EVP_MD_CTX *print;     /* fingerprint of the current shard */
    EVP_MD_CTX *scratch;
    struct dedupe *dedupe; /* NULL: off */
    struct names *names;   /* NULL: the layout makes names of its own */
    char message[FEEDER_MESSAGE_SIZE];
};

static void free_batch(struct batch *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        struct feeder_item *item = b->at[i].item;
        if (i >= b->taken)
            job_free(b->at[i].row, NULL);
        if (i >= b->taken && item)
            resume_fini(&item->resume);
        free(item);
    }
    free(b);
}

/* Hands the batch to the loop; waits while too many are queued. False: stopped. */
static bool post(struct feeder *f)
{
    void *permit;
    bool stopped = mailbox_wait(&f->room, 0, &permit, 1) < 0;
    mailbox_put(&f->full, f->filling);
    f->filling = mem_new(sizeof *f->filling);
    return !stopped;
}

/* The functions below return GO_ON, or the kind of item that ends the reading. */
#define GO_ON FEEDER_NOTHING

static enum feeder_kind put(struct feeder *f, const struct feeder_item *item)
{
    struct entry *e = &f->filling->at[f->filling->n++];
    if (item->kind == FEEDER_ROW)
        e->row = item->job;
    else
        *(e->item = mem_new(sizeof *item)) = *item;
    return f->filling->n < BATCH || post(f) ? GO_ON : FEEDER_END;
}

static uint32_t shard_of(const struct feeder *f, uint64_t index)
{
    return (uint32_t)(index / f->conf.shard_size);
}

static enum feeder_kind mismatch(struct feeder *f, uint32_t shard)
{
    snprintf(f->message, sizeof f->message,
        "shard %05u was made from other list lines: use the list, order, --limit and "
        "--shard-size of the first run, or another output directory",
        shard);
    return FEEDER_MISMATCH;
}

/* The fingerprint of the rows so far. */
static void finish_print(const struct feeder *f, char ret[STATSFILE_FINGERPRINT_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    mem_must(EVP_MD_CTX_copy_ex(f->scratch, f->print));
    mem_must(EVP_DigestFinal_ex(f->scratch, hash, NULL));
    hex_print(hash, STATSFILE_FINGERPRINT_SIZE / 2, ret);
}

/* Tells the loop that the shard begins, and hands over what the store needs to resume it. */
static enum feeder_kind put_shard(struct feeder *f, uint32_t shard)
{
    struct feeder_item item = {.kind = FEEDER_SHARD_BEGIN, .shard = shard};
    item.resume = resume_hand_over(&f->resume);
    return put(f, &item);
}

static enum feeder_kind end_shard(struct feeder *f, uint32_t rows)
{
    struct feeder_item item = {.kind = FEEDER_SHARD_END, .rows = rows};
    item.shard = shard_of(f, f->index - 1);
    finish_print(f, item.fingerprint);
    bool closed = f->resume.closed;
    bool knows_print = f->resume.fingerprint[0] && !f->has_grown;
    bool same = knows_print ? !strcmp(f->resume.fingerprint, item.fingerprint)
                            : !resume_reaches(&f->resume, rows);
    enum feeder_kind end = GO_ON;
    if (!same)
        end = mismatch(f, item.shard);
    else if (closed)
        end = put_shard(f, item.shard);
    resume_fini(&f->resume);
    return end != GO_ON || closed ? end : put(f, &item);
}

/* False: stopped. */
static bool pause_for(struct feeder *f, unsigned ms)
{
    return mailbox_wait(&f->room, clock_ns() + (uint64_t)ms * 1000000, NULL, 0) == 0;
}

/* Loads what earlier runs did of the shard. If another process is writing it, waits until that
 * process closes the shard or ends. */
static enum feeder_kind load_resume(
    struct feeder *f, uint32_t shard, const struct resume_rerun *again)
{
    char why[RESUME_MESSAGE_SIZE];
    struct feeder_item waits = {.kind = FEEDER_WAITS, .shard = shard};
    int err = resume_load(f->conf.output, shard, again, &f->resume, why);
    if (err == -EAGAIN && (put(f, &waits) != GO_ON || !post(f)))
        return FEEDER_END;
    while (err == -EAGAIN) {
        if (!pause_for(f, LOCK_POLL_MS))
            return FEEDER_END;
        err = resume_load(f->conf.output, shard, again, &f->resume, why);
    }
    if (!err && !f->resume.closed) {
        err = f->conf.output->layout->settle(f->resume.samples, &f->resume);
        snprintf(why, sizeof why, "files of shard %05u: %s", shard, beneath_why(err));
    }
    if (!err && f->resume.torn)
        return put(f, &(struct feeder_item){.kind = FEEDER_TORN, .shard = shard});
    if (err)
        snprintf(f->message, sizeof f->message, "%s", why);
    bool is_misuse = err == -EBADMSG || err == RESUME_GONE;
    return !err ? GO_ON : is_misuse ? FEEDER_MISMATCH : FEEDER_ERROR;
}

static enum feeder_kind begin_shard(struct feeder *f)
{
    uint32_t shard = shard_of(f, f->index);
    if (dedupe_is_by_shard(f->conf.dedupe))
        dedupe_clear(f->dedupe);
    mem_must(EVP_DigestInit_ex(f->print, EVP_sha256(), NULL));
    feeder_row_print_names(f->print, f->conf.columns);
    f->has_grown = false;
    enum feeder_kind end = f->conf.output ? load_resume(f, shard, f->conf.again) : GO_ON;
    /* A closed shard is compared with the list at its end. */
    return end != GO_ON || f->resume.closed ? end : put_shard(f, shard);
}

/* Reopens a closed shard that has more rows in the list now, if its first rows are unchanged. */
static enum feeder_kind grow_shard(struct feeder *f)
{
    char print[STATSFILE_FINGERPRINT_SIZE];
    uint32_t shard = shard_of(f, f->index), rows = f->resume.rows;
    struct resume_rerun again = {0};
    finish_print(f, print);
    if (strcmp(print, f->resume.fingerprint) != 0)
        return mismatch(f, shard);
    if (f->conf.again)
        again = *f->conf.again;
    again.longer = true;
    resume_fini(&f->resume);
    enum feeder_kind end = load_resume(f, shard, &again);
    f->has_grown = true;
    if (end == GO_ON && !f->resume.closed && f->resume.rows < rows) {
        snprintf(f->message, sizeof f->message,
            "files of shard %05u are missing; run the same command again to fetch them", shard);
        end = FEEDER_ERROR;
    }
    return end == GO_ON ? put_shard(f, shard) : end;
}

/* may_answer: the row is remembered for dedupe. */
static struct job *make_job(const struct feeder *f, const struct urllist_row *row, bool may_answer)
{
    struct job *j = feeder_row_job(row, f->conf.columns);
    j->index = f->index;
    j->shard = shard_of(f, f->index);
    j->pos = (uint32_t)(f->index % f->conf.shard_size);
    if (f->names)
        names_take(f->names, j);
    if (f->dedupe && may_answer && !j->err)
        dedupe_find(f->dedupe, j, f->conf.shard_size);
    return j;
}

/* Passes a row that is done. It has its name, and may be the first row of later duplicates: in its
 * shard, if that is not closed, or in others. */
static void pass_row(const struct feeder *f, const struct urllist_row *row)
{
    bool may_answer =
        f->conf.dedupe == DEDUPE_RUN || (dedupe_is_by_shard(f->conf.dedupe) && !f->resume.closed);
    bool needs_name = names_need_all(f->names);
    bool is_noted =
        may_answer && !needs_name && feeder_row_note(row, f->conf.columns, f->dedupe, f->index);
    if (!is_noted && (may_answer || needs_name))
        job_free(make_job(f, row, may_answer), NULL);
}

/* Handles a row of a shard that this run does. */
static enum feeder_kind take_row(struct feeder *f, const struct urllist_row *row)
{
    uint32_t pos = (uint32_t)(f->index % f->conf.shard_size);
    enum feeder_kind end = GO_ON;
    if (pos == 0)
        end = begin_shard(f);
    else if (f->resume.closed && pos == f->resume.rows)
        end = grow_shard(f);
    if (end != GO_ON)
        return end;
    feeder_row_print(f->print, row, f->conf.columns);
    if (feeder_row_is_other(row, &f->resume, pos))
        return mismatch(f, shard_of(f, f->index));
    if (!resume_is_done(&f->resume, pos)) {
        struct feeder_item item = {.kind = FEEDER_ROW, .job = make_job(f, row, true)};
        item.job->before = resume_take_before(&f->resume, pos);
        end = put(f, &item);
    } else {
        pass_row(f, row);
    }
    f->index++;
    if (end == GO_ON && pos + 1 == f->conf.shard_size)
        end = end_shard(f, pos + 1);
    return end;
}

/* True if the next row is in a shard that this run does. */
static bool is_ours(const struct feeder *f)
{
    return shards_has(&f->conf.shards, shard_of(f, f->index));
}

/* True if no later row is to be done. */
static bool is_over(const struct feeder *f)
{
    return (f->conf.limit && f->index - f->begin >= f->conf.limit) ||
           shards_end_before(&f->conf.shards, shard_of(f, f->index));
}

static enum feeder_kind read_all(struct feeder *f)
{
    struct urllist_row row;
    enum feeder_kind end = GO_ON;
    while (end == GO_ON && !is_over(f)) {
        bool ours = is_ours(f), reads = ours || names_need_all(f->names);
        enum urllist_status status = reads ? urllist_next(f->list, &row) : urllist_skip(f->list);
        switch (status) {
        case URLLIST_ROW:
            if (ours)
                end = take_row(f, &row);
            else if (reads)
                job_free(make_job(f, &row, false), NULL);
            f->index += !ours;
            break;
        case URLLIST_ERROR:
        case URLLIST_MISUSE:
            snprintf(f->message, sizeof f->message, "%s", urllist_error(f->list));
            return status == URLLIST_ERROR ? FEEDER_ERROR : FEEDER_MISUSE;
        case URLLIST_INTERRUPTED:
            return FEEDER_END;
        case URLLIST_END:
            goto list_ended;
        }
    }
list_ended:;
    uint32_t rows = (uint32_t)(f->index % f->conf.shard_size);
    if (end == GO_ON && rows && is_ours(f))
        end = end_shard(f, rows);
    return end == GO_ON ? FEEDER_END : end;
}

static void note_reach(struct feeder *f, bool ended)
{
    struct urllist_reach reach = urllist_reach(f->list);
    rowtotal_note(
        &f->reach, &(struct rowtotal_view){f->index - f->begin, reach.taken, reach.size, ended});
}

/* Before reading that may block: hands the rows so far to the loop. */
static void on_wait(void *arg)
{
    struct feeder *f = arg;
    note_reach(f, false);
    if (f->filling->n)
        post(f);
}

static void feed_rows(void *arg)
{
    struct feeder *f = arg;
    (void)mem_reserve_heap(HEAP);
    struct feeder_item last = {.kind = read_all(f), .message = f->message};
    last.index = f->index - f->begin;
    if (last.kind == FEEDER_END)
        note_reach(f, true);
    put(f, &last);
    if (f->filling->n)
        post(f);
}

static void on_batch(void *arg, void *item)
{
    struct feeder *f = arg;
    struct batch *b = item;
    STAILQ_INSERT_TAIL(&f->ready, b, link);
}

/* Frees the first batch. Returns the next one, or NULL. */
static struct batch *drop_batch(struct feeder *f, struct batch *first)
{
    STAILQ_REMOVE_HEAD(&f->ready, link);
    free_batch(first);
    mailbox_put(&f->room, NULL);
    return STAILQ_FIRST(&f->ready);
}

void feeder_next(struct feeder *f, struct feeder_item *ret)
{
    struct batch *b = STAILQ_FIRST(&f->ready);
    if (b && b->taken == b->n)
        b = drop_batch(f, b);
    if (!b) {
        *ret = (struct feeder_item){.kind = FEEDER_NOTHING};
        return;
    }
    const struct entry *e = &b->at[b->taken];
    *ret = e->item ? *e->item : (struct feeder_item){.kind = FEEDER_ROW, .job = e->row};
    if (ret->kind < FEEDER_END) /* the final item stays */
        b->taken++;
}

struct rowtotal feeder_total(struct feeder *f)
{
    struct rowtotal_view view = rowtotal_noted(&f->reach);
    return rowtotal_of(&view, &f->conf.shards, f->conf.shard_size, f->conf.limit);
}

static void free_feeder(void *arg)
{
    struct feeder *f = arg;
    struct batch *b = STAILQ_FIRST(&f->ready);
    while (b)
        b = drop_batch(f, b);
    free_batch(f->filling);
    resume_fini(&f->resume);
    EVP_MD_CTX_free(f->print);
    EVP_MD_CTX_free(f->scratch);
    dedupe_free(f->dedupe);
    names_free(f->names);
    urllist_free(f->list);
    mailbox_fini(&f->room);
    rowtotal_fini(&f->reach);
    free(f);
}

struct feeder *feeder_new(const struct feeder_conf *conf, uv_loop_t *loop, char *message)
{
    struct feeder *f = mem_new(sizeof *f);
    struct urllist_conf list = {.paths = conf->paths, .n_paths = conf->n_paths, .arg = f};
    list.format = conf->format;
    list.encoding = conf->encoding;
    list.parquet = conf->parquet;
    list.columns = conf->columns;
    list.is_part = conf->is_part;
    list.on_wait = on_wait;
    f->list = urllist_open(&list, message);
    if (!f->list) {
        free(f);
        return NULL;
    }
    f->conf = *conf;
    f->begin = f->index = (uint64_t)conf->first_shard * conf->shard_size;
    rowtotal_init(&f->reach);
    f->print = EVP_MD_CTX_new();
    f->scratch = EVP_MD_CTX_new();
    mem_must(f->print && f->scratch);
    f->dedupe = conf->dedupe == DEDUPE_OFF ? NULL : dedupe_new();
    if (conf->output && conf->output->conf->name->is_flat)
        f->names = names_new(conf->output->conf->name, conf->output->digits);
    f->filling = mem_new(sizeof *f->filling);
    STAILQ_INIT(&f->ready);
    mailbox_init(&f->room);
    for (int i = 0; i < MAX_BATCHES; i++)
        mailbox_add(&f->room, NULL);
    int err = mailbox_open(&f->full, loop, on_batch, f);
    if (!err)
        err = thread_start(&f->thread, "feeder", 0, feed_rows, f);
    if (!err)
        return f;
    snprintf(message, FEEDER_MESSAGE_SIZE, "the list's thread: %s", strerror(-err));
    mailbox_end(&f->full, free_feeder);
    return NULL;
}

void feeder_free(struct feeder *f)
{
    void *batch;
    if (!f)
        return;
    mailbox_close(&f->room);
    urllist_interrupt(f->list);
    pthread_join(f->thread, NULL);
    while (mailbox_take(&f->full, &batch, 1))
        free_batch(batch);
    mailbox_end(&f->full, free_feeder);
}
