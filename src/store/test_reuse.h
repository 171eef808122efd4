/* For tests of --reuse: an earlier directory in scratch_path, with rows written by hand. */
#ifndef STORE_TEST_REUSE_H
#define STORE_TEST_REUSE_H

#include "base/hex.h"
#include "base/test_scratch.h"
#include "store/tarfile.h"

#include <openssl/evp.h>

/* A row of this URL, with this path, that says what its body is. */
struct row_of {
    const char *url, *path, *body;
    int64_t bytes;      /* 0: as many as the body has */
    const char *sha256; /* NULL: that of the body */
    const char *more;   /* fields; NULL: none */
};

static inline void hash_text(const char *text, char hex[65])
{
    uint8_t hash[32];
    ck_assert(EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL));
    hex_print(hash, sizeof hash, hex);
}

static inline void add_row(const char *manifest, const struct row_of *r)
{
    char line[2048], sha256[65];
    hash_text(r->body, sha256);
    int len = snprintf(line, sizeof line,
        "{\"key\":\"000000000\",\"url\":\"%s\",\"final_url\":\"%s\",\"status\":\"success\","
        "\"error\":null,\"bytes\":%lld,\"sha256\":\"%s\",\"path\":\"%s\",%s\"thumbs\":[]}\n",
        r->url, r->url, (long long)(r->bytes ? r->bytes : (int64_t)strlen(r->body)),
        r->sha256 ? r->sha256 : sha256, r->path, r->more ? r->more : "");
    int fd = openat(scratch_dir, manifest, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, line, (size_t)len), len);
    close(fd);
}

static inline void make_earlier(void)
{
    scratch_make();
    scratch_mkdir(".imgfetch");
    scratch_write(".imgfetch/lock", "", 0);
    scratch_mkdir("manifest");
    scratch_mkdir("images");
    scratch_mkdir("images/00000");
}

/* Writes a tar with these members, a name and a body in turn; the last is NULL. */
static inline void write_tar(const char *name, const char *const *members)
{
    int fd = openat(scratch_dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    ck_assert_int_ge(fd, 0);
    struct tarfile *tar = tarfile_new(fd, 0);
    for (; *members; members += 2)
        ck_assert_int_eq(tarfile_add(tar, members[0], members[1], strlen(members[1]), 0), 0);
    ck_assert_int_eq(tarfile_end(tar), 0);
    ck_assert_int_eq(tarfile_flush(tar), 0);
    tarfile_free(tar);
}

#endif
