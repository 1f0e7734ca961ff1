/* parkgatectl verify --stream: a recording of what the gateway said by MQTT, verified from its JSON
 * alone (docs/payloads/README.md, "Checking the chain"). */
#ifndef CTL_STREAM_H
#define CTL_STREAM_H

#include <stdint.h>

/* FILE is what mosquitto_sub -F '%t %p' prints, or payloads alone, a line each. Prints what is
 * wrong and a line a stream. Key NULL: signatures are not looked at. CTL_FINE or CTL_WRONG. */
int stream_verify(const char *path, const uint8_t *key /* 32 bytes or NULL */);

#endif
