#include "net/tlsrecords.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct tlsrecords {
    unsigned users;
    uint64_t come; /* bytes since the last take */
    bool has_given_up, is_cut_off;
};

static int record_index;

static void free_record(
    void *parent, void *record, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
    (void)parent, (void)ad, (void)index, (void)argl, (void)argp;
    tlsrecords_drop(record);
}

static void make_index(void)
{
    record_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_record);
}

struct tlsrecords *tlsrecords_of(SSL *ssl)
{
    const unsigned char *protocol;
    unsigned len;
    if (!ssl)
        return NULL;
    SSL_get0_alpn_selected(ssl, &protocol, &len); /* RFC 7301; "h2": RFC 9113, section 3.1 */
    if (len != 2 || memcmp(protocol, "h2", 2) != 0)
        return NULL;
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), record_index);
}

/* The header of a TLS record (RFC 8446, section 5.1) ends with the length of what follows. As if
 * the server had closed the connection, nothing is read from one that is cut off. */
static void on_message(
    int is_write, int version, int kind, const void *bytes, size_t len, SSL *ssl, void *arg)
{
    (void)version, (void)arg;
    const uint8_t *header = bytes;
    struct tlsrecords *r;
    if (is_write || kind != SSL3_RT_HEADER || len < SSL3_RT_HEADER_LENGTH ||
        !(r = tlsrecords_of(ssl)))
        return;
    r->come += SSL3_RT_HEADER_LENGTH + ((uint64_t)header[3] << 8 | header[4]);
    r->is_cut_off |= r->come > (uint64_t)(r->has_given_up ? TLSRECORDS_GIVEN_UP : TLSRECORDS_IDLE);
    if (r->is_cut_off)
        SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
}

struct tlsrecords *tlsrecords_watch(SSL_CTX *ssl)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_index);
    struct tlsrecords *r = mem_new(sizeof *r);
    if (!SSL_CTX_set_ex_data(ssl, record_index, r))
        abort();
    r->users = 2;
    SSL_CTX_set_msg_callback(ssl, on_message);
    return r;
}

void tlsrecords_drop(struct tlsrecords *r)
{
    if (r && !--r->users)
        free(r);
}

uint64_t tlsrecords_take(struct tlsrecords *r)
{
    uint64_t come = r->come;
    r->come = 0;
    return come;
}

void tlsrecords_give_up(struct tlsrecords *r)
{
    r->has_given_up = true;
}

bool tlsrecords_has_given_up(const struct tlsrecords *r)
{
    return r->has_given_up;
}

bool tlsrecords_is_cut_off(const struct tlsrecords *r)
{
    return r && r->is_cut_off;
}
