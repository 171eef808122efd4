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
    bool has_begun, has_alert;
    int alert;              /* fatal, and from the server (RFC 8446, section 6) */
    SSL_SESSION *offered;   /* of an earlier connection; NULL: none */
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
    bool matters = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE; /* --insecure */
    if (f && cert && !ok && matters && !f->verify_error) {
        f->verify_error = X509_STORE_CTX_get_error(store);
        note_certificate(f, cert);
    }
    return ok;
}

static void begin(struct tlsfailure *f, const SSL *ssl)
{
    SSL_SESSION *session = SSL_get_session(ssl);
    f->has_begun = true;
    if (session && SSL_SESSION_is_resumable(session) && SSL_SESSION_up_ref(session))
        f->offered = session;
}

/* OpenSSL's queue of errors still has the cause here; curl empties it afterwards. */
static void on_info(const SSL *ssl, int where, int result)
{
    struct tlsfailure *f = record_of(ssl);
    if (!f)
        return;
    if (!f->has_begun)
        begin(f, ssl);
    if (where == SSL_CB_READ_ALERT && result >> 8 == SSL3_AL_FATAL) {
        f->has_alert = true;
        f->alert = result & 0xff;
    }
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
    if (!f || --f->users)
        return;
    SSL_SESSION_free(f->offered);
    free(f);
}

/* OpenSSL marks a session that it removes, and offers it to no server any more, wherever else it is
 * kept. It need not be in the set that it is removed from. */
bool tlsfailure_spoil_session(struct tlsfailure *f)
{
    if (!f || !f->offered || f->verify_error)
        return false;
    SSL_CTX *any = SSL_CTX_new(TLS_client_method());
    mem_must(any);
    SSL_CTX_remove_session(any, f->offered);
    SSL_CTX_free(any);
    return true;
}

/* ---- telling ---- */

static const char old_version[] = "the server speaks TLS 1.1 or older only, which is not secure";

/* True for what is not the fault of what either side offers: the server is being stopped or is in
 * trouble, or bytes were damaged on their way. */
static bool is_passing(int alert)
{
    return alert == SSL_AD_CLOSE_NOTIFY || alert == SSL_AD_USER_CANCELLED ||
           alert == SSL_AD_INTERNAL_ERROR || alert == SSL_AD_BAD_RECORD_MAC ||
           alert == SSL_AD_DECRYPT_ERROR;
}

bool tlsfailure_is_break(const struct tlsfailure *f)
{
    if (!f || !f->has_begun || f->verify_error)
        return false;
    if (f->has_alert)
        return is_passing(f->alert);
    return !f->error || ERR_GET_REASON(f->error) == SSL_R_UNEXPECTED_EOF_WHILE_READING ||
           ERR_GET_REASON(f->error) == SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC;
}

bool tlsfailure_is_refusal(const struct tlsfailure *f)
{
    return f && f->has_alert && !is_passing(f->alert);
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

/* An alert has words of its own in OpenSSL, too: those of its error are for programmers. */
static void explain_alert(int alert, char *out)
{
    enum { SIZE = TLSFAILURE_MESSAGE_SIZE };
    switch (alert) {
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
        snprintf(
            out, SIZE, "the server has no cipher in common with us, or wants a client certificate");
        break;
    case SSL_AD_BAD_CERTIFICATE: /* we have sent none */
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_CERTIFICATE_REQUIRED:
        snprintf(out, SIZE, "the server wants a client certificate");
        break;
    case SSL_AD_PROTOCOL_VERSION:
        snprintf(out, SIZE, "%s", old_version);
        break;
    case SSL_AD_UNRECOGNIZED_NAME:
        snprintf(out, SIZE, "the server does not know this host name");
        break;
    default:
        snprintf(out, SIZE, "the server broke the TLS handshake off: %s (alert %d)",
            SSL_alert_desc_string_long(alert), alert);
    }
}

static void explain_error(unsigned long error, char *out)
{
    const char *text = ERR_reason_error_string(error);
    switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED:
        text = old_version;
        break;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        text = "the server does not speak TLS on this port";
        break;
    case SSL_R_DH_KEY_TOO_SMALL:
        text = "the server's key exchange is too weak to be secure";
        break;
    default:
        snprintf(out, TLSFAILURE_MESSAGE_SIZE, "the TLS handshake failed: %s", text ? text : "?");
        return;
    }
    snprintf(out, TLSFAILURE_MESSAGE_SIZE, "%s", text);
}

bool tlsfailure_explain(const struct tlsfailure *f, const char *host, bool name_mismatch,
    char message[TLSFAILURE_MESSAGE_SIZE])
{
    if (!f)
        return false;
    if (f->verify_error)
        return explain_verification(f, message);
    if (name_mismatch && f->names[0] && !f->has_alert) {
        snprintf(message, TLSFAILURE_MESSAGE_SIZE, "the certificate is for %s, not for %.40s",
            f->names, host);
        return true;
    }
    if (f->has_alert)
        explain_alert(f->alert, message);
    else if (f->error && !tlsfailure_is_break(f))
        explain_error(f->error, message);
    else
        return false;
    return true;
}
