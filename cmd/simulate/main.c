/*
 * simulate: how long a list would take, and why (cmd/imgfetch/cluster/billion.md).
 *
 *     simulate [NAME=VALUE]...
 *
 * hosts.c says how many rows each host has and takes a sample; simulate.c runs it through the
 * frontier in virtual time.
 */
#include "base/mem.h"
#include "cmd/simulate/simulate.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, TASKS_MOST = 10000, TASKS_KINDS = 100 };

static const char help[] =
    "Usage: simulate [NAME=VALUE]...\n"
    "How long a list would take, by the real frontier in virtual time.\n"
    "\n"
    "  rows=1e9         rows of the list\n"
    "  hosts=1e7        hosts; the rows among them follow Zipf's law\n"
    "  largest=0.056    share of the host with the most rows\n"
    "  file=FILE        instead of these: lines \"HOST COUNT\"\n"
    "  tasks=1,10,100   for each: with the list in parts, and split by domain\n"
    "  per-host=8       requests at once of a task to one host; 0: no limit\n"
    "  largest-per-host=0  the same for the host with the most rows; 0: as for others\n"
    "  host-rate=0      requests a second of a task to one host; 0: no limit\n"
    "  concurrency=1024 requests at once of a task\n"
    "  latency=0.2      seconds of a request\n"
    "  body=1e5         bytes of a response\n"
    "  limit-rate=0     bytes a second of a task; 0: no limit\n"
    "  work-rate=0      rows a second that a task can decode and write; 0: no limit\n"
    "  sample=1e6       rows that are simulated\n";

struct setting {
    const char *name;
    double value, least, most;
    bool is_whole;
};

enum {
    ROWS,
    HOSTS,
    LARGEST,
    PER_HOST,
    LARGEST_PER_HOST,
    HOST_RATE,
    CONCURRENCY,
    LATENCY,
    BODY,
    LIMIT_RATE,
    WORK_RATE,
    SAMPLE,
    N_SETTINGS
};

static struct setting settings[N_SETTINGS] = {
    [ROWS] = {"rows", 1e9, 1, 1e15, true},
    [HOSTS] = {"hosts", 1e7, 1, HOSTS_MOST, true},
    [LARGEST] = {"largest", 0.056, 0, 1, false},
    [PER_HOST] = {"per-host", 8, 0, 65536, true},
    [LARGEST_PER_HOST] = {"largest-per-host", 0, 0, 65536, true},
    [HOST_RATE] = {"host-rate", 0, 0, 1e6, false},
    [CONCURRENCY] = {"concurrency", 1024, 1, 65536, true},
    [LATENCY] = {"latency", 0.2, 1e-6, 3600, false},
    [BODY] = {"body", 1e5, 0, 1e12, true},
    [LIMIT_RATE] = {"limit-rate", 0, 0, 1e12, true},
    [WORK_RATE] = {"work-rate", 0, 0, 1e9, false},
    [SAMPLE] = {"sample", 1e6, 1, 1e8, true},
};
static const char *file;
static unsigned tasks[TASKS_KINDS] = {1, 10, 100}, n_tasks = 3;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("simulate: ", stderr);
    vfprintf(stderr, format, args);
    fputs(" (\"simulate help\" lists what can be set)\n", stderr);
    va_end(args);
    exit(EXIT_USAGE);
}

static void read_setting(const char *arg)
{
    const char *value = strchr(arg, '=');
    size_t len = value ? (size_t)(value++ - arg) : strlen(arg);
    for (struct setting *s = settings; s < settings + N_SETTINGS; s++) {
        char *end;
        if (!value || strlen(s->name) != len || strncmp(s->name, arg, len) != 0)
            continue;
        s->value = strtod(value, &end);
        if (end == value || *end || !(s->value >= s->least && s->value <= s->most) ||
            (s->is_whole && s->value != floor(s->value)))
            fail("%s: %g to %g%s", arg, s->least, s->most, s->is_whole ? ", a whole number" : "");
        return;
    }
    fail("%s: no such setting", arg);
}

/* Reads numbers with commas between them. */
static void read_tasks(const char *text)
{
    const char *at = text;
    for (n_tasks = 0; n_tasks < TASKS_KINDS; at++) {
        char *end;
        unsigned long n = strtoul(at, &end, 10);
        if (end == at || n < 1 || n > TASKS_MOST)
            break;
        tasks[n_tasks++] = (unsigned)n;
        at = end;
        if (!*at)
            return;
        if (*at != ',')
            break;
    }
    fail("tasks=%s: up to %d numbers from 1 to %d, with commas", text, TASKS_KINDS, TASKS_MOST);
}

static void read_args(char **args)
{
    for (; *args; args++) {
        if (!strcmp(*args, "help")) {
            fputs(help, stdout);
            exit(EXIT_SUCCESS);
        }
        if (!strncmp(*args, "tasks=", 6))
            read_tasks(*args + 6);
        else if (!strncmp(*args, "file=", 5))
            file = *args + 5;
        else
            read_setting(*args);
    }
}

static void read_hosts(struct hosts *ret)
{
    if (!file) {
        const char *why = hosts_zipf(
            ret, settings[ROWS].value, (size_t)settings[HOSTS].value, settings[LARGEST].value);
        if (why)
            fail("%s", why);
        return;
    }
    size_t line;
    FILE *in = fopen(file, "r");
    if (!in)
        fail("%s: %s", file, strerror(errno));
    const char *why = hosts_read(ret, in, &line);
    fclose(in);
    if (why)
        fail("%s, line %zu: %s", file, line, why);
}

static const char *time_text(double seconds, char ret[16])
{
    if (seconds <= 0)
        return "-";
    if (seconds < 600)
        snprintf(ret, 16, "%.3g s", seconds);
    else if (seconds < 2 * 86400)
        snprintf(ret, 16, "%.1f h", seconds / 3600);
    else
        snprintf(ret, 16, "%.1f d", seconds / 86400);
    return ret;
}

/* The name of the largest bound. */
static const char *bound_name(const struct simulate_bounds *b)
{
    double most = fmax(fmax(b->host, b->slots), fmax(b->line, b->work));
    return most == b->host    ? "per host"
           : most == b->slots ? "concurrency"
           : most == b->line  ? "limit-rate"
                              : "work-rate";
}

static void print_row(const struct simulate_conf *conf, const struct hosts *hosts,
    const uint32_t *sample, size_t size, unsigned n, bool split)
{
    struct simulate_result r;
    char text[5][16];
    simulate(conf, hosts, sample, size, n, split, &r);
    const struct simulate_bounds *b = &r.bounds;
    double rate = hosts->total / r.seconds;
    printf("%5u  %-9s %8s %9.2f M %8.0f MB %7u   %-11s %8s %8s %8s %8s %8.1f M\n", n,
        split ? "by domain" : "in parts", time_text(r.seconds, text[0]), rate * 3600 / 1e6,
        rate * conf->body / 1e6, r.at_once, bound_name(b), time_text(b->host, text[1]),
        time_text(b->slots, text[2]), time_text(b->line, text[3]), time_text(b->work, text[4]),
        (split ? hosts_lookups(hosts, 1) : hosts_lookups(hosts, n)) / 1e6);
    fflush(stdout);
}

static void print_all(const struct simulate_conf *conf, const struct hosts *hosts, size_t size)
{
    uint32_t *sample = hosts_sample(hosts, size);
    double largest = hosts->rows[hosts->widest];
    printf("%.0f rows at %zu hosts; the largest has %.0f (%.2f %%).\n"
           "A task has %u requests at once, %u of them to one host; each takes %g s.\n"
           "Simulated are %zu rows; the times are those of the sample, times %g.\n\n",
        hosts->total, hosts->n, largest, 100 * largest / hosts->total, conf->concurrency,
        conf->per_host, conf->latency, size, hosts->total / (double)size);
    printf(
        "tasks  list          time  rows an hour  a second  at one   bound by        by that "
        "alone:\n"
        "                                                      host               per host    slots"
        "     line     work  look-ups\n");
    for (unsigned i = 0; i < n_tasks; i++) {
        print_row(conf, hosts, sample, size, tasks[i], false);
        if (tasks[i] > 1)
            print_row(conf, hosts, sample, size, tasks[i], true);
    }
    free(sample);
}

int main(int argc, char **argv)
{
    struct hosts hosts;
    if (argc > 0)
        read_args(argv + 1);
    read_hosts(&hosts);
    struct simulate_conf conf = {
        .per_host = (unsigned)settings[PER_HOST].value,
        .widest_per_host = (unsigned)settings[LARGEST_PER_HOST].value,
        .host_rate = settings[HOST_RATE].value,
        .latency = settings[LATENCY].value,
        .concurrency = (unsigned)settings[CONCURRENCY].value,
        .body = settings[BODY].value,
        .limit_rate = settings[LIMIT_RATE].value,
        .work_rate = settings[WORK_RATE].value,
    };
    double size = fmin(settings[SAMPLE].value, hosts.total);
    print_all(&conf, &hosts, (size_t)size);
    hosts_fini(&hosts);
    return EXIT_SUCCESS;
}
