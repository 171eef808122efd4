#include "feed/names.h"

#include "base/casefold.h"
#include "base/mem.h"
#include "store/name_text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROOM_MIN = 1024,
    SUFFIX_SIZE = 12, /* "-" and the digits of 32 bits */
};

struct names {
    const struct name *name;
    struct job_digits digits;
    EVP_MD_CTX *sha256;
    /* A hash table with open addressing; at most seven eighths of it are in use. */
    size_t room, n;
    uint64_t *hashes;  /* 0: free */
    uint32_t *numbers; /* the suffix to try first when the name occurs again; 0: it has not */
};

static uint64_t hash_of(struct names *n, const char *name, size_t len)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char folded[2 * NAME_SIZE];
    uint64_t hash;
    mem_must(EVP_DigestInit_ex(n->sha256, NULL, NULL));
    EVP_DigestUpdate(n->sha256, folded, casefold(name, len, folded));
    mem_must(EVP_DigestFinal_ex(n->sha256, digest, NULL));
    memcpy(&hash, digest, sizeof hash);
    return hash ? hash : 1;
}

/* The place of the hash, or the free one where it would go. */
static size_t find(const struct names *n, uint64_t hash)
{
    size_t i = (size_t)((unsigned __int128)hash * n->room >> 64);
    while (n->hashes[i] && n->hashes[i] != hash)
        i = i + 1 < n->room ? i + 1 : 0;
    return i;
}

static void make_room(struct names *n, size_t room)
{
    struct names old = *n;
    n->room = room;
    n->hashes = mem_array(room, sizeof *n->hashes);
    n->numbers = mem_array(room, sizeof *n->numbers);
    for (size_t i = 0; i < old.room; i++)
        if (old.hashes[i]) {
            size_t at = find(n, old.hashes[i]);
            n->hashes[at] = old.hashes[i];
            n->numbers[at] = old.numbers[i];
        }
    free(old.hashes);
    free(old.numbers);
}

/* False: the name is taken. */
static bool take(struct names *n, const char *name, size_t len)
{
    uint64_t hash = hash_of(n, name, len);
    size_t at = find(n, hash);
    if (n->hashes[at])
        return false;
    n->hashes[at] = hash;
    n->n++;
    return true;
}

static size_t add_suffix(const char *name, size_t len, uint32_t number, char out[NAME_SIZE])
{
    char suffix[SUFFIX_SIZE];
    size_t more = (size_t)snprintf(suffix, sizeof suffix, "-%u", number);
    size_t most = NAME_STEM_MAX - more; /* only cuts: the text is good already */
    size_t cut = name_text_put(name, len, out, len < most ? len : most);
    memcpy(out + cut, suffix, more);
    return cut + more;
}

/* Takes the name, or the first with a number that is free. Changes `name`; returns its length. */
static size_t pick(struct names *n, char name[NAME_SIZE], size_t len)
{
    char numbered[NAME_SIZE];
    size_t numbered_len = 0;
    if (8 * (n->n + 1) > 7 * n->room)
        make_room(n, n->room / 4 * 5);
    if (take(n, name, len))
        return len;
    uint32_t *number = &n->numbers[find(n, hash_of(n, name, len))];
    uint32_t next = *number ? *number : 2;
    do
        numbered_len = add_suffix(name, len, next++, numbered);
    while (!take(n, numbered, numbered_len));
    *number = next;
    memcpy(name, numbered, numbered_len);
    return numbered_len;
}

struct names *names_new(const struct name *name, struct job_digits digits)
{
    static const char *const ours[] = {"manifest", "thumbs"};
    struct names *n = mem_new(sizeof *n);
    *n = (struct names){.name = name, .digits = digits, .sha256 = EVP_MD_CTX_new()};
    mem_must(n->sha256 && EVP_DigestInit_ex(n->sha256, EVP_sha256(), NULL));
    make_room(n, ROOM_MIN);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        take(n, ours[i], strlen(ours[i]));
    return n;
}

void names_free(struct names *n)
{
    if (!n)
        return;
    EVP_MD_CTX_free(n->sha256);
    free(n->hashes);
    free(n->numbers);
    free(n);
}

bool names_need_all(const struct names *n)
{
    return n && !n->name->has_id && !n->name->has_hash;
}

void names_take(struct names *n, struct job *j)
{
    char name[NAME_SIZE];
    if (n->name->has_hash || (j->err && !job_next_url(j)))
        return;
    size_t len = name_stem(n->name, j, n->digits, name);
    if (names_need_all(n))
        len = pick(n, name, len);
    j->name = mem_dup_n(name, len);
}
