#include "audit/verify_inside.h"

#include "base/beneath.h"
#include "base/hex.h"
#include "base/mem.h"
#include "manifest/row.h"
#include "manifest/statsfile.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

enum { SIDECAR_MORE = 200 /* bytes by which KEY.json may be longer than twice its row */ };

static void manifest_name(const struct verify_shard *s, char *out)
{
    shardfiles_name(s->number, s->digits,
        verify_is_tarred(s) ? SHARDFILES_ROOT_MANIFEST : SHARDFILES_MANIFEST, out);
}

static void row_fault(struct verify_shard *s, unsigned line, const char *what)
{
    char name[SHARDFILES_NAME_SIZE];
    manifest_name(s, name);
    verify_fault(s, name, "line %u: %s", line, what);
}

/* The length of the key, if the line begins with a key of this shard; else 0. */
static size_t key_length(const struct verify_shard *s, const char *line)
{
    char shard[16];
    size_t prefix = sizeof ROW_BEGIN - 1;
    if (strncmp(line, ROW_BEGIN, prefix) != 0)
        return 0;
    size_t digits = strspn(line + prefix, "0123456789");
    size_t len = (size_t)snprintf(shard, sizeof shard, "%0*u", (int)s->digits, s->number);
    bool good = digits > len && line[prefix + digits] == '"' && !strncmp(line + prefix, shard, len);
    return good ? digits : 0;
}

/* Notes a row. In an open shard the last row of a key counts. */
static void note_row(struct verify_shard *s, char *line, unsigned number)
{
    size_t len = key_length(s, line);
    const char *key = line + sizeof ROW_BEGIN - 1;
    struct verify_row *row;
    if (!len) {
        row_fault(s, number, "not a row of this shard");
        return;
    }
    HASH_FIND(hh, s->rows, key, len, row);
    if (row && verify_is_closed(s))
        row_fault(s, number, "a second row with the same key");
    if (!row) {
        row = mem_new(sizeof *row);
        HASH_ADD_KEYPTR(hh, s->rows, key, len, row);
    }
    row->line = line;
    row->number = number;
}

static void find_rows(struct verify_shard *s)
{
    char *line = (char *)s->manifest.data, *end = line + s->manifest.len, *newline;
    unsigned number = 0;
    for (; (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
        number++;
        *newline = '\0';
        if (strlen(line) == (size_t)(newline - line))
            note_row(s, line, number);
        else
            row_fault(s, number, "not a manifest row");
    }
    if (line < end && verify_is_closed(s)) /* in an open shard a kill can leave a torn line */
        row_fault(s, number + 1, "an incomplete row");
}

static struct verify_file *find_file(struct verify_shard *s, const char *path)
{
    struct verify_file *file;
    HASH_FIND_STR(s->files, path, file);
    return file;
}

static struct verify_file *expect(
    struct verify_shard *s, const char *path, int64_t bytes, const char *sha256)
{
    size_t len = strlen(path);
    struct verify_file *file = mem_new(sizeof *file + len + 1);
    memcpy(file->path, path, len + 1);
    file->bytes = bytes;
    file->sha256 = mem_dup(sha256);
    HASH_ADD_KEYPTR(hh, s->files, file->path, len, file);
    return file;
}

static void look_at_file(struct verify_shard *s, const struct manifest_file *file)
{
    enum manifest_status status = manifest_check(s->dir, file, file->sha256 != NULL);
    s->counts.files++;
    if (status == MANIFEST_GOOD)
        s->counts.bytes += (uint64_t)file->bytes;
    else if (status != MANIFEST_MISSING || !verify_may_miss(s))
        verify_file_status(s, file->path, file, status);
}

/* True if another row has named the file, and has said the same about it. */
static bool is_same(const struct verify_file *known, const struct manifest_file *file)
{
    return known && known->bytes == file->bytes && !known->sha256 == !file->sha256 &&
           (!known->sha256 || !strcmp(known->sha256, file->sha256));
}

/* Notes a file that must exist. Duplicate rows name the same file, which may be in another shard.
 */
static void expect_file(struct verify_shard *s, const struct manifest_file *file)
{
    const struct verify_file *known = find_file(s, file->path);
    struct verify_loose *loose;
    HASH_FIND_STR(s->loose, file->path, loose);
    if (loose)
        atomic_store(&loose->is_named, true);
    if (is_same(known, file))
        return;
    look_at_file(s, file);
    if (!known)
        expect(s, file->path, file->bytes, file->sha256);
}

/* "00000.tar/KEY.", the beginning of the paths of a sample's members. */
static void sample_prefix(
    const struct verify_shard *s, const struct verify_row *row, char *out, size_t size)
{
    snprintf(out, size, SHARDFILES_OF_TAR "%.*s.", (int)s->digits, s->number, (int)row->hh.keylen,
        row->line + sizeof ROW_BEGIN - 1);
}

static void expect_member(struct verify_shard *s, const struct verify_row *row, const char *prefix,
    const struct manifest_file *file)
{
    if (strncmp(file->path, prefix, strlen(prefix)) != 0 || find_file(s, file->path))
        row_fault(s, row->number, "names a file that does not belong to it");
    else
        expect(s, file->path, file->bytes, file->sha256);
}

static void expect_caption(struct verify_shard *s, const char *path, const char *caption)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char hex[2 * SHA256_DIGEST_LENGTH + 1];
    SHA256((const uint8_t *)caption, strlen(caption), hash);
    hex_print(hash, sizeof hash, hex);
    expect(s, path, (int64_t)strlen(caption), hex);
}

/* True if the row is a duplicate that names the sample of another row (--dedupe=content). */
static bool names_other(const struct manifest_row *said, const char *prefix)
{
    return said->is_duplicate && said->n_files &&
           strncmp(said->files[0].path, prefix, strlen(prefix)) != 0;
}

/* Checks a row that shares, once it is known what the others have. */
static void look_at_shared(struct verify_shard *s, const struct verify_row *row)
{
    struct manifest_row said;
    if (!manifest_row_parse(row->line, &said))
        return;
    for (unsigned i = 0; i < said.n_files; i++) {
        const struct manifest_file *file = &said.files[i];
        if (!is_same(find_file(s, file->path), file)) {
            row_fault(s, row->number, "names a file that no other row has like that");
            break;
        }
    }
    manifest_row_fini(&said);
}

static void expect_sample(
    struct verify_shard *s, struct verify_row *row, const struct manifest_row *said)
{
    char prefix[2 * SHARDFILES_NAME_SIZE], path[2 * SHARDFILES_NAME_SIZE + 8];
    sample_prefix(s, row, prefix, sizeof prefix);
    row->shares = names_other(said, prefix);
    if (row->shares)
        return;
    for (unsigned i = 0; i < said->n_files; i++)
        expect_member(s, row, prefix, &said->files[i]);
    if (!said->n_files)
        return;
    snprintf(path, sizeof path, "%sjson", prefix);
    if (!find_file(s, path))
        expect(s, path, 2 * (int64_t)strlen(row->line) + SIDECAR_MORE, NULL)->sidecar = row->line;
    snprintf(path, sizeof path, "%stxt", prefix);
    const char *caption = manifest_text(said, ROW_CAPTION);
    if (said->has_caption && !find_file(s, path))
        expect_caption(s, path, caption ? caption : "");
}

static void look_at_row(struct verify_shard *s, struct verify_row *row, struct tally *tally)
{
    struct manifest_row said;
    if (!manifest_row_parse(row->line, &said)) {
        row_fault(s, row->number, "not a manifest row");
        return;
    }
    s->counts.rows++;
    if (said.code < 0 || !manifest_text(&said, ROW_URL))
        row_fault(s, row->number, "has no URL, or an unknown error code");
    else
        tally->by_code[said.code]++;
    if (said.has_files_elsewhere)
        row_fault(s, row->number, "names a file at an impossible path");
    if (verify_is_tarred(s))
        expect_sample(s, row, &said);
    else
        for (unsigned i = 0; i < said.n_files; i++)
            expect_file(s, &said.files[i]);
    manifest_row_fini(&said);
}

/* tally: NULL if the manifest of a delivered shard is not here; then the rows are counted. */
static void compare_stats(struct verify_shard *s, const struct tally *tally)
{
    char name[SHARDFILES_NAME_SIZE];
    struct statsfile stats;
    struct buf text = {0};
    shardfiles_name(s->number, s->digits, SHARDFILES_STATS, name);
    int err = manifest_read_file(s->dir, name, &text);
    if (err)
        verify_fault(s, name, "%s", beneath_why(err));
    else if (!statsfile_parse((const char *)text.data, &stats))
        verify_fault(s, name, "%s",
            statsfile_is_torn(&text) ? "torn: the same command again makes it anew"
                                     : "not written by imgfetch");
    else if (!tally)
        s->counts.rows += tally_rows(&stats.tally);
    else if (memcmp(&stats.tally, tally, sizeof *tally) != 0)
        verify_fault(s, name, "its counts differ from the manifest");
    buf_fini(&text);
}

void verify_rows(struct verify_shard *s)
{
    char name[SHARDFILES_NAME_SIZE];
    struct tally tally = {0};
    struct verify_row *row, *next;
    manifest_name(s, name);
    int err = manifest_read_file(s->dir, name, &s->manifest);
    bool may_miss = err == -ENOENT && verify_may_miss(s);
    if (err && !may_miss && (err != -ENOENT || verify_is_closed(s)))
        verify_fault(s, name, "%s", err == -ENOENT ? "missing" : beneath_why(err));
    if (!err)
        find_rows(s);
    HASH_ITER (hh, s->rows, row, next)
        look_at_row(s, row, &tally);
    HASH_ITER (hh, s->rows, row, next)
        if (row->shares)
            look_at_shared(s, row);
    if (verify_is_closed(s) && (!err || may_miss))
        compare_stats(s, may_miss ? NULL : &tally);
}
