/* A transfer against a server that sends what a test says, byte for byte. */
#include "net/transfer_perform.h"
#include "base/test.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { MAX_SIZE = 100000 };

static struct {
    int listener;
    unsigned port;
    pthread_t thread;
    SSL_CTX *tls; /* NULL: plain */
    const void *reply;
    size_t reply_len;
    const char *again; /* sent so many times behind it, as long as somebody reads */
    size_t again_len, times;
    char request[4096];
} server;

static struct transfer_conf conf;
static struct budget budget;
static struct addr_net loopback;
static struct job *job;

/* ---- the server ---- */

static bool put(SSL *tls, int fd, const void *bytes, size_t len)
{
    ssize_t n = tls ? SSL_write(tls, bytes, (int)len) : write(fd, bytes, len);
    return n == (ssize_t)len;
}

static void answer(SSL *tls, int fd)
{
    char *in = server.request;
    for (size_t len = 0; len < sizeof server.request - 1 && !strstr(in, "\r\n\r\n");) {
        size_t room = sizeof server.request - 1 - len;
        ssize_t n = tls ? SSL_read(tls, in + len, (int)room) : read(fd, in + len, room);
        if (n <= 0)
            return;
        len += (size_t)n;
    }
    bool reads = put(tls, fd, server.reply, server.reply_len);
    for (size_t i = 0; i < server.times && reads; i++)
        reads = put(tls, fd, server.again, server.again_len);
}

static void *serve(void *arg)
{
    (void)arg;
    int fd = accept(server.listener, NULL, NULL);
    SSL *tls = server.tls ? SSL_new(server.tls) : NULL;
    if (tls)
        SSL_set_fd(tls, fd);
    if (!tls || SSL_accept(tls) == 1)
        answer(tls, fd);
    SSL_free(tls);
    close(fd);
    return NULL;
}

static void listen_on_loopback(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server.listener, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(listen(server.listener, 1), 0);
    ck_assert_int_eq(getsockname(server.listener, (struct sockaddr *)&at, &len), 0);
    server.port = ntohs(at.sin_port);
}

static void set_up(void)
{
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    memset(&server, 0, sizeof server);
    listen_on_loopback();
    ck_assert(addr_net_parse("127.0.0.0/8", &loopback));
    budget = (struct budget){.limit = SIZE_MAX / 2};
    conf = (struct transfer_conf){.agent = "test", .max_size = MAX_SIZE, .budget = &budget};
    conf.connect_timeout_ms = conf.stall_timeout_ms = 30000;
    conf.allow = &loopback;
    conf.n_allow = 1;
    job = job_new();
    job->request.time_left_ns = UINT64_C(30000000000);
}

static void tear_down(void)
{
    job_free(job, &budget);
    close(server.listener);
    SSL_CTX_free(server.tls);
}

static void reply_with(const void *bytes, size_t len)
{
    server.reply = bytes;
    server.reply_len = len;
}

static void address_job(const char *site)
{
    char url[100];
    const char *why;
    snprintf(url, sizeof url, "%s:%u/", site, server.port);
    ck_assert_int_eq(url_parse(url, strlen(url), &job->request.url, &why), ERR_OK);
    ck_assert(addr_parse("127.0.0.1", &job->request.addrs.at[0]));
    job->request.addrs.n = 1;
}

static void perform(void)
{
    struct transfer_pins *pins = transfer_pins_new();
    struct transfer *t = transfer_new(&conf, pins, NULL);
    transfer_perform(t, job, NULL, NULL);
    transfer_free(t);
    transfer_pins_free(pins);
}

static void fetch(const char *site)
{
    address_job(site);
    ck_assert_int_eq(pthread_create(&server.thread, NULL, serve, NULL), 0);
    perform();
    pthread_join(server.thread, NULL);
}

static void expect(enum err err, const char *message)
{
    ck_assert_msg(job->err == err, "%s: %s", err_name(job->err), job->message);
    ck_assert_msg(strstr(job->message, message) != NULL, "%s", job->message);
}

static void expect_body(const char *text)
{
    ck_assert_msg(!job->err, "%s: %s", err_name(job->err), job->message);
    ck_assert_uint_eq(job->response.body.len, strlen(text));
    ck_assert_mem_eq(job->response.body.data, text, strlen(text));
}

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n"
static const char hello[] = OK "Content-Length: 5\r\n\r\nhello";

/* ---- what is sent to whom ---- */

static const char *const secrets[] = {
    "Authorization: Basic secret", "COOKIE: secret", "Host: secret", "X-Mine: public", NULL};

static void fetch_with_secrets(bool is_elsewhere)
{
    conf.headers = secrets;
    conf.referer = "http://run.example/";
    ck_assert(job_set_referer(job, "http://secret.example", 21));
    job->request.is_elsewhere = is_elsewhere;
    reply_with(hello, sizeof hello - 1);
    fetch("http://a.test");
}

START_TEST(what_is_for_the_site_of_the_list_is_sent_there)
{
    fetch_with_secrets(false);
    for (int i = 0; secrets[i]; i++)
        ck_assert_msg(strstr(server.request, secrets[i]) != NULL, "%s", server.request);
    ck_assert(strstr(server.request, "Referer: http://secret.example/\r\n"));
}
END_TEST

START_TEST(it_is_not_sent_where_a_redirect_leads)
{
    fetch_with_secrets(true);
    ck_assert(!strstr(server.request, "secret"));
    ck_assert(strstr(server.request, "X-Mine: public"));
    ck_assert(strstr(server.request, "Referer: http://run.example/\r\n"));
}
END_TEST

/* ---- names ---- */

START_TEST(a_name_that_begins_with_a_hyphen_is_found_where_it_was_pinned)
{
    reply_with(hello, sizeof hello - 1);
    fetch("http://-a.test");
    expect_body("hello");
}
END_TEST

/* libc and curl both know this name. */
START_TEST(a_name_that_is_not_pinned_is_not_looked_up)
{
    address_job("http://localhost");
    job->request.addrs.n = 0;
    perform();
    ck_assert_int_eq(job->err, ERR_DNS_FAILURE);
    ck_assert_uint_eq(job->response.connections, 0);
}
END_TEST

/* ---- endless answers ---- */

START_TEST(a_compressed_body_that_makes_nothing_is_limited_as_it_comes)
{
    static const char head[] =
        OK "Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03"; /* RFC 1952 */
    static char blocks[5000];
    for (size_t i = 0; i < sizeof blocks; i += 5)
        memcpy(blocks + i, "\0\0\0\xff\xff", 5); /* stored and empty: RFC 1951, 3.2.4 */
    reply_with(head, sizeof head - 1);
    server.again = blocks;
    server.again_len = sizeof blocks;
    server.times = 10000;
    fetch("http://a.test");
    expect(ERR_TOO_LARGE, "larger than 100000 bytes");
}
END_TEST

static void fetch_with_trailer(const char *field, size_t len, size_t times)
{
    static const char head[] = OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n";
    reply_with(head, sizeof head - 1);
    server.again = field;
    server.again_len = len;
    server.times = times;
    fetch("http://a.test");
    expect(ERR_PROTOCOL_ERROR, "the header is too large");
}

START_TEST(a_trailer_of_too_many_bytes_is_cut_off)
{
    static char field[1001];
    memset(field, 'x', sizeof field);
    memcpy(field, "Field:", 6);
    memcpy(field + sizeof field - 3, "\r\n", 2);
    fetch_with_trailer(field, sizeof field - 1, 3000);
}
END_TEST

START_TEST(a_trailer_of_too_many_fields_is_cut_off)
{
    fetch_with_trailer("A: b\r\n", 6, 6000);
}
END_TEST

/* ---- status lines ---- */

START_TEST(a_status_line_that_is_none_has_no_status)
{
    static const char replies[][20] = {"HTTP/2+1 200 x\n\n", "HTTP/2-1 103 x\n\n",
        "HTTP/1.1 020 x\n\n", "HTTP/1.1 000 x\n\n", "HTTP/1.1 2000 x\n\n", "HTTP/1.1 20\n\n",
        "HTTP/1.1 +200 x\n\n", "HTTP/21\n\n", "HTTP/2\n\n", "HTTP/21 3\0\n\n"};
    reply_with(replies[_i], sizeof replies[_i]);
    fetch("http://a.test");
    expect(ERR_PROTOCOL_ERROR, "");
    ck_assert_int_eq(job->response.http_status, 0);
}
END_TEST

/* ---- codings ---- */

static size_t gzip(const void *bytes, size_t len, uint8_t *out, size_t room)
{
    z_stream z = {.next_in = (Bytef *)bytes, .avail_in = (uInt)len};
    z.next_out = out;
    z.avail_out = (uInt)room;
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

/* "hello", packed so many times. */
static void reply_packed(const char *head, int times)
{
    static uint8_t bytes[1000];
    uint8_t packed[500] = "hello", again[500];
    size_t len = 5, head_len = strlen(head);
    for (int i = 0; i < times; i++) {
        len = gzip(packed, len, again, sizeof again);
        memcpy(packed, again, len);
    }
    memcpy(bytes, head, head_len);
    memcpy(bytes + head_len, packed, len);
    reply_with(bytes, head_len + len);
}

START_TEST(a_body_that_is_packed_once_is_unpacked)
{
    reply_packed(OK "Content-Encoding: gzip\r\n\r\n", 1);
    fetch("http://a.test");
    expect_body("hello");
}
END_TEST

START_TEST(one_that_is_packed_twice_is_unpacked_twice)
{
    reply_packed(OK "Content-Encoding: gzip, gzip\r\n\r\n", 2);
    fetch("http://a.test");
    expect_body("hello");
}
END_TEST

START_TEST(a_coding_that_nobody_asked_for_is_undone)
{
    static const char brotli[] =
        OK "Content-Encoding: br\r\n\r\n\x0b\x02\x80hello\x03"; /* RFC 7932 */
    reply_with(brotli, sizeof brotli - 1);
    fetch("http://a.test");
    expect_body("hello");
}
END_TEST

START_TEST(what_comes_behind_a_switch_of_protocols_is_no_answer)
{
    static const char text[] = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    reply_with(text, sizeof text - 1);
    fetch("http://a.test");
    expect(ERR_HTTP_ERROR, "HTTP 101");
    ck_assert_uint_eq(job->response.body.len, 0);
}
END_TEST

START_TEST(an_answer_may_come_behind_others_that_tell_of_it)
{
    static const char text[] = "HTTP/1.1 103 Early Hints\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    reply_with(text, sizeof text - 1);
    fetch("http://a.test");
    expect_body("hello");
}
END_TEST

/* ---- certificates ---- */

/* The server is good.test; whoever has `file` knows its certificate. */
static void use_tls(char *file)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_set_version(x, 2); /* version 3 */
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"test", -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509_EXTENSION *host = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:good.test");
    X509_add_ext(x, host, -1);
    X509_EXTENSION_free(host);
    ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
    FILE *out = fdopen(mkstemp(file), "w");
    ck_assert(PEM_write_X509(out, x));
    fclose(out);
    server.tls = SSL_CTX_new(TLS_server_method());
    ck_assert_int_eq(SSL_CTX_use_certificate(server.tls, x), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(server.tls, key), 1);
    X509_free(x);
    EVP_PKEY_free(key);
    reply_with(hello, sizeof hello - 1);
}

static void fetch_with(const char *bundle, const char *site)
{
    conf.ca = castore_new(bundle);
    fetch(site);
    castore_free(conf.ca);
}

START_TEST(a_server_whose_certificate_is_known_is_asked)
{
    char file[] = "/tmp/transfer_test.XXXXXX";
    use_tls(file);
    fetch_with(file, "https://good.test");
    unlink(file);
    expect_body("hello");
}
END_TEST

START_TEST(a_certificate_for_another_name_is_refused)
{
    char file[] = "/tmp/transfer_test.XXXXXX";
    use_tls(file);
    fetch_with(file, "https://bad.test");
    unlink(file);
    expect(ERR_TLS_FAILED, "the certificate is for good.test, not for bad.test");
    ck_assert_str_eq(server.request, "");
}
END_TEST

START_TEST(a_certificate_that_nobody_vouches_for_is_refused)
{
    char file[] = "/tmp/transfer_test.XXXXXX", other[] = "/tmp/transfer_test.XXXXXX";
    use_tls(other);
    SSL_CTX_free(server.tls);
    use_tls(file);
    fetch_with(other, "https://good.test");
    unlink(file);
    unlink(other);
    expect(ERR_TLS_FAILED, "the certificate of test is self-signed");
    ck_assert_str_eq(server.request, "");
}
END_TEST

START_TEST(who_asks_for_it_gets_any_certificate_accepted)
{
    char file[] = "/tmp/transfer_test.XXXXXX";
    use_tls(file);
    conf.insecure = true;
    fetch_with("/nonexistent", "https://bad.test");
    unlink(file);
    expect_body("hello");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, what_is_for_the_site_of_the_list_is_sent_there);
    tcase_add_test(t, it_is_not_sent_where_a_redirect_leads);
    tcase_add_test(t, a_name_that_begins_with_a_hyphen_is_found_where_it_was_pinned);
    tcase_add_test(t, a_name_that_is_not_pinned_is_not_looked_up);
    tcase_add_test(t, a_compressed_body_that_makes_nothing_is_limited_as_it_comes);
    tcase_add_test(t, a_trailer_of_too_many_bytes_is_cut_off);
    tcase_add_test(t, a_trailer_of_too_many_fields_is_cut_off);
    tcase_add_loop_test(t, a_status_line_that_is_none_has_no_status, 0, 10);
    tcase_add_test(t, a_body_that_is_packed_once_is_unpacked);
    tcase_add_test(t, one_that_is_packed_twice_is_unpacked_twice);
    tcase_add_test(t, a_coding_that_nobody_asked_for_is_undone);
    tcase_add_test(t, what_comes_behind_a_switch_of_protocols_is_no_answer);
    tcase_add_test(t, an_answer_may_come_behind_others_that_tell_of_it);
    tcase_add_test(t, a_server_whose_certificate_is_known_is_asked);
    tcase_add_test(t, a_certificate_for_another_name_is_refused);
    tcase_add_test(t, a_certificate_that_nobody_vouches_for_is_refused);
    tcase_add_test(t, who_asks_for_it_gets_any_certificate_accepted);
}

int main(void)
{
    return test_main("transfer", add);
}
