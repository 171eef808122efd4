#include "manifest/manifest.h"

#include "base/beneath.h"
#include "base/buf.h"
#include "base/descriptor.h"
#include "base/hex.h"
#include "base/mem.h"
#include "manifest/manifest_tree.h"
#include "manifest/shardfiles.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHA256_SIZE = 32 };

static bool is_in_tar(const char *path)
{
    uint32_t shard;
    const char *end = shardfiles_number(path, &shard);
    return end && !strncmp(end, ".tar/", 5);
}

static bool is_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return !strncmp(path, folder, len) && path[len] == '/';
}

bool manifest_path_is_ours(const char *path)
{
    bool is_in_folder = is_in(path, SHARDFILES_IMAGES) || is_in(path, SHARDFILES_THUMBS);
    return (is_in_folder || is_in_tar(path) || shardfiles_is_flat(path)) && beneath_is_plain(path);
}

static void add_file(struct manifest_row *row, yajl_val file)
{
    const char *path = manifest_tree_text(file, "path");
    if (!path)
        return;
    bool fits = row->n_files < sizeof row->files / sizeof *row->files;
    if (!fits || !manifest_path_is_ours(path)) {
        row->has_files_elsewhere = true;
        return;
    }
    row->files[row->n_files++] = (struct manifest_file){
        path, manifest_tree_number(file, "bytes"), manifest_tree_text(file, "sha256")};
}

static void add_files(struct manifest_row *row, yajl_val files)
{
    for (size_t i = 0; files && i < files->u.array.len; i++)
        add_file(row, files->u.array.values[i]);
}

static int get_code(yajl_val row)
{
    yajl_val error = manifest_tree_get(row, "error", yajl_t_any);
    if (YAJL_IS_NULL(error))
        return ERR_OK;
    return YAJL_IS_STRING(error) ? err_from_name(error->u.string) : -1;
}

bool manifest_row_parse(const char *line, struct manifest_row *ret)
{
    yajl_val tree = manifest_tree_parse(line);
    yajl_val thumbs = manifest_tree_get(tree, "thumbs", yajl_t_array);
    if (!thumbs) {
        yajl_tree_free(tree);
        return false;
    }
    *ret = (struct manifest_row){.tree = tree, .code = get_code(tree)};
    ret->has_caption = manifest_tree_get(tree, "caption", yajl_t_any) != NULL;
    ret->is_duplicate = manifest_text(ret, ROW_DUPLICATE_OF) != NULL;
    add_file(ret, tree);
    add_files(ret, thumbs);
    ret->n_images = ret->n_files;
    add_files(ret, manifest_tree_get(tree, "sidecars", yajl_t_array));
    return true;
}

void manifest_row_fini(struct manifest_row *row)
{
    yajl_tree_free(row->tree);
    *row = (struct manifest_row){0};
}

const char *manifest_text(const struct manifest_row *row, enum row_field field)
{
    assert(row_fields[field].type == ROW_TEXT);
    return manifest_tree_text(row->tree, row_fields[field].name);
}

int64_t manifest_number(const struct manifest_row *row, enum row_field field)
{
    assert(row_fields[field].type == ROW_NUMBER);
    return manifest_tree_number(row->tree, row_fields[field].name);
}

bool manifest_is_hash(const uint8_t sha256[SHA256_SIZE], const char *hex)
{
    char is[2 * SHA256_SIZE + 1];
    hex_print(sha256, SHA256_SIZE, is);
    return hex && !strcasecmp(is, hex);
}

/* False: errno says why. */
static bool hash_piece(int fd, int64_t offset, int64_t len, uint8_t hash[EVP_MAX_MD_SIZE])
{
    uint8_t piece[65536];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    mem_must(digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL));
    ssize_t n = 1;
    while (n > 0 && len) {
        n = descriptor_read_at(
            fd, piece, len < (int64_t)sizeof piece ? (size_t)len : sizeof piece, offset);
        if (n > 0)
            EVP_DigestUpdate(digest, piece, (size_t)n);
        offset += n;
        len -= n;
    }
    mem_must(EVP_DigestFinal_ex(digest, hash, NULL));
    EVP_MD_CTX_free(digest);
    if (n <= 0)
        errno = n < 0 ? (int)-n : EIO; /* it has become shorter */
    return n > 0;
}

enum manifest_status manifest_check_piece(int fd, int64_t offset, const struct manifest_file *f)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    if (!hash_piece(fd, offset, f->bytes, hash))
        return MANIFEST_UNREADABLE;
    return manifest_is_hash(hash, f->sha256) ? MANIFEST_GOOD : MANIFEST_WRONG_HASH;
}

static enum manifest_status check_hash(int dir, const struct manifest_file *f)
{
    int fd = beneath_open(dir, f->path, O_RDONLY);
    if (fd < 0) {
        errno = -fd;
        return fd == -ENOENT ? MANIFEST_MISSING : MANIFEST_UNREADABLE;
    }
    enum manifest_status status = manifest_check_piece(fd, 0, f);
    int saved = errno;
    close(fd);
    errno = saved;
    return status;
}

enum manifest_status manifest_check(int dir, const struct manifest_file *f, bool hash)
{
    struct stat st;
    int err = beneath_stat(dir, f->path, &st);
    errno = -err;
    if (err)
        return err == -ENOENT || err == -ENOTDIR ? MANIFEST_MISSING : MANIFEST_UNREADABLE;
    if (!S_ISREG(st.st_mode) || st.st_size != f->bytes)
        return MANIFEST_WRONG_SIZE;
    return hash ? check_hash(dir, f) : MANIFEST_GOOD;
}

FILE *manifest_open_file(int dir, const char *name)
{
    int fd = beneath_open(dir, name, O_RDONLY);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    int err = fd < 0 ? -fd : errno;
    if (fd >= 0 && !file)
        close(fd);
    errno = err;
    return file;
}

static int read_all(int fd, struct buf *ret)
{
    struct stat st;
    if (fstat(fd, &st))
        return -errno;
    if (!buf_reserve(ret, (size_t)st.st_size + 1))
        return -ENOMEM;
    ssize_t n = descriptor_read_at(fd, ret->data, (size_t)st.st_size, 0);
    if (n < 0)
        return (int)n;
    ret->len = (size_t)n;
    ret->data[n] = '\0';
    return 0;
}

int manifest_read_file(int dir, const char *name, struct buf *ret)
{
    int fd = beneath_open(dir, name, O_RDONLY);
    if (fd < 0)
        return fd;
    int err = read_all(fd, ret);
    close(fd);
    if (err)
        buf_fini(ret);
    return err;
}
