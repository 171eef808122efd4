#include "cmd/imgfetch/compare_sample.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 80, MAX_DEPTH = 8 /* we, a zygote, its workers: far below */ };

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

/* For a process that lets only root look closer (a decoder in its sandbox): what it has to
 * itself, nearly. */
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

/* With its children that have ended (proc(5)). */
static double cpu_of(pid_t pid)
{
    char text[512];
    unsigned long long user = 0, system = 0;
    long long children_user = 0, children_system = 0;
    FILE *f = open_of(pid, "stat");
    if (!f)
        return 0;
    size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    const char *after_name = strrchr(text, ')');
    if (!after_name ||
        sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld",
            &user, &system, &children_user, &children_system) != 4)
        return 0;
    double ticks = (double)(user + system) + (double)(children_user + children_system);
    return ticks / (double)sysconf(_SC_CLK_TCK);
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
    double pss = pss_of(pid);
    s->memory += pss > 0 ? pss : private_of(pid);
    s->cpu += cpu_of(pid);
    s->processes++;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = depth < MAX_DEPTH ? opendir(path) : NULL;
    while (threads && (thread = readdir(threads)))
        if (thread->d_name[0] != '.')
            add_children(s, pid, thread->d_name, depth);
    if (threads)
        closedir(threads);
}

struct compare_sample compare_sample(pid_t root)
{
    struct compare_sample s = {0};
    add_tree(&s, root, 0);
    return s;
}
