#include "net/resolver_verdict.h"

static bool has_allowed(const struct addr_set *addrs, const struct resolver_conf *conf)
{
    for (unsigned i = 0; i < addrs->n; i++)
        if (addr_is_allowed(&addrs->at[i], conf->allow, conf->n_allow))
            return true;
    return false;
}

void resolver_verdict_add(struct resolver_verdict *v, int family,
    const struct resolver_reply *reply, const struct resolver_conf *conf)
{
    switch (reply->outcome) {
    case RESOLVER_ADDRESSES:
        for (unsigned i = 0; i < reply->addrs.n; i++)
            addr_set_add(&v->addrs, &reply->addrs.at[i]);
        if (reply->ttl < v->ttl)
            v->ttl = reply->ttl;
        if (has_allowed(&reply->addrs, conf))
            *(family == 4 ? &v->has_v4 : &v->has_v6) = true;
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
    *ret = (struct resolver_answer){.addrs = v->addrs};
    if (v->addrs.n > 0) {
        ret->err = ERR_OK;
    } else if (v->failure && !v->has_no_a) {
        ret->err = ERR_DNS_FAILURE;
        ret->message = v->failure;
    } else {
        ret->err = ERR_DNS_NOT_FOUND;
        ret->message = v->has_no_name ? "no such name (NXDOMAIN)" : "the name has no address";
    }
}
