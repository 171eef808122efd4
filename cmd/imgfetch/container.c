#include "cmd/imgfetch/container.h"

#include "base/cgroup.h"
#include "cmd/imgfetch/status/human.h"

enum {
    MIB = 1 << 20,
    OWN = 64 * MIB, /* the main process, the zygote, and libraries */
    SLOT = 8 * MIB, /* thumbnails on their way; bodies count as bodies */
    LEAST_BODIES = 16 * MIB,
    LEAST_DECODE = 16 * MIB,  /* what --decode-memory takes */
    USUAL_DECODE = 128 * MIB, /* a photograph of 24 megapixels and its thumbnails */
};

static uint64_t at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

static uint64_t needed(const struct container_memory *m)
{
    return OWN + m->bodies + m->workers * (m->decode + SLOT);
}

/* What a decoder may have of `room`. */
static uint64_t share(uint64_t room, unsigned workers)
{
    uint64_t each = room / workers;
    return each > SLOT + LEAST_DECODE ? each - SLOT : LEAST_DECODE;
}

bool container_fit(struct container_memory *m, uint64_t limit)
{
    if (needed(m) <= limit)
        return true;
    uint64_t room = limit > OWN ? limit - OWN : 0;
    uint64_t bodies = m->workers ? room / 4 : room;
    m->bodies = at_most(m->bodies, bodies > LEAST_BODIES ? bodies : LEAST_BODIES);
    room = room > m->bodies ? room - m->bodies : 0;
    while (m->workers > 1 && share(room, m->workers) < at_most(m->decode, USUAL_DECODE))
        m->workers--;
    if (m->workers)
        m->decode = at_most(m->decode, share(room, m->workers));
    return needed(m) <= limit;
}

static void tell(const struct container_memory *m, uint64_t limit, bool fits)
{
    char has[HUMAN_SIZE], bodies[HUMAN_SIZE], decode[HUMAN_SIZE];
    human_line(stderr,
        "imgfetch: this container has %s of memory, so this run has%s %s for bodies%s",
        human_bytes(limit, has), fits ? "" : " at least", human_bytes(m->bodies, bodies),
        m->workers ? "," : "");
    if (m->workers)
        human_line(stderr, "  and %u decoder%s with %s each (--memory, --workers, --decode-memory)",
            m->workers, m->workers == 1 ? "" : "s", human_bytes(m->decode, decode));
}

void container_fit_options(struct options *o)
{
    struct cgroup limits;
    bool decodes = options_decode(o);
    cgroup_read("", &limits);
    if (!o->workers)
        o->workers = cgroup_processors();
    struct container_memory m = {o->pipeline.memory, o->make.limits.max_memory, 0};
    if (decodes)
        m.workers = o->pool == POOL_INLINE ? 1 : o->workers;
    struct container_memory wanted = m;
    bool fits = !limits.memory || container_fit(&m, limits.memory);
    bool is_same =
        m.bodies == wanted.bodies && m.decode == wanted.decode && m.workers == wanted.workers;
    if (fits && is_same)
        return;
    o->pipeline.memory = m.bodies;
    o->make.limits.max_memory = m.decode;
    o->workers = decodes && o->pool != POOL_INLINE ? m.workers : o->workers;
    if (!o->quiet)
        tell(&m, limits.memory, fits);
}
