#include "cmd/imgfetch/compare/compare_scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { OPEN_DIRECTORIES = 16 };
static const uint64_t least_room = 32 << 20; /* bytes for the first round, whose size is unknown */

static uint64_t memory_available(void)
{
    char line[128];
    unsigned long long kb = 0;
    FILE *f = fopen("/proc/meminfo", "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %llu", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb * 1024;
}

/* On a tmpfs only half of the available memory counts: other programs need some, too. */
static uint64_t room_at(const char *path, bool on_tmpfs)
{
    struct statvfs fs;
    if (statvfs(path, &fs))
        return 0;
    uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize, memory = memory_available() / 2;
    return on_tmpfs && memory < room ? memory : room;
}

static bool make(struct scratch *s, const char *parent)
{
    int len = snprintf(s->path, sizeof s->path, "%s/imgfetch-compare.XXXXXX", parent);
    return len < (int)sizeof s->path && mkdtemp(s->path);
}

bool compare_scratch_open(struct scratch *s, bool may_be_tmpfs)
{
    *s = (struct scratch){0};
    s->on_tmpfs = may_be_tmpfs && room_at("/dev/shm", true) >= least_room && make(s, "/dev/shm");
    if (!s->on_tmpfs) {
        const char *parent = getenv("TMPDIR");
        char here[PATH_MAX];
        if (!(parent && *parent && make(s, parent)) &&
            !(getcwd(here, sizeof here) && make(s, here))) {
            s->path[0] = '\0';
            return false;
        }
    }
    s->free_before = room_at(s->path, s->on_tmpfs);
    return true;
}

static void path_of(const struct scratch *s, unsigned round, char out[SCRATCH_PATH_SIZE])
{
    snprintf(out, SCRATCH_PATH_SIZE, "%s/%u", s->path, round);
}

void compare_scratch_next(struct scratch *s, char out[SCRATCH_PATH_SIZE])
{
    s->free_before = room_at(s->path, s->on_tmpfs);
    path_of(s, s->rounds++, out);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

bool compare_scratch_fits(struct scratch *s)
{
    char path[SCRATCH_PATH_SIZE];
    uint64_t room = room_at(s->path, s->on_tmpfs);
    uint64_t took = s->free_before > room ? s->free_before - room : 0;
    if (took > s->largest)
        s->largest = took;
    if (!s->on_tmpfs)
        return room > s->largest;
    if (room >= 2 * s->largest)
        return true;
    for (; s->removed < s->rounds; s->removed++) {
        path_of(s, s->removed, path);
        remove_tree(path);
    }
    return room_at(s->path, s->on_tmpfs) >= 2 * s->largest;
}

void compare_scratch_close(struct scratch *s)
{
    if (s->path[0])
        remove_tree(s->path);
    s->path[0] = '\0';
}
