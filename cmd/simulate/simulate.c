#include "cmd/simulate/simulate.h"

#include "base/heap.h"
#include "base/mem.h"
#include "cmd/simulate/clock_virtual.h"
#include "fetch/frontier.h"
#include "fetch/hostlimits.h"
#include "fetch/ratelimit.h"
#include "pipeline/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double NS = 1e9;

/* The rate limit counts whole units: a row of work has so many. */
static const double WORK = 1e6;

/* The sample, grouped by task. */
struct tasks {
    const struct simulate_conf *conf;
    const struct hosts *hosts;
    double scale; /* rows of the list for each of the sample */
    unsigned n;
    bool split;
    uint32_t *rows; /* the host of each row */
    size_t *first;  /* of each task in rows, and the end of the last */
    uint32_t *seen; /* of each host: scratch, zeroed between uses */
};

/* One task as it runs. */
struct replay {
    const struct simulate_conf *conf;
    const uint32_t *rows;
    size_t n, begun, ended; /* rows */
    struct frontier *frontier;
    struct heap ends;            /* requests under way, by when they end */
    struct ratelimit line, work; /* bytes; decoding and writing */
    uint64_t now;
};

/* ---- which task has which rows ---- */

/* Requests at once to a host from all lists that share it, or from each part. */
static unsigned at_once(const struct tasks *t, uint32_t host)
{
    bool is_other = host == t->hosts->widest && t->conf->widest_per_host;
    return is_other ? t->conf->widest_per_host : t->conf->per_host;
}

/* In how many lists a host is. */
static unsigned width(const struct tasks *t, uint32_t host)
{
    if (!t->split)
        return t->n;
    unsigned k = (unsigned)ceil(t->hosts->rows[host] / t->hosts->total * t->n - 1e-9);
    unsigned most = at_once(t, host);
    if (most && k > most)
        k = most;
    return k ? k : 1;
}

/* The first list of a host. */
static unsigned first_list(const struct tasks *t, uint32_t host)
{
    uint32_t hash = (host + 1) * 2654435761U; /* Knuth, volume 3, section 6.4 */
    return (hash ^ hash >> 15) % t->n;
}

/* How many requests a task may have at once to a host; 0: no limit. The parts of the lists that
 * share a host add up to the whole. */
static unsigned per_host(const struct tasks *t, uint32_t host, unsigned task)
{
    unsigned whole = at_once(t, host), k = width(t, host);
    if (!t->split)
        return whole;
    unsigned turn = (task + t->n - first_list(t, host)) % t->n;
    return whole / k + (turn < whole % k);
}

static double host_rate(const struct tasks *t, uint32_t host)
{
    return t->conf->host_rate / (t->split ? width(t, host) : 1);
}

static unsigned owner(const struct tasks *t, size_t row, uint32_t host)
{
    if (!t->split)
        return (unsigned)(row % t->n);
    return (first_list(t, host) + t->seen[host]++ % width(t, host)) % t->n;
}

static void forget_seen(struct tasks *t, const uint32_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        t->seen[rows[i]] = 0;
}

/* A counting sort: the rows of a task stay in the order of the list. */
static void group(struct tasks *t, const uint32_t *sample, size_t size)
{
    uint32_t *owners = mem_array(size, sizeof *owners);
    for (size_t i = 0; i < size; i++) {
        owners[i] = owner(t, i, sample[i]);
        t->first[owners[i] + 1]++;
    }
    forget_seen(t, sample, size);
    for (unsigned i = 0; i < t->n; i++)
        t->first[i + 1] += t->first[i];
    size_t *next = mem_array(t->n, sizeof *next);
    memcpy(next, t->first, t->n * sizeof *next);
    for (size_t i = 0; i < size; i++)
        t->rows[next[owners[i]]++] = sample[i];
    free(next);
    free(owners);
}

/* ---- one task ---- */

static void host_name(uint32_t host, char ret[16])
{
    snprintf(ret, 16, "h%u", (unsigned)host);
}

static struct job *make_job(uint32_t host)
{
    char name[16], text[32];
    const char *why;
    host_name(host, name);
    int len = snprintf(text, sizeof text, "http://%s/", name);
    struct job *j = job_new();
    mem_must(url_parse(text, (size_t)len, &j->request.url, &why) == ERR_OK);
    return j;
}

/* The limits of hosts for which the task has others. */
static struct hostlimits *make_limits(
    struct tasks *t, unsigned task, const uint32_t *rows, size_t n)
{
    struct hostlimits *limits = hostlimits_new();
    for (size_t i = 0; i < n; i++) {
        char name[16];
        unsigned slots = per_host(t, rows[i], task);
        double rate = host_rate(t, rows[i]);
        if (t->seen[rows[i]]++ || (slots == t->conf->per_host && rate == t->conf->host_rate))
            continue;
        host_name(rows[i], name);
        hostlimits_set_at_once(limits, name, slots);
        hostlimits_set_rate(limits, name, rate);
    }
    forget_seen(t, rows, n);
    return limits;
}

static bool may_begin(struct replay *t)
{
    return t->ends.n < t->conf->concurrency && !ratelimit_wait_until(&t->line, t->now) &&
           !ratelimit_wait_until(&t->work, t->now);
}

static void begin_requests(struct replay *t)
{
    struct job *j;
    while (t->begun < t->n && t->begun - t->ended < PIPELINE_WINDOW)
        frontier_add(t->frontier, make_job(t->rows[t->begun++]));
    while (may_begin(t) && (j = frontier_next(t->frontier, t->now))) {
        j->ration = ratelimit_begin(&t->line);
        ratelimit_begin(&t->work);
        heap_push(&t->ends, j, t->now + (uint64_t)(t->conf->latency * NS));
    }
}

static void end_requests(struct replay *t)
{
    const struct heap_entry *end;
    while ((end = heap_first(&t->ends)) && end->key <= t->now) {
        struct job *j = heap_pop(&t->ends);
        j->response.http_status = 200;
        frontier_done(t->frontier, j, t->now);
        ratelimit_end(&t->line, j->ration, (uint64_t)t->conf->body);
        job_free(j, NULL);
        t->ended++;
    }
}

/* The next time at which something can begin or end. */
static uint64_t next_time(struct replay *t)
{
    const struct heap_entry *end = heap_first(&t->ends);
    uint64_t times[] = {end ? end->key : 0, frontier_tick(t->frontier, t->now),
        ratelimit_wait_until(&t->line, t->now), ratelimit_wait_until(&t->work, t->now)};
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (times[i] > t->now && times[i] < next)
            next = times[i];
    return next;
}

/* A limit that has nothing saved, and knows what a request takes. */
static void open_limit(struct ratelimit *l, double rate, double usual, uint64_t now)
{
    l->rate = (uint64_t)rate;
    ratelimit_wait_until(l, now);
    l->tokens = 0;
    l->usual = usual;
}

/* Returns how long the task takes, in seconds. */
static double run_task(
    const struct tasks *tasks, const struct hostlimits *limits, const uint32_t *rows, size_t n)
{
    const struct simulate_conf *conf = tasks->conf;
    const uint64_t start = 1000 * (uint64_t)NS;
    struct frontier_conf frontier = {.limits = limits};
    frontier.pace.per_host = conf->per_host;
    frontier.pace.rate = conf->host_rate;
    struct replay t = {.conf = conf, .rows = rows, .n = n, .now = start};
    clock_set(start);
    t.frontier = frontier_new(&frontier);
    open_limit(&t.line, conf->limit_rate, conf->body, start);
    open_limit(&t.work, conf->work_rate * WORK, WORK, start);
    for (begin_requests(&t); t.ended < n; begin_requests(&t)) {
        t.now = next_time(&t);
        clock_set(t.now);
        end_requests(&t);
        frontier_tick(t.frontier, t.now);
    }
    frontier_free(t.frontier);
    heap_fini(&t.ends);
    return (double)(t.now - start) / NS;
}

/* ---- what would take how long ---- */

static double host_seconds(const struct tasks *t, unsigned task, uint32_t host, double rows)
{
    unsigned slots = per_host(t, host, task);
    double rate = host_rate(t, host), seconds = 0;
    if (slots)
        seconds = rows * t->conf->latency / slots;
    if (rate > 0)
        seconds = fmax(seconds, rows / rate);
    return seconds;
}

static struct simulate_bounds find_bounds(
    struct tasks *t, unsigned task, const uint32_t *rows, size_t n)
{
    const struct simulate_conf *conf = t->conf;
    struct simulate_bounds b = {0};
    double all = (double)n * t->scale;
    for (size_t i = 0; i < n; i++) {
        double seconds = host_seconds(t, task, rows[i], ++t->seen[rows[i]] * t->scale);
        if (seconds > b.host)
            b = (struct simulate_bounds){.host = seconds, .host_rows = t->hosts->rows[rows[i]]};
    }
    forget_seen(t, rows, n);
    b.slots = all * conf->latency / conf->concurrency;
    b.line = conf->limit_rate > 0 ? all * conf->body / conf->limit_rate : 0;
    b.work = conf->work_rate > 0 ? all / conf->work_rate : 0;
    return b;
}

/* If all tasks have all their slots of the widest host at the same time. */
static unsigned most_at_once(const struct tasks *t)
{
    uint32_t host = (uint32_t)t->hosts->widest;
    unsigned k = width(t, host), whole = at_once(t, host), all = 0;
    for (unsigned i = 0; i < k; i++) {
        unsigned each = per_host(t, host, (first_list(t, host) + i) % t->n);
        all += whole && each < t->conf->concurrency ? each : t->conf->concurrency;
    }
    return all;
}

void simulate(const struct simulate_conf *conf, const struct hosts *hosts, const uint32_t *sample,
    size_t size, unsigned tasks, bool split, struct simulate_result *ret)
{
    struct tasks t = {.conf = conf, .hosts = hosts, .n = tasks, .split = split};
    t.scale = hosts->total / (double)size;
    t.rows = mem_array(size, sizeof *t.rows);
    t.first = mem_array(tasks + 1, sizeof *t.first);
    t.seen = mem_array(hosts->n, sizeof *t.seen);
    group(&t, sample, size);
    *ret = (struct simulate_result){.at_once = most_at_once(&t)};
    for (unsigned i = 0; i < tasks; i++) {
        const uint32_t *rows = t.rows + t.first[i];
        size_t n = t.first[i + 1] - t.first[i];
        struct hostlimits *limits = make_limits(&t, i, rows, n);
        double seconds = run_task(&t, limits, rows, n) * t.scale;
        hostlimits_free(limits);
        if (seconds > ret->seconds) {
            ret->seconds = seconds;
            ret->bounds = find_bounds(&t, i, rows, n);
        }
    }
    free(t.rows);
    free(t.first);
    free(t.seen);
}
