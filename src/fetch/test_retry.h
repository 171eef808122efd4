/* For tests of retries: one job, and hops that end as the test says. */
#ifndef FETCH_TEST_RETRY_H
#define FETCH_TEST_RETRY_H

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "fetch/retry.h"
#include "net/resolver.h"

#include <string.h>

static const uint64_t S = 1000000000; /* ns */
static struct budget budget;
static struct retry_limits limits;
static struct job *j;

static inline void set_up(void)
{
    const char *why;
    budget = (struct budget){.limit = 1000};
    limits = (struct retry_limits){2, 3, 60 * S, 60 * S, &budget};
    j = job_new();
    ck_assert_int_eq(url_parse("http://a/own", 12, &j->request.url, &why), ERR_OK);
}

static inline void tear_down(void)
{
    job_free(j, &budget);
    ck_assert_uint_eq(atomic_load(&budget.used), 0);
}

/* Begins a hop after a look-up that took `dns`; the backend has reserved memory. */
static inline void begin(uint64_t dns)
{
    j->ms.dns = dns;
    ck_assert(retry_hop_begin(j, &limits));
    budget_set(&budget, &j->memory, 100);
}

static inline enum retry_next end_well(void)
{
    j->response.http_status = 200;
    ck_assert(buf_append(&j->response.body, "body", 4));
    return retry_hop_end(j, &limits);
}

static inline enum retry_next end_badly(enum err err, int http_status)
{
    j->response.http_status = http_status;
    job_fail(j, err, "%s", err_name(err));
    return retry_hop_end(j, &limits);
}

static inline enum retry_next end_redirected(const char *target)
{
    j->response.http_status = 302;
    j->response.redirect = mem_dup(target);
    return retry_hop_end(j, &limits);
}

static inline void follow(const char *target)
{
    begin(0);
    ck_assert_int_eq(end_redirected(target), RETRY_REDIRECTED);
    ck_assert_str_eq(j->request.url.text, target);
}

/* Checks that nothing of the last hop is left. */
static inline void expect_clear(void)
{
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert_str_eq(j->message, "");
    ck_assert_int_eq(j->response.http_status, 0);
    ck_assert_ptr_null(j->response.redirect);
    ck_assert_uint_eq(j->response.body.len, 0);
    ck_assert_uint_eq(atomic_load(&budget.used), 0);
}

#endif
