#include "store/resume.h"
#include "base/fuzz.h"
#include "store/name.h"
#include "store/outdir.h"
#include "store/shardlock.h"
#include "store/store_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHARD_SIZE = 100 };

static char path[] = "/tmp/past_fuzz.XXXXXX";
static struct output output = {.layout = &store_files, .dir = -1, .shard_size = SHARD_SIZE};

static void remove_dir(void)
{
    char manifest[SHARDFILES_NAME_SIZE];
    shardfiles_name(0, JOB_SHARD_DIGITS, SHARDFILES_MANIFEST, manifest);
    unlinkat(output.dir, manifest, 0);
    shardlock_sweep(output.dir, 0);
    unlinkat(output.dir, SHARDFILES_OWN, AT_REMOVEDIR);
    unlinkat(output.dir, SHARDFILES_MANIFESTS, AT_REMOVEDIR);
    rmdir(path);
}

static void open_dir(void)
{
    static const struct store_conf store = {.name = &name_key, .shares = true};
    fuzz_expect(mkdtemp(path) != NULL);
    output.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    output.digits = job_digits(JOB_SHARD_DIGITS, SHARD_SIZE);
    output.conf = &store;
    fuzz_expect(output.dir >= 0 && mkdirat(output.dir, SHARDFILES_MANIFESTS, 0700) == 0);
    atexit(remove_dir);
}

static void put(const char *name, const uint8_t *data, size_t len)
{
    int fd = openat(output.dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_expect(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    close(fd);
}

static void load(const struct resume_rerun *again)
{
    struct resume resume;
    char message[RESUME_MESSAGE_SIZE];
    memset(message, 'x', sizeof message);
    if (resume_load(&output, 0, again, &resume, message)) {
        fuzz_expect(*message && memchr(message, '\0', sizeof message) != NULL);
        return;
    }
    fuzz_expect(resume.closed || resume.rows <= SHARD_SIZE);
    for (uint32_t i = 0; i < SHARD_SIZE; i++)
        if (resume_is_done(&resume, i))
            resume_differs(&resume, i, "http://a/");
    resume_fini(&resume);
}

/* Uses the bytes as the manifest of an open shard, then as a stats file, then as both files of a
 * shard that is reopened. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char stats[SHARDFILES_NAME_SIZE], manifest[SHARDFILES_NAME_SIZE];
    if (output.dir < 0)
        open_dir();
    shardfiles_name(0, JOB_SHARD_DIGITS, SHARDFILES_STATS, stats);
    shardfiles_name(0, JOB_SHARD_DIGITS, SHARDFILES_MANIFEST, manifest);
    put(manifest, data, len);
    load(NULL);
    put(stats, data, len);
    load(NULL);
    load(&(struct resume_rerun){.refresh = true});
    unlinkat(output.dir, stats, 0);
    return 0;
}
