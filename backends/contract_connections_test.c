/*
 * The contract of every fetching backend, continued: connections and addresses.
 */
#include "backends/contract_bench.h"

#include <pthread.h>

static struct site site;

static void start_site(void)
{
    site_start(&site);
}

static void stop_site(void)
{
    site_stop(&site);
}

START_TEST(a_connection_is_used_again)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    for (int i = 0; i < 10; i++)
        assert_err(bench_get(&b, i % 2 ? "/png_1x1.png" : "/x?status=404"),
            i % 2 ? ERR_OK : ERR_HTTP_ERROR);
    ck_assert_int_eq(site_count(&site, "127.0.0.1", "requests"), 10);
    ck_assert_int_eq(site_count(&site, "127.0.0.1", "connections"), 1);
    ck_assert_int_eq(site_await_open(&site, 2), 2); /* that one, and site_await_open()'s */
    bench_close(&b);
}
END_TEST

static struct job *ask_on(struct bench *b, bool new_connection, const char *target)
{
    struct job *j = bench_make(b, target);
    j->request.new_connection = new_connection;
    TAILQ_INSERT_TAIL(&b->waiting, j, link);
    bench_submit_waiting(b);
    bench_await(b);
    return j;
}

/* curl repeats a request on its own up to five times in the life of a handle. */
START_TEST(a_kept_connection_that_the_server_has_closed_is_nobodys_failure)
{
    static const char *const targets[] = {
        "/png_1x1.png?next=close", "/png_1x1.png?next=reset", "/png_1x1.png?next=408"};
    enum { N = sizeof targets / sizeof *targets };
    struct bench b;
    unsigned stale = 0;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    for (int n = 0; n < 20 * N; n++) {
        struct job *j = ask_on(&b, false, targets[n % N]);
        if (j->err == ERR_STALE) {
            stale++;
            ck_assert_uint_eq(j->response.body.cap, 0);
            j = ask_on(&b, true, targets[n % N]);
        }
        assert_err(j, ERR_OK);
    }
    ck_assert_uint_ge(stale, 20); /* each 408, and what curl has not repeated */
    bench_close(&b);
}
END_TEST

START_TEST(a_new_connection_is_made_if_the_job_says_so)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    assert_err(ask_on(&b, false, "/png_1x1.png"), ERR_OK);
    assert_err(ask_on(&b, false, "/png_1x1.png"), ERR_OK);
    ck_assert_int_eq(site_count(&site, "127.0.0.1", "connections"), 1);
    assert_err(ask_on(&b, true, "/png_1x1.png"), ERR_OK);
    ck_assert_int_eq(site_count(&site, "127.0.0.1", "connections"), 2);
    bench_close(&b);
}
END_TEST

START_TEST(a_new_connection_that_ends_without_a_response_is_a_failure)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    assert_err(bench_get(&b, "/png_1x1.png"), ERR_OK);
    assert_err(ask_on(&b, true, "/png_1x1.png?fault=close"), ERR_PROTOCOL_ERROR);
    assert_err(ask_on(&b, true, "/x?status=408"), ERR_HTTP_ERROR);
    bench_close(&b);
}
END_TEST

START_TEST(after_the_last_request_for_a_host_its_connection_is_closed)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    assert_err(bench_get(&b, "/png_1x1.png"), ERR_OK);
    b.last_for_host = true;
    assert_err(bench_get(&b, "/png_1x1.png"), ERR_OK);
    ck_assert_int_eq(site_count(&site, "127.0.0.1", "connections"), 1);
    ck_assert_int_eq(site_await_open(&site, 1), 1);
    bench_close(&b);
}
END_TEST

START_TEST(a_host_that_moves_is_followed)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.last_for_host = true;
    bench_open(&b, PLENTY);
    for (int i = 0; i < 20; i++) {
        char address[40];
        snprintf(address, sizeof address, "127.0.0.%d", 1 + i);
        bench_set_address(&b, address);
        struct job *j = bench_ask_host(&b, "moves.test", "/png_1x1.png");
        bench_await(&b);
        assert_err(j, ERR_OK);
        ck_assert_str_eq(j->response.ip, address);
    }
    bench_close(&b);
}
END_TEST

START_TEST(many_hosts_at_once_do_not_mix)
{
    enum { N = 100 };
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.loops = 4;
    bench_open(&b, N);
    for (int i = 0; i < N; i++) {
        char address[40], host[40];
        snprintf(address, sizeof address, "127.0.1.%d", 1 + i);
        snprintf(host, sizeof host, "host%d.test", i);
        bench_set_address(&b, address);
        bench_ask_host(&b, host, "/a?size=1000&delay=20");
    }
    bench_await(&b);
    for (int i = 0; i < N; i++) {
        char address[40];
        snprintf(address, sizeof address, "127.0.1.%d", 1 + i);
        assert_err(b.jobs[i], ERR_OK);
        ck_assert_str_eq(b.jobs[i]->response.ip, address);
    }
    bench_close(&b);
}
END_TEST

/* ---- a host with two addresses ---- */

/* A host at a port of which one address drops all SYNs, and another one answers. */
struct half_dead_host {
    struct blackhole dead;
    int listener;
    pthread_t thread;
};

static void *answer_for_ever(void *arg)
{
    static const char reply[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    const struct half_dead_host *h = arg;
    char request[1000];
    int fd;
    while ((fd = accept(h->listener, NULL, NULL)) >= 0) {
        if (recv(fd, request, sizeof request, 0) > 0)
            send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        recv(fd, request, sizeof request, 0);
        close(fd);
    }
    return NULL;
}

static void half_dead_host_open(struct half_dead_host *h)
{
    struct sockaddr_in at;
    blackhole_open(&h->dead);
    at = site_address(h->dead.port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(h->listener, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(h->listener, 16), 0);
    ck_assert_int_eq(pthread_create(&h->thread, NULL, answer_for_ever, h), 0);
}

static void half_dead_host_close(struct half_dead_host *h)
{
    shutdown(h->listener, SHUT_RDWR); /* ends accept() */
    pthread_join(h->thread, NULL);
    close(h->listener);
    blackhole_close(&h->dead);
}

START_TEST(an_address_that_is_silent_does_not_hide_the_next_one)
{
    static struct half_dead_host host;
    static const char *const addresses[] = {"127.0.0.1", "127.0.0.2"};
    struct bench b;
    half_dead_host_open(&host);
    bench_init(&b, bench_backend(FETCHER, _i), host.dead.port);
    b.transfer.connect_timeout_ms = 3 * SECOND_MS;
    b.addrs.n = 2;
    for (int i = 0; i < 2; i++)
        ck_assert(addr_parse(addresses[i], &b.addrs.at[i]));
    bench_open(&b, 8);
    for (int i = 0; i < 3; i++)
        bench_ask_host(&b, "two.test", "/");
    bench_await(&b);
    for (int i = 0; i < 3; i++) {
        assert_err(b.jobs[i], ERR_OK);
        ck_assert_str_eq(b.jobs[i]->response.ip, "127.0.0.2");
    }
    bench_close(&b);
    half_dead_host_close(&host);
}
END_TEST

static void add(TCase *t)
{
    int n = bench_count(FETCHER);
    tcase_add_checked_fixture(t, start_site, stop_site);
    tcase_add_loop_test(t, a_connection_is_used_again, 0, n);
    tcase_add_loop_test(t, a_kept_connection_that_the_server_has_closed_is_nobodys_failure, 0, n);
    tcase_add_loop_test(t, a_new_connection_is_made_if_the_job_says_so, 0, n);
    tcase_add_loop_test(t, a_new_connection_that_ends_without_a_response_is_a_failure, 0, n);
    tcase_add_loop_test(t, after_the_last_request_for_a_host_its_connection_is_closed, 0, n);
    tcase_add_loop_test(t, a_host_that_moves_is_followed, 0, n);
    tcase_add_loop_test(t, many_hosts_at_once_do_not_mix, 0, n);
    tcase_add_loop_test(t, an_address_that_is_silent_does_not_hide_the_next_one, 0, n);
}

int main(void)
{
    return test_main("contract_connections", add);
}
