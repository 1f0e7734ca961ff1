/* Every frame on a bus, for monitor and record: the order to the bus, its frames, its end. */
#ifndef DAEMON_COMMAND_WATCHING_H
#define DAEMON_COMMAND_WATCHING_H

#include "daemon/command/request.h"

/* A frame, or NULL when a moment passed without one; `lost` before it for want of room. False: it
 * is enough. */
typedef bool watching_take(void *context, const struct order_frame *frame, unsigned long long lost);

/* Until `take` has enough, the bus ends, or the daemon does. NULL, or why there was nothing or no
 * more of it. */
const char *watching_run(struct request *request, const char *bus, watching_take *take,
                         void *context);

/* {"t":...,"mono_ns":...,"sent":...,"hex":...,"result":...} */
void watching_put_frame(struct json *json, const struct order_frame *frame);

#endif
