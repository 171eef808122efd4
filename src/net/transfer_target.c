#include "net/transfer_target.h"

#include "net/resolver_names.h"

#include <string.h>

/* True if the name is that of a loopback address. */
static bool is_loopback_name(const char *host, struct addr_set *ret)
{
    struct resolver_answer answer;
    size_t len = strlen(host);
    len -= len && host[len - 1] == '.';
    if (!resolver_names_answer_special(host, len, 0, &answer) || answer.err)
        return false;
    *ret = answer.addrs;
    return true;
}

/* False: only the proxy knows the addresses. */
static bool find_addresses(
    const struct transfer_conf *conf, const struct request *request, struct addr_set *ret)
{
    const char *host = request->url.host;
    *ret = (struct addr_set){0};
    if (addr_parse(host, &ret->at[0])) {
        ret->n = 1;
        return true;
    }
    if (proxy_for(&conf->proxies, &request->url).resolves)
        return is_loopback_name(host, ret);
    *ret = request->addrs;
    return true;
}

bool transfer_target_may_reach(
    const struct transfer_conf *conf, const struct addr *addr, struct outcome *o)
{
    if (addr_is_allowed(addr, conf->allow, conf->n_allow))
        return true;
    o->refused++;
    o->refused_addr = *addr;
    return false;
}

bool transfer_target_check(const struct transfer_conf *conf, const struct request *request,
    struct outcome *o, struct addr_set *ret)
{
    struct addr_set all;
    ret->n = 0;
    if (!find_addresses(conf, request, &all))
        return true;
    for (unsigned i = 0; i < all.n; i++)
        if (transfer_target_may_reach(conf, &all.at[i], o))
            addr_set_add(ret, &all.at[i]);
    return ret->n > 0;
}
