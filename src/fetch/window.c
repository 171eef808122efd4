#include "fetch/window.h"

#include "net/transfer.h"

enum {
    RESPONSE = 16 << 10, /* bytes that a response counts for, besides its body */
    REST_ROUNDS = 8,     /* between two probes */
    SLOW_ROUNDS = 2,     /* in a row: the search begins anew */
    FEW_UNANSWERED = 8,  /* so few say nothing */
};
static const uint64_t MS = 1000000, SECOND = 1000000000;
/* The shortest rounds: of requests that end, of bodies that take longer; and the longest. */
static const uint64_t round_ms = 50, bodies_ms = 100, round_max_ms = 2000;
static const uint64_t rest_s = 2, ceiling_s = 30;
/* The share of a step that the rate must follow, for the next step to be a large one, a small one;
 * and for a probe to be worth more. */
static const double most_of_it = 0.7, some_of_it = 0.25, half_of_it = 0.5;
static const double little_of_it = 0.1; /* while bodies are under way: they may come in bursts */
static const double first_step = 4, large_step = 8, small_step = 2;
static const double as_fast = 0.95, headroom = 1.25, more = 1.5, less = 0.75;
static const double troubled = 0.25, shrink_most = 0.5;

void window_init(struct window *w, unsigned most, bool adapts)
{
    *w = (struct window){.most = most, .adapts = adapts};
    w->size = w->wanted = adapts && most > WINDOW_FIRST ? WINDOW_FIRST : most;
}

/* ---- the size ---- */

static unsigned upper_bound(const struct window *w, const struct window_view *v)
{
    uint64_t usual = v->bytes / (w->ends + v->in_flight + 1), most = w->most;
    uint64_t fit = v->memory / (usual > TRANSFER_RESERVE ? usual : TRANSFER_RESERVE);
    if (fit < most)
        most = fit;
    if (v->now < w->ceiling_until && w->ceiling < most)
        most = w->ceiling;
    unsigned least = w->most < WINDOW_LEAST ? w->most : WINDOW_LEAST;
    return most > least ? (unsigned)most : least;
}

static void resize(struct window *w, const struct window_view *v, double wanted)
{
    unsigned most = upper_bound(w, v), least = most < WINDOW_LEAST ? most : WINDOW_LEAST;
    bool starved = w->size < w->wanted;
    unsigned n = wanted < least ? least : wanted < most ? (unsigned)wanted : most;
    w->round.passes = n < w->wanted;
    w->wanted = n;
    if (!starved || w->size > n)
        w->size = n;
}

static void rest(struct window *w, const struct window_view *v, double wanted)
{
    resize(w, v, wanted);
    w->mode = WINDOW_RESTS;
    w->base = w->wanted;
    w->rested = v->now;
    w->rounds = w->slow = 0;
}

/* Compares what follows with the present size and its rate. */
static void change_from(
    struct window *w, const struct window_view *v, enum window_mode mode, double rate, double step)
{
    w->mode = mode;
    w->base = w->wanted;
    w->base_rate = rate;
    w->flat_rate = 0;
    resize(w, v, w->wanted * step);
    if (w->wanted == w->base)
        rest(w, v, w->base);
}

/* ---- at the end of a round ---- */

/* How much of the step from `base` the rate has followed: 1 is all of it. */
static double followed(const struct window *w, double rate)
{
    double step = (double)w->wanted / w->base;
    return (rate / w->base_rate - 1) / (step - 1);
}

static void go_on_growing(struct window *w, const struct window_view *v, double rate)
{
    if (!w->base || w->base_rate <= 0) {
        change_from(w, v, WINDOW_GROWS, rate, first_step);
        return;
    }
    double share = followed(w, rate > w->flat_rate ? rate : w->flat_rate);
    double pays = w->round.ends < w->round.goal / 2 ? little_of_it : some_of_it;
    if (share >= pays) {
        change_from(w, v, WINDOW_GROWS, rate, share >= most_of_it ? large_step : small_step);
    } else if (w->flat_rate <= 0) {
        w->flat_rate = rate; /* once may be chance */
    } else {
        double gain = (rate > w->flat_rate ? rate : w->flat_rate) / w->base_rate;
        double enough = w->base * (gain > 1 ? gain : 1) * headroom;
        w->base_rate = 0;
        rest(w, v, enough < w->wanted ? enough : w->wanted);
    }
}

static void stay_or_probe(struct window *w, const struct window_view *v, double rate)
{
    if (rate < w->base_rate / 2) {
        if (++w->slow == SLOW_ROUNDS)
            change_from(w, v, WINDOW_GROWS, rate, small_step);
        return;
    }
    w->slow = 0;
    w->base_rate = w->base_rate > 0 ? w->base_rate + (rate - w->base_rate) / 4 : rate;
    if (++w->rounds < REST_ROUNDS || v->now - w->rested < rest_s * SECOND)
        return;
    w->tried_more = !w->tried_more;
    change_from(w, v, w->tried_more ? WINDOW_TRIES_MORE : WINDOW_TRIES_LESS, w->base_rate,
        w->tried_more ? more : less);
}

static void judge_round(struct window *w, const struct window_view *v, double rate)
{
    switch (w->mode) {
    case WINDOW_GROWS:
        go_on_growing(w, v, rate);
        break;
    case WINDOW_RESTS:
        stay_or_probe(w, v, rate);
        break;
    case WINDOW_TRIES_MORE:
        if (followed(w, rate) >= half_of_it)
            change_from(w, v, WINDOW_GROWS, rate, small_step);
        else
            rest(w, v, w->base);
        break;
    case WINDOW_TRIES_LESS:
        rest(w, v, rate >= w->base_rate * as_fast ? w->wanted : w->base);
        break;
    }
}

/* ---- rounds ---- */

static void begin_round(struct window *w, const struct window_view *v)
{
    w->round.began = v->now;
    w->round.bytes = v->bytes;
    w->round.goal = w->size;
    w->round.ends = w->round.turns = w->round.full = 0;
}

static bool round_is_over(const struct window *w, const struct window_view *v)
{
    uint64_t ms = (v->now - w->round.began) / MS;
    if (w->round.ends >= w->round.goal)
        return ms >= round_ms;
    bool bodies = v->in_flight - v->receiving <= v->in_flight / 8;
    return ms >= round_max_ms || (bodies && ms >= bodies_ms);
}

static void end_round(struct window *w, const struct window_view *v)
{
    double work = (double)(v->bytes - w->round.bytes) + (double)w->round.ends * RESPONSE;
    double rate = work * (double)SECOND / (double)(v->now - w->round.began);
    bool was_limit = w->round.full * 2 >= w->round.turns && w->size == w->wanted;
    if (w->round.passes)
        w->round.passes = false;
    else if (was_limit && work > 0)
        judge_round(w, v, rate);
    else if (w->mode == WINDOW_TRIES_MORE || w->mode == WINDOW_TRIES_LESS)
        rest(w, v, w->base);
    if (w->wanted > upper_bound(w, v))
        rest(w, v, w->wanted);
    begin_round(w, v);
}

uint64_t window_due(const struct window *w, uint64_t now)
{
    uint64_t due = w->round.began + bodies_ms * MS;
    return w->adapts && w->mode != WINDOW_RESTS && now < due ? due : 0;
}

/* ---- requests without an answer ---- */

static void look_for_trouble(struct window *w, const struct window_view *v)
{
    uint64_t ns = v->now - w->trouble.began;
    if (ns < SECOND || ns < w->trouble.longest)
        return;
    double share = (double)w->trouble.lost / (double)ns / w->wanted;
    if (w->trouble.n >= FEW_UNANSWERED && share >= troubled) {
        w->ceiling = w->wanted - w->wanted / 8;
        w->ceiling_until = v->now + ceiling_s * SECOND;
        w->base_rate = 0;
        w->shrunk = v->now;
        rest(w, v, w->wanted * (1 - (share < shrink_most ? share : shrink_most)));
        begin_round(w, v);
    }
    w->trouble.began = v->now;
    w->trouble.lost = w->trouble.longest = 0;
    w->trouble.n = 0;
}

/* ---- what is told ---- */

void window_ended(struct window *w, enum window_end end, unsigned host, uint64_t ns, uint64_t now)
{
    unsigned byte = host % WINDOW_HOSTS / 8, bit = 1u << host % 8;
    bool was_starved = w->size < w->wanted;
    if (end == WINDOW_ANSWERED && was_starved && ++w->since >= w->size) {
        w->size++;
        w->since = 0;
    }
    w->ends++;
    if (end != WINDOW_UNANSWERED) {
        w->round.ends++;
        w->answered[byte] |= (uint8_t)bit;
        return;
    }
    if (!(w->answered[byte] & bit) || now < w->shrunk + ns)
        return;
    w->trouble.n++;
    w->trouble.lost += ns;
    if (ns > w->trouble.longest)
        w->trouble.longest = ns;
}

void window_starved(struct window *w, unsigned in_flight)
{
    w->size = in_flight > 1 ? in_flight - in_flight / 8 : 1;
    w->since = 0;
}

bool window_turn(struct window *w, const struct window_view *v)
{
    unsigned before = w->size;
    if (!w->adapts)
        return false;
    if (!w->round.began) {
        w->trouble.began = v->now;
        begin_round(w, v);
    }
    w->round.turns++;
    w->round.full += v->in_flight >= w->size;
    if (v->in_flight > w->size && w->round.passes)
        begin_round(w, v); /* it has yet to become smaller */
    else if (round_is_over(w, v))
        end_round(w, v);
    look_for_trouble(w, v);
    return w->size > before;
}
