#include "cmd/imgfetch/leaks.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ThreadSanitizer starts one thread of its own. */
#ifdef __SANITIZE_THREAD__
enum { OTHERS_THREADS = 1 };
#else
enum { OTHERS_THREADS = 0 };
#endif

enum { PATIENCE_MS = 1000 };

/* Opened once: a confined process cannot open them any more (exec/confine.h). */
static DIR *descriptors, *threads;

static unsigned count_entries(DIR *dir)
{
    unsigned n = 0;
    const struct dirent *entry;
    if (dir)
        rewinddir(dir);
    while (dir && (entry = readdir(dir)))
        n += entry->d_name[0] != '.';
    return n;
}

static void count_all(struct leaks *ret)
{
    ret->descriptors = count_entries(descriptors);
    ret->threads = count_entries(threads);
}

void leaks_note(struct leaks *ret)
{
    if (!descriptors)
        descriptors = opendir("/proc/self/fd");
    if (!threads)
        threads = opendir("/proc/self/task");
    count_all(ret);
}

bool leaks_none(const struct leaks *before, char *message)
{
    struct leaks now;
    count_all(&now);
    /* pthread_join() returns before the kernel has removed the thread from /proc. */
    for (int ms = 0; now.threads > before->threads + OTHERS_THREADS && ms < PATIENCE_MS; ms++) {
        usleep(1000);
        count_all(&now);
    }
    bool no_child = waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
    snprintf(message, LEAKS_MESSAGE_SIZE,
        "%u descriptors, %u threads at the start; %u and %u now%s", before->descriptors,
        before->threads, now.descriptors, now.threads, no_child ? "" : ", and a child process");
    return now.descriptors <= before->descriptors &&
           now.threads <= before->threads + OTHERS_THREADS && no_child;
}

void leaks_check(const struct leaks *before, bool loop_is_busy)
{
    char message[LEAKS_MESSAGE_SIZE];
    if (leaks_none(before, message) && !loop_is_busy)
        return;
    fprintf(stderr, "imgfetch: left behind: %s%s\n", message, loop_is_busy ? "; handles" : "");
    abort();
}
