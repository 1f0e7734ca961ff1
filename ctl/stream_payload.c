/* The envelope of a data payload, and the small things its records are read with. */
#include "base/cbor.h"
#include "ctl/stream_parts.h"
#include "daemon/assess/assess.h"
#include "daemon/forward/payload.h"
#include "daemon/forward/payload_record.h"

#include <stdlib.h>
#include <string.h>

#define ID_DIGITS 32

bool
stream_refuse(char ret_error[STREAM_SAY], const char *what, const char *where)
{
    snprintf(ret_error, STREAM_SAY, "%s '%.60s'", what, where);
    return false;
}

bool
stream_take_integer(const json_t *object, const char *key, int64_t *ret_value)
{
    const json_t *value = json_object_get(object, key);

    *ret_value = (int64_t)json_integer_value(value);
    return json_is_integer(value);
}

bool
stream_take_natural(const json_t *object, const char *key, uint64_t *ret_value)
{
    int64_t value;
    bool taken = stream_take_integer(object, key, &value) && value >= 0;

    *ret_value = taken ? (uint64_t)value : 0;
    return taken;
}

static int
hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool
stream_take_hex(const char *text, size_t bytes, uint8_t *ret_bytes)
{
    if (text == NULL || strlen(text) != 2 * bytes)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

int
stream_name_at(const char *text, const char *const *names, int count)
{
    for (int i = 0; text != NULL && i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return -1;
}

int
stream_clock_at(const char *text)
{
    for (int clock = CLOCK_UNKNOWN; text != NULL && clock <= CLOCK_SET; clock++)
        if (strcmp(text, payload_clock_name((enum clock_state)clock)) == 0)
            return clock;
    return -1;
}

static bool
quality_at(const char *text, size_t length, uint8_t *ret_quality)
{
    for (int quality = 0; quality <= UINT8_MAX; quality++) {
        const char *name = quality_name((enum quality)quality);
        if (strlen(name) == length && memcmp(name, text, length) == 0 &&
            strcmp(name, "unknown") != 0) {
            *ret_quality = (uint8_t)quality;
            return true;
        }
    }
    return false;
}

/* "timeout", "exception-2". */
bool
stream_quality(const char *text, uint8_t *ret_quality, uint8_t *ret_detail)
{
    const char *dash = text != NULL ? strrchr(text, '-') : NULL;
    char *end;

    *ret_detail = 0;
    if (text == NULL)
        return false;
    if (quality_at(text, strlen(text), ret_quality))
        return true;
    if (dash == NULL || dash[1] < '1' || dash[1] > '9')
        return false;
    unsigned long detail = strtoul(dash + 1, &end, 10);
    *ret_detail = (uint8_t)detail;
    return *end == '\0' && detail <= UINT8_MAX &&
           quality_at(text, (size_t)(dash - text), ret_quality);
}

bool
stream_put_number(struct buf *buf, const json_t *value)
{
    if (value == NULL || json_is_null(value))
        cbor_put_null(buf);
    else if (json_is_number(value))
        cbor_put_double(buf, json_number_value(value));
    else
        return false;
    return true;
}

bool
stream_put_string(struct buf *buf, const json_t *value)
{
    if (value != NULL && !json_is_string(value))
        return false;
    cbor_put_text(buf, value != NULL ? json_string_value(value) : "", json_string_length(value));
    return true;
}

bool
stream_put_time(struct buf *buf, const json_t *value)
{
    if (json_is_null(value))
        cbor_put_null(buf);
    else if (json_is_integer(value))
        cbor_put_integer(buf, json_integer_value(value));
    else
        return false;
    return true;
}

static enum stream
stream_at(const char *text)
{
    for (int stream = STREAM_EVENT; text != NULL && stream < STREAM_END; stream++)
        if (strcmp(text, payload_stream_name((enum stream)stream)) == 0)
            return (enum stream)stream;
    return STREAM_END;
}

static const char *
text_of(const json_t *page, const char *key)
{
    return json_string_value(json_object_get(page, key));
}

/* Names: they go into the signed text, where "|" stands between its parts. */
static bool
take_names(const json_t *page, struct stream_payload *payload, char ret_error[STREAM_SAY])
{
    uint8_t bytes[ID_DIGITS / 2];
    const char *clock = text_of(page, "clock");
    int known = stream_clock_at(clock);

    payload->gateway = text_of(page, "gateway");
    payload->store = text_of(page, "store");
    payload->is_volatile = json_is_true(json_object_get(page, "volatile"));
    payload->is_thinned = json_is_false(json_object_get(page, "verifiable"));
    payload->is_placed = clock != NULL && strcmp(clock, "placed") == 0;
    payload->clock = known < 0 ? CLOCK_UNKNOWN : (uint8_t)known;
    if (!stream_take_hex(payload->gateway, sizeof bytes, bytes))
        return stream_refuse(ret_error, "not an id:", "gateway");
    if (!stream_take_hex(payload->store, sizeof bytes, bytes))
        return stream_refuse(ret_error, "not an id:", "store");
    if (known < 0 && !payload->is_placed)
        return stream_refuse(ret_error, "not a state of the clock:", "clock");
    return true;
}

static bool
take_places(const json_t *page, struct stream_payload *payload, char ret_error[STREAM_SAY])
{
    uint64_t catalog;

    if (!stream_take_natural(page, "first", &payload->first) || payload->first == 0)
        return stream_refuse(ret_error, "not a sequence:", "first");
    if (!stream_take_natural(page, "last", &payload->last) || payload->last < payload->first)
        return stream_refuse(ret_error, "not a sequence:", "last");
    if (!stream_take_natural(page, "boot", &payload->boot))
        return stream_refuse(ret_error, "not a number:", "boot");
    if (!stream_take_natural(page, "catalog", &catalog))
        return stream_refuse(ret_error, "not a version:", "catalog");
    if (!stream_take_hex(text_of(page, "previous"), STORE_HASH, payload->previous))
        return stream_refuse(ret_error, "not 64 hexadecimal digits:", "previous");
    if (!stream_take_hex(text_of(page, "chain"), STORE_HASH, payload->chain))
        return stream_refuse(ret_error, "not 64 hexadecimal digits:", "chain");
    payload->catalog = (json_int_t)catalog;
    return true;
}

static bool
take_records(const json_t *page, struct stream_payload *payload, char ret_error[STREAM_SAY])
{
    const json_t *signature = json_object_get(page, "signature");
    uint64_t count = payload->last - payload->first + 1;

    payload->records = json_object_get(page, "records");
    payload->mono = json_object_get(page, "mono");
    payload->signature = json_string_value(signature);
    if (payload->signature == NULL && !json_is_null(signature))
        return stream_refuse(ret_error, "neither text nor null:", "signature");
    if (payload->is_thinned)
        return true;
    if (json_array_size(payload->records) != count)
        return stream_refuse(ret_error, "not as many as 'first' and 'last' say:", "records");
    if (json_array_size(payload->mono) != count)
        return stream_refuse(ret_error, "not as many as 'first' and 'last' say:", "mono");
    return true;
}

bool
stream_payload_take(const json_t *page, struct stream_payload *ret_payload,
                    char ret_error[STREAM_SAY])
{
    struct stream_payload payload = {.stream = stream_at(text_of(page, "stream"))};
    uint64_t version;

    *ret_payload = payload;
    if (!stream_take_natural(page, "v", &version) || version != 1)
        return stream_refuse(ret_error, "of a contract this program does not know:", "v");
    if (payload.stream == STREAM_END)
        return stream_refuse(ret_error, "none of the six:", "stream");
    bool taken = take_names(page, &payload, ret_error) && take_places(page, &payload, ret_error) &&
                 take_records(page, &payload, ret_error);
    *ret_payload = payload;
    return taken;
}
