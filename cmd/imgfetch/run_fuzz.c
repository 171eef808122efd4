/*
 * The whole program in one process: a list, and a server that answers with a script
 * (test_script.h). The run must end, each row of the list must be in the manifest once, and nothing
 * may be left behind: run.c counts descriptors and threads itself in this build.
 *
 * An input is a sequence of parts: two bytes of options, the list, and the script.
 */
#include "cmd/imgfetch/run.h"
#include "cmd/imgfetch/test_script.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <locale.h>
#include <stdio.h>
#include <sys/mman.h>

enum { LIST_MAX = 1000, PATH_SIZE = 64 };

/* Bits of the first byte of the options. The second one chooses the backend. */
enum {
    TARS = 1,
    ROBOTS = 2,
    STRICT = 4,
    ORIGINALS = 8,
    NO_THUMBS = 16,
    DEDUPE = 32,
    AGAIN = 64,
    JSONL = 128
};

static char dir[] = "/dev/shm/run_fuzz.XXXXXX", out[sizeof dir + 4];

/* run() ends with it, and libuv cannot be used again afterwards. */
void uv_library_shutdown(void)
{
    script_settle();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static void remove_out(void)
{
    nftw(out, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void remove_dir(void)
{
    remove_out();
    rmdir(dir);
}

/* What is made at first use is made before the first run, which would miss it at its end. */
static void set_up(void)
{
    uv_loop_t loop;
    uv_signal_t handle;
    setlocale(LC_CTYPE, "C.UTF-8");
    fuzz_expect(!uv_loop_init(&loop) && !uv_signal_init(&loop, &handle));
    uv_close((uv_handle_t *)&handle, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    fuzz_expect(mkdtemp(dir) != NULL);
    snprintf(out, sizeof out, "%s/out", dir);
    atexit(remove_dir);
    script_open();
}

static uint64_t count_rows(const struct options *o)
{
    char message[URLLIST_MESSAGE_SIZE];
    struct urllist_conf conf = {.paths = o->pipeline.lists, .n_paths = o->pipeline.n_lists};
    struct urllist_row row;
    uint64_t n = 0;
    conf.format = o->pipeline.format;
    conf.encoding = o->pipeline.encoding;
    conf.columns = &o->columns;
    struct urllist *list = urllist_open(&conf, message);
    fuzz_expect(list != NULL);
    while (urllist_next(list, &row) == URLLIST_ROW)
        n++;
    urllist_free(list);
    return n;
}

static uint64_t count_written(const char *pattern)
{
    char path[PATH_SIZE];
    glob_t found;
    uint64_t n = 0;
    snprintf(path, sizeof path, "%s/%s", out, pattern);
    if (glob(path, 0, NULL, &found))
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *f = fopen(found.gl_pathv[i], "re");
        fuzz_expect(f != NULL);
        for (int c; (c = getc(f)) != EOF;)
            n += c == '\n';
        fclose(f);
    }
    globfree(&found);
    return n;
}

/* A run with these words behind the common ones. */
static void run_with(char *const *more, const char *list)
{
    char proxy[PATH_SIZE], output[PATH_SIZE];
    const char *words[40] = {"imgfetch", "--config=", "-q", "--pool=inline", "--retries=0",
        "--retry-max-wait=0.01", "--insecure", "--timeout=5", "--max-size=50k", "--max-pixels=100k",
        proxy, output, list};
    size_t n = 13;
    struct options options;
    snprintf(proxy, sizeof proxy, "--proxy=http://127.0.0.1:%u", script.port);
    snprintf(output, sizeof output, "--output=%s", out);
    while (*more)
        words[n++] = *more++;
    fuzz_expect(options_parse((int)n, (char **)(uintptr_t)words, &options));
    int code = run(&options);
    bool is_known = code == EXIT_OK || code == EXIT_ROWS_FAILED || code == EXIT_STOPPED;
    fuzz_expect(is_known || code == EXIT_USAGE); /* the list is none */
    if (code != EXIT_STOPPED)
        fuzz_expect(
            count_written("manifest/*.jsonl") + count_written("*.jsonl") == count_rows(&options));
    options_fini(&options);
}

static void choose_options(unsigned bits, unsigned backend, char **ret)
{
    static const struct {
        unsigned bit;
        const char *word;
    } flags[] = {{TARS, "--layout=webdataset"}, {ROBOTS, "--robots-txt"}, {STRICT, "--strict"},
        {ORIGINALS, "--originals"}, {DEDUPE, "--dedupe=off"}};
    static const char *const backends[] = {
        "--backend=async", "--backend=serial", "--backend=coro", "--backend=threads"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (bits & flags[i].bit)
            *ret++ = (char *)(uintptr_t)flags[i].word;
    *ret++ = (char *)(uintptr_t)backends[backend % 4];
    *ret++ = (char *)(uintptr_t)(bits & NO_THUMBS ? "--no-thumbs" : "--thumb=16");
    *ret++ = (char *)(uintptr_t)(bits & JSONL ? "--format=jsonl" : "--format=txt");
    *ret++ = (char *)(uintptr_t)(backend & 4 ? "--concurrency=1" : "--concurrency=8");
    *ret = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char list[PATH_SIZE], *more[20];
    unsigned bits = 0, backend = 0;
    struct fuzz_part part;
    if (script.listener < 0)
        set_up();
    if (!fuzz_next(&data, &len, &part))
        return 0;
    if (part.len >= 2) {
        bits = part.bytes[0];
        backend = part.bytes[1];
    }
    int fd = memfd_create("list", MFD_CLOEXEC);
    snprintf(list, sizeof list, "/proc/self/fd/%d", fd);
    if (fuzz_next(&data, &len, &part) && part.len <= LIST_MAX)
        fuzz_expect(write(fd, part.bytes, part.len) == (ssize_t)part.len);
    choose_options(bits, backend, more);
    script_set(data, len);
    run_with(more, list);
    if (bits & AGAIN) {
        size_t n = 0;
        while (more[n])
            n++;
        char again[] = "--refresh";
        more[n] = again;
        more[n + 1] = NULL;
        script_set(data, len);
        run_with(more, list);
    }
    remove_out();
    close(fd);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max_len, unsigned seed)
{
    return fuzz_mutate_part(data, len, max_len, seed);
}
