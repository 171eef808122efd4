#include "net/resolver_tcp.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH = 2, MESSAGE_MAX = 65535 }; /* bytes; each message has its length before it */

struct resolver_tcp {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    resolver_tcp_done *done; /* NULL: was called, or the question is freed */
    void *arg;
    size_t n_question, n_answer;
    unsigned char question[LENGTH + RESOLVER_WIRE_QUESTION_MAX];
    unsigned char answer[LENGTH + MESSAGE_MAX];
};

static void tell(struct resolver_tcp *t, const unsigned char *bytes, size_t len)
{
    resolver_tcp_done *done = t->done;
    t->done = NULL;
    if (done)
        done(t->arg, bytes, len);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    (void)suggested;
    struct resolver_tcp *t = handle->data;
    *ret = uv_buf_init((char *)t->answer + t->n_answer, (unsigned)(sizeof t->answer - t->n_answer));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    struct resolver_tcp *t = stream->data;
    if (n > 0)
        t->n_answer += (size_t)n;
    size_t len = (size_t)t->answer[0] << 8 | t->answer[1];
    bool is_complete = t->n_answer >= LENGTH && t->n_answer >= LENGTH + len;
    if (n >= 0 && !is_complete)
        return;
    tell(t, is_complete ? t->answer + LENGTH : NULL, len);
}

static void on_written(uv_write_t *write, int status)
{
    if (status < 0)
        tell(write->data, NULL, 0);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct resolver_tcp *t = connect->data;
    uv_buf_t buf = uv_buf_init((char *)t->question, (unsigned)t->n_question);
    if (status < 0 || uv_write(&t->write, (uv_stream_t *)&t->tcp, &buf, 1, on_written) ||
        uv_read_start((uv_stream_t *)&t->tcp, give_buffer, on_read))
        tell(t, NULL, 0);
}

static void on_tcp_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void resolver_tcp_free(struct resolver_tcp *t)
{
    if (!t)
        return;
    t->done = NULL;
    uv_close((uv_handle_t *)&t->tcp, on_tcp_closed);
}

struct resolver_tcp *resolver_tcp_new(uv_loop_t *loop, const struct sockaddr_storage *server,
    const unsigned char *question, size_t len, resolver_tcp_done *done, void *arg)
{
    struct resolver_tcp *t = mem_new(sizeof *t);
    t->tcp.data = t->connect.data = t->write.data = t;
    t->done = done;
    t->arg = arg;
    t->n_question = LENGTH + len;
    t->question[0] = (unsigned char)(len >> 8);
    t->question[1] = (unsigned char)len;
    memcpy(t->question + LENGTH, question, len);
    uv_tcp_init(loop, &t->tcp);
    if (!uv_tcp_connect(&t->connect, &t->tcp, (const struct sockaddr *)server, on_connected))
        return t;
    resolver_tcp_free(t);
    return NULL;
}
