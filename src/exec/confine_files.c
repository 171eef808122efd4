#include "exec/confine_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* landlock(7), and by which version of the interface the kernel knows them. The headers of Debian
 * 12 end with version 2. */
enum {
    ABI_REFER = 2,
    ABI_TRUNCATE = 3,
    ABI_PORTS = 4,
    ABI_DEVICES = 5,
    ABI_SCOPES = 6,
    FS_TRUNCATE = 1 << 14,
    FS_IOCTL_DEV = 1 << 15,
    NET_BIND_TCP = 1 << 0,
    SCOPE_ABSTRACT_SOCKET = 1 << 0,
    SCOPE_SIGNAL = 1 << 1,
};

/* struct landlock_ruleset_attr of version 6. */
struct ruleset {
    uint64_t files, ports, scopes;
};

enum {
    READ_FILE = LANDLOCK_ACCESS_FS_READ_FILE,
    READ = READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    CHANGE_FILE = READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE,
    CHANGE = READ | CHANGE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
             LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER,
    REPLACE = CHANGE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG,
    RENAME = LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR,
};

/* What libraries read whenever they like: random numbers, the number of processors, conversions of
 * text, time zones; and for the name of a proxy (only curl looks one up) the files and modules of
 * nsswitch.conf(5). */
static const char *const system_paths[] = {"/dev/urandom", "/dev/random", "/sys/devices/system/cpu",
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo",
    "/etc/localtime", "/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/hosts",
    "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/run/systemd/resolve", NULL};

int confine_landlock(void)
{
    long abi =
        syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

static size_t ruleset_size(int abi)
{
    return abi >= ABI_SCOPES  ? sizeof(struct ruleset)
           : abi >= ABI_PORTS ? offsetof(struct ruleset, scopes)
                              : offsetof(struct ruleset, ports);
}

static int make_ruleset(const struct ruleset *rules, int abi)
{
    return (int)syscall(SYS_landlock_create_ruleset, rules, ruleset_size(abi), 0);
}

static bool enforce(int ruleset)
{
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

/* False: the path is there, but no rule can be made for it. */
static bool permit(int ruleset, const char *path, uint64_t rights)
{
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return true;
    if (fstat(fd, &st) || !S_ISDIR(st.st_mode))
        rights &= CHANGE_FILE;
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = fd};
    bool is_made = !syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    /* EBADFD: a pipe or socket by way of /proc, say /dev/stdin. It needs no rule. */
    bool is_fine = is_made || errno == EBADFD;
    close(fd);
    return is_fine;
}

static bool permit_all(int ruleset, const char *const *paths, uint64_t rights)
{
    bool is_fine = true;
    for (; paths && *paths; paths++)
        is_fine &= permit(ruleset, *paths, rights);
    return is_fine;
}

bool confine_files(const struct confine_conf *conf)
{
    int abi = confine_landlock();
    /* Version 1 forbids every rename and link to another directory, and so more than we can do
     * without. */
    if (abi < ABI_REFER)
        return false;
    struct ruleset rules = {.files = 2 * LANDLOCK_ACCESS_FS_REFER - 1};
    if (abi >= ABI_TRUNCATE)
        rules.files |= FS_TRUNCATE;
    if (abi >= ABI_DEVICES)
        rules.files |= FS_IOCTL_DEV;
    rules.ports = NET_BIND_TCP;
    rules.scopes = SCOPE_ABSTRACT_SOCKET;
    int ruleset = make_ruleset(&rules, abi);
    if (ruleset < 0)
        return false;
    bool is_fine =
        permit_all(ruleset, system_paths, READ) && permit_all(ruleset, conf->readable, READ) &&
        permit(ruleset, "/dev/null", rules.files & CHANGE_FILE) &&
        permit_all(ruleset, conf->writable, rules.files & CHANGE) &&
        (!conf->replaced_in || permit(ruleset, conf->replaced_in, rules.files & REPLACE)) &&
        (!conf->renames || permit(ruleset, conf->renames, RENAME)) && enforce(ruleset);
    close(ruleset);
    return is_fine;
}

void confine_signals(void)
{
    int abi = confine_landlock();
    if (abi < ABI_SCOPES)
        return;
    /* Every ruleset forbids to rename and link to another directory, unless a rule allows it. */
    const struct ruleset rules = {.files = LANDLOCK_ACCESS_FS_REFER, .scopes = SCOPE_SIGNAL};
    int ruleset = make_ruleset(&rules, abi);
    if (ruleset < 0)
        return;
    if (permit(ruleset, "/", LANDLOCK_ACCESS_FS_REFER))
        enforce(ruleset);
    close(ruleset);
}
