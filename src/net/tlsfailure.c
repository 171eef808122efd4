#include "net/tlsfailure.h"

#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAMES_SIZE = 48, DATE_SIZE = sizeof "2026-12-31" };

struct tlsfailure {
    unsigned users;
    bool has_begun;
    unsigned long error;    /* of OpenSSL; 0: none */
    int verify_error;       /* X509_V_ERR_...; the first one; 0: none */
    char names[NAMES_SIZE]; /* of the server's certificate, separated by ", " */
    char subject[NAMES_SIZE], issuer[NAMES_SIZE]; /* of the one that verify_error is about */
    char from[DATE_SIZE], until[DATE_SIZE];       /* its validity */
};

/* ---- what a certificate says ---- */

/* Appends what fits, as printable ASCII: the bytes are a stranger's. */
static void add_text(char names[NAMES_SIZE], const unsigned char *text, int len)
{
    size_t used = strlen(names);
    int n = snprintf(names + used, NAMES_SIZE - used, "%s", used ? ", " : "");
    used += (size_t)n < NAMES_SIZE - used ? (size_t)n : NAMES_SIZE - 1 - used;
    for (int i = 0; i < len && used < NAMES_SIZE - 1; i++)
        names[used++] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
    names[used] = '\0';
}

static void add_common_name(char names[NAMES_SIZE], const X509_NAME *name)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0)
        at = X509_NAME_get_index_by_NID(name, NID_organizationName, -1);
    if (at < 0)
        return;
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    add_text(names, ASN1_STRING_get0_data(text), ASN1_STRING_length(text));
}

/* The names that count for a host (RFC 9525, section 6.3); else the common name. */
static void note_names(struct tlsfailure *f, X509 *cert)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    f->names[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
        if (name->type == GEN_DNS)
            add_text(f->names, ASN1_STRING_get0_data(name->d.dNSName),
                ASN1_STRING_length(name->d.dNSName));
    }
    GENERAL_NAMES_free(all);
    if (!f->names[0])
        add_common_name(f->names, X509_get_subject_name(cert));
}

static void format_date(const ASN1_TIME *time, char out[DATE_SIZE])
{
    struct tm tm;
    out[0] = '\0';
    if (time && ASN1_TIME_to_tm(time, &tm))
        strftime(out, DATE_SIZE, "%Y-%m-%d", &tm);
}

static void note_certificate(struct tlsfailure *f, X509 *cert)
{
    f->subject[0] = f->issuer[0] = '\0';
    add_common_name(f->subject, X509_get_subject_name(cert));
    add_common_name(f->issuer, X509_get_issuer_name(cert));
    format_date(X509_get0_notBefore(cert), f->from);
    format_date(X509_get0_notAfter(cert), f->until);
}

/* ---- following a handshake ---- */

static int record_index;

static void free_record(
    void *parent, void *record, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
    (void)parent, (void)ad, (void)index, (void)argl, (void)argp;
    tlsfailure_drop(record);
}

static void make_index(void)
{
    record_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_record);
}

static struct tlsfailure *record_of(const SSL *ssl)
{
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), record_index);
}

/* Called for each certificate of the chain. Decides nothing: the verdict stays OpenSSL's. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tlsfailure *f = record_of(ssl);
    X509 *cert = X509_STORE_CTX_get_current_cert(store);
    if (f && cert && X509_STORE_CTX_get_error_depth(store) == 0)
        note_names(f, cert);
    if (f && cert && !ok && !f->verify_error) {
        f->verify_error = X509_STORE_CTX_get_error(store);
        note_certificate(f, cert);
    }
    return ok;
}

/* OpenSSL's queue of errors still has the cause here; curl empties it afterwards. */
static void on_info(const SSL *ssl, int where, int result)
{
    struct tlsfailure *f = record_of(ssl);
    if (!f)
        return;
    f->has_begun = true;
    if (where == SSL_CB_CONNECT_EXIT && result <= 0 && ERR_peek_error())
        f->error = ERR_peek_error();
}

struct tlsfailure *tlsfailure_watch(SSL_CTX *ssl)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_index);
    struct tlsfailure *f = mem_new(sizeof *f);
    if (!SSL_CTX_set_ex_data(ssl, record_index, f))
        abort();
    f->users = 2;
    SSL_CTX_set_info_callback(ssl, on_info);
    SSL_CTX_set_verify(ssl, SSL_CTX_get_verify_mode(ssl), on_verify);
    return f;
}

void tlsfailure_drop(struct tlsfailure *f)
{
    if (f && !--f->users)
        free(f);
}

/* ---- telling ---- */

bool tlsfailure_is_break(const struct tlsfailure *f)
{
    if (!f || !f->has_begun || f->verify_error)
        return false;
    return !f->error || ERR_GET_REASON(f->error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

static bool explain_verification(const struct tlsfailure *f, char *out)
{
    enum { SIZE = TLSFAILURE_MESSAGE_SIZE };
    const char *name = f->subject[0] ? f->subject : "?";
    switch (f->verify_error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        snprintf(out, SIZE, "the certificate of %s expired on %s", name, f->until);
        return true;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        snprintf(out, SIZE, "the certificate of %s is valid from %s on", name, f->from);
        return true;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        snprintf(out, SIZE, "the certificate of %s is self-signed (--cacert trusts it)", name);
        return true;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        snprintf(out, SIZE, "the certificate's issuer is not known: %s (--cacert trusts it)",
            f->issuer[0] ? f->issuer : "?");
        return true;
    default:
        snprintf(out, SIZE, "the certificate of %s: %s", name,
            X509_verify_cert_error_string(f->verify_error));
        return true;
    }
}

static bool explain_error(const struct tlsfailure *f, char *out)
{
    const char *text = NULL;
    switch (ERR_GET_REASON(f->error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED:
        text = "the server speaks TLS 1.1 or older only, which is not secure";
        break;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        text = "the server does not speak TLS on this port";
        break;
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
        text = "the server has no cipher in common with us, or wants a client certificate";
        break;
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
        text = "the server does not know this host name";
        break;
    default:
        return false;
    }
    snprintf(out, TLSFAILURE_MESSAGE_SIZE, "%s", text);
    return true;
}

bool tlsfailure_explain(const struct tlsfailure *f, const char *host, bool name_mismatch,
    char message[TLSFAILURE_MESSAGE_SIZE])
{
    if (!f)
        return false;
    if (f->verify_error)
        return explain_verification(f, message);
    if (name_mismatch && f->names[0]) {
        snprintf(message, TLSFAILURE_MESSAGE_SIZE, "the certificate is for %s, not for %.40s",
            f->names, host);
        return true;
    }
    return f->error && explain_error(f, message);
}
