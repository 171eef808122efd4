#include "net/transfer_tls.h"

void transfer_tls_forget(struct transfer_tls *t)
{
    tlsfailure_drop(t->failure);
    tlsrecords_drop(t->records);
    t->failure = NULL;
    t->records = NULL;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    struct transfer_tls *t = arg;
    transfer_tls_forget(t);
    t->failure = tlsfailure_watch(ssl_ctx);
    if (t->conf->http != TRANSFER_HTTP_1_1)
        t->records = tlsrecords_watch(ssl_ctx);
    if (t->conf->insecure)
        return CURLE_OK;
    return castore_use(t->conf->ca, ssl_ctx) ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

/*
 * The certificates come from conf->ca, not from curl. curl's own cache of them must be off: 7.88
 * fills it after the callback, and replaces what the callback has set (lib/vtls/openssl.c,
 * Curl_ssl_setup_x509_store; fixed in 8.4, c849062).
 */
void transfer_tls_set(struct transfer_tls *t, CURL *easy, const struct transfer_conf *conf)
{
    t->conf = conf;
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, conf->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, conf->insecure ? 0L : 2L);
}

/*
 * curl 7.88 can take a cut-off HTTP/2 transfer for a complete one (mended in 8.0, 48cd032); so
 * that version is for those who ask for it. With CURL_HTTP_VERSION_3 curl tries TCP as well as soon
 * as QUIC has failed or has been silent for 100 ms, and takes what is connected first (8.14,
 * lib/cf-https-connect.c). With OpenSSL's QUIC, now and then a request does not leave 8.14 as a
 * whole; it ends as a stall, and is tried again.
 */
long transfer_tls_http(enum transfer_http http)
{
    switch (http) {
    case TRANSFER_HTTP_2:
        return CURL_HTTP_VERSION_2TLS;
    case TRANSFER_HTTP_3:
        return CURL_HTTP_VERSION_3;
    default:
        return CURL_HTTP_VERSION_1_1;
    }
}
