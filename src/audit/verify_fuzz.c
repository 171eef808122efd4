#include "audit/verify.h"
#include "base/fuzz.h"
#include "manifest/shardfiles.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = {SHARDFILES_OWN, SHARDFILES_MANIFESTS, SHARDFILES_IMAGES,
    SHARDFILES_IMAGES "/00000", SHARDFILES_THUMBS, SHARDFILES_THUMBS "/256",
    SHARDFILES_THUMBS "/256/00000"};

/* A part of the input is the content of the file with the number of its kind. */
static const char *const files[] = {SHARDFILES_MANIFESTS "/00000.jsonl", "00000_stats.json",
    "00000.jsonl", "00000.tar", "00000.tar.part", "00000.spool", SHARDFILES_OWN "/00000.open",
    SHARDFILES_IMAGES "/00000/000000000.jpg", SHARDFILES_THUMBS "/256/00000/000000000.jpg",
    SHARDFILES_IMAGES "/00000/other", SHARDFILES_MANIFESTS "/00001.jsonl"};
enum { FOLDERS = sizeof folders / sizeof *folders, FILES = sizeof files / sizeof *files };

static char path[] = "/dev/shm/verify_fuzz.XXXXXX";
static int dir = -1;

static void remove_files(void)
{
    for (size_t i = 0; i < FILES; i++)
        unlinkat(dir, files[i], 0);
}

static void remove_dir(void)
{
    remove_files();
    unlinkat(dir, SHARDFILES_OWN "/lock", 0);
    for (size_t i = FOLDERS; i-- > 0;)
        unlinkat(dir, folders[i], AT_REMOVEDIR);
    rmdir(path);
}

static void put(const char *name, const uint8_t *bytes, size_t len)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_expect(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    close(fd);
}

static void make_dir(void)
{
    fuzz_expect(mkdtemp(path) != NULL);
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fuzz_expect(dir >= 0);
    for (size_t i = 0; i < FOLDERS; i++)
        fuzz_expect(!mkdirat(dir, folders[i], 0700));
    put(SHARDFILES_OWN "/lock", NULL, 0);
    atexit(remove_dir);
}

static void count_fault(void *arg, const char *where, const char *what)
{
    fuzz_expect(*what && *where != '/');
    ++*(uint64_t *)arg;
}

static void verify(struct verify_counts *ret)
{
    char message[VERIFY_MESSAGE_SIZE];
    uint64_t faults = 0;
    struct verify_conf conf = {path, 1, count_fault, &faults};
    fuzz_expect(!verify_dir(&conf, ret, message));
    fuzz_expect(ret->faults == faults);
}

/* What is found is found again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct verify_counts once, again;
    struct fuzz_part part;
    if (dir < 0)
        make_dir();
    while (fuzz_next(&data, &len, &part))
        put(files[part.kind % FILES], part.bytes, part.len);
    verify(&once);
    verify(&again);
    fuzz_expect(!memcmp(&once, &again, sizeof once));
    remove_files();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max_len, unsigned seed)
{
    return fuzz_mutate_part(data, len, max_len, seed);
}
