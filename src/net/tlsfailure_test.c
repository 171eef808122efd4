/* Handshakes in memory: a client that is watched, and a server whose certificate a test makes. */
#include "net/tlsfailure.h"

#include "base/test.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

static SSL_CTX *client, *server;
static EVP_PKEY *key;
static struct tlsfailure *failure;

/* Makes a certificate for `names` that holds from now + from to now + until. */
static void use_certificate(const char *names, long from, long until, const char *issuer)
{
    X509 *x = X509_new();
    X509_set_version(x, 2); /* version 3 */
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), from);
    X509_gmtime_adj(X509_getm_notAfter(x), until);
    X509_set_pubkey(x, key);
    X509_NAME *name = X509_get_subject_name(x), *other = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"my site", -1, -1, 0);
    X509_NAME_add_entry_by_txt(other, "CN", MBSTRING_ASC, (const uint8_t *)issuer, -1, -1, 0);
    X509_set_issuer_name(x, other);
    X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    X509_add_ext(x, alt, -1);
    ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
    ck_assert_int_eq(SSL_CTX_use_certificate(server, x), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(server, key), 1);
    X509_EXTENSION_free(alt);
    X509_NAME_free(other);
    X509_free(x);
}

static void trust_the_certificate(void)
{
    X509_STORE_add_cert(SSL_CTX_get_cert_store(client), SSL_CTX_get0_certificate(server));
}

static void set_up(void)
{
    client = SSL_CTX_new(TLS_client_method());
    server = SSL_CTX_new(TLS_server_method());
    key = EVP_EC_gen("P-256");
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    failure = tlsfailure_watch(client);
}

static void tear_down(void)
{
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    tlsfailure_drop(failure); /* its last user, because the SSL_CTX is gone */
    EVP_PKEY_free(key);
}

/* True if the handshake succeeds. */
static bool shake_hands(void)
{
    SSL *c = SSL_new(client), *s = SSL_new(server);
    BIO *one, *two;
    ck_assert_int_eq(BIO_new_bio_pair(&one, 0, &two, 0), 1);
    SSL_set_bio(c, one, one);
    SSL_set_bio(s, two, two);
    int client_done = 0;
    for (int i = 0; i < 20 && client_done != 1; i++) {
        client_done = SSL_connect(c);
        ERR_clear_error(); /* as curl does */
        (void)SSL_accept(s);
        ERR_clear_error();
    }
    SSL_free(c);
    SSL_free(s);
    return client_done == 1;
}

static SSL_SESSION *offered; /* by the client; NULL: none */

/* The client gets these bytes, and then the end. */
static void answer_with_bytes(const char *bytes, size_t n)
{
    SSL *c = SSL_new(client);
    BIO *in = BIO_new_mem_buf(bytes, (int)n), *out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, 0);
    if (offered)
        SSL_set_session(c, offered);
    SSL_set_bio(c, in, out);
    ck_assert_int_ne(SSL_connect(c), 1);
    ERR_clear_error();
    SSL_free(c);
}

static void answer_with(const char *text)
{
    answer_with_bytes(text, strlen(text));
}

static void expect(const char *says)
{
    char message[TLSFAILURE_MESSAGE_SIZE] = "";
    ck_assert(tlsfailure_explain(failure, "my.test", false, message));
    ck_assert_msg(strstr(message, says) != NULL, "%s", message);
    ck_assert(!tlsfailure_is_break(failure));
}

START_TEST(a_good_handshake_tells_nothing)
{
    char message[TLSFAILURE_MESSAGE_SIZE];
    use_certificate("DNS:my.test", -HOUR, HOUR, "my site");
    trust_the_certificate();
    ck_assert(shake_hands());
    ck_assert(!tlsfailure_explain(failure, "my.test", false, message));
}
END_TEST

START_TEST(a_certificate_for_other_names_is_told_with_its_names)
{
    char message[TLSFAILURE_MESSAGE_SIZE];
    use_certificate("DNS:a.test,DNS:*.b.test", -HOUR, HOUR, "my site");
    trust_the_certificate();
    ck_assert(shake_hands());
    ck_assert(tlsfailure_explain(failure, "my.test", true, message));
    ck_assert_str_eq(message, "the certificate is for a.test, *.b.test, not for my.test");
}
END_TEST

START_TEST(a_certificate_that_has_expired_is_told_with_its_date)
{
    use_certificate("DNS:my.test", -1000 * DAY, -900 * DAY, "my site");
    trust_the_certificate();
    ck_assert(!shake_hands());
    expect("the certificate of my site expired on 20");
}
END_TEST

START_TEST(a_certificate_of_the_future_is_told_with_its_date)
{
    use_certificate("DNS:my.test", 900 * DAY, 1000 * DAY, "my site");
    trust_the_certificate();
    ck_assert(!shake_hands());
    expect("the certificate of my site is valid from 20");
}
END_TEST

START_TEST(who_vouches_for_a_certificate_is_told)
{
    use_certificate("DNS:my.test", -HOUR, HOUR, "my site");
    ck_assert(!shake_hands());
    expect("the certificate of my site is self-signed (--cacert");
}
END_TEST

START_TEST(an_issuer_that_is_not_known_is_told)
{
    use_certificate("DNS:my.test", -HOUR, HOUR, "the odd \x1b[2J authority");
    ck_assert(!shake_hands());
    expect("issuer is not known: the odd ?[2J authority (--cacert");
}
END_TEST

START_TEST(a_server_of_old_versions_is_told)
{
    use_certificate("DNS:my.test", -HOUR, HOUR, "my site");
    trust_the_certificate();
    SSL_CTX_set_security_level(server, 0);
    ck_assert_int_eq(SSL_CTX_set_min_proto_version(server, TLS1_VERSION), 1);
    ck_assert_int_eq(SSL_CTX_set_max_proto_version(server, TLS1_1_VERSION), 1);
    ck_assert_int_eq(SSL_CTX_set_cipher_list(server, "ALL:@SECLEVEL=0"), 1);
    ck_assert(!shake_hands());
    expect("TLS 1.1 or older only");
}
END_TEST

START_TEST(a_server_without_tls_is_told)
{
    answer_with("HTTP/1.1 400 Bad Request\r\n\r\n");
    expect("does not speak TLS");
}
END_TEST

START_TEST(a_certificate_that_need_not_be_good_is_no_cause)
{
    char message[TLSFAILURE_MESSAGE_SIZE];
    SSL_CTX_set_verify(client, SSL_VERIFY_NONE, SSL_CTX_get_verify_callback(client));
    use_certificate("DNS:my.test", -1000 * DAY, -900 * DAY, "my site");
    ck_assert(shake_hands());
    ck_assert(!tlsfailure_explain(failure, "my.test", false, message));
}
END_TEST

/* The alert comes as a record (RFC 8446, section 5.1). */
static void answer_with_alert(char alert)
{
    char record[] = {21, 3, 3, 0, 2, SSL3_AL_FATAL, alert};
    answer_with_bytes(record, sizeof record);
}

START_TEST(what_a_server_says_in_an_alert_is_told)
{
    answer_with_alert(SSL_AD_CERTIFICATE_REQUIRED);
    expect("wants a client certificate");
    ck_assert(tlsfailure_is_refusal(failure));
}
END_TEST

START_TEST(an_alert_is_told_in_words)
{
    answer_with_alert(SSL_AD_ACCESS_DENIED);
    expect("handshake off: access denied (alert 49)");
    ck_assert(tlsfailure_is_refusal(failure));
}
END_TEST

START_TEST(a_server_in_trouble_is_no_refusal)
{
    char message[TLSFAILURE_MESSAGE_SIZE];
    answer_with_alert(SSL_AD_INTERNAL_ERROR);
    ck_assert(tlsfailure_is_break(failure));
    ck_assert(!tlsfailure_is_refusal(failure));
    ck_assert(tlsfailure_explain(failure, "my.test", false, message));
    ck_assert_str_eq(message, "the server broke the TLS handshake off: internal error (alert 80)");
}
END_TEST

static SSL_SESSION *session;

static int keep_session(SSL *ssl, SSL_SESSION *new)
{
    (void)ssl;
    SSL_SESSION_free(session);
    session = SSL_SESSION_dup(new); /* a connection that just ends spoils its own */
    return 0;
}

/* The record is of the first handshake of its SSL_CTX: a new one begins as if with a new one. */
static void watch_anew(void)
{
    SSL_CTX_free(client);
    tlsfailure_drop(failure);
    client = SSL_CTX_new(TLS_client_method());
    failure = tlsfailure_watch(client);
}

START_TEST(a_session_that_a_server_chokes_on_is_not_offered_again)
{
    use_certificate("DNS:my.test", -HOUR, HOUR, "my site");
    trust_the_certificate();
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, keep_session);
    SSL_CTX_set_max_proto_version(server, TLS1_2_VERSION); /* its tickets come before the end */
    ck_assert(shake_hands());
    ck_assert_ptr_nonnull(session);
    ck_assert(!tlsfailure_spoil_session(failure)); /* none was offered */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(SSL_SESSION_is_resumable(session), i == 0);
        watch_anew();
        offered = session;
        answer_with_bytes("", 0);
        ck_assert_int_eq(tlsfailure_spoil_session(failure), i == 0);
    }
    SSL_SESSION_free(session);
    offered = session = NULL;
}
END_TEST

START_TEST(a_connection_that_ends_is_no_failure_of_tls)
{
    char message[TLSFAILURE_MESSAGE_SIZE];
    answer_with("");
    ck_assert(tlsfailure_is_break(failure));
    ck_assert(!tlsfailure_explain(failure, "my.test", false, message));
    ck_assert(!tlsfailure_is_break(NULL));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_good_handshake_tells_nothing);
    tcase_add_test(t, a_certificate_for_other_names_is_told_with_its_names);
    tcase_add_test(t, a_certificate_that_has_expired_is_told_with_its_date);
    tcase_add_test(t, a_certificate_of_the_future_is_told_with_its_date);
    tcase_add_test(t, who_vouches_for_a_certificate_is_told);
    tcase_add_test(t, an_issuer_that_is_not_known_is_told);
    tcase_add_test(t, a_server_of_old_versions_is_told);
    tcase_add_test(t, a_server_without_tls_is_told);
    tcase_add_test(t, a_certificate_that_need_not_be_good_is_no_cause);
    tcase_add_test(t, what_a_server_says_in_an_alert_is_told);
    tcase_add_test(t, an_alert_is_told_in_words);
    tcase_add_test(t, a_server_in_trouble_is_no_refusal);
    tcase_add_test(t, a_session_that_a_server_chokes_on_is_not_offered_again);
    tcase_add_test(t, a_connection_that_ends_is_no_failure_of_tls);
}

int main(void)
{
    return test_main("tlsfailure", add);
}
