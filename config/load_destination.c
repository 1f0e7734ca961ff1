/* destinations: and store: of a site file. */
#include "base/calendar.h"
#include "config/endpoint.h"
#include "config/load.h"
#include "config/section.h"

#include <string.h>

#define DESTINATIONS_MAX 16

static const char *const STREAMS[] = {"event", "evidence", "period", "minute", "sample", "trend"};
#define STREAM_COUNT (sizeof STREAMS / sizeof *STREAMS)

static void
read_broker(struct load *load, const struct yaml_node *node, const char *what,
            struct broker *ret_broker)
{
    static const char WRONG[] = "'mqtt' of %s is '%.80s'; %s";
    const char *text = node->shape == YAML_TEXT ? node->text : "...", *host = NULL;
    if (!strncmp(text, "tls://", 6) || !strncmp(text, "tcp://", 6))
        host = text + 6;
    if (!host) {
        load_mistake(load, node, WRONG, what, text,
                     "it must be tcp://HOST[:PORT] or tls://HOST[:PORT]");
        return;
    }
    ret_broker->tls = text[1] == 'l';
    const char *wrong = endpoint_parse(host, ret_broker->tls ? 8883 : 1883, load->arena,
                                       &ret_broker->host, &ret_broker->port);
    if (wrong)
        load_mistake(load, node, WRONG, what, text, wrong);
}

/* A broker without TLS in the list would get in the clear what the others get encrypted. */
static void
check_broker(struct load *load, const struct yaml_node *node, const char *what,
             const struct destination *destination)
{
    const struct broker *added = &destination->brokers[destination->broker_count];
    for (unsigned i = 0; added->host && i < destination->broker_count; i++) {
        const struct broker *earlier = &destination->brokers[i];
        if (earlier->host && earlier->tls != added->tls) {
            load_mistake(load, node,
                         "'mqtt' of %s mixes tls:// and tcp://; all its brokers must be one or "
                         "the other",
                         what);
            return;
        }
        if (earlier->host && earlier->port == added->port && !strcmp(earlier->host, added->host))
            load_mistake(load, node, "'mqtt' of %s names %.80s twice", what, node->text);
    }
}

static void
read_brokers(struct load *load, const struct yaml_node *node, const char *what,
             struct destination *destination)
{
    bool is_list = node->shape == YAML_LIST;
    const struct yaml_node *one = is_list ? node->first : node;
    if (is_list && (node->count == 0 || node->count > BROKERS_MAX))
        load_mistake(load, node, "'mqtt' of %s lists %u brokers; it must be 1 to %d", what,
                     (unsigned)node->count, BROKERS_MAX);
    for (; one && destination->broker_count < BROKERS_MAX; one = is_list ? one->next : NULL) {
        read_broker(load, one, what, &destination->brokers[destination->broker_count]);
        check_broker(load, one, what, destination);
        destination->broker_count++;
    }
}

/* enum stream begins with 1: the i-th word is stream i + 1. */
static void
read_streams(struct load *load, const struct yaml_node *node, const char *what,
             struct destination *destination)
{
    destination->streams = 0;
    for (const struct yaml_node *child = node ? node->first : NULL; child; child = child->next) {
        size_t i = 0;
        while (i < STREAM_COUNT &&
               (child->shape != YAML_TEXT || strcmp(child->text, STREAMS[i]) != 0))
            i++;
        if (i < STREAM_COUNT)
            destination->streams |= 2U << i;
        else
            load_mistake(load, child,
                         "'streams' of %s: there is no stream '%.40s'; there are "
                         "event, evidence, period, minute, sample, trend",
                         what, child->shape == YAML_TEXT ? child->text : "...");
    }
    if (!node)
        destination->streams = (2U << STREAM_COUNT) - 2;
    else if (node->count == 0)
        load_mistake(load, node, "'streams' of %s is empty: nothing would be sent", what);
}

/* Somebody between here and there could read along. */
static bool
goes_in_clear(const struct broker *broker)
{
    return broker->host && !broker->tls && strcmp(broker->host, "localhost") != 0 &&
           strncmp(broker->host, "127.", 4) != 0;
}

static void
check_security(struct load *load, const struct yaml_node *node, const char *what,
               struct destination *destination)
{
    static const char *const TLS_KEYS[] = {"ca", "certificate", "key", "tls-at-least",
                                           "certificate-warning"};
    const struct broker *broker = &destination->brokers[0];
    for (size_t i = 0; !broker->tls && broker->host && i < sizeof TLS_KEYS / sizeof *TLS_KEYS;
         i++) {
        const struct yaml_node *key = yaml_find(node, TLS_KEYS[i]);
        if (key)
            load_mistake_at_key(load, key, "'%s' of %s is for tls://; 'mqtt' says tcp://",
                                TLS_KEYS[i], what);
    }
    if (!destination->certificate != !destination->key)
        load_mistake(load, node, "%s must have both certificate and key, or neither", what);
    if (destination->password && !destination->user)
        load_mistake(load, node, "%s has a password and no user", what);
    if (destination->user && !destination->password)
        destination->password = arena_text(load->arena,
                                           load_printf(load, "%s.password", destination->name));
    bool in_clear = false;
    for (unsigned i = 0; i < destination->broker_count; i++)
        in_clear = in_clear || goes_in_clear(&destination->brokers[i]);
    if (destination->user && in_clear)
        load_warning(load, node,
                     "%s sends its password where everybody on the way can read it; "
                     "use tls://",
                     what);
}

static void
check_prefix(struct load *load, const struct yaml_node *node, const char *what, const char *prefix)
{
    size_t length = strlen(prefix);
    if (length == 0 || length > 64 || strpbrk(prefix, "+# ") || prefix[0] == '/' ||
        prefix[0] == '$' || prefix[length - 1] == '/')
        load_mistake(load, node,
                     "'prefix' of %s is '%.70s'; it must be words with '/' between, "
                     "without +, # and spaces, at most 64 letters",
                     what, prefix);
}

static void
read_start(struct load *load, const struct yaml_node *node, const char *what,
           struct destination *destination)
{
    const char *text = destination->start_text;

    destination->start = strcmp(text, "now") == 0 ? START_NOW : START_OLDEST;
    if (destination->start == START_NOW || strcmp(text, "oldest") == 0)
        return;
    destination->start = START_TIME;
    if (!calendar_parse_time(text, &destination->start_utc_ms))
        load_mistake(load, yaml_find(node, "start"),
                     "'start' of %s is '%.40s'; it must be oldest, now, or a time like "
                     "2026-11-21T08:00",
                     what, text);
}

static void
read_destination(struct load *load, const struct yaml_node *node, struct destination *destination)
{
    const char *what = load_printf(load, "destination '%.60s'", node->key);
    section_default(&SCHEMA_DESTINATION, destination);
    section_read(load, &SCHEMA_DESTINATION, node, what, destination);
    const struct yaml_node *brokers = section_form(&SCHEMA_DESTINATION, node, "mqtt");
    if (brokers)
        read_brokers(load, brokers, what, destination);
    read_streams(load, section_form(&SCHEMA_DESTINATION, node, "streams"), what, destination);
    read_start(load, node, what, destination);
    check_security(load, node, what, destination);
    check_prefix(load, node, what, destination->prefix);
}

/* The broker that both have; NULL: none. */
static const struct broker *
shared_broker(const struct destination *one, const struct destination *other)
{
    for (uint16_t i = 0; i < one->broker_count; i++)
        for (uint16_t k = 0; k < other->broker_count; k++)
            if (one->brokers[i].host && other->brokers[k].host && /* a mistake leaves none */
                one->brokers[i].port == other->brokers[k].port &&
                strcmp(one->brokers[i].host, other->brokers[k].host) == 0)
                return &one->brokers[i];
    return NULL;
}

/* A broker ends a client's connection when another one comes with its id (MQTT 5, 3.1.4). */
static void
check_client_ids(struct load *load, const struct yaml_node *node, const struct destination *one)
{
    for (const struct destination *other = load->site->destinations; other < one; other++) {
        const struct broker *broker = shared_broker(one, other);
        bool same = one->client_id == NULL || other->client_id == NULL
                        ? one->client_id == other->client_id
                        : strcmp(one->client_id, other->client_id) == 0;
        if (broker != NULL && same)
            load_mistake(load, node,
                         "destinations '%.40s' and '%.40s' go to %.80s:%u with the same client id, "
                         "and the broker would keep one of them only: give one a 'client-id'",
                         other->name, one->name, broker->host, broker->port);
    }
}

void
load_destinations(struct load *load, const struct yaml_node *node)
{
    struct site *site = load->site;
    uint32_t count = section_count_names(load, node, "destination");
    if (count > DESTINATIONS_MAX) {
        load_mistake(load, node, "there are %u destinations; at most %d", count, DESTINATIONS_MAX);
        count = DESTINATIONS_MAX;
    }
    site->destinations = arena_take(load->arena, (count ? count : 1) * sizeof *site->destinations);
    const struct yaml_node *child = count ? node->first : NULL;
    for (; child && site->destination_count < count; child = child->next) {
        struct destination *destination = &site->destinations[site->destination_count];
        destination->name = arena_text(load->arena, child->key);
        destination->index = site->destination_count++;
        read_destination(load, child, destination);
        check_client_ids(load, child, destination);
    }
}

void
load_store(struct load *load, const struct yaml_node *node)
{
    struct store_settings *store = &load->site->store;
    section_default(&SCHEMA_STORE, store);
    section_default(&SCHEMA_KEEP, store);
    if (!node)
        return;
    section_read(load, &SCHEMA_STORE, node, "'store'", store);
    const struct yaml_node *keep = section_form(&SCHEMA_STORE, node, "keep");
    if (keep)
        section_read(load, &SCHEMA_KEEP, keep, "'keep'", store);
}
