/* Sentences name what the engineer can look up: a date, a name in the certificate, a file. Numbers
 * of alerts: RFC 8446 section 6; OpenSSL gives them as 1000 and the number (SSL_AD_REASON_OFFSET).
 */
#include "protocols/tls/explain.h"

#include "base/clock.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DATE 10 /* letters of it */

/* Length of the UTF-8 character at `text`, 0 when it is none. */
static size_t
character(const char *text)
{
    unsigned char lead = (unsigned char)text[0];
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
    for (size_t i = 1; i < length; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

/* Names come from whoever answers, and are cut: what is no character becomes a question mark. */
static void
tidy(char *text)
{
    while (*text) {
        bool is_ascii = *text >= ' ' && *text < 127;
        size_t length = is_ascii ? 1 : character(text);
        if (length == 0)
            *text = '?';
        text += length ? length : 1;
    }
}

void
explain_name(const X509_NAME *name, char ret_text[PROBE_NAME])
{
    unsigned char *text = NULL;
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    const X509_NAME_ENTRY *entry = at < 0 ? NULL : X509_NAME_get_entry(name, at);
    if (entry && ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry)) > 0)
        snprintf(ret_text, PROBE_NAME, "%s", (const char *)text);
    else
        X509_NAME_oneline(name, ret_text, PROBE_NAME);
    OPENSSL_free(text);
    tidy(ret_text);
}

void
explain_time(int64_t utc_ms, char ret_text[32])
{
    time_t seconds = (time_t)(utc_ms / 1000);
    struct tm parts;
    ret_text[0] = '\0';
    if (gmtime_r(&seconds, &parts))
        strftime(ret_text, 32, "%Y-%m-%d %H:%M UTC", &parts);
}

int64_t
explain_utc_ms(const ASN1_TIME *time)
{
    struct tm parts;
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1)
        return INT64_MAX;
    return (int64_t)timegm(&parts) * 1000;
}

static const char *
trusted(const struct explain_failure *failure)
{
    return failure->options->ca ? failure->options->ca : "the system's list of CAs";
}

/* Dates are the one mistake that may lie on this side. */
static void
explain_date(const struct explain_failure *failure, const char *whose, bool expired,
             char ret_text[PROBE_TEXT])
{
    char at[32], now[32];
    const ASN1_TIME *time = expired ? X509_get0_notAfter(failure->found)
                                    : X509_get0_notBefore(failure->found);
    explain_time(explain_utc_ms(time), at);
    explain_time(clock_utc_ms(), now);
    if (strncmp(at, now, DATE) != 0)
        now[DATE] = '\0'; /* the sentence stays the same for a day: it is logged once */
    int length = snprintf(ret_text, PROBE_TEXT, "%s %s %s", whose,
                          expired ? "expired on" : "is not valid before", at);
    if (failure->options->clock_unsure || !expired)
        snprintf(ret_text + length, PROBE_TEXT - (size_t)length,
                 ", or this gateway's clock is wrong: it says %s", now);
}

static size_t
append(char *text, size_t at, size_t size, const char *name)
{
    int length = snprintf(text + at, size - at, "%s%s", at ? ", " : "", name);
    return length < 0 || (size_t)length >= size - at ? size - 1 : at + (size_t)length;
}

/* DNS names and addresses the certificate has; its common name where it has none. */
static void
list_names(X509 *certificate, char ret_names[PROBE_NAME])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    size_t at = 0;
    ret_names[0] = '\0';
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        char text[64] = "";
        if (name->type == GEN_DNS)
            snprintf(text, sizeof text, "%.*s", ASN1_STRING_length(name->d.dNSName),
                     (const char *)ASN1_STRING_get0_data(name->d.dNSName));
        const unsigned char *bytes = name->type == GEN_IPADD
                                         ? ASN1_STRING_get0_data(name->d.iPAddress)
                                         : NULL;
        if (bytes && ASN1_STRING_length(name->d.iPAddress) == 4)
            snprintf(text, sizeof text, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
        if (text[0])
            at = append(ret_names, at, PROBE_NAME, text);
    }
    GENERAL_NAMES_free(names);
    if (!ret_names[0])
        explain_name(X509_get_subject_name(certificate), ret_names);
}

static void
explain_issuer(const struct explain_failure *failure, char ret_text[PROBE_TEXT])
{
    char issuer[PROBE_NAME];
    explain_name(X509_get_issuer_name(failure->found), issuer);
    if (failure->is_pinned)
        snprintf(ret_text, PROBE_TEXT,
                 "%.45s holds the broker's certificate; only a self-signed one can be pinned: put "
                 "that of its issuer %.45s there",
                 trusted(failure), issuer);
    else
        snprintf(ret_text, PROBE_TEXT,
                 "the broker's certificate was signed by %.60s, which %.60s does not hold", issuer,
                 trusted(failure));
}

static void
explain_host(const struct explain_failure *failure, char ret_text[PROBE_TEXT])
{
    char names[PROBE_NAME];
    list_names(failure->found, names);
    snprintf(ret_text, PROBE_TEXT, "the broker's certificate is for %s, not for %.60s", names,
             failure->options->host);
}

static void
explain_self_signed(const struct explain_failure *failure, char ret_text[PROBE_TEXT])
{
    char name[PROBE_NAME];
    explain_name(X509_get_subject_name(failure->found), name);
    snprintf(ret_text, PROBE_TEXT,
             "the broker's certificate %.50s is self-signed and not one that %.60s holds", name,
             trusted(failure));
}

static void
explain_verify(const struct explain_failure *failure, char ret_text[PROBE_TEXT])
{
    char whose[80] = "the broker's certificate", name[PROBE_NAME];
    explain_name(X509_get_subject_name(failure->found), name);
    if (failure->verify_depth > 0)
        snprintf(whose, sizeof whose, "the certificate of the issuer %.40s", name);
    switch (failure->verify_error) {
    case X509_V_ERR_CERT_HAS_EXPIRED: explain_date(failure, whose, true, ret_text); break;
    case X509_V_ERR_CERT_NOT_YET_VALID: explain_date(failure, whose, false, ret_text); break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: explain_host(failure, ret_text); break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: explain_self_signed(failure, ret_text); break;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: explain_issuer(failure, ret_text); break;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        snprintf(ret_text, PROBE_TEXT,
                 "%s bears the name of an issuer in %.60s, whose key did not sign it", whose,
                 trusted(failure));
        break;
    default:
        snprintf(ret_text, PROBE_TEXT, "%s is refused: %.100s", whose,
                 X509_verify_cert_error_string(failure->verify_error));
    }
}

/* Alerts about our certificate; NULL: about something else. */
static const char *
certificate_alert(int alert)
{
    switch (alert) {
    case SSL_AD_BAD_CERTIFICATE: return "it is damaged or not acceptable";
    case SSL_AD_UNSUPPORTED_CERTIFICATE: return "it is of a kind the broker does not take";
    case SSL_AD_CERTIFICATE_REVOKED: return "it was revoked";
    case SSL_AD_CERTIFICATE_EXPIRED: return "it expired";
    case SSL_AD_CERTIFICATE_UNKNOWN: return "the broker does not know it";
    case SSL_AD_UNKNOWN_CA: return "the broker does not know who signed it";
    case SSL_AD_ACCESS_DENIED: return "access denied";
    case SSL_AD_DECRYPT_ERROR: return "the broker cannot verify its signature";
    default: return NULL;
    }
}

static void
explain_alert(const struct explain_failure *failure, int alert, char ret_text[PROBE_TEXT])
{
    const struct probe_options *options = failure->options;
    const char *why = certificate_alert(alert);
    bool missing = alert == SSL_AD_CERTIFICATE_REQUIRED ||
                   (failure->asked && !options->certificate &&
                    (why || alert == SSL_AD_HANDSHAKE_FAILURE));
    if (missing)
        snprintf(ret_text, PROBE_TEXT,
                 "the broker requires a certificate of this gateway: set certificate and key");
    else if (why && options->certificate)
        snprintf(ret_text, PROBE_TEXT, "the broker refuses this gateway's certificate %.80s: %s",
                 options->certificate, why);
    else if (alert == SSL_AD_PROTOCOL_VERSION)
        snprintf(ret_text, PROBE_TEXT, "the broker does not speak TLS %s",
                 options->only_1_3 ? "1.3, which tls-at-least asks for" : "1.2 or later");
    else if (alert == SSL_AD_UNRECOGNIZED_NAME)
        snprintf(ret_text, PROBE_TEXT, "the broker does not know the name %.80s (SNI)",
                 options->host);
    else
        snprintf(ret_text, PROBE_TEXT, "the broker refuses the TLS handshake: %s",
                 SSL_alert_desc_string_long(alert));
}

static void
explain_reason(const struct explain_failure *failure, char ret_text[PROBE_TEXT])
{
    const struct probe_options *options = failure->options;
    int reason = failure->reason;
    if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256)
        explain_alert(failure, reason - SSL_AD_REASON_OFFSET, ret_text);
    else if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
             reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_RECORD_LENGTH_MISMATCH)
        snprintf(ret_text, PROBE_TEXT,
                 "there is no TLS at %.60s:%u: what answers speaks something else", options->host,
                 options->port);
    else if (reason == SSL_R_UNSUPPORTED_PROTOCOL)
        snprintf(ret_text, PROBE_TEXT, "the broker does not speak TLS %s",
                 options->only_1_3 ? "1.3, which tls-at-least asks for" : "1.2 or later");
    else
        snprintf(ret_text, PROBE_TEXT, "the TLS handshake failed: OpenSSL reason %d", reason);
}

/* The socket ended without a word of TLS. */
static void
explain_end(const struct explain_failure *failure, char ret_text[PROBE_TEXT])
{
    const struct probe_options *options = failure->options;
    bool hung_up = !failure->error || failure->error == ECONNRESET || failure->error == EPIPE;
    if (!hung_up)
        snprintf(ret_text, PROBE_TEXT, "the TLS handshake with %.60s:%u broke: %s", options->host,
                 options->port, strerror(failure->error));
    else if (failure->shaken)
        snprintf(ret_text, PROBE_TEXT, "the broker closed the connection behind the TLS handshake");
    else
        snprintf(ret_text, PROBE_TEXT,
                 "%.60s:%u closed the connection instead of answering in TLS: is it the port for "
                 "connections without TLS?",
                 options->host, options->port);
}

void
explain(const struct explain_failure *failure, char ret_text[PROBE_TEXT])
{
    if (failure->verify_error && failure->found)
        explain_verify(failure, ret_text);
    else if (failure->reason && failure->reason != SSL_R_UNEXPECTED_EOF_WHILE_READING)
        explain_reason(failure, ret_text);
    else
        explain_end(failure, ret_text);
    tidy(ret_text);
}
