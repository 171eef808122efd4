#include "base/cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 3 * PATH_MAX };

/* Version 1 says so where there is no limit: the largest multiple of a page. */
#define NO_LIMIT (UINT64_MAX / 4)

/* The folders of a controller: that of our own group, and above it up to where it is mounted. */
struct folder {
    bool is_v2;
    char path[PATH_MAX];
    size_t top; /* bytes of `path` that are the mount point */
};

static bool format_path(char *to, const char *root, const char *path)
{
    int len = snprintf(to, PATH_MAX, "%s%s", root, path);
    return len > 0 && len < PATH_MAX;
}

static FILE *open_text(const char *root, const char *path)
{
    char whole[PATH_MAX];
    return format_path(whole, root, path) ? fopen(whole, "re") : NULL;
}

/* True if the list of words, between commas, has that one. */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (; list; list = strchr(list, ',')) {
        list += *list == ',';
        if (!strncmp(list, word, len) && (list[len] == ',' || !list[len]))
            return true;
    }
    return false;
}

/* The group of a controller, from proc/self/cgroup: lines "ID:CONTROLLERS:PATH". NULL: version 2,
 * whose ID is 0 and which has no controllers. */
static bool find_group(const char *root, const char *controller, char ret[PATH_MAX])
{
    char line[LINE_SIZE];
    bool found = false;
    FILE *f = open_text(root, "/proc/self/cgroup");
    while (f && !found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        *list++ = *path++ = '\0';
        found = controller ? has_word(list, controller) : !strcmp(line, "0") && !*list;
        found = found && snprintf(ret, PATH_MAX, "%s", path) < PATH_MAX;
    }
    if (f)
        fclose(f);
    return found;
}

/* Finds where a controller's groups are mounted, from proc/self/mountinfo (proc(5)), and which
 * group that is. */
static bool find_mount(
    const char *root, const char *controller, char ret_group[PATH_MAX], char ret_point[PATH_MAX])
{
    char line[LINE_SIZE], type[20], options[PATH_MAX];
    bool found = false;
    FILE *f = open_text(root, "/proc/self/mountinfo");
    while (f && !found && fgets(line, sizeof line, f)) {
        const char *rest = strstr(line, " - ");
        found = rest && sscanf(rest, " - %19s %*s %4095s", type, options) == 2 &&
                sscanf(line, "%*s %*s %*s %4095s %4095s", ret_group, ret_point) == 2 &&
                (controller ? !strcmp(type, "cgroup") && has_word(options, controller)
                            : !strcmp(type, "cgroup2"));
    }
    if (f)
        fclose(f);
    return found;
}

/* A group that is not below the mounted one is outside of what we see: then the mounted one is the
 * best there is. */
static bool find_folder(const char *root, const char *controller, struct folder *ret)
{
    char group[PATH_MAX], mounted[PATH_MAX], point[PATH_MAX];
    if (!find_group(root, controller, group) || !find_mount(root, controller, mounted, point))
        return false;
    size_t len = strcmp(mounted, "/") != 0 ? strlen(mounted) : 0;
    bool is_below = !strncmp(group, mounted, len) && (group[len] == '/' || !group[len]) &&
                    !strstr(group, "/..");
    const char *below = is_below && strcmp(group + len, "/") != 0 ? group + len : "";
    ret->is_v2 = !controller;
    if (!format_path(ret->path, root, point))
        return false;
    ret->top = strlen(ret->path);
    return snprintf(ret->path + ret->top, PATH_MAX - ret->top, "%s", below) <
           (int)(PATH_MAX - ret->top);
}

/* Moves to the folder above. False: it was the last one. */
static bool move_up(struct folder *f)
{
    char *slash = strrchr(f->path + f->top, '/');
    if (slash)
        *slash = '\0';
    return slash;
}

static bool read_file(const struct folder *f, const char *name, char *text, size_t size)
{
    char path[PATH_MAX + 40];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *file = fopen(path, "re");
    bool is_read = file && fgets(text, (int)size, file);
    if (file)
        fclose(file);
    return is_read;
}

/* True if the file begins with a number, which "max" is not. */
static bool read_number(const struct folder *f, const char *name, double *ret)
{
    char text[100], *end;
    if (!read_file(f, name, text, sizeof text))
        return false;
    *ret = strtod(text, &end);
    return end != text && *ret > 0;
}

static void read_memory(const struct folder *f, struct cgroup *ret)
{
    double bytes;
    if (!read_number(f, f->is_v2 ? "memory.max" : "memory.limit_in_bytes", &bytes) ||
        bytes >= (double)NO_LIMIT)
        return;
    if (!ret->memory || bytes < (double)ret->memory)
        ret->memory = (uint64_t)bytes;
}

static void read_cpus(const struct folder *f, struct cgroup *ret)
{
    char text[100];
    double quota, period;
    if (f->is_v2) {
        if (!read_file(f, "cpu.max", text, sizeof text) ||
            sscanf(text, "%lf %lf", &quota, &period) != 2)
            return;
    } else if (!read_number(f, "cpu.cfs_quota_us", &quota) ||
               !read_number(f, "cpu.cfs_period_us", &period)) {
        return;
    }
    if (quota > 0 && period > 0 && (ret->cpus <= 0 || quota / period < ret->cpus))
        ret->cpus = quota / period;
}

static void read_all(const char *root, const char *controller,
    void (*read)(const struct folder *, struct cgroup *), struct cgroup *ret)
{
    struct folder f;
    if (find_folder(root, controller, &f))
        do
            read(&f, ret);
        while (move_up(&f));
}

void cgroup_read(const char *root, struct cgroup *ret)
{
    *ret = (struct cgroup){0};
    read_all(root, "memory", read_memory, ret);
    read_all(root, "cpu", read_cpus, ret);
    read_all(root, NULL, read_memory, ret);
    read_all(root, NULL, read_cpus, ret);
}

unsigned cgroup_processors(void)
{
    struct cgroup limits;
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
    cgroup_read("", &limits);
    if (limits.cpus > 0 && ceil(limits.cpus) < n)
        n = (int)ceil(limits.cpus);
    return n > 1 ? (unsigned)n : 1;
}

int cgroup_open_kills(const char *root)
{
    struct folder f;
    char path[PATH_MAX + 40];
    bool found = find_folder(root, "memory", &f) || find_folder(root, NULL, &f);
    if (!found)
        return -1;
    snprintf(path, sizeof path, "%s/%s", f.path, f.is_v2 ? "memory.events" : "memory.oom_control");
    return open(path, O_RDONLY | O_CLOEXEC);
}

uint64_t cgroup_kills(int fd)
{
    char text[1000];
    ssize_t len = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    const char *line = strstr(text, "oom_kill ");
    return line ? strtoull(line + strlen("oom_kill "), NULL, 10) : 0;
}
