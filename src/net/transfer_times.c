#include "net/transfer_times.h"

/* The call must not come together with curl's own timer for the first address, whose call it is to
 * follow, even if the loop is late. */
enum { LATER_MS = 50 };

uint64_t transfer_times_next_address(uint64_t to_connect_ms, const struct addr_set *addrs)
{
    for (unsigned i = 1; i < addrs->n; i++)
        if (addrs->at[i].family != addrs->at[0].family)
            return 0;
    return addrs->n > 1 ? to_connect_ms / 2 + LATER_MS : 0;
}

/* Of the timers that curl has for a transfer, one can be set: after it, curl tries the other family
 * as well. If all addresses are of one family, that call is free for another purpose. */
void transfer_times_set(CURL *easy, const struct transfer_conf *conf, const struct request *r)
{
    uint64_t left = r->time_left_ns / 1000000;
    uint64_t connect = conf->connect_timeout_ms < left ? conf->connect_timeout_ms : left;
    uint64_t next = transfer_times_next_address(connect, &r->addrs);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left ? (long)left : 1L);
    curl_easy_setopt(easy, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, next ? (long)next : CURL_HET_DEFAULT);
}
