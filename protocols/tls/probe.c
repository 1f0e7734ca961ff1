/* The verdict comes from the same library, the same files and the same rules as paho's own
 * handshake: peer verified, host name or address checked, no partial chains. With TLS 1.3 a broker
 * judges our certificate only behind the handshake (RFC 8446, 4.4.2.4 and 6.2): it is listened to
 * until it gives a session ticket, which it does after it was content, or for LISTEN_MS. */
#include "protocols/tls/probe.h"

#include "base/clock.h"
#include "protocols/mqtt/reach.h"
#include "protocols/tls/explain.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LISTEN_MS 400

struct probe {
    const struct probe_options *options;
    int64_t deadline_mono_ms;
    int handle;
    SSL_CTX *context;
    SSL *ssl;
    bool asked, shaken, content; /* for our certificate; through; a ticket came */
    int verify_error, verify_depth;
    X509 *found;
    int error;
};

/* ---- what OpenSSL calls ---- */

static int probe_index = -1;

static struct probe *
probe_of(const SSL *ssl)
{
    return SSL_get_ex_data(ssl, probe_index);
}

static int
on_verify(int fine, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct probe *probe = probe_of(ssl);
    if (fine || probe->found)
        return fine;
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    if (!certificate)
        certificate = X509_STORE_CTX_get0_cert(store);
    probe->verify_error = X509_STORE_CTX_get_error(store);
    probe->verify_depth = X509_STORE_CTX_get_error_depth(store);
    if (certificate && X509_up_ref(certificate) == 1)
        probe->found = certificate;
    return 0;
}

static int
on_certificate_asked(SSL *ssl, void *context)
{
    (void)context;
    probe_of(ssl)->asked = true;
    return 1;
}

static int
on_ticket(SSL *ssl, SSL_SESSION *session)
{
    (void)session;
    probe_of(ssl)->content = true;
    return 0;
}

/* A key behind a passphrase is not asked for at a terminal. */
static int
on_passphrase(char *text, int size, int writing, void *context)
{
    (void)text, (void)size, (void)writing, (void)context;
    return 0;
}

/* ---- our side ---- */

static int
refuse(int rc, char ret_error[PROBE_TEXT], const char *format, const char *first,
       const char *second)
{
    char text[PROBE_TEXT];
    int at = 0;
    for (const char *from = format; *from && at < PROBE_TEXT - 1; from++) {
        const char *file = *from == '1' ? first : *from == '2' ? second : NULL;
        if (file)
            at += snprintf(text + at, (size_t)(PROBE_TEXT - at), "%.70s", file);
        else
            text[at++] = *from;
    }
    text[at < PROBE_TEXT ? at : PROBE_TEXT - 1] = '\0';
    memcpy(ret_error, text, sizeof text);
    return rc;
}

static int
load_own(struct probe *probe, char ret_error[PROBE_TEXT])
{
    const struct probe_options *options = probe->options;
    if (!options->certificate || !options->key)
        return 0;
    if (SSL_CTX_use_certificate_chain_file(probe->context, options->certificate) != 1)
        return refuse(-EINVAL, ret_error, "the certificate 1 is not a certificate in PEM",
                      options->certificate, NULL);
    int rc = SSL_CTX_use_PrivateKey_file(probe->context, options->key, SSL_FILETYPE_PEM);
    int reason = ERR_GET_REASON(ERR_peek_error());
    if (rc == 1 && SSL_CTX_check_private_key(probe->context) == 1)
        return 0;
    bool foreign = reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH;
    if (rc == 1 || foreign)
        return refuse(-EINVAL, ret_error, "the key 1 does not fit the certificate 2", options->key,
                      options->certificate);
    return refuse(-EINVAL, ret_error, "the key 1 is not a private key in PEM without a passphrase",
                  options->key, NULL);
}

static int
load_trust(struct probe *probe, char ret_error[PROBE_TEXT])
{
    const char *ca = probe->options->ca;
    if (!ca)
        return SSL_CTX_set_default_verify_paths(probe->context) == 1 ? 0 : -EIO;
    if (SSL_CTX_load_verify_locations(probe->context, ca, NULL) == 1)
        return 0;
    return refuse(-EINVAL, ret_error, "the CA file 1 holds no certificate in PEM", ca, NULL);
}

static int
set_up(struct probe *probe, char ret_error[PROBE_TEXT])
{
    snprintf(ret_error, PROBE_TEXT, "OpenSSL gives no memory");
    probe->context = SSL_CTX_new(TLS_client_method());
    if (!probe->context)
        return -ENOMEM;
    SSL_CTX_set_min_proto_version(probe->context,
                                  probe->options->only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_verify(probe->context, SSL_VERIFY_PEER, on_verify);
    SSL_CTX_set_cert_cb(probe->context, on_certificate_asked, NULL);
    SSL_CTX_set_default_passwd_cb(probe->context, on_passphrase);
    SSL_CTX_set_session_cache_mode(probe->context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(probe->context, on_ticket);
    int rc = load_trust(probe, ret_error);
    return rc < 0 ? rc : load_own(probe, ret_error);
}

static bool
is_address(const char *host)
{
    uint8_t bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static int
make_ssl(struct probe *probe)
{
    const char *host = probe->options->host;
    probe->ssl = SSL_new(probe->context);
    if (!probe->ssl || SSL_set_fd(probe->ssl, probe->handle) != 1 ||
        SSL_set_ex_data(probe->ssl, probe_index, probe) != 1)
        return -ENOMEM;
    X509_VERIFY_PARAM *rules = SSL_get0_param(probe->ssl);
    if (is_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(rules, host) == 1 ? 0 : -EINVAL;
    SSL_set_tlsext_host_name(probe->ssl, host);
    return X509_VERIFY_PARAM_set1_host(rules, host, 0) == 1 ? 0 : -EINVAL;
}

/* ---- the connection ---- */

/* 0, -ETIMEDOUT or another negative errno. */
static int
wait_for(const struct probe *probe, short events, int64_t until_mono_ms)
{
    int64_t rest = until_mono_ms - clock_mono_ms();
    struct pollfd ready = {.fd = probe->handle, .events = events};
    int rc = rest > 0 ? poll(&ready, 1, (int)rest) : 0;
    return rc > 0 ? 0 : rc == 0 ? -ETIMEDOUT : errno == EINTR ? 0 : -errno;
}

static int
connect_to(struct probe *probe, const struct reach_address *address)
{
    int error = 0;
    socklen_t size = sizeof error;
    probe->handle = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                           0);
    if (probe->handle < 0)
        return -errno;
    int rc = connect(probe->handle, (const struct sockaddr *)&address->socket, address->length);
    rc = rc == 0 || errno == EINPROGRESS ? 0 : -errno;
    if (rc == 0)
        rc = wait_for(probe, POLLOUT, probe->deadline_mono_ms);
    if (rc == 0 && getsockopt(probe->handle, SOL_SOCKET, SO_ERROR, &error, &size) == 0)
        rc = -error;
    if (rc < 0) {
        close(probe->handle);
        probe->handle = -1;
    }
    return rc;
}

static int
reach(struct probe *probe, char ret_error[PROBE_TEXT])
{
    const struct probe_options *options = probe->options;
    struct reach_address found[REACH_ADDRESSES];
    int count = reach_resolve(options->host, options->port, found, ret_error);
    int rc = count < 0 ? count : -EHOSTUNREACH;
    probe->deadline_mono_ms = clock_mono_ms() + options->timeout_ms;
    for (int i = 0; i < count && rc < 0; i++)
        rc = connect_to(probe, &found[i]);
    if (count >= 0 && rc < 0)
        snprintf(ret_error, PROBE_TEXT, "nobody answers at %.80s:%u: %s", options->host,
                 options->port, strerror(-rc));
    return rc;
}

/* One call of OpenSSL's outcome: 1 done, 0 again, or negative. */
static int
go_on(struct probe *probe, int rc, int64_t until_mono_ms)
{
    switch (rc > 0 ? SSL_ERROR_NONE : SSL_get_error(probe->ssl, rc)) {
    case SSL_ERROR_NONE: return 1;
    case SSL_ERROR_WANT_READ: return wait_for(probe, POLLIN, until_mono_ms);
    case SSL_ERROR_WANT_WRITE: return wait_for(probe, POLLOUT, until_mono_ms);
    case SSL_ERROR_SYSCALL: probe->error = ERR_peek_error() ? 0 : errno; return -EPROTO;
    default: return -EPROTO;
    }
}

static int
shake_hands(struct probe *probe)
{
    int rc = 0;
    while (rc == 0) {
        ERR_clear_error();
        errno = 0;
        rc = go_on(probe, SSL_connect(probe->ssl), probe->deadline_mono_ms);
    }
    probe->shaken = rc == 1;
    return rc == 1 ? 0 : rc;
}

/* Silence is content, too: a broker waits for CONNECT. */
static int
listen_for_alert(struct probe *probe)
{
    int64_t until = clock_mono_ms() + LISTEN_MS;
    char byte;
    int rc = 0;
    while (rc == 0 && !probe->content) {
        ERR_clear_error();
        errno = 0;
        rc = go_on(probe, SSL_read(probe->ssl, &byte, 1), until);
    }
    return rc == -ETIMEDOUT || rc == 1 ? 0 : rc;
}

/* ---- the verdict ---- */

/* A certificate in the ca file that is the broker's own, byte for byte. */
static bool
is_pinned(const struct probe *probe)
{
    STACK_OF(X509_OBJECT) *held = X509_STORE_get0_objects(SSL_CTX_get_cert_store(probe->context));
    for (int i = 0; probe->found && i < sk_X509_OBJECT_num(held); i++) {
        X509 *one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(held, i));
        if (one && X509_cmp(one, probe->found) == 0)
            return true;
    }
    return false;
}

static int
tell(struct probe *probe, int rc, char ret_error[PROBE_TEXT])
{
    if (rc == -ETIMEDOUT) {
        snprintf(ret_error, PROBE_TEXT,
                 "%.80s:%u takes connections and does not answer in TLS within %d s",
                 probe->options->host, probe->options->port, probe->options->timeout_ms / 1000);
        return rc;
    }
    unsigned long code = ERR_peek_error();
    struct explain_failure failure = {
        .options = probe->options,
        .verify_error = probe->verify_error,
        .verify_depth = probe->verify_depth,
        .found = probe->found,
        .is_pinned = is_pinned(probe),
        .asked = probe->asked,
        .shaken = probe->shaken,
        .reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0,
        .error = probe->error,
    };
    explain(&failure, ret_error);
    return -EPROTO;
}

static void
fill(const struct probe *probe, struct probe_result *ret_result)
{
    STACK_OF(X509) *chain = SSL_get0_verified_chain(probe->ssl);
    uint8_t digest[32];
    unsigned length = 0;
    ret_result->until_utc_ms = INT64_MAX;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *one = sk_X509_value(chain, i);
        int64_t until = explain_utc_ms(X509_get0_notAfter(one));
        if (until < ret_result->until_utc_ms) {
            ret_result->until_utc_ms = until;
            explain_name(X509_get_subject_name(one), ret_result->until_of);
        }
        if (i == 0 && X509_digest(one, EVP_sha256(), digest, &length) == 1)
            explain_name(X509_get_subject_name(one), ret_result->subject);
    }
    for (unsigned i = 0; i < length; i++)
        snprintf(ret_result->fingerprint + 2UL * i, 3, "%02x", digest[i]);
    snprintf(ret_result->version, sizeof ret_result->version, "%s", SSL_get_version(probe->ssl));
    ret_result->certificate_asked = probe->asked;
}

static int
run(struct probe *probe, struct probe_result *ret_result, char ret_error[PROBE_TEXT])
{
    int rc = set_up(probe, ret_error);
    if (rc == 0)
        rc = reach(probe, ret_error);
    if (rc < 0)
        return rc;
    rc = make_ssl(probe);
    if (rc < 0) {
        snprintf(ret_error, PROBE_TEXT, "OpenSSL does not take the name %.80s",
                 probe->options->host);
        return rc;
    }
    rc = shake_hands(probe);
    if (rc == 0)
        rc = listen_for_alert(probe);
    if (rc < 0)
        return tell(probe, rc, ret_error);
    fill(probe, ret_result);
    SSL_shutdown(probe->ssl);
    return 0;
}

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static void
take_index(void)
{
    probe_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

int
probe_run(const struct probe_options *options, struct probe_result *ret_result,
          char ret_error[PROBE_TEXT])
{
    struct probe probe = {.options = options, .handle = -1};
    memset(ret_result, 0, sizeof *ret_result);
    CRYPTO_THREAD_run_once(&once, take_index);
    ERR_clear_error();
    int rc = run(&probe, ret_result, ret_error);
    ERR_clear_error();
    SSL_free(probe.ssl);
    SSL_CTX_free(probe.context);
    X509_free(probe.found);
    if (probe.handle >= 0)
        close(probe.handle);
    return rc;
}
