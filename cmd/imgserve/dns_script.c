#include "cmd/imgserve/dns_script.h"

#include <stdio.h>
#include <string.h>

enum { TTL_DEFAULT = 300, TTL_MAX = INT32_MAX }; /* RFC 2181, section 8 */
enum { DELAY_MAX = 60000 };

static const struct fate_rule {
    const char *name;
    bool is_option; /* --dns-NAME=PCT */
    bool has_once;  /* "NAME-once" is a label; PCT alone is for the first question */
} rules[DNS_FATES] = {
    [DNS_FATE_ADDRESS] = {"address", false, false},
    [DNS_FATE_NX] = {"nx", true, false},
    [DNS_FATE_SERVFAIL] = {"servfail", true, true},
    [DNS_FATE_LOST] = {"lost", true, true},
    [DNS_FATE_PRIVATE] = {"private", true, false},
    [DNS_FATE_CNAME] = {"cname", true, false},
    [DNS_FATE_MAPPED] = {"mapped", false, false},
    [DNS_FATE_V6ONLY] = {"v6only", false, false},
    [DNS_FATE_REBIND] = {"rebind", false, false},
};

const char *dns_script_fate_name(enum dns_fate fate)
{
    return rules[fate].name;
}

void dns_script_init(struct dns_script *s)
{
    *s = (struct dns_script){.ttl = TTL_DEFAULT};
}

static const char *set_part(
    struct dns_script_part *part, const struct fate_rule *rule, struct span value)
{
    struct span when = value;
    struct span percent = span_cut(&when, ',');
    if (!span_number(percent, 100, &part->percent))
        return "a percentage is needed, 0 to 100";
    part->always = !rule->has_once || span_is(when, "always");
    if (percent.len < value.len && !(rule->has_once && part->always))
        return "PCT or, for servfail and lost, PCT,always";
    return NULL;
}

const char *dns_script_set(struct dns_script *s, const char *name, const char *value)
{
    uint64_t percent = 0;
    if (strcmp(name, "delay") == 0)
        return span_number(span_of(value), DELAY_MAX, &s->delay_ms) ? NULL : "0 to 60000 ms";
    if (strcmp(name, "ttl") == 0)
        return span_number(span_of(value), TTL_MAX, &s->ttl) ? NULL : "0 to 2147483647 s";
    if (strcmp(name, "nxdomain") == 0)
        name = rules[DNS_FATE_NX].name;
    for (int i = 0; i < DNS_FATES; i++) {
        if (rules[i].is_option && strcmp(name, rules[i].name) == 0) {
            const char *wrong = set_part(&s->parts[i], &rules[i], span_of(value));
            if (wrong)
                return wrong;
        }
        percent += s->parts[i].percent;
    }
    return percent <= 100 ? NULL : "all percentages together are more than 100";
}

/* FNV-1a, 64 bit (draft-eastlake-fnv), then the last step of SplitMix64: FNV-1a of
 * names that differ only in their last byte differs only in the low bits. */
static uint64_t hash_name(const struct dns_question *q)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < q->name_len; i++)
        h = (h ^ q->name[i]) * UINT64_C(0x100000001b3);
    h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 31;
}

struct plan {
    enum dns_fate fate;
    bool once;
};

static bool plan_of_label(struct span label, struct plan *ret)
{
    for (int i = 0; i < DNS_FATES; i++) {
        char once[sizeof "servfail-once"];
        snprintf(once, sizeof once, "%s-once", rules[i].name);
        ret->fate = (enum dns_fate)i;
        ret->once = rules[i].has_once && span_is(label, once);
        if (ret->once || span_is(label, rules[i].name))
            return true;
    }
    return false;
}

static struct plan make_plan(const struct dns_script *s, const struct dns_question *q)
{
    struct plan plan;
    struct span label;
    for (size_t at = 0; dns_message_label(q, &at, &label);)
        if (plan_of_label(label, &plan))
            return plan;

    uint64_t lot = hash_name(q) % 100;
    for (int i = 0; i < DNS_FATES; i++) {
        if (lot < s->parts[i].percent)
            return (struct plan){(enum dns_fate)i, !s->parts[i].always};
        lot -= s->parts[i].percent;
    }
    return (struct plan){DNS_FATE_ADDRESS, false};
}

/* A and AAAA are asked for at the same time, so they are counted separately. */
static uint64_t count_try(struct tries *tries, const struct dns_question *q)
{
    struct span name = {(const char *)q->name, q->name_len};
    return tries_count(tries, name, (struct span){(const char *)&q->type, sizeof q->type});
}

enum dns_fate dns_script_fate(
    const struct dns_script *s, struct tries *tries, const struct dns_question *q)
{
    struct plan plan = make_plan(s, q);
    if (plan.once && count_try(tries, q) > 1)
        return DNS_FATE_ADDRESS;
    if (plan.fate == DNS_FATE_REBIND && count_try(tries, q) % 2 == 1)
        return DNS_FATE_ADDRESS;
    return plan.fate;
}

static struct addr v4(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return (struct addr){4, {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d}};
}

static struct addr address_of(enum dns_fate fate, const struct dns_question *q)
{
    uint64_t h = hash_name(q) >> 32; /* the low half has chosen the fate */
    unsigned high = h >> 8 & 0xff, low = h & 0xff;
    bool is_private = fate == DNS_FATE_PRIVATE || fate == DNS_FATE_REBIND;
    if (q->type == ns_t_a && (fate == DNS_FATE_ADDRESS || fate == DNS_FATE_CNAME))
        return v4(127, 1, high, low);
    if (q->type == ns_t_a && is_private)
        return h >> 16 & 1 ? v4(169, 254, 169, 254) : v4(10, high, low, 1);
    if (q->type == ns_t_aaaa && fate == DNS_FATE_MAPPED)
        return (struct addr){6, {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
    return q->type == ns_t_aaaa && fate == DNS_FATE_V6ONLY ? (struct addr){6, {[15] = 1}}
                                                           : (struct addr){0};
}

struct dns_reply dns_script_reply(
    const struct dns_script *s, enum dns_fate fate, const struct dns_question *q)
{
    struct dns_reply reply = {.ttl = (uint32_t)s->ttl, .addr = address_of(fate, q)};
    reply.aliased = fate == DNS_FATE_CNAME;
    if (fate == DNS_FATE_NX)
        reply.rcode = ns_r_nxdomain;
    else if (fate == DNS_FATE_SERVFAIL)
        reply.rcode = ns_r_servfail;
    return reply;
}
