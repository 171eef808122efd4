#include "net/curlinit.h"

#include "base/mem.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 64 << 10 /* bytes; what is larger holds what comes from the network */ };

static void *check(void *made, size_t size)
{
    mem_must(made || size >= SMALL);
    return made;
}

static void *allocate(size_t size)
{
    return check(malloc(size), size);
}

static void *allocate_zeroed(size_t n, size_t size)
{
    return check(calloc(n, size), n * size);
}

static void *grow(void *old, size_t size)
{
    return check(realloc(old, size), size);
}

static char *duplicate(const char *text)
{
    return check(strdup(text), strlen(text));
}

const char *curlinit(void)
{
    CURLcode code =
        curl_global_init_mem(CURL_GLOBAL_DEFAULT, allocate, free, grow, duplicate, allocate_zeroed);
    /* curl does not notice when OpenSSL had no memory. */
    if (!code && !OSSL_LIB_CTX_get0_global_default())
        code = CURLE_OUT_OF_MEMORY;
    return code ? curl_easy_strerror(code) : NULL;
}
