/* An alias is used alone only after a message that carried both it and the topic was acknowledged:
 * one that was refused or never arrived would leave the broker with an alias it does not know,
 * which is a protocol error (MQTT 5.0 section 3.3.4). */
#include "daemon/forward/parcel.h"

#include "daemon/forward/payload.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

#define LEVEL 3 /* 128 KiB of samples in about 1 ms */

static const struct {
    const char *topic;
    uint16_t alias;
} ways[STREAM_END] = {
    [STREAM_EVENT] = {"events", 1},      [STREAM_EVIDENCE] = {"events", 1},
    [STREAM_PERIOD] = {"statistics", 2}, [STREAM_MINUTE] = {"statistics", 2},
    [STREAM_SAMPLE] = {"samples", 3},    [STREAM_TREND] = {"samples", 3},
};

int
parcel_open(struct parcel *parcel, const struct destination *destination, size_t largest)
{
    *parcel = (struct parcel){.set = 0};
    if (!destination->compress)
        return 0;
    parcel->compressor = ZSTD_createCCtx();
    if (!parcel->compressor)
        return -ENOMEM;
    return buf_new(&parcel->packed, largest);
}

void
parcel_close(struct parcel *parcel)
{
    ZSTD_freeCCtx(parcel->compressor);
    parcel->compressor = NULL;
    buf_free(&parcel->packed);
}

void
parcel_restart(struct parcel *parcel)
{
    parcel->set = 0;
}

const char *
parcel_topic(enum stream stream)
{
    return ways[stream].topic;
}

/* What does not become shorter goes as it is. */
static bool
compress(struct parcel *parcel, struct mqtt_message *message)
{
    struct buf *packed = &parcel->packed;
    if (!parcel->compressor)
        return false;
    size_t room = message->length < packed->capacity ? message->length : packed->capacity;
    size_t length = ZSTD_compressCCtx(parcel->compressor, packed->data, room, message->payload,
                                      message->length, LEVEL);
    if (ZSTD_isError(length) || length >= message->length)
        return false;
    message->payload = packed->data;
    message->length = length;
    return true;
}

void
parcel_wrap(struct parcel *parcel, enum stream stream, const struct reader *reader,
            uint16_t alias_maximum, struct mqtt_message *message)
{
    struct mqtt_pair *pair = parcel->pairs;
    *pair++ = (struct mqtt_pair){"v", "1"};
    *pair++ = (struct mqtt_pair){"gateway", reader_gateway_id(reader)};
    *pair++ = (struct mqtt_pair){"store", reader_store_id(reader)};
    *pair++ = (struct mqtt_pair){"stream", payload_stream_name(stream)};
    if (compress(parcel, message))
        *pair++ = (struct mqtt_pair){"content-encoding", "zstd"};
    message->content_type = "application/json";
    message->pairs = parcel->pairs;
    message->pair_count = (size_t)(pair - parcel->pairs);
    uint16_t alias = ways[stream].alias;
    message->alias = alias <= alias_maximum ? alias : 0;
    message->alias_is_set = (parcel->set >> alias & 1) != 0;
}

void
parcel_acknowledged(struct parcel *parcel, enum stream stream)
{
    parcel->set |= 1U << ways[stream].alias;
}
