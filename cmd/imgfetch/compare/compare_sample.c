#include "cmd/imgfetch/compare/compare_sample.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 80, MAX_DEPTH = 8 /* a run, its zygote and its workers are 3 levels */ };

static FILE *open_of(pid_t pid, const char *name)
{
    char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

static double pss_of(pid_t pid)
{
    char line[256];
    unsigned long long kb = 0;
    FILE *f = open_of(pid, "smaps_rollup");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Pss: %llu", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return (double)kb * 1024;
}

/* For a process whose Pss only root may read (a decoder in its sandbox): roughly its private
 * memory. */
static double private_of(pid_t pid)
{
    unsigned long long size, resident = 0, shared = 0;
    FILE *f = open_of(pid, "statm");
    if (!f)
        return 0;
    if (fscanf(f, "%llu %llu %llu", &size, &resident, &shared) != 3 || shared > resident)
        resident = shared = 0;
    fclose(f);
    return (double)(resident - shared) * (double)sysconf(_SC_PAGESIZE);
}

struct cpu {
    double own, ended; /* seconds: of the process, and of its children that have ended */
};

/* From proc(5). The kernel rounds down to ticks for each process; own_exactly() does not. */
static struct cpu cpu_of(pid_t pid)
{
    char text[512];
    unsigned long long user, system;
    long long ended_user, ended_system;
    FILE *f = open_of(pid, "stat");
    if (!f)
        return (struct cpu){0};
    size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    const char *after_name = strrchr(text, ')');
    if (!after_name ||
        sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld",
            &user, &system, &ended_user, &ended_system) != 4)
        return (struct cpu){0};
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    return (struct cpu){(double)(user + system) * tick, (double)(ended_user + ended_system) * tick};
}

/* The CPU time of a thread; 0 if the kernel does not count it. */
static double own_exactly(pid_t pid, const char *thread)
{
    char name[PATH_SIZE];
    unsigned long long ns = 0;
    snprintf(name, sizeof name, "task/%.20s/schedstat", thread);
    FILE *f = open_of(pid, name);
    if (!f)
        return 0;
    if (fscanf(f, "%llu", &ns) != 1)
        ns = 0;
    fclose(f);
    return (double)ns / 1e9;
}

static void add_tree(struct compare_sample *s, pid_t pid, int depth);

static void add_children(struct compare_sample *s, pid_t pid, const char *thread, int depth)
{
    char name[PATH_SIZE];
    int child;
    snprintf(name, sizeof name, "task/%.20s/children", thread);
    FILE *f = open_of(pid, name);
    while (f && fscanf(f, "%d", &child) == 1)
        add_tree(s, child, depth + 1);
    if (f)
        fclose(f);
}

static void add_tree(struct compare_sample *s, pid_t pid, int depth)
{
    char path[PATH_SIZE];
    struct dirent *thread;
    double pss = pss_of(pid), threads_cpu = 0;
    struct cpu cpu = cpu_of(pid);
    s->memory += pss > 0 ? pss : private_of(pid);
    s->processes++;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = depth < MAX_DEPTH ? opendir(path) : NULL;
    while (threads && (thread = readdir(threads))) {
        if (thread->d_name[0] == '.')
            continue;
        threads_cpu += own_exactly(pid, thread->d_name);
        add_children(s, pid, thread->d_name, depth);
    }
    if (threads)
        closedir(threads);
    /* One sum includes ended threads, the other fractions of ticks: the larger one is better. */
    s->cpu += (threads_cpu > cpu.own ? threads_cpu : cpu.own) + cpu.ended;
}

struct compare_sample compare_sample(pid_t root)
{
    struct compare_sample s = {0};
    add_tree(&s, root, 0);
    return s;
}
