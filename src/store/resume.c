#include "store/resume.h"

#include "base/beneath.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/mem.h"
#include "input/job.h"
#include "manifest/manifest.h"
#include "manifest/row.h"
#include "manifest/shardfiles.h"
#include "store/layout.h"
#include "store/parquetfile.h"
#include "store/sent.h"
#include "store/shardlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BAD_FILE = -EBADMSG };

bool resume_is_done(const struct resume *p, uint32_t pos)
{
    return p->closed || (resume_has(p, pos) && !p->at[pos].before);
}

bool resume_has(const struct resume *p, uint32_t pos)
{
    return pos < p->capacity && p->at[pos].url;
}

bool resume_keeps(const struct resume *p, uint32_t pos)
{
    return resume_has(p, pos) && p->at[pos].files;
}

bool resume_names(const struct resume *p, uint32_t pos, const char *folder, const char *name)
{
    size_t len = strlen(folder);
    const char *path = resume_keeps(p, pos) ? p->at[pos].files : "";
    for (; *path; path += strlen(path) + 1)
        if (!strncmp(path, folder, len) && !strcmp(path + len, name))
            return true;
    return false;
}

struct job_before *resume_take_before(struct resume *p, uint32_t pos)
{
    if (!resume_has(p, pos))
        return NULL;
    struct job_before *before = p->at[pos].before;
    p->at[pos].before = NULL;
    return before;
}

bool resume_differs(const struct resume *p, uint32_t pos, const char *url)
{
    return resume_has(p, pos) && strcmp(p->at[pos].url, url) != 0;
}

bool resume_reaches(const struct resume *p, uint32_t pos)
{
    for (; pos < p->capacity; pos++)
        if (resume_has(p, pos))
            return true;
    return false;
}

static void forget_row(struct resume_row *row)
{
    free(row->url);
    free(row->files);
    job_before_free(row->before);
    *row = (struct resume_row){0};
}

void resume_fini(struct resume *p)
{
    for (uint32_t i = 0; i < p->capacity; i++)
        forget_row(&p->at[i]);
    free(p->at);
    if (p->samples)
        samples_free(p->samples, NULL);
    shardlock_free(p->lock, false);
    free(p->unreadable);
    *p = (struct resume){0};
}

struct resume resume_hand_over(struct resume *p)
{
    struct resume ret = *p;
    ret.at = NULL;
    ret.capacity = 0;
    p->samples = NULL;
    p->lock = NULL;
    return ret;
}

static int read_stats(const struct output *output, const char *name, struct resume *ret)
{
    struct statsfile stats;
    struct buf text = {0};
    int err = manifest_read_file(output->dir, name, &text);
    if (err)
        return err == -ENOENT ? 0 : err;
    bool good = statsfile_parse((const char *)text.data, &stats);
    ret->torn = !good && statsfile_is_torn(&text);
    buf_fini(&text);
    if (!good)
        return ret->torn ? 0 : BAD_FILE;
    memcpy(ret->fingerprint, stats.fingerprint, sizeof ret->fingerprint);
    ret->tally = stats.tally;
    ret->rows = (uint32_t)tally_rows(&stats.tally);
    ret->closed = true;
    return 0;
}

static bool is_wanted(const struct resume_rerun *again, int code)
{
    return again && (again->refresh || again->failed[code]);
}

/* True if a closed shard has rows to do again, or new ones. */
static bool has_wanted(const struct resume_rerun *again, const struct tally *tally)
{
    for (int e = 0; e < ERR_COUNT; e++)
        if (tally->by_code[e] && is_wanted(again, e))
            return true;
    return again && again->longer;
}

/* 1 if all its files exist; after the last checkpoint (not is_sure), with the right hashes. 0 if
 * not. A negative errno if a file cannot be read: it may be whole, so the row is not given up. */
static int is_believed(struct resume *p, const struct manifest_row *row, bool is_sure)
{
    if (row->code < 0 || !manifest_text(row, ROW_URL) || row->has_files_elsewhere)
        return 0;
    int has = 1;
    for (unsigned i = 0; i < row->n_files && has == 1; i++) {
        has = p->samples->output->layout->has(p->samples, &row->files[i], !is_sure);
        if (has < 0)
            p->unreadable = mem_dup(row->files[i].path);
    }
    return has;
}

static uint64_t bytes_of(const struct manifest_row *row)
{
    int64_t bytes = manifest_number(row, ROW_BYTES);
    return bytes > 0 ? (uint64_t)bytes : 0;
}

static struct job_before *note_before(const struct manifest_row *row)
{
    struct job_before *b = mem_new(sizeof *b + row->n_files * sizeof *b->paths);
    b->err = (enum err)row->code;
    b->bytes = bytes_of(row);
    b->has_sha256 = hex_read(manifest_text(row, ROW_SHA256), b->sha256, sizeof b->sha256);
    b->final_url = mem_dup(manifest_text(row, ROW_FINAL_URL));
    b->etag = mem_dup(manifest_text(row, ROW_ETAG));
    b->last_modified = mem_dup(manifest_text(row, ROW_LAST_MODIFIED));
    b->n_paths = row->is_duplicate ? 0 : row->n_files;
    for (unsigned i = 0; i < b->n_paths; i++)
        b->paths[i] = mem_dup(row->files[i].path);
    return b;
}

static char *list_files(const struct manifest_row *row)
{
    size_t len = 1;
    for (unsigned i = 0; i < row->n_files; i++)
        len += strlen(row->files[i].path) + 1;
    char *list = row->n_files ? mem_new(len) : NULL, *at = list;
    for (unsigned i = 0; i < row->n_files; i++)
        at = stpcpy(at, row->files[i].path) + 1;
    return list;
}

/* The position of the row that this one is a duplicate of; -1: none of this shard. */
static int64_t first_of(const struct resume *p, const struct manifest_row *row)
{
    const struct samples *s = p->samples;
    const char *key = manifest_text(row, ROW_DUPLICATE_OF);
    return key ? job_key_pos(key, strlen(key), s->shard, s->output->digits) : -1;
}

/* Parses a row's line; *ret is empty if the row is not done. *ret_index: -1 if it has none. 0 or a
 * negative errno. */
static int read_row(struct resume *p, const char *line, bool is_sure,
    const struct resume_rerun *again, struct resume_row *ret, int64_t *ret_index)
{
    struct manifest_row row;
    *ret = (struct resume_row){0};
    *ret_index = -1;
    if (!manifest_row_parse(line, &row))
        return 0;
    *ret_index = manifest_number(&row, ROW_INDEX);
    int believed = is_believed(p, &row, is_sure);
    if (believed == 1) {
        ret->url = mem_dup(manifest_text(&row, ROW_URL));
        ret->before = is_wanted(again, row.code) ? note_before(&row) : NULL;
        ret->files = list_files(&row);
        ret->bytes = bytes_of(&row);
        ret->code = (enum err)row.code;
        ret->first = first_of(p, &row);
    }
    manifest_row_fini(&row);
    return believed < 0 ? believed : 0;
}

/* Where rows share files, one is not believed without the row that the files belong to: these would
 * be removed. */
static void forget_without_first(struct resume *p)
{
    for (uint32_t pos = 0; pos < p->capacity; pos++) {
        int64_t first = p->at[pos].url && p->at[pos].files ? p->at[pos].first : -1;
        if (first >= 0 && !resume_has(p, (uint32_t)first))
            forget_row(&p->at[pos]);
    }
}

static void count_rows(struct resume *p)
{
    for (uint32_t pos = 0; pos < p->capacity; pos++) {
        const struct resume_row *row = &p->at[pos];
        if (row->url && !row->before) {
            p->tally.by_code[row->code]++;
            p->bytes += row->bytes;
            p->rows++;
        }
    }
}

/*
 * Reads whole lines; ret->size is set to the end of the last good one. A power cut can leave a hole
 * of NULs; it ends the reading. Any other line that is not of this shard is an error: the file is
 * not this shard's manifest.
 */
static int read_rows(
    FILE *manifest, int64_t sure_bytes, const struct resume_rerun *again, struct resume *ret)
{
    const struct output *output = ret->samples->output;
    uint32_t shard = ret->samples->shard;
    char *line = NULL;
    size_t room = 0;
    int err = 0;
    for (ssize_t len; (len = getline(&line, &room, manifest)) > 0; ret->size += len) {
        if (line[len - 1] != '\n' || memchr(line, '\0', (size_t)len))
            break;
        line[len - 1] = '\0';
        int64_t index, pos = row_pos(line, (size_t)len - 1, shard, output->digits);
        if (pos < 0 || pos >= output->shard_size) {
            err = BAD_FILE;
            break;
        }
        struct resume_row *row = &ret->at[pos];
        forget_row(row); /* the last row of a key counts */
        err = read_row(ret, line, ret->size + len <= sure_bytes, again, row, &index);
        if (err)
            break;
        if (row->url && index != (int64_t)shard * output->shard_size + pos) {
            err = BAD_FILE; /* written with another --shard-size */
            break;
        }
    }
    if (!err && ferror(manifest))
        err = -errno;
    free(line);
    return err;
}

static int cut_off(int dir, const char *name, int64_t size)
{
    int fd = beneath_open(dir, name, O_WRONLY);
    if (fd < 0)
        return fd;
    int err = ftruncate(fd, (off_t)size) ? -errno : 0;
    close(fd);
    return err;
}

static int load_manifest(const struct output *output, const char *name, int64_t sure_bytes,
    const struct resume_rerun *again, struct resume *ret)
{
    struct stat st;
    FILE *manifest = manifest_open_file(output->dir, name);
    if (!manifest)
        return errno == ENOENT ? 0 : -errno;
    ret->at = mem_array(output->shard_size, sizeof *ret->at);
    ret->capacity = output->shard_size;
    int err = read_rows(manifest, sure_bytes, again, ret);
    if (!err && fstat(fileno(manifest), &st))
        err = -errno;
    if (!err && ret->size < st.st_size)
        err = cut_off(output->dir, name, ret->size);
    if (!err && output->conf->shares)
        forget_without_first(ret);
    if (!err)
        count_rows(ret);
    fclose(manifest);
    return err;
}

static bool has_rows_again(const struct resume *p)
{
    for (uint32_t pos = 0; pos < p->capacity; pos++)
        if (p->at[pos].before)
            return true;
    return false;
}

/* Forgets the checkpoint where it does not hold. While rows are replaced, an old row can name a
 * file that already has new bytes, so no checkpoint holds until the shard is closed again. Nor does
 * one beyond the end of the manifest. */
static int check_lock(struct resume *p, bool was_closed)
{
    p->replaces = has_rows_again(p);
    if (p->replaces || shardlock_checkpoint(p->lock) > p->size)
        return shardlock_forget(p->lock);
    return was_closed ? shardlock_note(p->lock, p->size) : 0;
}

/* Removes the unfinished version of a file, which a killed run may have left. */
static void remove_part(int dir, const char *name)
{
    char part[SHARDFILES_NAME_SIZE + sizeof COMMIT_PART];
    snprintf(part, sizeof part, "%s" COMMIT_PART, name);
    beneath_remove(dir, part);
}

/* Loads a shard whose lock we hold, and that is open or to be reopened. *ret_name: the file being
 * read. */
static int load_open(const struct output *output, uint32_t shard, const struct resume_rerun *again,
    struct resume *ret, char *ret_name)
{
    char stats[SHARDFILES_NAME_SIZE];
    bool was_closed = ret->closed;
    int64_t sure_bytes = was_closed ? INT64_MAX /* closing it synced everything */
                                    : shardlock_checkpoint(ret->lock);
    shardfiles_name(shard, output->digits.shard, SHARDFILES_STATS, stats);
    shardfiles_name(shard, output->digits.shard, SHARDFILES_SENT, ret_name);
    ret->closed = false;
    ret->tally = (struct tally){0};
    ret->rows = 0;
    int err = sent_forget(output->dir, shard);
    if (err)
        return err;
    shardfiles_name(shard, output->digits.shard, output->layout->manifest, ret_name);
    remove_part(output->dir, stats);
    remove_part(output->dir, ret_name);
    err = output->layout->open(output, shard, &ret->samples);
    if (!err)
        err = load_manifest(output, ret_name, sure_bytes, again, ret);
    if (!err)
        err = check_lock(ret, was_closed);
    bool has_stats = was_closed || ret->torn;
    if (!err && has_stats)
        err = beneath_remove(output->dir, stats);
    if (!err && has_stats && fsync(output->dir))
        err = -errno;
    if (!err && (has_stats || ret->rows)) /* else it is not ours */
        err = parquetfile_remove(output, shard);
    return err;
}

/* Refuses to do rows of a closed shard again that was delivered and is not here any more: the rest
 * of it would be fetched, too, or be missing. ret->unreadable names a file. */
static int check_here(const struct output *output, uint32_t shard, struct resume *ret)
{
    char path[SENT_PATH_SIZE];
    int noted = ret->closed ? sent_is_noted(output->dir, shard) : 0;
    int err = noted == 1 ? sent_missing(output->dir, output->digits.shard, output->layout->manifest,
                               shard, path)
                         : noted;
    if (err)
        ret->unreadable = mem_dup(noted == 1 ? path : NULL);
    return err == 1 ? RESUME_GONE : err;
}

/* True if the shard is closed and no row is to be done again. */
static bool is_over(const struct resume *p, const struct resume_rerun *again)
{
    return p->closed && !has_wanted(again, &p->tally);
}

static int load_shard(const struct output *output, uint32_t shard, const struct resume_rerun *again,
    struct resume *ret, char *ret_name)
{
    shardfiles_name(shard, output->digits.shard, SHARDFILES_STATS, ret_name);
    int err = read_stats(output, ret_name, ret);
    if (err)
        return err;
    if (is_over(ret, again)) {
        if (output->layout->tidy)
            output->layout->tidy(output, shard);
        shardlock_sweep(output->dir, shard);
        ret->is_sent = sent_is_noted(output->dir, shard) == 1;
        return 0;
    }
    *ret = (struct resume){0};
    shardfiles_name(shard, output->digits.shard, SHARDFILES_LOCK, ret_name);
    err = shardlock_take(output->dir, shard, &ret->lock);
    if (err)
        return err;
    /* Again: the last holder of the lock may have closed or reopened the shard. */
    shardfiles_name(shard, output->digits.shard, SHARDFILES_STATS, ret_name);
    err = read_stats(output, ret_name, ret);
    if (err)
        return err;
    if (is_over(ret, again)) {
        shardlock_free(ret->lock, true);
        ret->lock = NULL;
        return 0;
    }
    err = check_here(output, shard, ret);
    return err ? err : load_open(output, shard, again, ret, ret_name);
}

int resume_load(const struct output *output, uint32_t shard, const struct resume_rerun *again,
    struct resume *ret, char *message)
{
    char name[SHARDFILES_NAME_SIZE];
    *ret = (struct resume){0};
    int err = load_shard(output, shard, again, ret, name);
    if (!err)
        return 0;
    const char *where = ret->unreadable ? ret->unreadable : name;
    const char *why =
        err == BAD_FILE ? "not written by imgfetch with this --shard-size" : beneath_why(err);
    if (err == RESUME_GONE)
        sent_print_gone(shard, where, message, RESUME_MESSAGE_SIZE);
    else
        snprintf(message, RESUME_MESSAGE_SIZE, "%.200s: %s", where, why);
    resume_fini(ret);
    return err;
}
