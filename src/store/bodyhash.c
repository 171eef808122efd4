#include "store/bodyhash.h"

#include "base/hex.h"
#include "base/mem.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { MD5, SHA1, SHA256, SHA512, N_ALGORITHMS };

/* For enum job_hash. */
static const unsigned wanted[] = {
    [JOB_HASH_MD5] = MD5, [JOB_HASH_SHA1] = SHA1, [JOB_HASH_SHA512] = SHA512};

static const struct {
    const char *name; /* OSSL_PROVIDER-default(7) */
    const char *shown;
    unsigned len;
} algorithms[N_ALGORITHMS] = {
    [MD5] = {"MD5", "md5", 16},
    [SHA1] = {"SHA1", "sha1", 20},
    [SHA256] = {"SHA256", "sha256", 32},
    [SHA512] = {"SHA512", "sha512", 64},
};

struct bodyhash {
    enum job_hash more;          /* for the row */
    const struct reject *reject; /* NULL: none */
    EVP_MD_CTX *digest;
    EVP_MD *md[N_ALGORITHMS]; /* made at first use; SHA-256 at once */
};

/* False: OpenSSL has no such algorithm. */
static bool compute(
    struct bodyhash *h, unsigned algorithm, const uint8_t *bytes, size_t len, uint8_t *ret)
{
    EVP_MD **md = &h->md[algorithm];
    if (!*md)
        *md = EVP_MD_fetch(NULL, algorithms[algorithm].name, NULL);
    if (!*md)
        return false;
    mem_must(EVP_DigestInit_ex2(h->digest, *md, NULL) && EVP_DigestUpdate(h->digest, bytes, len) &&
             EVP_DigestFinal_ex(h->digest, ret, NULL));
    return true;
}

/* False: the hash differs, and the job has failed. */
static bool check(struct bodyhash *h, struct job *j)
{
    const struct job_columns *c = j->columns;
    const uint8_t *should = c->hash;
    uint8_t other[EVP_MAX_MD_SIZE] = {0};
    unsigned a = MD5;
    while (a < SHA512 && algorithms[a].len != c->hash_len)
        a++;
    const char *name = algorithms[a].shown;
    const uint8_t *is = a == SHA256 ? j->sha256 : other;
    const struct buf *body = &j->response.body;
    bool computed = a == SHA256 ? j->has_sha256 : compute(h, a, body->data, body->len, other);
    if (computed && !memcmp(is, should, c->hash_len))
        return true;
    if (computed)
        job_fail(j, ERR_HASH_MISMATCH, "%s begins with %02x%02x%02x%02x, not %02x%02x%02x%02x",
            name, is[0], is[1], is[2], is[3], should[0], should[1], should[2], should[3]);
    else
        job_fail(j, ERR_HASH_MISMATCH, "this machine cannot compute %s", name);
    return false;
}

/* False: the job has failed. */
static bool is_wanted(struct bodyhash *h, struct job *j)
{
    if (h->reject && reject_check(h->reject, j, j->has_sha256 ? j->sha256 : NULL))
        return false;
    return !j->columns || !j->columns->hash_len || check(h, j);
}

/* The other hash that the row has. */
static void add_hash(struct bodyhash *h, struct job *j)
{
    const struct buf *body = &j->response.body;
    unsigned algorithm = wanted[h->more], len = algorithms[algorithm].len;
    uint8_t hash[EVP_MAX_MD_SIZE] = {0};
    mem_must(compute(h, algorithm, body->data, body->len, hash));
    free(j->hash);
    j->hash = mem_array(2 * len + 1, 1);
    hex_print(hash, len, j->hash);
}

void bodyhash_take(struct bodyhash *h, struct job *j)
{
    const struct buf *body = &j->response.body;
    bool is_whole = body->len > 0 && (j->err == ERR_OK || err_is_resize(j->err));
    j->bytes = body->len;
    j->has_sha256 = body->len > 0 && compute(h, SHA256, body->data, body->len, j->sha256);
    if (is_whole && !is_wanted(h, j))
        job_forget_body(j);
    else if (h->more && j->has_sha256)
        add_hash(h, j);
    for (unsigned i = 0; i < j->n_thumbs; i++) {
        struct job_thumb *t = &j->thumbs[i];
        t->has_sha256 = compute(h, SHA256, t->data, t->size, t->sha256);
    }
}

bool bodyhash_can(enum job_hash hash)
{
    if (hash == JOB_HASH_NONE)
        return true;
    EVP_MD *md = EVP_MD_fetch(NULL, algorithms[wanted[hash]].name, NULL);
    EVP_MD_free(md);
    return md != NULL;
}

struct bodyhash *bodyhash_new(enum job_hash more, const struct reject *reject)
{
    struct bodyhash *h = mem_new(sizeof *h);
    h->more = more;
    h->reject = reject;
    h->digest = EVP_MD_CTX_new();
    h->md[SHA256] = EVP_MD_fetch(NULL, algorithms[SHA256].name, NULL);
    mem_must(h->digest && h->md[SHA256]);
    return h;
}

void bodyhash_free(struct bodyhash *h)
{
    if (!h)
        return;
    for (int i = 0; i < N_ALGORITHMS; i++)
        EVP_MD_free(h->md[i]);
    EVP_MD_CTX_free(h->digest);
    free(h);
}
