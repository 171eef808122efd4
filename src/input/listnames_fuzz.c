#include "input/listnames.h"
#include "base/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void on_name(void *arg, const char *name, size_t len)
{
    size_t *total = arg;
    fuzz_expect(!memchr(name, '\0', len));
    *total += len;
    /* Decoding makes nothing longer. */
    fuzz_expect(*total <= LISTNAMES_AHEAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    size_t total = 0;
    int fd = memfd_create("list", MFD_CLOEXEC);
    fuzz_expect(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    listnames_each(path, on_name, &total);
    close(fd);
    return 0;
}
