/*
 * imgserve: a web site on loopback for the demo, for tests and for comparing
 * the ways to fetch. It answers fast and correctly, or as badly as a test asks.
 *
 *     imgserve [--port=N] [--dns-port=N] [--ready-file=FILE] [--log=FILE] DIR
 *
 * Serves the files below DIR over HTTP/1.1 on every address of 127.0.0.0/8 and
 * on [::1]. Each of these addresses, and each name in a Host field, is a host
 * of its own. One process, one thread, one loop.
 *
 * The life of a request: server.c listens; conn.c reads a head and gives it to
 * request.c; response.c decides on the response, with the query (params.c), the
 * file (files.c) and the fault asked for (faults.c), and writes the head;
 * wire.c cuts it into pieces, which conn.c writes. stats.c counts.
 *
 * With --dns-port there is a DNS server, too, which resolves every name to this
 * machine or fails in a chosen way: dns.c, with dns_message.c for the packets and
 * dns_script.c for the fate of each name.
 *
 * The help text below lists what a query can ask for.
 */
#include "cmd/imgserve/server.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static const char help[] =
    "Usage: imgserve [OPTION]... DIR\n"
    "Serve the files below DIR on 127.0.0.0/8 and [::1], and misbehave on request.\n"
    "\n"
    "  --port=N           listen on port N (default 0: any free one)\n"
    "  --ready-file=FILE  write the port to FILE when listening; with --dns-port\n"
    "                     that port too, on a line of its own\n"
    "  --log=FILE         add a line to FILE for each request: host, path and query\n"
    "  --help             show this text\n"
    "  --version          show the version\n"
    "\n"
    "The query of a URL says how to answer; combine with &:\n"
    "  delay=MS           wait before the first byte\n"
    "  rate=N             send N bytes of body a second\n"
    "  status=CODE        a text with this status, 200 to 999\n"
    "  retry_after=VALUE  a Retry-After field\n"
    "  redirect=URL       to there (percent-encoded), with 302 or status=\n"
    "  hops=N             redirect to itself N times, then answer\n"
    "  loop=1             redirect to itself for ever; turn= counts\n"
    "  type=MIME          this Content-Type; \"none\" for no such field\n"
    "  header=NAME:VALUE  one more field; up to 16 times\n"
    "  encoding=NAME      the body as gzip or deflate, asked for or not\n"
    "  size=N             N bytes of letters instead of a file\n"
    "  html=1             an HTML page instead of a file\n"
    "  chunked=1          in chunks, without Content-Length\n"
    "  close=1            close the connection afterwards\n"
    "  next=close         end the connection when its next request comes; or next=reset,\n"
    "                     or next=408: with that status\n"
    "  fail_first=N       status=, retry_after= and fault= (or else 503) hold for the\n"
    "                     first N requests of this host, path and query only\n"
    "  fault=NAME         one of these:\n"
    "    close            close without a byte\n"
    "    reset            reset the connection\n"
    "    silent           never answer\n"
    "    half             send the head and half of the body, then close\n"
    "    stall            send the head and half of the body, then nothing more\n"
    "    lie_long         Content-Length says more than is sent, then close\n"
    "    lie_short        Content-Length says less than is sent\n"
    "    empty            Content-Length: 0\n"
    "    endless          a body without length and without end\n"
    "    bomb             zeros as gzip, without end: 1000 times what is sent\n"
    "    hollow           gzip without end, of not a byte\n"
    "    bad_chunk        break off chunked coding in the middle\n"
    "    garbage          bytes that are no HTTP\n"
    "    drip             a head of one byte a second, for ever\n"
    "\n"
    "  raw=BYTES          these (percent-encoded) instead of the head; the body follows\n"
    "  again=BYTES        with raw=: then these over and over, for ever; or\n"
    "  times=N            ... only N times, then the body\n"
    "  after=BYTES        with times=: these before the body\n"
    "\n"
    "  /-/stats           what was asked for so far, as JSON\n"
    "  /-/reset           count from zero again, also for fail_first\n"
    "  /-/hold?times=N    N more responses begin, all further ones wait for\n"
    "  /-/release\n"
    "  /-/echo            the head of the request, as text\n"
    "Requests below /-/ are not counted; their connections are.\n"
    "\n"
    "  --dns-port=N       answer DNS questions over UDP on 127.0.0.1 (0: any free port)\n"
    "Every name is in 127.1.0.0/16 at an address of its own, always the same, and has no\n"
    "AAAA; answers to other types are empty. PCT of all names, the same in each run, are\n"
    "in trouble instead; an option that ends with ,always goes for every question, without\n"
    "it for the first A and the first AAAA question of a name:\n"
    "  --dns-nxdomain=PCT           the name does not exist\n"
    "  --dns-servfail=PCT[,always]  SERVFAIL\n"
    "  --dns-lost=PCT[,always]      no answer\n"
    "  --dns-private=PCT            an address of 10.0.0.0/8, or 169.254.169.254\n"
    "  --dns-cname=PCT              two aliases before the address\n"
    "  --dns-delay=MS               each answer waits that long (0)\n"
    "  --dns-ttl=S                  of each answer (300)\n"
    "A label of the name decides before these: nx, servfail, servfail-once, lost, lost-once,\n"
    "private, cname, address (no trouble), mapped (AAAA ::ffff:127.0.0.1 alone), v6only\n"
    "(AAAA ::1 alone), rebind (an address and a private one by turns).\n"
    "/-/stats counts the questions by what became of them.\n";

struct options {
    uint16_t port, dns_port;
    bool has_dns;
    const char *dns_option; /* a --dns-* option given; named if --dns-port is missing */
    struct dns_script dns;
    const char *ready_file, *log;
    const char *dir;
};

static bool parse_port(const char *option, uint16_t *ret)
{
    uint64_t port;
    if (!span_number(span_of(optarg), UINT16_MAX, &port)) {
        fprintf(stderr, "imgserve: --%s=%s: not a port number\n", option, optarg);
        return false;
    }
    *ret = (uint16_t)port;
    return true;
}

static bool parse_dns(const char *option, struct dns_script *script)
{
    const char *wrong = dns_script_set(script, option + strlen("dns-"), optarg);
    if (wrong)
        fprintf(stderr, "imgserve: --%s=%s: %s\n", option, optarg, wrong);
    return !wrong;
}

static const struct option known[] = {
    {"port", required_argument, NULL, 'p'},
    {"ready-file", required_argument, NULL, 'r'},
    {"log", required_argument, NULL, 'l'},
    {"dns-port", required_argument, NULL, 'd'},
    {"dns-nxdomain", required_argument, NULL, 's'},
    {"dns-servfail", required_argument, NULL, 's'},
    {"dns-lost", required_argument, NULL, 's'},
    {"dns-private", required_argument, NULL, 's'},
    {"dns-cname", required_argument, NULL, 's'},
    {"dns-delay", required_argument, NULL, 's'},
    {"dns-ttl", required_argument, NULL, 's'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {0},
};

/* Returns -1 to continue, else the exit status. */
static int parse_options(int argc, char **argv, struct options *ret)
{
    int c, i;
    while ((c = getopt_long(argc, argv, "", known, &i)) != -1) {
        switch (c) {
        case 'p':
            if (!parse_port(known[i].name, &ret->port))
                return EXIT_USAGE;
            break;
        case 'd':
            ret->has_dns = true;
            if (!parse_port(known[i].name, &ret->dns_port))
                return EXIT_USAGE;
            break;
        case 's':
            ret->dns_option = known[i].name;
            if (!parse_dns(known[i].name, &ret->dns))
                return EXIT_USAGE;
            break;
        case 'r':
            ret->ready_file = optarg;
            break;
        case 'l':
            ret->log = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return EXIT_SUCCESS;
        case 'v':
            puts("imgserve " IMGFETCH_VERSION);
            return EXIT_SUCCESS;
        default:
            fputs("Try 'imgserve --help'.\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind != argc - 1) {
        fputs("imgserve: one directory is needed. Try 'imgserve --help'.\n", stderr);
        return EXIT_USAGE;
    }
    if (ret->dns_option && !ret->has_dns) {
        fprintf(stderr, "imgserve: --%s needs --dns-port\n", ret->dns_option);
        return EXIT_USAGE;
    }
    ret->dir = argv[optind];
    return -1;
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Writes the file under another name and renames it, so that nobody reads half of it. */
static bool write_ready_file(const char *path, const char *text)
{
    char *temporary;
    if (asprintf(&temporary, "%s.%ld", path, (long)getpid()) < 0)
        abort();
    FILE *f = fopen(temporary, "w");
    bool ok = f && fputs(text, f) >= 0;
    if (f && fclose(f))
        ok = false;
    ok = ok && rename(temporary, path) == 0;
    if (!ok) {
        fprintf(stderr, "imgserve: %s: %s\n", path, strerror(errno));
        unlink(temporary);
    }
    free(temporary);
    return ok;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    dns_script_init(&options.dns);
    int status = parse_options(argc, argv, &options);
    if (status >= 0)
        return status;
    raise_descriptor_limit();

    char message[SERVER_MESSAGE_SIZE];
    struct server *server = server_new(options.dir, options.port, message);
    if (!server || (options.log && !server_log(server, options.log, message)) ||
        (options.has_dns && !server_add_dns(server, &options.dns, options.dns_port, message))) {
        fprintf(stderr, "imgserve: %s\n", message);
        server_free(server);
        return EXIT_FAILURE;
    }
    char ready[sizeof "65535\n65535\n"];
    int len = snprintf(ready, sizeof ready, "%u\n", server_port(server));
    printf("imgserve: listening on port %u\n", server_port(server));
    if (options.has_dns) {
        snprintf(ready + len, sizeof ready - (size_t)len, "%u\n", server_dns_port(server));
        printf("imgserve: answering DNS questions on port %u\n", server_dns_port(server));
    }
    fflush(stdout);
    if (options.ready_file && !write_ready_file(options.ready_file, ready)) {
        server_free(server);
        return EXIT_FAILURE;
    }
    server_run(server);
    server_free(server);
    return EXIT_SUCCESS;
}
