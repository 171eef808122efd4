#include "input/reject.h"

#include "base/hex.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct hash {
    uint8_t bytes[REJECT_SHA256_SIZE];
};

struct reject {
    struct hash *hashes; /* sorted */
    char **patterns;
    size_t n_hashes, n_patterns;
};

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, REJECT_SHA256_SIZE);
}

static bool take_hash(struct reject *r, const char *text)
{
    struct hash hash;
    if (!hex_read(text, hash.bytes, sizeof hash.bytes))
        return false;
    r->hashes = mem_grow(r->hashes, (r->n_hashes + 1) * sizeof *r->hashes);
    r->hashes[r->n_hashes++] = hash;
    return true;
}

/* True if a URL with this scheme ("http://") can match the pattern. */
static bool can_begin(const char *pattern, const char *scheme)
{
    size_t len = strcspn(pattern, "*"), whole = strlen(scheme);
    bool has_star = pattern[len] == '*';
    return (len >= whole || has_star) && !strncasecmp(pattern, scheme, len < whole ? len : whole);
}

/* URLs in normal form have no capitals in scheme and host. */
static void lower_host(char *pattern)
{
    char *host = strstr(pattern, "://");
    char *end = host ? host + 3 + strcspn(host + 3, "/?") : pattern;
    for (char *c = pattern; c < end; c++)
        *c = (char)tolower((unsigned char)*c);
}

static bool take_pattern(struct reject *r, const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f) /* no URL has these */
            return false;
    if (!can_begin(text, "http://") && !can_begin(text, "https://"))
        return false;
    r->patterns = mem_grow(r->patterns, (r->n_patterns + 1) * sizeof *r->patterns);
    r->patterns[r->n_patterns] = mem_dup(text);
    lower_host(r->patterns[r->n_patterns++]);
    return true;
}

/* False: the line is no entry. */
static bool take_line(struct reject *r, char *line, size_t len)
{
    bool has_nul = strlen(line) != len;
    line[strcspn(line, "#")] = '\0';
    line += strspn(line, " \t\r\n");
    for (len = strlen(line); len && isspace((unsigned char)line[len - 1]); len--)
        line[len - 1] = '\0';
    return !has_nul && (!len || take_hash(r, line) || take_pattern(r, line));
}

static bool take_file(struct reject *r, FILE *file, const char *path, char *message)
{
    char *line = NULL;
    size_t size = 0, number = 0;
    ssize_t len;
    bool good = true;
    while (good && (len = getline(&line, &size, file)) >= 0) {
        size_t mark = sizeof BYTE_ORDER_MARK - 1;
        size_t skip = number++ == 0 && !strncmp(line, BYTE_ORDER_MARK, mark) ? mark : 0;
        good = take_line(r, line + skip, (size_t)len - skip);
    }
    if (!good)
        snprintf(message, REJECT_MESSAGE_SIZE,
            "%.250s:%zu: neither 64 hex digits nor a pattern of URLs of http or https", path,
            number);
    else if (ferror(file))
        snprintf(message, REJECT_MESSAGE_SIZE, "%.250s: %s", path, strerror(errno));
    good = good && !ferror(file);
    free(line);
    return good;
}

struct reject *reject_load(const char *path, char *message)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(message, REJECT_MESSAGE_SIZE, "%.250s: %s", path, strerror(errno));
        return NULL;
    }
    struct reject *r = mem_new(sizeof *r);
    bool good = take_file(r, file, path, message);
    fclose(file);
    if (r->n_hashes)
        qsort(r->hashes, r->n_hashes, sizeof *r->hashes, by_bytes);
    if (good)
        return r;
    reject_free(r);
    return NULL;
}

void reject_free(struct reject *r)
{
    for (size_t i = 0; r && i < r->n_patterns; i++)
        free(r->patterns[i]);
    if (r) {
        free(r->patterns);
        free(r->hashes);
    }
    free(r);
}

bool reject_has_hash(const struct reject *r, const uint8_t sha256[REJECT_SHA256_SIZE])
{
    return r->n_hashes && bsearch(sha256, r->hashes, r->n_hashes, sizeof *r->hashes, by_bytes);
}

/* A `*` takes as little as it can; if the rest does not match, only the last one takes more. */
static bool matches(const char *pattern, const char *text)
{
    const char *star = NULL, *from = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            from = text;
        } else if (*pattern == *text) {
            pattern++, text++;
        } else if (star) {
            pattern = star + 1;
            text = ++from;
        } else {
            return false;
        }
    }
    return !pattern[strspn(pattern, "*")];
}

const char *reject_pattern_of(const struct reject *r, const char *url)
{
    for (size_t i = 0; i < r->n_patterns; i++)
        if (matches(r->patterns[i], url))
            return r->patterns[i];
    return NULL;
}

bool reject_check(const struct reject *r, struct job *j, const uint8_t *sha256)
{
    bool has_hash = sha256 && reject_has_hash(r, sha256);
    const char *pattern = has_hash ? NULL : reject_pattern_of(r, j->request.url.text);
    if (has_hash)
        job_fail(j, ERR_PLACEHOLDER, "its SHA-256 is one of --reject");
    else if (pattern)
        job_fail(j, ERR_PLACEHOLDER, "its URL matches %.80s", pattern);
    return has_hash || pattern;
}
