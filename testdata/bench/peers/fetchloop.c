/* fetchloop [-c N] [-o DIR] [-a CAFILE] [-r HOST:PORT:ADDR] LIST: the least that a program on
 * curl has to do. curl's multi handle on epoll, N transfers at once, each body in memory and, with
 * -o, in a file of its own; no limits, no checks, no retries, no manifest. make bench measures
 * imgfetch against it. Ends with status 1 if a transfer was not a 200. */
#include <curl/curl.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EVENTS = 256, URL_SIZE = 8192 };

struct lane {
    CURL *easy;
    char *body;
    size_t len, room;
    unsigned long number; /* of the URL in the list, from 1 */
};

static const char *out_dir, *ca_file;
static struct curl_slist *pins;
static FILE *list;
static unsigned long taken, failed;
static unsigned running;
static CURLM *multi;
static int epoll_fd;
static long wait_ms = -1;

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "fetchloop: ");
    perror(what);
    exit(2);
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct lane *l = arg;
    size_t more = size * n;
    if (l->room - l->len < more) {
        l->room = 2 * (l->room + more);
        l->body = realloc(l->body, l->room);
        must(l->body, "memory");
    }
    memcpy(l->body + l->len, data, more);
    l->len += more;
    return more;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    (void)easy, (void)arg;
    struct epoll_event event = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    epoll_ctl(epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(multi, fd, (void *)1);
    return 0;
}

static int on_timer(CURLM *m, long ms, void *arg)
{
    (void)m, (void)arg;
    wait_ms = ms;
    return 0;
}

static void keep(const struct lane *l)
{
    char path[64];
    snprintf(path, sizeof path, "%lu.jpg", l->number);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    must(fd >= 0 && write(fd, l->body, l->len) == (ssize_t)l->len && !close(fd), path);
}

/* The next URL of the list in this lane; false at its end. */
static bool start(struct lane *l)
{
    char url[URL_SIZE];
    if (!fgets(url, sizeof url, list))
        return false;
    url[strcspn(url, "\n")] = '\0';
    l->number = ++taken;
    l->len = 0;
    curl_easy_setopt(l->easy, CURLOPT_URL, url);
    curl_multi_add_handle(multi, l->easy);
    running++;
    return true;
}

static void collect(void)
{
    struct CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi, &left))) {
        struct lane *l;
        long status = 0;
        CURL *easy = message->easy_handle;
        bool ok = message->data.result == CURLE_OK;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&l);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(multi, easy);
        running--;
        if (!ok || status != 200)
            failed++;
        else if (out_dir)
            keep(l);
        start(l);
    }
}

static void open_lane(struct lane *l)
{
    l->easy = curl_easy_init();
    curl_easy_setopt(l->easy, CURLOPT_PRIVATE, l);
    curl_easy_setopt(l->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(l->easy, CURLOPT_WRITEDATA, l);
    curl_easy_setopt(l->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(l->easy, CURLOPT_CAPATH, NULL); /* with it the bundle is read each time */
    if (ca_file)
        curl_easy_setopt(l->easy, CURLOPT_CAINFO, ca_file);
    if (pins)
        curl_easy_setopt(l->easy, CURLOPT_RESOLVE, pins);
}

static void loop(void)
{
    struct epoll_event events[EVENTS];
    int still;
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &still);
    collect();
    while (running) {
        int n = epoll_wait(epoll_fd, events, EVENTS, (int)wait_ms);
        for (int i = 0; i < n; i++) {
            int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(multi, events[i].data.fd, what, &still);
        }
        if (n == 0 || wait_ms == 0)
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &still);
        collect();
    }
}

int main(int argc, char **argv)
{
    unsigned lanes = 64;
    struct rlimit limit;
    for (int c; (c = getopt(argc, argv, "c:o:a:r:")) != -1;) {
        switch (c) {
        case 'c':
            lanes = (unsigned)atoi(optarg);
            break;
        case 'o':
            out_dir = optarg;
            break;
        case 'a':
            ca_file = optarg;
            break;
        case 'r':
            pins = curl_slist_append(pins, optarg);
            break;
        default:
            return 2;
        }
    }
    must(optind + 1 == argc && (list = fopen(argv[optind], "r")), "LIST");
    must(!out_dir || !chdir(out_dir), "DIR");
    must(!getrlimit(RLIMIT_NOFILE, &limit), "limit");
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    must(multi && epoll_fd >= 0, "epoll");
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2L * lanes);
    for (unsigned i = 0; i < lanes; i++) {
        struct lane *l = calloc(1, sizeof *l);
        must(l, "memory");
        open_lane(l);
        if (!start(l))
            break;
    }
    loop();
    if (failed)
        fprintf(stderr, "fetchloop: %lu of %lu failed\n", failed, taken);
    return failed ? 1 : 0;
}
