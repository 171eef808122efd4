#include "exec/forget.h"

#include "base/mem.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NEAR = 64 << 10 /* wiped by writing, since calls in progress are among it; whole pages */ };

static const char *const kept[] = {
    "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "SSLKEYLOGFILE"};
enum { KEPT = sizeof kept / sizeof *kept };

/* Where the kernel put the strings (proc(5), /proc/PID/stat, fields 48 to 51). */
struct strings {
    char *arg, *arg_end, *env, *env_end;
};

static bool find_strings(struct strings *ret)
{
    enum { NAME = 2, FIRST = 48, ALL = 4 };
    char text[2048] = "";
    uintptr_t at[ALL];
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    char *field = n > 0 ? strrchr(text, ')') : NULL; /* the name may have spaces */
    for (int i = NAME; field && i < FIRST; i++)
        field = strchr(field + 1, ' ');
    for (int i = 0; i < ALL; i++) {
        if (!field)
            return false;
        at[i] = strtoul(field + 1, &field, 10);
    }
    if (!at[0] || at[0] > at[1] || at[2] > at[3])
        return false;
    *ret = (struct strings){(char *)at[0], (char *)at[1], (char *)at[2], (char *)at[3]};
    return true;
}

static bool is_kept(const char *variable)
{
    size_t len = strcspn(variable, "=");
    for (size_t i = 0; i < KEPT; i++)
        if (strlen(kept[i]) == len && !memcmp(kept[i], variable, len))
            return true;
    return false;
}

/* Puts a new environment in the place of the old one, whose strings may be on the heap, too. */
static void forget_environment(void)
{
    static char *fresh[KEPT + 1];
    size_t n = 0;
    for (char **at = environ; at && *at; at++) {
        if (n < KEPT && is_kept(*at))
            fresh[n++] = mem_dup(*at);
        explicit_bzero(*at, strlen(*at));
    }
    environ = fresh;
}

static __attribute__((noinline)) void wipe_near_stack(void)
{
    char near[NEAR];
    explicit_bzero(near, sizeof near);
}

/* Where the mapping begins in which this address is; the address itself if /proc does not tell. */
static uintptr_t mapping_of(uintptr_t address)
{
    char line[512];
    unsigned long from, to;
    uintptr_t found = address;
    FILE *f = fopen("/proc/self/maps", "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%lx-%lx", &from, &to) == 2 && from <= address && address < to)
            found = from;
    if (f)
        fclose(f);
    return found;
}

void forget_stack(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), here = (uintptr_t)__builtin_frame_address(0);
    uintptr_t begin = mapping_of(here), end = here / page * page - NEAR / 2;
    wipe_near_stack();
    if (begin < end)
        (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
}

void forget_inherited(void)
{
    struct strings s;
    forget_environment();
    if (find_strings(&s)) {
        size_t first = strnlen(s.arg, (size_t)(s.arg_end - s.arg));
        explicit_bzero(s.arg + first, (size_t)(s.arg_end - s.arg) - first);
        explicit_bzero(s.env, (size_t)(s.env_end - s.env));
    }
    forget_stack();
}
