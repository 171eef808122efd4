/* A transfer against a server that sends the input. Everything happens in one thread: the server
 * acts when the transfer asks whether it must stop. */
#include "net/transfer_perform.h"
#include "base/fuzz.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_SIZE = 20000, TURNS_MAX = 20000 };

static struct {
    int listener, fd;
    unsigned port, turns;
    const uint8_t *reply;
    size_t left; /* still to be sent */
    bool has_replied;
    struct transfer *transfer; /* the client */
} server = {.listener = -1};

static void listen_on_loopback(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    fuzz_expect(!bind(server.listener, (struct sockaddr *)&at, size));
    fuzz_expect(!listen(server.listener, 8));
    fuzz_expect(!getsockname(server.listener, (struct sockaddr *)&at, &size));
    server.port = ntohs(at.sin_port);
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Takes the connection, reads what has been asked for, and sends as much as the socket takes. */
static enum err serve(void *arg)
{
    (void)arg;
    char request[4096];
    if (server.fd < 0)
        server.fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (server.fd >= 0 && (read(server.fd, request, sizeof request) > 0 || server.has_replied)) {
        ssize_t n = write(server.fd, server.reply, server.left);
        server.left -= n > 0 ? (size_t)n : 0;
        server.reply += n > 0 ? n : 0;
        if (!server.left)
            shutdown(server.fd, SHUT_WR);
        server.has_replied = true;
    }
    if (!server.has_replied || server.left)
        transfer_wake(server.transfer); /* so that it does not wait for us */
    return ++server.turns < TURNS_MAX ? ERR_OK : ERR_CANCELLED;
}

static void expect_response(const struct job *j)
{
    const struct response *r = &j->response;
    fuzz_expect(j->err < ERR_COUNT && (!j->err || *j->message));
    fuzz_expect(!r->http_status || (r->http_status >= 100 && r->http_status <= 999));
    fuzz_expect(!r->body.len || (r->http_status >= 200 && r->http_status < 300));
    fuzz_expect(r->body.len <= MAX_SIZE);
    fuzz_expect(!r->body.len || !j->err || transfer_keeps_body(j->err));
    fuzz_expect(!r->is_unchanged || r->http_status == 304);
    fuzz_expect(j->err || r->redirect || r->is_unchanged || r->http_status / 100 == 2);
}

static void fetch(const struct transfer_conf *conf, bool is_asking)
{
    char url[60];
    const char *why;
    struct job *j = job_new();
    snprintf(url, sizeof url, "http://127.0.0.1:%u/a/b", server.port);
    fuzz_expect(url_parse(url, strlen(url), &j->request.url, &why) == ERR_OK);
    fuzz_expect(addr_parse("127.0.0.1", &j->request.addrs.at[0]));
    j->request.addrs.n = 1;
    j->request.time_left_ns = UINT64_C(30000000000);
    if (is_asking)
        j->request.etag = strdup("\"a\"");
    struct transfer_pins *pins = transfer_pins_new();
    struct transfer *t = transfer_new(conf, pins, NULL);
    server.transfer = t;
    transfer_perform(t, j, serve, NULL);
    transfer_free(t);
    fuzz_expect(transfer_pins_count(pins) == 0);
    transfer_pins_free(pins);
    expect_response(j);
    job_free(j, conf->budget);
}

/* The first byte chooses what the transfer is for; the server sends the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { ASKING = 1, TAGS = 2 };
    static struct addr_net loopback;
    struct budget budget = {.limit = SIZE_MAX / 2};
    struct transfer_conf conf = {.agent = "fuzz", .max_size = MAX_SIZE, .budget = &budget};
    if (!len)
        return 0;
    if (server.listener < 0)
        listen_on_loopback();
    fuzz_expect(addr_net_parse("127.0.0.1/32", &loopback));
    conf.connect_timeout_ms = conf.stall_timeout_ms = 30000;
    conf.allow = &loopback;
    conf.n_allow = 1;
    conf.robots_tag = *data & TAGS ? "noai,noindex" : NULL;
    server.fd = -1;
    server.turns = 0;
    server.has_replied = false;
    server.reply = data + 1;
    server.left = len - 1;
    fetch(&conf, *data & ASKING);
    fuzz_expect(budget.used == 0);
    if (server.fd >= 0)
        close(server.fd);
    return 0;
}
