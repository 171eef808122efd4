/* Connections in memory: a client that is followed, and a server that a test lets write. */
#include "net/tlsrecords.h"

#include "base/test.h"

#include <openssl/x509.h>

enum { PIECE = 16000, MANY = TLSRECORDS_IDLE / PIECE };

static SSL_CTX *client, *server;
static SSL *c, *s;
static struct tlsrecords *records;
static const unsigned char *chosen; /* by the server: as in ALPN */

static int choose(SSL *ssl, const unsigned char **out, unsigned char *len,
    const unsigned char *offered, unsigned offered_len, void *arg)
{
    (void)ssl, (void)offered, (void)offered_len, (void)arg;
    *out = chosen + 1;
    *len = chosen[0];
    return SSL_TLSEXT_ERR_OK;
}

static void make_certificate(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
    SSL_CTX_use_certificate(server, x);
    SSL_CTX_use_PrivateKey(server, key);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void connect_with(const char *protocol)
{
    static const unsigned char offered[] = "\2h2\10http/1.1";
    BIO *one, *two;
    chosen = (const unsigned char *)protocol;
    SSL_CTX_set_alpn_protos(client, offered, sizeof offered - 1);
    SSL_CTX_set_alpn_select_cb(server, choose, NULL);
    c = SSL_new(client);
    s = SSL_new(server);
    ck_assert_int_eq(BIO_new_bio_pair(&one, 0, &two, 0), 1);
    SSL_set_bio(c, one, one);
    SSL_set_bio(s, two, two);
    for (int i = 0, done = 0; i < 20 && done != 1; i++) {
        SSL_connect(c);
        done = SSL_accept(s);
    }
    ck_assert(SSL_is_init_finished(s));
}

static void set_up(void)
{
    client = SSL_CTX_new(TLS_client_method());
    server = SSL_CTX_new(TLS_server_method());
    make_certificate();
    records = tlsrecords_watch(client);
}

static void tear_down(void)
{
    SSL_free(c);
    SSL_free(s);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    tlsrecords_drop(records); /* its last user, because the SSL_CTX is gone */
}

/* The server writes, and the client reads; how many pieces came. */
static unsigned move(unsigned pieces)
{
    static char piece[PIECE];
    unsigned come = 0;
    while (
        come < pieces && SSL_write(s, piece, PIECE) == PIECE && SSL_read(c, piece, PIECE) == PIECE)
        come++;
    return come;
}

START_TEST(what_comes_over_http2_is_counted_with_its_framing)
{
    connect_with("\2h2");
    ck_assert_ptr_eq(tlsrecords_of(c), records);
    move(1);
    tlsrecords_take(records);
    ck_assert_uint_eq(move(3), 3);
    uint64_t come = tlsrecords_take(records);
    ck_assert_uint_gt(come, 3 * PIECE);
    ck_assert_uint_lt(come, 3 * (PIECE + 100));
    ck_assert_uint_eq(tlsrecords_take(records), 0);
}
END_TEST

START_TEST(a_connection_that_brings_nothing_for_anybody_is_cut_off)
{
    connect_with("\2h2");
    ck_assert(!tlsrecords_is_cut_off(records));
    ck_assert_uint_le(move(2 * MANY), MANY);
    ck_assert(tlsrecords_is_cut_off(records));
    ck_assert_int_le(SSL_read(c, (char[1]){0}, 1), 0);
}
END_TEST

START_TEST(one_that_brings_something_goes_on)
{
    connect_with("\2h2");
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(move(MANY / 2), MANY / 2);
        tlsrecords_take(records);
    }
    ck_assert(!tlsrecords_is_cut_off(records));
}
END_TEST

START_TEST(more_may_come_once_a_stream_was_given_up)
{
    connect_with("\2h2");
    tlsrecords_give_up(records);
    ck_assert(tlsrecords_has_given_up(records));
    ck_assert_uint_eq(move(4 * MANY), 4 * MANY);
    ck_assert_uint_le(
        move(TLSRECORDS_GIVEN_UP / PIECE), TLSRECORDS_GIVEN_UP / PIECE - 4 * MANY + 1);
    ck_assert(tlsrecords_is_cut_off(records));
}
END_TEST

START_TEST(http1_is_not_counted)
{
    connect_with("\10http/1.1");
    ck_assert_ptr_null(tlsrecords_of(c));
    ck_assert_ptr_null(tlsrecords_of(NULL));
    ck_assert_uint_eq(move(2 * MANY), 2 * MANY);
    ck_assert(!tlsrecords_is_cut_off(records) && !tlsrecords_is_cut_off(NULL));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, what_comes_over_http2_is_counted_with_its_framing);
    tcase_add_test(t, a_connection_that_brings_nothing_for_anybody_is_cut_off);
    tcase_add_test(t, one_that_brings_something_goes_on);
    tcase_add_test(t, more_may_come_once_a_stream_was_given_up);
    tcase_add_test(t, http1_is_not_counted);
}

int main(void)
{
    return test_main("tlsrecords", add);
}
