#include "backends/table.h"
#include "base/mem.h"
#include "cmd/imgfetch/actions.h"
#include "cmd/imgfetch/container.h"
#include "cmd/imgfetch/options/complete.h"
#include "cmd/imgfetch/run.h"
#include "cmd/imgfetch/signals.h"
#include "cmd/imgfetch/split/split.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

static void list_backends(void)
{
    for (const struct backend *const *b = backend_table; *b; b++)
        printf("%-8s %s\n", (*b)->name, (*b)->summary);
}

/* A shell can start us without them (<&-). Then a file we open must not get one of their numbers.
 */
static void open_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

static int act(struct options *options)
{
    switch (options->action) {
    case OPTIONS_HELP:
        if (options->about_topic)
            options_print_help(options->topic);
        else
            options_print_overview();
        return EXIT_OK;
    case OPTIONS_VERSION:
        return version();
    case OPTIONS_LIST_BACKENDS:
        list_backends();
        return EXIT_OK;
    case OPTIONS_COMPLETE:
        complete_print(options);
        return EXIT_OK;
    case OPTIONS_VERIFY:
        return verify(options);
    case OPTIONS_REPORT:
        return report_dir(options);
    case OPTIONS_RUN:
        break;
    }
    if (options->compare)
        return compare(options);
    if (options->split)
        return split(options);
    if (options->dry_run)
        return dryrun(options);
    container_fit_options(options);
    return run(options);
}

int main(int argc, char **argv)
{
    struct options options;
    open_standard_descriptors();
    signals_as_init();
    mem_tune();
    setlocale(LC_CTYPE, "C.UTF-8"); /* for a proxy with an international name */
    int code = options_parse(argc, argv, &options) ? act(&options) : EXIT_USAGE;
    options_fini(&options);
    return code;
}
