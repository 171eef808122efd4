/*
 * A reply of a fetch process, in pieces that a test can spoil, and the job that takes it.
 *
 * The structs are private, so this includes procs_wire.c. Include it once in a test program.
 */
#ifndef BACKENDS_PROCS_WIRE_SCRIPT_H
#define BACKENDS_PROCS_WIRE_SCRIPT_H

#include "backends/procs_wire.c"
#include "base/test.h"

#include <sys/mman.h>

enum { BODY = 5, MAX_SIZE = 1000, ROOM = 5 * (TEXT_MAX + 10) };
static const uint64_t ELAPSED = 2000000000; /* ns */

static struct transfer_conf conf;
static struct procs_wire_bounds bounds;
static bool is_taken; /* the last reply */
static struct job *job;
static uint8_t *edge; /* ROOM bytes before it can be read, none from here on */

static inline void set_up(void)
{
    enum { PAGES = 65536, GUARD = 65536 }; /* whole pages for any page size */
    uint8_t *memory =
        mmap(NULL, PAGES + GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(memory != MAP_FAILED);
    edge = memory + PAGES;
    ck_assert_int_eq(mprotect(edge, GUARD, PROT_NONE), 0);
    conf = (struct transfer_conf){.max_size = MAX_SIZE};
    bounds = (struct procs_wire_bounds){.elapsed_ns = ELAPSED, .transfer = &conf};
    job = job_new();
    ck_assert(addr_parse("192.0.2.1", &job->request.addrs.at[0]));
    ck_assert(addr_parse("2001:db8::1", &job->request.addrs.at[1]));
    job->request.addrs.n = 2;
}

static inline void tear_down(void)
{
    job_free(job, NULL);
}

/* A valid reply, in pieces: the struct, and the bytes after it. */
static struct {
    struct reply head;
    uint8_t behind[ROOM];
    size_t len; /* of the bytes after it */
} said;

static inline void say_text(uint32_t *ret_len, const char *text)
{
    *ret_len = (uint32_t)strlen(text);
    memcpy(said.behind + said.len, text, *ret_len);
    said.len += *ret_len;
}

static inline void say_sound(void)
{
    said.head = (struct reply){.http_status = 200, .connections = 1, .received = 300};
    said.head.retry_after_s = 7;
    said.head.ms = (struct timings){1, 2, 3, 4, 5, 6};
    strcpy(said.head.ip, "192.0.2.1");
    said.len = 0;
    say_text(&said.head.type_len, "image/png");
    say_text(&said.head.etag_len, "\"tag\"");
    say_text(&said.head.modified_len, "Mon, 01 Jan 2024 00:00:00 GMT");
    say_text(&said.head.body_len, "bytes");
}

static inline void say_redirect(void)
{
    said.head = (struct reply){.http_status = 302, .connections = 1};
    said.len = 0;
    say_text(&said.head.type_len, "text/html");
    say_text(&said.head.redirect_len, "http://a.example/b");
}

/* The main process gets `len` bytes of it. A read beyond them would crash. */
static inline void hear(size_t len)
{
    uint8_t *out = edge - len;
    size_t head = len < sizeof said.head ? len : sizeof said.head;
    memcpy(out, &said.head, head);
    memcpy(out + head, said.behind, len - head);
    job_clear_response(job, NULL);
    is_taken = procs_wire_take_reply(job, out, len, &bounds);
    memset(out, 0xee, len);
}

static inline void hear_all(void)
{
    hear(sizeof said.head + said.len);
}

static inline void expect_impossible(void)
{
    ck_assert(!is_taken);
    ck_assert_ptr_null(job->response.body.data);
    ck_assert_int_eq(job->response.http_status, 0);
    ck_assert_uint_eq(job->response.received, 0);
}

static inline void expect_taken(enum err err)
{
    ck_assert(is_taken);
    ck_assert_int_eq(job->err, err);
}

#endif
