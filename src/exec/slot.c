#include "exec/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Kept warm between tasks: most images are smaller, and a page given back
 * costs a fault and its zeroing on the next use. */
enum { KEEP = 1 << 20 };

struct header {
    _Atomic size_t in_len;
    _Atomic size_t out_len;
    _Atomic uint8_t taken;    /* 0 or not */
    _Atomic uint32_t refused; /* system call + 1 */
    atomic_ullong progress;
};

static size_t page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t whole_pages(size_t n)
{
    return (n + page() - 1) & ~(page() - 1);
}

static struct header *header(const struct slot *s)
{
    return (struct header *)(void *)s->base;
}

static size_t total(const struct slot *s)
{
    return page() + s->in_size + s->out_size;
}

bool slot_init(struct slot *s, size_t max_in, size_t max_out)
{
    *s = (struct slot){0};
    if (max_in > SIZE_MAX / 8 || max_out > SIZE_MAX / 8) {
        errno = EINVAL;
        return false;
    }
    s->in_size = whole_pages(max_in);
    s->out_size = whole_pages(max_out);
    int fd = memfd_create("imgfetch-slot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return false;
    void *base = MAP_FAILED;
    if (ftruncate(fd, (off_t)total(s)) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        base = mmap(NULL, total(s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = errno;
    close(fd);
    errno = error;
    if (base == MAP_FAILED)
        return false;
    s->base = base;
    return true;
}

void slot_fini(struct slot *s)
{
    if (!s || !s->base)
        return;
    munmap(s->base, total(s));
    *s = (struct slot){0};
}

void slot_inherit(struct slot *s)
{
    madvise(s->base, total(s), MADV_DOFORK);
}

void slot_do_not_inherit(struct slot *s)
{
    madvise(s->base, total(s), MADV_DONTFORK);
}

uint8_t *slot_in(const struct slot *s)
{
    return s->base + page();
}

uint8_t *slot_out(const struct slot *s)
{
    return s->base + page() + s->in_size;
}

void slot_put(struct slot *s, const uint8_t *in, size_t len)
{
    if (len)
        memcpy(slot_in(s), in, len);
    atomic_store_explicit(&header(s)->in_len, len, memory_order_relaxed);
    atomic_store_explicit(&header(s)->out_len, 0, memory_order_relaxed);
    atomic_store_explicit(&header(s)->taken, 0, memory_order_relaxed);
    atomic_store_explicit(&header(s)->progress, 0, memory_order_relaxed);
}

void slot_take(struct slot *s)
{
    atomic_store_explicit(&header(s)->taken, 1, memory_order_relaxed);
}

bool slot_was_taken(const struct slot *s)
{
    return atomic_load_explicit(&header(s)->taken, memory_order_relaxed) != 0;
}

atomic_ullong *slot_progress(const struct slot *s)
{
    return &header(s)->progress;
}

void slot_set_refused(struct slot *s, int call)
{
    atomic_store_explicit(&header(s)->refused, (unsigned)call + 1, memory_order_relaxed);
}

int slot_refused(const struct slot *s)
{
    return (int)(atomic_load_explicit(&header(s)->refused, memory_order_relaxed) - 1);
}

size_t slot_in_len(const struct slot *s)
{
    return atomic_load_explicit(&header(s)->in_len, memory_order_relaxed);
}

void slot_set_out_len(struct slot *s, size_t len)
{
    atomic_store_explicit(&header(s)->out_len, len, memory_order_relaxed);
}

size_t slot_out_len(const struct slot *s)
{
    return atomic_load_explicit(&header(s)->out_len, memory_order_relaxed);
}

/* Frees the pages of area[keep..size), which a worker may have written to whatever length it
 * claims. MADV_REMOVE is fallocate's hole punching for those who hold a mapping; a seal on the size
 * does not forbid it. */
static void trim_area(uint8_t *area, size_t size, size_t keep)
{
    keep = whole_pages(keep > KEEP ? keep : KEEP);
    if (keep < size)
        madvise(area + keep, size - keep, MADV_REMOVE);
}

void slot_trim(struct slot *s, size_t in_len)
{
    trim_area(slot_in(s), s->in_size, in_len);
    trim_area(slot_out(s), s->out_size, 0);
}

void slot_clear(struct slot *s)
{
    madvise(s->base, total(s), MADV_REMOVE);
}
