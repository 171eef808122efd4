#include "cmd/imgfetch/options/config.h"

#include "base/fuzz.h"
#include "cmd/imgfetch/options/options.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Each setting is named as it stands in the file, and says where. */
static void expect_settings(const struct settings *s, const char *path)
{
    for (size_t i = 0; i < s->n; i++) {
        fuzz_expect(*s->at[i].name && !strpbrk(s->at[i].name, " \t\r\n=:"));
        fuzz_expect(
            !strncmp(s->at[i].where, path, strlen(path)) && s->at[i].where[strlen(path)] == ':');
    }
}

/* Reads the bytes as a file of options, then as the options of a run. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static FILE *nowhere;
    char path[40], option[60];
    char program[] = "imgfetch", list[] = "list", *words[] = {program, option, list, NULL};
    struct settings settings = {0};
    struct options options;
    char *where = NULL;
    if (!nowhere)
        nowhere = stderr = fopen("/dev/null", "we"); /* usage errors; sanitizers write elsewhere */
    int fd = memfd_create("config", MFD_CLOEXEC);
    fuzz_expect(nowhere && fd >= 0 && write(fd, data, len) == (ssize_t)len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    snprintf(option, sizeof option, "--config=%s", path);
    const char *why = config_read(path, &settings, &where);
    expect_settings(&settings, path);
    fuzz_expect(!why == !where && (!where || !strncmp(where, path, strlen(path))));
    free(where);
    settings_fini(&settings);
    bool good = options_parse(3, words, &options);
    fuzz_expect(!good || !why);
    options_fini(&options);
    close(fd);
    return 0;
}
