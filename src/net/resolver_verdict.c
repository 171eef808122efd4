#include "net/resolver_verdict.h"

static void add_addresses(struct resolver_verdict *v, int family,
    const struct resolver_reply *reply, const struct resolver_conf *conf)
{
    for (unsigned i = 0; i < reply->n_addrs; i++) {
        bool allowed = addr_is_allowed(&reply->addrs[i], conf->allow, conf->n_allow);
        addr_set_add(allowed ? &v->addrs : &v->refused, &reply->addrs[i]);
        if (allowed)
            *(family == 4 ? &v->has_v4 : &v->has_v6) = true;
    }
}

void resolver_verdict_add(struct resolver_verdict *v, int family,
    const struct resolver_reply *reply, const struct resolver_conf *conf)
{
    switch (reply->outcome) {
    case RESOLVER_ADDRESSES:
        add_addresses(v, family, reply, conf);
        if (reply->ttl < v->ttl)
            v->ttl = reply->ttl;
        break;
    case RESOLVER_NO_NAME:
        v->has_no_name = true;
        v->has_no_a |= family == 4;
        break;
    case RESOLVER_BAD_ANSWER:
    case RESOLVER_SILENCE:
    case RESOLVER_UNREACHABLE:
        if (!v->failure)
            v->failure = reply->message;
        break;
    case RESOLVER_NO_ADDRESS:
        break;
    }
}

enum resolver_wait resolver_verdict_wait(const struct resolver_verdict *v, bool reaches_v6)
{
    if (v->has_no_a || v->has_v4)
        return RESOLVER_WAIT_NOT;
    return v->has_v6 && reaches_v6 ? RESOLVER_WAIT_A_LITTLE : RESOLVER_WAIT_LONG;
}

void resolver_verdict_read(const struct resolver_verdict *v, struct resolver_answer *ret)
{
    *ret = (struct resolver_answer){.addrs = v->addrs.n ? v->addrs : v->refused};
    if (ret->addrs.n > 0) {
        ret->err = ERR_OK;
    } else if (v->failure && !v->has_no_a) {
        ret->err = ERR_DNS_FAILURE;
        ret->message = v->failure;
    } else {
        ret->err = ERR_DNS_NOT_FOUND;
        ret->message = v->has_no_name ? "no such name (NXDOMAIN)" : "the name has no address";
    }
}
