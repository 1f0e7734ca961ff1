/* One stored record as JSON, an element of a payload's "records". */
#ifndef DAEMON_FORWARD_PAYLOAD_RECORD_H
#define DAEMON_FORWARD_PAYLOAD_RECORD_H

#include "base/json.h"
#include "daemon/store/reader.h"

/* False when the record cannot be read (then the buffer holds a part of it). */
bool payload_put_record(struct json *json, struct reader *reader, const struct record *record);

const char *payload_clock_name(enum clock_state clock);

#endif
