#include "cmd/imgfetch/listmatch.h"

#include "audit/doneshard.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "feed/feeder_row.h"
#include "store/layout.h"

#include <stdlib.h>
#include <string.h>

struct listmatch {
    const struct options *options;
    struct doneshard_conf directory;
    struct doneshard shard; /* the present one */
    EVP_MD_CTX *print, *scratch;
    uint64_t index; /* of the next row */
};

/* True if the lines so far have the shard's fingerprint. */
static bool has_print(struct listmatch *m)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    char text[STATSFILE_FINGERPRINT_SIZE];
    mem_must(
        EVP_MD_CTX_copy_ex(m->scratch, m->print) && EVP_DigestFinal_ex(m->scratch, hash, NULL));
    hex_print(hash, (STATSFILE_FINGERPRINT_SIZE - 1) / 2, text);
    return !strcmp(text, m->shard.fingerprint);
}

static uint32_t pos_of(const struct listmatch *m)
{
    return (uint32_t)(m->index % m->directory.shard_size);
}

/* `rows`: of the list in this shard. */
static bool end_shard(struct listmatch *m, uint32_t rows)
{
    uint64_t done = tally_rows(&m->shard.tally);
    bool good = !m->shard.closed || done < rows || (done == rows && has_print(m));
    for (uint32_t pos = rows; pos < m->directory.shard_size && good; pos++)
        good = doneshard_code(&m->shard, pos) < 0;
    doneshard_fini(&m->shard);
    return good;
}

static bool begin_shard(struct listmatch *m)
{
    uint32_t shard = (uint32_t)(m->index / m->directory.shard_size);
    mem_must(EVP_DigestInit_ex(m->print, EVP_sha256(), NULL));
    feeder_row_print_names(m->print, &m->options->columns);
    return !doneshard_load(&m->directory, shard, &m->shard);
}

static bool has_url(const struct listmatch *m, const struct urllist_row *row)
{
    const struct urllist_value *url = &row->values[COLUMN_URL];
    char *source = utf8_clean(url->text, url->len);
    bool differs = doneshard_differs(&m->shard, pos_of(m), source);
    free(source);
    return !differs;
}

static bool take_row(struct listmatch *m, const struct urllist_row *row)
{
    uint32_t pos = pos_of(m);
    if (!pos && !begin_shard(m))
        return false;
    bool has_grown = m->shard.closed && pos == tally_rows(&m->shard.tally);
    if ((pos && has_grown && !has_print(m)) || !has_url(m, row))
        return false;
    feeder_row_print(m->print, row, &m->options->columns);
    m->index++;
    return pos + 1 < m->directory.shard_size || end_shard(m, pos + 1);
}

static bool read_list(struct listmatch *m, struct urllist *list)
{
    uint64_t limit = m->options->pipeline.limit;
    struct urllist_row row;
    enum urllist_status status = URLLIST_ROW;
    bool good = true;
    while (
        good && (!limit || m->index < limit) && (status = urllist_next(list, &row)) == URLLIST_ROW)
        good = take_row(m, &row);
    good = good && (status == URLLIST_ROW || status == URLLIST_END);
    return good && (!pos_of(m) || end_shard(m, pos_of(m)));
}

/* True if the directory has shards that the list does not reach. */
static bool has_more(const struct listmatch *m)
{
    struct shardfiles *shards = NULL;
    const char *where;
    size_t n = 0;
    uint64_t size = m->directory.shard_size, reached = (m->index + size - 1) / size;
    bool has = shardfiles_find(m->directory.dir, NULL, NULL, &shards, &n, &where) ||
               (n && shards[n - 1].number >= reached);
    free(shards);
    return has;
}

bool listmatch(const struct options *o, const struct listparquet_engine *parquet,
    const char *const *lists, size_t n_lists, int dir)
{
    const struct pipeline_conf *p = &o->pipeline;
    char message[URLLIST_MESSAGE_SIZE];
    struct urllist_conf conf = {.paths = lists, .n_paths = n_lists, .format = p->format};
    conf.encoding = p->encoding;
    conf.columns = &o->columns;
    conf.parquet = parquet;
    struct urllist *list = urllist_open(&conf, message);
    if (!list)
        return false;
    struct listmatch m = {.options = o};
    m.directory = (struct doneshard_conf){dir, p->store.layout->manifest, p->store.shard_size,
        job_digits(p->store.shard_digits, p->store.shard_size)};
    m.print = EVP_MD_CTX_new();
    m.scratch = EVP_MD_CTX_new();
    mem_must(m.print && m.scratch);
    bool good = read_list(&m, list) && !has_more(&m);
    doneshard_fini(&m.shard);
    EVP_MD_CTX_free(m.print);
    EVP_MD_CTX_free(m.scratch);
    urllist_free(list);
    return good;
}
