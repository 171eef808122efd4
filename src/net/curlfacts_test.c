/*
 * What this program knows of libcurl's inside and no contract of curl's promises, held against the
 * libcurl it is linked to. Each was read in the sources of 7.88.1 and 8.14.1, too. When one fails
 * with a newer libcurl, look at the place that its comment names. What else is known there shows in
 * the backends' contract: pins that move (a_host_that_moves_is_followed), connections that make
 * room (connections_kept_leave_room_for_new_ones), sockets whose numbers come again
 * (connections_given_up_while_they_were_made_leave_nothing_to_the_next).
 */
#include "base/test.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server on loopback. */
static int listening;
static unsigned port;
static pthread_t server;

/* Answers each request on its one connection, and keeps that. */
static void *serve(void *unused)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    char request[2000];
    int fd = accept(listening, NULL, NULL);
    while (fd >= 0 && recv(fd, request, sizeof request, 0) > 0)
        send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    close(fd);
    return unused;
}

static void listen_somewhere(void)
{
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof sin;
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listening, (struct sockaddr *)&sin, sizeof sin), 0);
    ck_assert_int_eq(listen(listening, 10), 0);
    ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&sin, &size), 0);
    port = ntohs(sin.sin_port);
}

static CURL *ask(const char *host)
{
    char url[100];
    CURL *easy = curl_easy_init();
    snprintf(url, sizeof url, "http://%s:%u/", host, port);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    return easy;
}

/* Until it is done. The handle stays in the multi. */
static CURLcode perform(CURLM *multi)
{
    int running, left;
    for (;;) {
        ck_assert_int_eq(curl_multi_perform(multi, &running), CURLM_OK);
        CURLMsg *message = curl_multi_info_read(multi, &left);
        if (message)
            return message->data.result;
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

static curl_socket_t socket_of(CURL *easy)
{
    curl_socket_t s = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &s);
    return s;
}

/* forget_connection() in curlloop.c, which spares a walk through the pool. In a libcurl where this
 * fails the walk is back, or maybe was taken out: lib/multi.c, curl_multi_remove_handle(). */
START_TEST(a_handle_that_looks_into_an_empty_pool_forgets_its_connection)
{
    listen_somewhere();
    ck_assert_int_eq(pthread_create(&server, NULL, serve, NULL), 0);
    CURLM *multi = curl_multi_init();
    CURLSH *empty = curl_share_init();
    curl_share_setopt(empty, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    CURL *easy = ask("127.0.0.1");
    for (int i = 0; i < 2; i++) {
        curl_multi_add_handle(multi, easy);
        ck_assert_int_eq(perform(multi), CURLE_OK);
        curl_socket_t used = socket_of(easy);
        ck_assert_int_ne(used, CURL_SOCKET_BAD);
        curl_easy_setopt(easy, CURLOPT_SHARE, empty);
        ck_assert_int_eq(socket_of(easy), CURL_SOCKET_BAD);
        curl_easy_setopt(easy, CURLOPT_SHARE, NULL);
        ck_assert_int_eq(socket_of(easy), CURL_SOCKET_BAD);
        long made = -1;
        curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &made);
        ck_assert_int_eq(made, i == 0); /* but the pool has not */
        curl_multi_remove_handle(multi, easy);
    }
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    curl_share_cleanup(empty);
    pthread_join(server, NULL);
    close(listening);
}
END_TEST

static long timer_ms;
static unsigned timer_calls;

static int on_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi, (void)arg;
    timer_ms = ms;
    timer_calls++;
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *ours)
{
    (void)easy, (void)fd, (void)what, (void)arg, (void)ours;
    return 0;
}

/* on_curl_timer() in curlloop.c. A timer of libuv fires up to some milliseconds before curl's time,
 * for libuv reads its clock once a turn. */
START_TEST(a_timer_that_fires_early_is_set_again)
{
    int running;
    listen_somewhere(); /* and never answer */
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    CURL *easy = ask("127.0.0.1");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
    curl_multi_add_handle(multi, easy);
    /* Its immediate work is done after a few iterations. */
    for (int i = 0; i < 100 && timer_ms < 1000; i++) {
        usleep(10 * 1000);
        ck_assert_int_eq(
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running), CURLM_OK);
    }
    for (int i = 0; i < 3; i++) {
        unsigned before = timer_calls;
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        ck_assert_int_eq(running, 1);
        ck_assert_uint_gt(timer_calls, before);
        ck_assert_int_gt(timer_ms, 0);
        ck_assert_int_le(timer_ms, 30000);
    }
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    close(listening);
}
END_TEST

static unsigned opened;

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    (void)arg, (void)purpose;
    opened++;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* CONNECTIONS_MAX in backends/procs_wire.c: each address once for each try (lib/connect.c, the
 * balls of happy eyeballs), and a kept connection that turns out to be dead gives CONN_MAX_RETRIES
 * (5) tries more (lib/transfer.c). */
START_TEST(each_address_is_tried_once)
{
    char pin[300];
    listen_somewhere();
    close(listening); /* the port is closed on all of them */
    int n = snprintf(pin, sizeof pin, "many.test:%u:127.0.0.1", port);
    for (int i = 2; i <= 6; i++)
        n += snprintf(pin + n, sizeof pin - (size_t)n, ",127.0.0.%d", i);
    snprintf(pin + n, sizeof pin - (size_t)n, ",::1,::ffff:127.0.0.1");
    struct curl_slist *pins = curl_slist_append(NULL, pin);
    CURL *easy = ask("many.test");
    curl_easy_setopt(easy, CURLOPT_RESOLVE, pins);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    ck_assert_int_eq(curl_easy_perform(easy), CURLE_COULDNT_CONNECT);
    ck_assert_uint_ge(opened, 6); /* there may be no IPv6 */
    ck_assert_uint_le(opened, 8);
    curl_easy_cleanup(easy);
    curl_slist_free_all(pins);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_handle_that_looks_into_an_empty_pool_forgets_its_connection);
    tcase_add_test(t, a_timer_that_fires_early_is_set_again);
    tcase_add_test(t, each_address_is_tried_once);
}

int main(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return test_main("curlfacts", add);
}
