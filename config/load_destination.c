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
            struct destination *destination)
{
    static const char WRONG[] = "'mqtt' of %s is '%.80s'; %s";
    const char *host = NULL;
    if (!strncmp(node->text, "tls://", 6) || !strncmp(node->text, "tcp://", 6))
        host = node->text + 6;
    if (!host) {
        load_mistake(load, node, WRONG, what, node->text,
                     "it must be tcp://HOST[:PORT] or tls://HOST[:PORT]");
        return;
    }
    destination->tls = node->text[1] == 'l';
    const char *wrong = endpoint_parse(host, destination->tls ? 8883 : 1883, load->arena,
                                       &destination->host, &destination->port);
    if (wrong)
        load_mistake(load, node, WRONG, what, node->text, wrong);
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

static void
check_security(struct load *load, const struct yaml_node *node, const char *what,
               struct destination *destination)
{
    static const char *const TLS_KEYS[] = {"ca", "certificate", "key"};
    for (size_t i = 0; !destination->tls && destination->host && i < 3; i++) {
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
    bool local = destination->host && (!strcmp(destination->host, "localhost") ||
                                       !strncmp(destination->host, "127.", 4));
    if (destination->user && destination->host && !destination->tls && !local)
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
    const struct yaml_node *broker = section_form(&SCHEMA_DESTINATION, node, "mqtt");
    if (broker)
        read_broker(load, broker, what, destination);
    read_streams(load, section_form(&SCHEMA_DESTINATION, node, "streams"), what, destination);
    read_start(load, node, what, destination);
    check_security(load, node, what, destination);
    check_prefix(load, node, what, destination->prefix);
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
