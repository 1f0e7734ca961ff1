/* What OpenSSL found wrong with a handshake, in one sentence for the engineer on site. */
#ifndef PROTOCOLS_TLS_EXPLAIN_H
#define PROTOCOLS_TLS_EXPLAIN_H

#include "protocols/tls/probe.h"

#include <openssl/x509.h>

struct explain_failure {
    const struct probe_options *options;
    int verify_error; /* X509_V_...; 0: none */
    int verify_depth; /* 0: the broker's own certificate */
    X509 *found;      /* the certificate in question; NULL: none */
    bool is_pinned;   /* it stands in the ca file itself */
    bool asked;       /* the broker asked for a certificate of ours */
    bool shaken;      /* the handshake had come to its end */
    int reason;       /* SSL_R_...; 0: none */
    int error;        /* errno of the socket, 0: the broker closed it */
};

void explain(const struct explain_failure *failure, char ret_text[PROBE_TEXT]);

/* The common name of a certificate's subject or issuer, else all of the name. */
void explain_name(const X509_NAME *name, char ret_text[PROBE_NAME]);

/* "2026-11-21 16:20 UTC" */
void explain_time(int64_t utc_ms, char ret_text[32]);

/* INT64_MAX for a time without meaning. */
int64_t explain_utc_ms(const ASN1_TIME *time);

#endif
