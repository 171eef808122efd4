/*
 * How the DNS server answers, as the options and the name itself ask for.
 *
 * Always true: the fate of a name follows from the script and the name alone,
 * whose case does not matter. Exceptions are fates for the first question only,
 * and those that alternate.
 */
#ifndef IMGSERVE_DNS_SCRIPT_H
#define IMGSERVE_DNS_SCRIPT_H

#include "cmd/imgserve/dns_message.h"
#include "cmd/imgserve/tries.h"

enum dns_fate {
    DNS_FATE_ADDRESS, /* of 127.1.0.0/16, always the same one; no AAAA */
    DNS_FATE_NX,
    DNS_FATE_SERVFAIL,
    DNS_FATE_LOST, /* no answer */
    DNS_FATE_PRIVATE,
    DNS_FATE_CNAME,  /* aliases, then the address */
    DNS_FATE_MAPPED, /* no A */
    DNS_FATE_V6ONLY, /* no A */
    DNS_FATE_REBIND, /* a private and another address, by turns */
    DNS_FATES,
};

/* As in the options, in labels and in the statistics. */
const char *dns_script_fate_name(enum dns_fate);

struct dns_script {
    uint64_t delay_ms;
    uint64_t ttl; /* seconds */
    struct dns_script_part {
        uint64_t percent; /* of all names */
        bool always;      /* else only the first question of a name and type */
    } parts[DNS_FATES];
};

void dns_script_init(struct dns_script *);

/* "delay", "150" or "servfail", "5,always". NULL, or what is wrong (static text). */
const char *dns_script_set(struct dns_script *, const char *name, const char *value);

/* Counts the question in `tries` if the fate depends on it. */
enum dns_fate dns_script_fate(
    const struct dns_script *, struct tries *, const struct dns_question *);

/* For every fate but DNS_FATE_LOST. */
struct dns_reply dns_script_reply(
    const struct dns_script *, enum dns_fate, const struct dns_question *);

#endif
