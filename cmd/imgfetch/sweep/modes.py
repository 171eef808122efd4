"""What is swept: the modes of a run, the kinds of calls, and how each can fail."""
import errno

ROWS = 40

# The options of every run. The run itself retries nothing, so that each fault leaves its effect
# for the comparison.
OPTIONS = ["-q", "--allow-net=127.0.0.0/8", "--shard-size=12", "--retries=0", "-c4", "-t16",
           "--stall-timeout=2"]
INLINE = "--pool=inline"
TAR = "--layout=webdataset"
FLAT = "--layout=flat"
OFTEN = "--checkpoint=0.001"
CONTENT = "--dedupe=content"
SIDECARS = ["--sidecars=json,metadata.jsonl"]
DELIVERS = "--on-shard=true"


class Mode:
    """options: of the run whose calls fail, and of the one that resumes.
    first: options of an earlier run into the same directory, before the site changed.
    earlier: options of a run into another directory, which is reused (--reuse).
    old_dir: options of an earlier run into the same directory, which is replaced (--update).
    start: an option of `options` that starts all rows again, so that none is kept as it is.
    old: the file system has neither O_TMPFILE nor links.
    reads: the command only reads the directory, one of whose files is damaged.
    names: the hosts have names, not addresses.
    memory: allocations fail, too, of which there are ten thousand."""

    def __init__(self, *options, first=None, earlier=None, start=False, old=False, reads=False, names=False,
                 memory=False, old_dir=None):
        self.options, self.first, self.start, self.old = list(options), first, start, old
        self.reads, self.names, self.memory = reads, names, memory
        self.earlier, self.reuse = earlier, None  # reuse: the path of that directory
        self.old_dir = old_dir


MODES = {
    "files": Mode(INLINE, "-t8x8:cover", "--phash", "--hash=md5", memory=True),
    "files-often": Mode(INLINE, OFTEN),
    "files-old": Mode(INLINE, old=True),
    "names": Mode(INLINE, "--name={host}/{index}-{basename}", "--dedupe=run"),
    "sidecars": Mode(INLINE, *SIDECARS, memory=True),
    "sidecars-often": Mode(INLINE, *SIDECARS, OFTEN, "--dedupe=run", "--shuffle=3"),
    "sidecars-flat": Mode(INLINE, FLAT, "--sidecars=json"),
    "refresh-sidecars": Mode(INLINE, *SIDECARS, "--refresh", first=[INLINE, *SIDECARS], start=True),
    "retry-failed-sidecars": Mode(INLINE, *SIDECARS, "--retry-failed", first=[INLINE, *SIDECARS]),
    "fresh-sidecars": Mode(INLINE, *SIDECARS, "--fresh", first=[INLINE, *SIDECARS], start=True),
    "flat": Mode(INLINE, FLAT, memory=True),
    "flat-old": Mode(INLINE, FLAT, old=True),
    "tar": Mode(INLINE, TAR, "--originals", memory=True),
    "tar-digits": Mode(INLINE, TAR, "--shard-digits=8", "--dedupe=run"),
    "tar-often": Mode(INLINE, TAR, OFTEN, "--shuffle=3", "--memory=1M", "--dedupe=run"),
    "refresh": Mode(INLINE, "--refresh", first=[INLINE], start=True),
    "refresh-tar": Mode(INLINE, TAR, "--refresh", first=[INLINE, TAR], start=True),
    "refresh-flat": Mode(INLINE, FLAT, "--refresh", first=[INLINE, FLAT], start=True),
    "refresh-old": Mode(INLINE, "--refresh", first=[INLINE], start=True, old=True),
    "retry-failed": Mode(INLINE, "--retry-failed", first=[INLINE]),
    "retry-failed-tar": Mode(INLINE, TAR, "--retry-failed", first=[INLINE, TAR]),
    "anew": Mode(INLINE, first=[INLINE, "--min-side=9999"]),
    "anew-tar": Mode(INLINE, TAR, first=[INLINE, "--min-side=9999"]),
    "reuse": Mode(INLINE, "-t8x8:cover", earlier=[INLINE]),
    "reuse-tar": Mode(INLINE, TAR, "--originals", earlier=[INLINE, TAR, "--originals"]),
    "update": Mode(INLINE, "-t8x8:cover", "--update", old_dir=[INLINE]),
    "update-flat": Mode(INLINE, FLAT, "--update", "--quality=50", old_dir=[INLINE, FLAT]),
    "update-tar": Mode(INLINE, TAR, "--update", "--originals", "--quality=50",
                       old_dir=[INLINE, TAR, "--originals"]),
    "content": Mode(INLINE, CONTENT),
    "content-tar": Mode(INLINE, TAR, CONTENT, OFTEN, "--originals"),
    "content-hash": Mode(INLINE, FLAT, CONTENT, "--name={sha256}"),
    "refresh-content": Mode(INLINE, CONTENT, "--refresh", first=[INLINE, CONTENT], start=True),
    "refresh-content-tar": Mode(INLINE, TAR, CONTENT, "--refresh", first=[INLINE, TAR, CONTENT],
                                start=True),
    "refresh-content-flat": Mode(INLINE, FLAT, CONTENT, "--refresh", first=[INLINE, FLAT, CONTENT],
                                 start=True),
    "deliver": Mode(INLINE, TAR, DELIVERS, "--retry-max-wait=0.01"),
    "deliver-again": Mode(INLINE, "--retry-failed", DELIVERS, "--retry-max-wait=0.01",
                          first=[INLINE, DELIVERS]),
    "fresh": Mode(INLINE, "--fresh", first=[INLINE], start=True),
    "fresh-flat": Mode(INLINE, FLAT, "--fresh", first=[INLINE, FLAT], start=True),
    "fresh-tar": Mode(INLINE, TAR, "--fresh", first=[INLINE, TAR], start=True),
    "log": Mode(INLINE, "-vv", "--log=/dev/null"),
    "workers": Mode("--workers=1", "--isolate=off", memory=True),
    "isolate": Mode("--workers=1", "--isolate=image"),
    "encoding": Mode(INLINE, "--encoding=latin1"),
    "procs": Mode("-bprocs", "--workers=2", "-c2"),
    "threads": Mode("-bthreads", "--pool=threads", "--workers=2"),
    "coro": Mode("-bcoro", INLINE),
    "loops": Mode("--loops=2", INLINE),
    "dns": Mode(INLINE, "--robots-txt", names=True),
    "verify": Mode("--verify", first=[INLINE], reads=True),
    "verify-sidecars": Mode("--verify", first=[INLINE, *SIDECARS], reads=True),
    "verify-tar": Mode("--verify", first=[INLINE, TAR, "--originals"], reads=True),
}

FULL = ["ENOSPC", "EDQUOT", "EIO"]
SOME = ["short", "EINTR"]
NO_DESCRIPTOR = ["EMFILE", "ENFILE", "ENOMEM"]

# Each way a call of that kind fails is tried at every n. The first is also tried with n+, where
# all later calls fail, too, unless that cannot be for good.
KINDS = {
    "open": ["EIO", "EMFILE", "EACCES", "ESTALE", "ENOSPC", "ENOMEM", "EINTR"],
    "read": ["EIO", "ESTALE", "short", "EINTR"],
    "pread": ["EIO", "ESTALE", "short", "EINTR"],
    "write": FULL + SOME + ["done/EIO"],
    "pwrite": FULL + SOME,
    "fsync": ["EIO", "ENOSPC", "EDQUOT"],
    "syncfs": ["EIO", "ENOSPC"],
    "close": ["EIO", "EDQUOT", "EINTR"],
    "rename": ["EIO", "ENOSPC", "EACCES", "ESTALE", "done/EIO"],
    "link": ["EIO", "ENOSPC", "EPERM", "EMLINK", "done/EIO"],
    "unlink": ["EIO", "EACCES", "EROFS", "done/EIO"],
    "mkdir": ["ENOSPC", "EACCES", "EDQUOT", "done/EIO"],
    "stat": ["EIO", "ESTALE", "EACCES", "ENOMEM"],
    "statfs": ["EIO", "ENOSYS"],
    "readlink": ["EACCES", "EIO"],
    "opendir": ["ENOMEM", "EIO", "EMFILE"],
    "readdir": ["EIO", "ESTALE"],
    "truncate": ["EIO", "ENOSPC"],
    "fallocate": ["ENOSPC", "EOPNOTSUPP", "EIO"],
    "lock": ["ENOLCK", "EIO", "ESTALE", "EINTR"],
    "dup": NO_DESCRIPTOR,
    "mmap": ["ENOMEM"],
    "mprotect": ["ENOMEM"],
    "fork": ["EAGAIN", "ENOMEM"],
    "thread": ["EAGAIN"],
    "socket": ["EMFILE", "ENFILE", "ENOBUFS", "EACCES"],
    "connect": ["ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT", "EADDRNOTAVAIL", "EPERM"],
    "bind": ["EADDRINUSE", "EACCES"],
    "setsockopt": ["ENOBUFS", "EINVAL"],
    "send": ["ECONNRESET", "EPIPE", "EAGAIN", "EINTR", "short"],
    "recv": ["ECONNRESET", "ETIMEDOUT", "EAGAIN", "EINTR", "short", "end"],
    "local_send": ["EAGAIN", "ENOBUFS", "EINTR"],
    "local_recv": ["EAGAIN", "EINTR"],
    "pipe_read": ["EINTR"],
    "pipe_write": ["EINTR"],
    "epoll_create": NO_DESCRIPTOR,
    "epoll_ctl": ["ENOMEM", "ENOSPC"],
    "wait": ["EINTR"],
    "waitpid": ["EINTR"],
    "eventfd": NO_DESCRIPTOR,
    "pipe": NO_DESCRIPTOR,
    "socketpair": NO_DESCRIPTOR,
    "memfd": NO_DESCRIPTOR,
    "signalfd": NO_DESCRIPTOR,
    "pidfd": NO_DESCRIPTOR,
    "getrandom": ["EINTR", "EAGAIN"],
    "dlopen": ["ENOENT"],
    "malloc": ["ENOMEM"],
}

# A fault in a child fails the row it works at; so there are fewer kinds.
CHILD_KINDS = {
    "open": ["EMFILE"],
    "dup": ["EMFILE"],
    "fork": ["EAGAIN"],
    "socketpair": ["EMFILE"],
    "signalfd": ["EMFILE"],
    "pidfd": ["EMFILE"],
    "send": ["ENOBUFS", "EINTR"],
    "recv": ["EINTR"],
    "mmap": ["ENOMEM"],
    "thread": ["EAGAIN"],
    "wait": ["EINTR"],
    "malloc": ["ENOMEM"],
}

NETWORK = {"connect_failed", "connect_timeout", "protocol_error", "truncated_body", "timeout",
           "host_down", "stalled", "io_error"}
DNS = {"dns_failure"}
# Inside libspng, zlib without memory looks like a broken picture.
WORKER = {"decode_crash", "decode_memory", "decode_timeout", "decode_error", "io_error"}

# Codes that rows may get from a fault of that kind, until --retry-failed. For a fault of the disk
# there is none: it ends the run.
CODES = {
    "socket": NETWORK | DNS,
    "connect": NETWORK | DNS,
    "bind": NETWORK | DNS,
    "setsockopt": NETWORK | DNS,
    "send": NETWORK | DNS,
    "recv": NETWORK | DNS,
    "epoll_ctl": NETWORK | DNS,
    "malloc": NETWORK | DNS | WORKER,
}
CHILD_CODES = NETWORK | WORKER


def hows(kind):
    """The ways in which a call of that kind fails."""
    if kind.startswith("child."):
        return CHILD_KINDS.get(kind[len("child."):], [])
    return KINDS[kind]


def codes(kind):
    return CHILD_CODES if kind.startswith("child.") else CODES.get(kind, set())


def for_injector(how):
    """"done/EIO" as the injector takes it: done/5."""
    before, slash, name = how.rpartition("/")
    return before + slash + str(getattr(errno, name, name))
