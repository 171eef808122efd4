#include "cmd/imgfetch/leaks.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ThreadSanitizer starts one thread of its own. */
#ifdef __SANITIZE_THREAD__
enum { OTHERS_THREADS = 1 };
#else
enum { OTHERS_THREADS = 0 };
#endif

enum { PATIENCE_MS = 1000 };

/* Counts the entries of a folder of /proc, without the descriptor opened to read it. */
static unsigned count_entries(const char *path)
{
    unsigned n = 0;
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        n += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}

void leaks_note(struct leaks *ret)
{
    ret->descriptors = count_entries("/proc/self/fd");
    ret->threads = count_entries("/proc/self/task");
}

bool leaks_none(const struct leaks *before, char *message)
{
    struct leaks now;
    leaks_note(&now);
    /* pthread_join() returns before the kernel has removed the thread from /proc. */
    for (int ms = 0; now.threads > before->threads + OTHERS_THREADS && ms < PATIENCE_MS; ms++) {
        usleep(1000);
        leaks_note(&now);
    }
    bool no_child = waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
    snprintf(message, LEAKS_MESSAGE_SIZE,
        "%u descriptors, %u threads at the start; %u and %u now%s", before->descriptors,
        before->threads, now.descriptors, now.threads, no_child ? "" : ", and a child process");
    return now.descriptors <= before->descriptors &&
           now.threads <= before->threads + OTHERS_THREADS && no_child;
}
