#include "cmd/imgserve/server.h"

#include "base/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_S = 10, BIG = 3000000 };

/* A server in its own thread, over a new directory. */
struct fixture {
    char dir[40];
    struct server *server;
    pthread_t thread;
};

static void write_file(const struct fixture *f, const char *name, const char *bytes, size_t len)
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    FILE *file = fopen(path, "w");
    ck_assert(file && fwrite(bytes, 1, len, file) == len);
    ck_assert_int_eq(fclose(file), 0);
}

static void remove_file(const struct fixture *f, const char *name)
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    unlink(path);
}

static void *run(void *server)
{
    server_run(server);
    return NULL;
}

static void make(struct fixture *f)
{
    char message[SERVER_MESSAGE_SIZE];
    strcpy(f->dir, "/tmp/imgserve_test.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->dir));
    write_file(f, "a.jpg", "0123456789", 10);
    f->server = server_new(f->dir, 0, message);
    ck_assert_msg(f->server != NULL, "%s", message);
}

static void run_in_thread(struct fixture *f)
{
    ck_assert_int_eq(pthread_create(&f->thread, NULL, run, f->server), 0);
}

static void start(struct fixture *f)
{
    make(f);
    run_in_thread(f);
}

static void stop(struct fixture *f)
{
    kill(getpid(), SIGTERM);
    ck_assert_int_eq(pthread_join(f->thread, NULL), 0);
    server_free(f->server);
    remove_file(f, "a.jpg");
    remove_file(f, "big.bin");
    ck_assert_int_eq(rmdir(f->dir), 0);
}

static int dial(const struct fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(server_port(f->server))};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    to.sin_addr.s_addr = inet_addr("127.3.2.1");
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads up to size - 1 bytes until the end of the connection; a NUL follows them.
 * -1: it was reset. */
static ssize_t hear(int fd, char *out, size_t size)
{
    size_t len = 0;
    ssize_t n;
    while (len < size - 1 && (n = recv(fd, out + len, size - 1 - len, 0)) != 0) {
        if (n < 0)
            return -1;
        len += (size_t)n;
    }
    out[len] = '\0';
    return (ssize_t)len;
}

/* The whole response to a GET, on a connection of its own. */
static const char *get(const struct fixture *f, const char *target)
{
    static char response[65536];
    char request[9000];
    int fd = dial(f);
    snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", target);
    say(fd, request);
    ck_assert_int_ge(hear(fd, response, sizeof response), 0);
    close(fd);
    return response;
}

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool ends(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

START_TEST(a_file_is_served_with_its_type_and_length)
{
    struct fixture f;
    start(&f);
    const char *response = get(&f, "/a%2Ejpg?id=7");
    ck_assert(starts(response, "HTTP/1.1 200 OK\r\n"));
    ck_assert_ptr_nonnull(strstr(response, "\r\nContent-Type: image/jpeg\r\n"));
    ck_assert_ptr_nonnull(strstr(response, "\r\nContent-Length: 10\r\n"));
    ck_assert(ends(response, "\r\n\r\n0123456789"));

    write_file(&f, "a.jpg", "changed", 7);
    ck_assert(ends(get(&f, "/a.jpg"), "\r\n\r\nchanged"));
    remove_file(&f, "a.jpg");
    ck_assert(starts(get(&f, "/a.jpg"), "HTTP/1.1 404 "));
    stop(&f);
}
END_TEST

START_TEST(nothing_outside_the_directory_is_served)
{
    static const char *const targets[] = {"/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
        "/x/..%2f..%2fetc/passwd", "//etc/passwd", "/", "/.", "/x/../a.jpg"};
    struct fixture f;
    start(&f);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        ck_assert_msg(starts(get(&f, targets[i]), "HTTP/1.1 404 "), "%s", targets[i]);
    ck_assert(starts(get(&f, "/%00"), "HTTP/1.1 400 "));
    stop(&f);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    enum { N = 2000 };
    static char responses[1 << 20];
    struct fixture f;
    char text[100];
    start(&f);
    int fd = dial(&f);
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "GET /x?size=%d&chunked=%d HTTP/1.1\r\nHost: t%s\r\n\r\n",
            3 + i % 20, i % 2, i == N - 1 ? "\r\nConnection: close" : "");
        say(fd, text);
    }
    ck_assert_int_gt(hear(fd, responses, sizeof responses), 0);
    close(fd);
    const char *at = responses;
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, i % 2 ? "\r\n\r\n%x\r\nabc" : "\r\nContent-Length: %d\r\n",
            3 + i % 20);
        at = strstr(at, "HTTP/1.1 200 OK\r\n");
        const char *next = at ? strstr(at + 1, "HTTP/1.1 ") : NULL;
        const char *here = at ? strstr(at, text) : NULL;
        ck_assert_msg(here && (!next || here < next), "response %d: %s", i, text);
        at++;
    }
    ck_assert_ptr_null(strstr(at, "HTTP/1.1"));
    stop(&f);
}
END_TEST

START_TEST(a_large_file_comes_whole)
{
    struct fixture f;
    start(&f);
    char *bytes = malloc(BIG), *response = malloc(BIG + 1000);
    for (size_t i = 0; i < BIG; i++)
        bytes[i] = (char)(i * 2654435761u >> 16);
    write_file(&f, "big.bin", bytes, BIG);
    int fd = dial(&f);
    say(fd, "GET /big.bin HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    ssize_t len = hear(fd, response, BIG + 1000);
    close(fd);
    ck_assert_int_gt(len, BIG);
    ck_assert_mem_eq(response + len - BIG, bytes, BIG);
    free(bytes);
    free(response);
    stop(&f);
}
END_TEST

START_TEST(head_and_conditional_requests_bring_no_body)
{
    struct fixture f;
    char response[2000], request[200], etag[60];
    start(&f);
    ck_assert_int_eq(sscanf(strstr(get(&f, "/a.jpg"), "ETag: "), "ETag: %59s", etag), 1);
    int fd = dial(&f);
    snprintf(request, sizeof request,
        "HEAD /a.jpg HTTP/1.1\r\nHost: t\r\n\r\n"
        "GET /a.jpg HTTP/1.1\r\nHost: t\r\nIf-None-Match: \"x\", %s\r\nConnection: close\r\n\r\n",
        etag);
    say(fd, request);
    ck_assert_int_gt(hear(fd, response, sizeof response), 0);
    close(fd);
    ck_assert_ptr_nonnull(strstr(response, "\r\nContent-Length: 10\r\n\r\nHTTP/1.1 304 "));
    ck_assert(ends(response, "\r\n\r\n"));
    stop(&f);
}
END_TEST

START_TEST(redirects_and_failures_count_as_asked)
{
    struct fixture f;
    start(&f);
    ck_assert_ptr_nonnull(strstr(get(&f, "/a.jpg?hops=2&x"), "\r\nLocation: /a.jpg?x&hops=1\r\n"));
    ck_assert(ends(get(&f, "/a.jpg?hops=0"), "0123456789"));
    ck_assert_ptr_nonnull(strstr(get(&f, "//a?loop=1"), "\r\nLocation: /.//a?loop=1&turn=1\r\n"));
    ck_assert(starts(get(&f, "/?redirect=http%3A%2F%2Fx%2F&status=308"), "HTTP/1.1 308 "));

    const char *target = "/a.jpg?fail_first=2&status=429&retry_after=3";
    for (int i = 0; i < 2; i++) {
        const char *response = get(&f, target);
        ck_assert(starts(response, "HTTP/1.1 429 "));
        ck_assert_ptr_nonnull(strstr(response, "\r\nRetry-After: 3\r\n"));
    }
    ck_assert(ends(get(&f, target), "0123456789"));
    get(&f, "/-/reset");
    ck_assert(starts(get(&f, target), "HTTP/1.1 429 "));
    ck_assert(starts(get(&f, "/a.jpg?fail_first=1"), "HTTP/1.1 503 "));
    stop(&f);
}
END_TEST

START_TEST(faults_end_the_connection_as_they_say)
{
    struct fixture f;
    char response[3000];
    start(&f);
    ck_assert_str_eq(get(&f, "/a.jpg?fault=close"), "");
    ck_assert(ends(get(&f, "/a.jpg?fault=half"), "\r\n\r\n01234"));
    ck_assert_ptr_nonnull(strstr(get(&f, "/a.jpg?fault=lie_long"), "\r\nContent-Length: 1010\r\n"));
    ck_assert(!starts(get(&f, "/a.jpg?fault=garbage"), "HTTP"));
    int fd = dial(&f);
    say(fd, "GET /a.jpg?fault=reset HTTP/1.1\r\nHost: t\r\n\r\n");
    ck_assert_int_eq(hear(fd, response, sizeof response), -1);
    close(fd);
    stop(&f);
}
END_TEST

START_TEST(responses_wait_at_the_gate)
{
    struct fixture f;
    char response[3000];
    start(&f);
    get(&f, "/-/hold?times=1");
    ck_assert(ends(get(&f, "/a.jpg"), "0123456789"));
    int fd = dial(&f);
    say(fd, "GET /a.jpg HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    while (!strstr(get(&f, "/-/stats"), "\"in_flight\":1"))
        usleep(1000);
    ck_assert_int_eq(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 50), 0);
    get(&f, "/-/release");
    ck_assert_int_gt(hear(fd, response, sizeof response), 0);
    ck_assert(ends(response, "0123456789"));
    close(fd);
    stop(&f);
}
END_TEST

START_TEST(a_raw_response_is_the_bytes_that_were_asked_for)
{
    struct fixture f;
    char response[3000];
    start(&f);
    ck_assert_str_eq(
        get(&f, "/a.jpg?raw=HTTP/1.1%20200%0d%0a%0d%0a"), "HTTP/1.1 200\r\n\r\n0123456789");
    ck_assert_str_eq(get(&f, "/a.jpg?size=2&raw=x&again=yz&times=3&after=%0a"), "xyzyzyz\nab");
    ck_assert_str_eq(get(&f, "/?size=0&raw=x&again=yz&times=0"), "x");
    int fd = dial(&f);
    say(fd, "GET /a.jpg?raw=1%00&again=23 HTTP/1.1\r\nHost: t\r\n\r\n");
    ck_assert_int_eq(hear(fd, response, sizeof response), sizeof response - 1);
    ck_assert_mem_eq(response,
        "1\0"
        "232323",
        8);
    ck_assert_mem_eq(response + sizeof response - 3, "32", 2);
    close(fd);
    stop(&f);
}
END_TEST

START_TEST(a_silent_response_is_in_flight_until_the_peer_goes)
{
    struct fixture f;
    start(&f);
    int fd = dial(&f);
    say(fd, "GET /a.jpg?size=4&fault=stall HTTP/1.1\r\nHost: Quiet:1\r\n\r\n");
    char head[2000];
    ck_assert_int_gt(recv(fd, head, sizeof head, 0), 0);
    const char *quiet = "\"quiet\":{\"requests\":1,\"connections\":1,\"in_flight\":1,";
    ck_assert_ptr_nonnull(strstr(get(&f, "/-/stats"), quiet));
    close(fd);
    quiet = "\"quiet\":{\"requests\":1,\"connections\":1,\"in_flight\":0,\"max_in_flight\":1}";
    while (!strstr(get(&f, "/-/stats"), quiet))
        ; /* Check's time limit ends it if it never comes */
    stop(&f);
}
END_TEST

START_TEST(requests_that_are_none_get_an_error_and_the_end)
{
    static char response[3000], head[20000];
    struct fixture f;
    start(&f);
    int fd = dial(&f);
    say(fd, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n");
    ck_assert_int_gt(hear(fd, response, sizeof response), 0);
    ck_assert(
        starts(response, "HTTP/1.1 405 ") && ends(response, "\r\n\r\n405 Method Not Allowed\n"));
    close(fd);

    memset(head, 'x', sizeof head - 1);
    memcpy(head, "GET / HTTP/1.1\r\nA: ", 19);
    fd = dial(&f);
    say(fd, head);
    ck_assert_int_gt(hear(fd, response, sizeof response), 0);
    ck_assert(starts(response, "HTTP/1.1 431 "));
    close(fd);
    stop(&f);
}
END_TEST

START_TEST(the_server_ends_with_responses_in_flight)
{
    static const char *const faults[] = {"silent", "endless", "drip", "stall"};
    struct fixture f;
    int fds[4];
    start(&f);
    for (int i = 0; i < 4; i++) {
        char request[100], first;
        snprintf(
            request, sizeof request, "GET /a.jpg?fault=%s HTTP/1.1\r\nHost: t\r\n\r\n", faults[i]);
        fds[i] = dial(&f);
        say(fds[i], request);
        if (i == 1)
            ck_assert_int_eq(recv(fds[i], &first, 1, 0), 1);
    }
    stop(&f);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
}
END_TEST

START_TEST(each_request_is_a_line_of_the_log)
{
    struct fixture f;
    char path[100], message[SERVER_MESSAGE_SIZE], line[100];
    make(&f);
    snprintf(path, sizeof path, "%s/log", f.dir);
    ck_assert_msg(server_log(f.server, path, message), "%s", message);
    run_in_thread(&f);
    get(&f, "/a.jpg?n=1");
    get(&f, "/-/stats");
    get(&f, "/missing?b");
    FILE *log = fopen(path, "r"); /* while it is being written */
    ck_assert_ptr_nonnull(log);
    ck_assert_str_eq(fgets(line, sizeof line, log), "t /a.jpg?n=1\n");
    ck_assert_str_eq(fgets(line, sizeof line, log), "t /missing?b\n");
    ck_assert_ptr_null(fgets(line, sizeof line, log));
    fclose(log);
    remove_file(&f, "log");
    stop(&f);
}
END_TEST

START_TEST(what_cannot_be_served_is_said)
{
    char message[SERVER_MESSAGE_SIZE];
    ck_assert_ptr_null(server_new("/nowhere/at/all", 0, message));
    ck_assert_ptr_nonnull(strstr(message, "/nowhere/at/all"));
    struct fixture f;
    start(&f);
    ck_assert_ptr_null(server_new(f.dir, server_port(f.server), message));
    ck_assert_ptr_nonnull(strstr(message, "address already in use"));
    stop(&f);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_file_is_served_with_its_type_and_length);
    tcase_add_test(t, nothing_outside_the_directory_is_served);
    tcase_add_test(t, pipelined_requests_are_answered_in_order);
    tcase_add_test(t, a_large_file_comes_whole);
    tcase_add_test(t, head_and_conditional_requests_bring_no_body);
    tcase_add_test(t, redirects_and_failures_count_as_asked);
    tcase_add_test(t, faults_end_the_connection_as_they_say);
    tcase_add_test(t, responses_wait_at_the_gate);
    tcase_add_test(t, a_raw_response_is_the_bytes_that_were_asked_for);
    tcase_add_test(t, a_silent_response_is_in_flight_until_the_peer_goes);
    tcase_add_test(t, requests_that_are_none_get_an_error_and_the_end);
    tcase_add_test(t, the_server_ends_with_responses_in_flight);
    tcase_add_test(t, each_request_is_a_line_of_the_log);
    tcase_add_test(t, what_cannot_be_served_is_said);
}

int main(void)
{
    return test_main("server", add);
}
