#include "audit/survey_inside.h"

#include "base/beneath.h"
#include "base/hex.h"
#include "base/mem.h"
#include "input/url.h"
#include "manifest/samebody.h"
#include "manifest/statsfile.h"
#include "store/outdir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    /* Longer than any body (--max-size), and small enough that no sum overflows. */
    BYTES_MAX_LOG2 = 32,
    STATS_MAX = 16 << 10, /* bytes; more than a stats file of ours has */
};

/* The last second that clock_rfc3339() can print: of the year 9999. */
static const double SECONDS_MAX = 253402300799.0;

struct work {
    int dir;
    struct survey *survey;
    const struct shardfiles *shard; /* being read */
    const char *where;              /* the folder that cannot be read; NULL: the directory itself */
    struct survey_hosts hosts;
    struct survey_sample sample;
    struct samebody *same;
    struct survey_hashes hashes;
};

/* ---- rows ---- */

static void add_format(struct survey_formats *f, const char *name)
{
    unsigned i = 0;
    while (i < f->n && strcmp(f->at[i].name, name) != 0)
        i++;
    if (i == SURVEY_FORMATS || strlen(name) >= sizeof f->at[i].name)
        return;
    if (i == f->n)
        memcpy(f->at[f->n++].name, name, strlen(name) + 1);
    f->at[i].n++;
}

/* A duplicate with another URL was fetched itself (--dedupe=content). */
static void add_same(
    struct work *w, const struct manifest_row *row, const struct manifest_figures *f)
{
    bool was_fetched = f->started >= 0 || f->is_reused;
    const char *hex = manifest_text(row, ROW_SHA256), *why;
    bool is_fallback = manifest_number(row, ROW_URL_INDEX) > 0;
    const char *text = manifest_text(row, is_fallback ? ROW_FINAL_URL : ROW_URL);
    uint8_t sha256[32];
    struct url url;
    if ((row->is_duplicate && !was_fetched) || !hex || !text ||
        !hex_read(hex, sha256, sizeof sha256) || url_parse(text, strlen(text), &url, &why))
        return;
    samebody_add(w->same, url.host, url.text, sha256);
    url_fini(&url);
}

static void take_same(const struct samebody *same, struct survey *s)
{
    struct samebody_row top[SURVEY_SAME];
    s->n_same = samebody_top(same, top, SURVEY_SAME);
    for (unsigned i = 0; i < s->n_same; i++) {
        s->same[i].host = mem_dup(top[i].host);
        s->same[i].n = top[i].n;
        hex_print(top[i].sha256, sizeof top[i].sha256, s->same[i].sha256);
    }
}

static void add_success(struct work *w, const struct manifest_row *row,
    const struct manifest_figures *f, uint64_t bytes)
{
    struct survey *s = w->survey;
    const char *format = manifest_text(row, ROW_FORMAT);
    int64_t width = manifest_number(row, ROW_WIDTH), height = manifest_number(row, ROW_HEIGHT);
    if (format) {
        add_format(&s->formats, format);
        add_same(w, row, f);
    }
    if (manifest_number(row, ROW_BYTES) >= 0)
        histogram_add(&s->sizes, bytes);
    if (width > 0 && height > 0 && width < 1 << 30 && height < 1 << 30)
        histogram_add(&s->pixels, (uint64_t)width * (uint64_t)height);
    if (f->thumb.path && !row->is_duplicate) {
        s->thumbs++;
        survey_add_candidate(&w->sample, w->shard, row, &f->thumb);
    }
}

static void add_failure(
    struct work *w, const struct manifest_row *row, const struct manifest_figures *f)
{
    struct survey *s = w->survey;
    struct url url;
    const char *text = manifest_text(row, ROW_URL), *why;
    const char *format = manifest_text(row, ROW_FORMAT);
    survey_keep_example(&s->examples[row->code], row);
    if (row->code == ERR_HTTP_ERROR)
        s->by_status[f->http_status]++;
    if (row->code == ERR_UNSUPPORTED_FORMAT)
        add_format(&s->unsupported, format ? format : "unknown");
    if (row->code == ERR_BAD_URL || url_parse(text, strlen(text), &url, &why)) {
        s->failed_elsewhere++;
        return;
    }
    if (!survey_add_host(&w->hosts, url.host, row)) {
        s->failed_elsewhere++;
        s->more_hosts = true;
    }
    url_fini(&url);
}

/* Rows of earlier versions have no `finished`. One that was retried ended later than this says. */
static int64_t end_of(const struct manifest_figures *f)
{
    if (f->finished >= f->started)
        return f->finished;
    return f->started + (f->total > 0 ? f->total / 1000 : 0);
}

static void add_row(struct work *w, const struct manifest_row *row)
{
    struct survey *s = w->survey;
    struct manifest_figures f;
    manifest_figures(row, &f);
    rowstats_add(s->stats, row);
    int64_t said = manifest_number(row, ROW_BYTES);
    uint64_t bytes = said > 0 && said >> BYTES_MAX_LOG2 == 0 ? (uint64_t)said : 0;
    struct survey_cell cell = {.rows = 1, .failed = row->code != ERR_OK};
    cell.bytes = row->is_duplicate ? 0 : bytes;
    s->rows++;
    s->by_code[row->code]++;
    s->duplicates += row->is_duplicate;
    s->reused += f.is_reused;
    s->bytes += cell.bytes;
    if (f.total > 0 && !row->is_duplicate)
        histogram_add(&s->latency, (uint64_t)f.total);
    if (f.started >= 0)
        survey_add_time(&s->time, f.started, end_of(&f), &cell);
    if (row->code == ERR_OK)
        add_success(w, row, &f, bytes);
    else
        add_failure(w, row, &f);
}

static void take_line(void *arg, const char *line)
{
    struct work *w = arg;
    struct manifest_row row;
    if (!manifest_row_parse(line, &row)) {
        w->survey->not_rows++;
        return;
    }
    if (row.code < 0 || !manifest_text(&row, ROW_URL)) {
        w->survey->not_rows++;
    } else {
        add_row(w, &row);
        survey_add_hash(&w->hashes, w->shard, line, &row, w->survey);
    }
    manifest_row_fini(&row);
}

/* ---- the directory ---- */

/* When the run that completed the shard had it open. *ret: its counts. False: none are there. */
static bool read_stats(struct work *w, const struct shardfiles *shard, struct tally *ret)
{
    char name[SHARDFILES_NAME_SIZE], text[STATS_MAX];
    struct statsfile stats;
    shardfiles_name(shard->number, shard->digits, SHARDFILES_STATS, name);
    FILE *file = manifest_open_file(w->dir, name);
    if (!file)
        return false;
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    bool is_all = !ferror(file) && getc(file) == EOF;
    fclose(file);
    if (!is_all || !statsfile_parse(text, &stats))
        return false;
    if (stats.start_time > 0 && stats.start_time <= stats.end_time && stats.end_time < SECONDS_MAX)
        survey_add_span(
            &w->survey->time, (int64_t)(stats.start_time * 1000), (int64_t)(stats.end_time * 1000));
    *ret = stats.tally;
    return true;
}

/* A shard that was delivered and is not here. */
static void add_delivered(struct survey *s, const struct tally *tally)
{
    s->delivered++;
    s->rows += tally_rows(tally);
    for (int e = 0; e < ERR_COUNT; e++)
        s->by_code[e] += tally->by_code[e];
}

static void read_shard(struct work *w, const struct shardfiles *shard)
{
    struct tally tally;
    w->shard = shard;
    w->survey->shards++;
    w->survey->has_tars |= shard->kinds & (SHARDFILES_TAR | SHARDFILES_TAR_PART);
    w->survey->complete += (shard->kinds & SHARDFILES_STATS) != 0;
    bool is_counted = shard->kinds & SHARDFILES_STATS && read_stats(w, shard, &tally) &&
                      tally_rows(&tally) <= UINT32_MAX;
    bool is_gone = shard->kinds & SHARDFILES_SENT &&
                   !(shard->kinds & (SHARDFILES_MANIFEST | SHARDFILES_ROOT_MANIFEST));
    if (is_counted && is_gone) {
        add_delivered(w->survey, &tally);
        return;
    }
    FILE *file = survey_open_manifest(w->dir, shard);
    if (!file) {
        w->survey->unreadable++;
        return;
    }
    w->survey->not_rows += survey_lines(file, shard, take_line, w);
    w->survey->unreadable += ferror(file) != 0;
    fclose(file);
}

static int by_count(const void *a, const void *b)
{
    const struct survey_format *x = a, *y = b;
    return x->n > y->n ? -1 : x->n < y->n ? 1 : strcmp(x->name, y->name);
}

static int read_all(struct work *w)
{
    struct shardfiles *shards;
    size_t n;
    struct survey *s = w->survey;
    int err = shardfiles_find(w->dir, NULL, NULL, &shards, &n, &w->where);
    if (err)
        return err;
    for (size_t i = 0; i < n; i++)
        if (shards[i].kinds & (SHARDFILES_STATS | SHARDFILES_MANIFEST | SHARDFILES_ROOT_MANIFEST))
            read_shard(w, &shards[i]);
    survey_take_alike(&w->hashes, w->dir, shards, n, s);
    free(shards);
    qsort(s->formats.at, s->formats.n, sizeof *s->formats.at, by_count);
    qsort(s->unsupported.at, s->unsupported.n, sizeof *s->unsupported.at, by_count);
    survey_take_hosts(&w->hosts, s);
    take_same(w->same, s);
    rowstats_sort_formats(s->stats);
    survey_read_run(w->dir, &s->run);
    survey_read_pictures(w->dir, &w->sample, s);
    survey_sample_fini(&w->sample);
    return 0;
}

static const char *reason(int err, bool is_open)
{
    return is_open && err == -ENOENT ? "not an imgfetch output directory" : beneath_why(err);
}

struct survey *survey_dir(const char *path, char *message)
{
    struct work w = {.dir = beneath_root(path, false)};
    int err = w.dir < 0 ? w.dir : outdir_look(w.dir);
    w.survey = mem_new(sizeof *w.survey);
    w.survey->stats = rowstats_new();
    w.survey->is_written = err == -EBUSY;
    w.same = samebody_new();
    if (!err || err == -EBUSY)
        err = read_all(&w);
    if (err)
        snprintf(message, SURVEY_MESSAGE_SIZE, "%s%s%s: %s", path, w.where ? "/" : "",
            w.where ? w.where : "", reason(err, w.dir >= 0));
    samebody_free(w.same);
    if (w.dir >= 0)
        close(w.dir);
    if (!err)
        return w.survey;
    survey_free(w.survey);
    return NULL;
}

static void forget_picture(struct survey_picture *p)
{
    survey_forget_shown(&p->row);
    buf_fini(&p->bytes);
}

void survey_free(struct survey *s)
{
    if (!s)
        return;
    survey_forget_run(&s->run);
    rowstats_free(s->stats);
    for (unsigned i = 0; i < ERR_COUNT; i++)
        survey_forget_example(&s->examples[i]);
    for (unsigned i = 0; i < s->n_hosts; i++) {
        free(s->hosts[i].name);
        survey_forget_example(&s->hosts[i].example);
    }
    for (unsigned i = 0; i < s->n_same; i++)
        free(s->same[i].host);
    for (unsigned i = 0; i < s->n_pictures; i++)
        forget_picture(&s->pictures[i]);
    for (unsigned i = 0; i < s->n_alike; i++)
        for (unsigned k = 0; k < s->alike[i].n_shown; k++)
            forget_picture(&s->alike[i].shown[k]);
    free(s);
}
