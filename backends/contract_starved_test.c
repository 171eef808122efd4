/*
 * The contract of every fetching backend, continued: no descriptors are left.
 */
#include "backends/contract_bench.h"

#include <dirent.h>
#include <sys/resource.h>

static struct site site;

static void start_site(void)
{
    site_start(&site);
}

static void stop_site(void)
{
    site_stop(&site);
}

static pid_t parent_of(pid_t pid)
{
    char path[40];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%*d (%*[^)]) %*c %d", &parent) != 1)
        parent = 0;
    if (f)
        fclose(f);
    return parent;
}

static bool is_below(pid_t pid, pid_t ancestor)
{
    while (pid > 1 && pid != ancestor && pid != site.pid)
        pid = parent_of(pid);
    return pid == ancestor;
}

/* Limits the descriptors of this process and of those below it, but not of the site. Open ones
 * stay open. */
static void limit_descriptors(rlim_t soft)
{
    struct rlimit limit;
    struct dirent *entry;
    pid_t pids[100], self = getpid();
    unsigned n = 0;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = soft;
    DIR *proc = opendir("/proc");
    ck_assert_ptr_nonnull(proc);
    while ((entry = readdir(proc))) {
        pid_t pid = atoi(entry->d_name);
        if (pid > 1 && pid != self && is_below(pid, self)) {
            ck_assert_uint_lt(n, 100);
            pids[n++] = pid;
        }
    }
    closedir(proc);
    for (unsigned i = 0; i < n; i++)
        ck_assert_int_eq(prlimit(pids[i], RLIMIT_NOFILE, &limit, NULL), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(without_a_descriptor_a_job_is_starved_and_not_at_fault)
{
    enum { N = 8 };
    struct bench b;
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 2);
    limit_descriptors(0);
    for (int i = 0; i < N; i++)
        bench_ask(&b, "/png_1x1.png");
    bench_await(&b);
    setrlimit(RLIMIT_NOFILE, &before); /* what follows reads /proc */
    limit_descriptors(before.rlim_cur);
    for (int i = 0; i < N; i++) {
        assert_err(b.jobs[i], ERR_STARVED);
        ck_assert_uint_eq(b.jobs[i]->response.body.cap, 0);
        ck_assert_int_eq(b.jobs[i]->response.http_status, 0);
    }
    assert_err(bench_get(&b, "/png_1x1.png"), ERR_OK);
    bench_close(&b);
}
END_TEST

/* For backends with an event loop; a thread or a process has its own limit of connections. */
START_TEST(connections_kept_leave_room_for_new_ones)
{
    enum { AT_ONCE = 16, ROOM = 24, DESCRIPTORS = 64 + ROOM, HOSTS = 200 };
    struct bench b;
    struct rlimit limit = {.rlim_cur = DESCRIPTORS, .rlim_max = 0}, before;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit.rlim_max = before.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (strncmp(b.backend->name, "async", 5) != 0 && strcmp(b.backend->name, "coro") != 0)
        return;
    bench_open(&b, AT_ONCE);
    for (int i = 0; i < HOSTS; i++) {
        char host[40];
        snprintf(host, sizeof host, "127.0.1.%d", 1 + i);
        bench_set_address(&b, host);
        bench_ask_host(&b, host, "/png_1x1.png?delay=5");
    }
    bench_await(&b);
    for (int i = 0; i < HOSTS; i++)
        assert_err(b.jobs[i], ERR_OK);
    long open = site_count(&site, NULL, "open") - 1;
    /* Each loop may get all transfers. */
    ck_assert_int_le(open, b.loops > 1 ? b.loops * AT_ONCE : ROOM);
    ck_assert_int_ge(open, AT_ONCE);
    bench_close(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, start_site, stop_site);
    tcase_add_loop_test(
        t, without_a_descriptor_a_job_is_starved_and_not_at_fault, 0, bench_count(FETCHER));
    tcase_add_loop_test(t, connections_kept_leave_room_for_new_ones, 0, bench_count(FETCHER));
}

int main(void)
{
    return test_main("contract_starved", add);
}
