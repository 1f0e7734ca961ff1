/* Refusals come as numbers of two protocol versions (MQTT 3.1.1 table 3.1, MQTT 5.0 section 2.4),
 * as OpenSSL's words or as paho's; this table is the only place that turns them into sentences.
 * Pure. */
#include "protocols/mqtt/reason.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int code_4, code_5;
    const char *words;
} reasons[] = {
    {1, 132, "the broker does not speak this version of MQTT"},
    {2, 133, "the broker refuses the client id"},
    {3, 136, "the broker says it is not available"},
    {4, 134, "the broker does not accept the user name or password"},
    {5, 135, "the broker does not authorise this client"},
    {0, 128, "the broker refuses and does not say why"},
    {0, 129, "the broker says that we sent a malformed packet"},
    {0, 130, "the broker says that we broke the protocol"},
    {0, 131, "the broker refuses for a reason of its own"},
    {0, 137, "the broker is busy"},
    {0, 138, "the broker has banned this client"},
    {0, 139, "the broker is shutting down"},
    {0, 140, "the broker wants another way to log in than user name and password"},
    {0, 141, "the broker heard nothing from us for too long"},
    {0, 142, "another client connected under this client id"},
    {0, 143, "the broker does not take this subscription"},
    {0, 144, "the broker does not take this topic name"},
    {0, 147, "more messages under way than the broker takes"},
    {0, 149, "the message is larger than the broker takes"},
    {0, 150, "the broker wants fewer messages"},
    {0, 151, "the broker's quota is used up"},
    {0, 153, "the broker refuses the payload"},
    {0, 154, "the broker keeps no retained messages"},
    {0, 155, "the broker does not take QoS 1"},
    {0, 156, "the broker sends us to another one"},
    {0, 157, "the broker has moved"},
    {0, 159, "the broker wants fewer connections"},
};

void
reason_describe(int reason, char ret_text[REASON_TEXT])
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reason > 0 && (reason == reasons[i].code_4 || reason == reasons[i].code_5)) {
            snprintf(ret_text, REASON_TEXT, "%s", reasons[i].words);
            return;
        }
    }
    snprintf(ret_text, REASON_TEXT, "the broker answers with reason %d", reason);
}

bool
reason_is_version(int reason)
{
    return reason == 1 || reason == 132;
}

bool
reason_is_silent_close(const char *message)
{
    return message && strstr(message, "connect completion failure");
}

static const struct {
    const char *said, *words;
} handshakes[] = {
    {"unknown ca", "the broker does not trust our certificate"},
    {"bad certificate", "the broker does not take our certificate"},
    {"certificate expired", "the broker says our certificate has expired"},
    {"certificate required", "the broker wants a client certificate"},
    {"key values mismatch", "the key does not belong to the certificate"},
    {"wrong version number", "the broker does not speak TLS on this port"},
};

/* OpenSSL's reason in words that tell what to look at. */
static void
describe_handshake(const struct reason_failure *failure, char ret_text[REASON_TEXT])
{
    if (strstr(failure->tls_said, "certificate verify failed")) {
        snprintf(ret_text, REASON_TEXT,
                 "the broker's certificate is not trusted: check the CA%s, the host name in the "
                 "certificate and the clock",
                 failure->own_ca ? " file" : "");
        return;
    }
    for (size_t i = 0; i < sizeof handshakes / sizeof handshakes[0]; i++) {
        if (strstr(failure->tls_said, handshakes[i].said)) {
            snprintf(ret_text, REASON_TEXT, "%s", handshakes[i].words);
            return;
        }
    }
    snprintf(ret_text, REASON_TEXT, "the TLS handshake failed: %.110s", failure->tls_said);
}

void
reason_describe_failure(const struct reason_failure *failure, char ret_text[REASON_TEXT])
{
    const char *message = failure->message ? failure->message : "";
    if (failure->code == 5 || failure->code == 135)
        snprintf(ret_text, REASON_TEXT,
                 "the broker does not authorise this client: check user name and password");
    else if (failure->code > 0)
        reason_describe(failure->code, ret_text);
    else if (failure->tls && failure->tls_said[0])
        describe_handshake(failure, ret_text);
    else if (reason_is_silent_close(message) && failure->tls)
        snprintf(ret_text, REASON_TEXT,
                 "the broker hung up after the TLS handshake: perhaps it does not take our "
                 "certificate");
    else if (reason_is_silent_close(message))
        snprintf(ret_text, REASON_TEXT, "the broker hung up instead of answering");
    else if (strstr(message, "timeout"))
        snprintf(ret_text, REASON_TEXT, "no answer in %d s", failure->timeout_s);
    else if (failure->tls)
        snprintf(ret_text, REASON_TEXT,
                 "TLS broke off: the broker's certificate is not for %.40s, or it does not take "
                 "our certificate, or it does not speak TLS",
                 failure->host);
    else
        snprintf(ret_text, REASON_TEXT, "nobody answers there");
}
