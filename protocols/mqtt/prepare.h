/* What is got ready before paho is asked to connect. Knows nothing of paho. */
#ifndef PROTOCOLS_MQTT_PREPARE_H
#define PROTOCOLS_MQTT_PREPARE_H

#include "protocols/mqtt/mqtt.h"

#define PREPARE_URI 320

/* 0 when the files of TLS can be read, or negative errno with a sentence. */
int prepare_files(const struct mqtt_options *options, char ret_error[200]);

/* The address as paho wants it; an IPv6 address gets its brackets. */
void prepare_uri(const struct mqtt_options *options, const char *host, char ret_uri[PREPARE_URI]);

#endif
