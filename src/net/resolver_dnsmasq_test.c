/* The resolver against a real server: Debian's dnsmasq on a loopback port. */
#include "net/test_dns.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static pid_t dnsmasq;
static char address[32];
static uv_loop_t loop;
static struct resolver *resolver;

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Free for both protocols a moment ago; dnsmasq wants a number. */
static uint16_t free_port(void)
{
    for (;;) {
        struct sockaddr_in sin = loopback(0);
        socklen_t size = sizeof sin;
        int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
        bool ok = bind(tcp, (struct sockaddr *)&sin, sizeof sin) == 0 &&
                  getsockname(tcp, (struct sockaddr *)&sin, &size) == 0 &&
                  bind(udp, (struct sockaddr *)&sin, sizeof sin) == 0;
        close(tcp);
        close(udp);
        if (ok)
            return ntohs(sin.sin_port);
    }
}

/* "big.test" has too many addresses for a UDP answer of EDNS size. */
enum { BIG = 120, ARGS_MAX = 200 };

static void run_dnsmasq(uint16_t port)
{
    static const char *const fixed[] = {"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
        "--pid-file=", "--log-facility=/dev/null", "--listen-address=127.0.0.1",
        "--bind-interfaces", "--no-resolv", "--no-hosts", "--local=/test/", "--address=/gone.test/",
        "--host-record=both.test,192.0.2.1,2001:db8::1", "--host-record=four.test,192.0.2.4",
        "--host-record=six.test,2001:db8::6", "--host-record=a_b.test,192.0.2.5",
        "--cname=alias.test,both.test", "--cname=alias2.test,alias.test",
        "--txt-record=text.test,hello", "--address=/many.test/127.0.0.1"};
    const char *args[ARGS_MAX] = {0};
    char text[BIG + 1][40];
    size_t n = sizeof fixed / sizeof *fixed;
    memcpy(args, fixed, sizeof fixed);
    for (int i = 0; i < BIG; i++, n++) {
        snprintf(text[i], sizeof text[i], "--address=/big.test/10.0.0.%d", i);
        args[n] = text[i];
    }
    snprintf(text[BIG], sizeof text[BIG], "--port=%u", port);
    args[n++] = text[BIG];
    if (geteuid() == 0) {
        /* A change of user or group would clear the signal below: prctl(2). */
        args[n++] = "--user=root";
        args[n++] = "--group=root";
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails does not reach stop() */
    execv("/usr/sbin/dnsmasq", (char *const *)args);
    _exit(127);
}

/* Ready when it takes connections; false if another program has taken the port meanwhile. */
static bool wait_for_dnsmasq(uint16_t port)
{
    enum { BAD_NETWORK = 2 }; /* dnsmasq(8) */
    for (int i = 0; i < 2000; i++) {
        int status;
        if (waitpid(dnsmasq, &status, WNOHANG) != 0) {
            ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == BAD_NETWORK,
                "dnsmasq does not run: is the package dnsmasq-base there?");
            return false;
        }
        struct sockaddr_in sin = loopback(port);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int failed = connect(fd, (struct sockaddr *)&sin, sizeof sin);
        close(fd);
        if (!failed)
            return true;
        usleep(5000);
    }
    ck_abort_msg("dnsmasq does not answer");
}

static void start(int family)
{
    enum { TRIES = 5 };
    uint16_t port;
    int tries = 0;
    do {
        ck_assert_int_lt(tries++, TRIES);
        port = free_port();
        dnsmasq = fork();
        ck_assert_int_ge(dnsmasq, 0);
        if (dnsmasq == 0)
            run_dnsmasq(port);
    } while (!wait_for_dnsmasq(port));

    char message[RESOLVER_MESSAGE_SIZE] = "";
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    resolver = resolver_new(&loop,
        &(struct resolver_conf){.servers = address, .hosts_file = "/dev/null", .family = family},
        message);
    ck_assert_msg(resolver != NULL, "%s", message);
}

static void stop(void)
{
    resolver_free(resolver);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    kill(dnsmasq, SIGKILL);
    waitpid(dnsmasq, NULL, 0);
}

/* Asks, waits for both families, and returns the cached answer. */
static struct testdns_got look_up(const char *host)
{
    testdns_look_up(&loop, resolver, host);
    uv_run(&loop, UV_RUN_DEFAULT);
    return testdns_look_up(&loop, resolver, host);
}

START_TEST(addresses_of_both_families_are_found)
{
    start(0);
    static const struct {
        const char *host, *v4, *v6;
    } cases[] = {
        {"both.test", "192.0.2.1", "2001:db8::1"},
        {"four.test", "192.0.2.4", NULL},
        {"six.test", NULL, "2001:db8::6"},
        {"alias.test", "192.0.2.1", "2001:db8::1"},
        {"alias2.test.", "192.0.2.1", "2001:db8::1"},
        {"a_b.test", "192.0.2.5", NULL},
        {"deep.below.many.test", "127.0.0.1", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct testdns_got got = look_up(cases[i].host);
        ck_assert_msg(got.hit && got.answer.err == ERR_OK, "%s: %s", cases[i].host, got.message);
        ck_assert_uint_eq(got.answer.addrs.n, (cases[i].v4 != NULL) + (cases[i].v6 != NULL));
        ck_assert(!cases[i].v4 || testdns_has(&got, cases[i].v4));
        ck_assert(!cases[i].v6 || testdns_has(&got, cases[i].v6));
    }
    stop();
}
END_TEST

START_TEST(names_without_an_address_are_not_found)
{
    start(0);
    struct testdns_got got = look_up("gone.test");
    ck_assert_int_eq(got.answer.err, ERR_DNS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(got.message, "NXDOMAIN"));
    got = look_up("never-heard-of.test");
    ck_assert_int_eq(got.answer.err, ERR_DNS_NOT_FOUND);
    got = look_up("text.test");
    ck_assert_int_eq(got.answer.err, ERR_DNS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(got.message, "no address"));
    got = look_up("beyond.example"); /* dnsmasq has no server to ask */
    ck_assert_int_eq(got.answer.err, ERR_DNS_FAILURE);
    ck_assert_ptr_nonnull(strstr(got.message, "REFUSED"));
    ck_assert_uint_eq(resolver_stats(resolver).not_found, 3);
    ck_assert_uint_eq(resolver_stats(resolver).failed, 1);
    stop();
}
END_TEST

START_TEST(a_cut_off_answer_is_asked_for_again_over_tcp)
{
    start(4);
    struct testdns_got got = look_up("big.test");
    ck_assert_msg(got.answer.err == ERR_OK, "%s", got.message);
    ck_assert_uint_eq(got.answer.addrs.n, ADDR_SET_MAX);
    stop();
}
END_TEST

START_TEST(one_family_alone_may_be_wanted)
{
    start(4);
    ck_assert_uint_eq(look_up("both.test").answer.addrs.n, 1);
    ck_assert_int_eq(look_up("six.test").answer.err, ERR_DNS_NOT_FOUND);
    stop();
}
END_TEST

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

enum { MANY = 10000 };

START_TEST(ten_thousand_names_at_once_are_found)
{
    static struct testdns_got got[MANY];
    start(0);
    double before = cpu_seconds();
    for (int i = 0; i < MANY; i++) {
        char host[32];
        snprintf(host, sizeof host, "host%d.many.test", i);
        testdns_get(resolver, host, &got[i]);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    double cost = cpu_seconds() - before;
    unsigned found = 0;
    for (int i = 0; i < MANY; i++) {
        ck_assert_uint_eq(got[i].calls, 1);
        ck_assert_msg(got[i].answer.err == ERR_OK || got[i].answer.err == ERR_DNS_FAILURE, "%s",
            got[i].message);
        found += got[i].answer.err == ERR_OK;
    }
    /* On a machine that is busy with other things UDP may lose a few, again and again. */
    ck_assert_uint_ge(found, MANY * 99 / 100);
    ck_assert_uint_eq(resolver_stats(resolver).lookups, MANY);
    if (getenv("RESOLVER_TIMES"))
        printf("%.1f us of CPU a name\n", cost / MANY * 1e6);
    stop();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, addresses_of_both_families_are_found);
    tcase_add_test(t, names_without_an_address_are_not_found);
    tcase_add_test(t, a_cut_off_answer_is_asked_for_again_over_tcp);
    tcase_add_test(t, one_family_alone_may_be_wanted);
    tcase_add_test(t, ten_thousand_names_at_once_are_found);
}

int main(void)
{
    return test_main("resolver_dnsmasq", add);
}
