#include "net/castore.h"

#include "base/mem.h"
#include "base/thread.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>

struct castore {
    const char *file;
    pthread_mutex_t lock; /* for the next two */
    bool tried;
    X509_STORE *store; /* NULL: not yet read, or it cannot be */
};

struct castore *castore_new(const char *file)
{
    struct castore *c = mem_new(sizeof *c);
    c->file = file;
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void castore_free(struct castore *c)
{
    if (!c)
        return;
    X509_STORE_free(c->store); /* NULL is fine */
    pthread_mutex_destroy(&c->lock);
    free(c);
}

const char *castore_file(const struct castore *c)
{
    const char *built_in = curl_version_info(CURLVERSION_NOW)->cainfo;
    return c->file ? c->file : built_in ? built_in : "(no bundle)";
}

static X509_STORE *load_store(const char *file)
{
    X509_STORE *store = X509_STORE_new();
    if (!store)
        abort();
    /* The same flags that curl sets (7.88, 8.14: lib/vtls/openssl.c, populate_x509_store), so
     * that curl does not modify a store that other threads use. */
    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_STORE_load_file(store, file))
        return store;
    ERR_clear_error(); /* or curl would report it as another call's */
    X509_STORE_free(store);
    return NULL;
}

/* After the first call c->store never changes. */
static void read_once(void *arg)
{
    struct castore *c = arg;
    pthread_mutex_lock(&c->lock);
    if (!c->tried)
        c->store = load_store(castore_file(c));
    c->tried = true;
    pthread_mutex_unlock(&c->lock);
}

void castore_read(struct castore *c)
{
    pthread_t thread;
    if (!thread_start(&thread, "certificates", 0, read_once, c))
        pthread_join(thread, NULL);
}

bool castore_use(struct castore *c, SSL_CTX *ssl)
{
    read_once(c);
    if (c->store)
        SSL_CTX_set1_cert_store(ssl, c->store);
    return c->store;
}
