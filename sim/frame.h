/* Modbus frames as a slave sees them: requests in, answers out. Pure bytes. */
#ifndef SIM_FRAME_H
#define SIM_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FRAME_PDU 253
#define FRAME_MAX 260

uint16_t frame_crc(const uint8_t *bytes, size_t length);

/* Length of the request that begins at bytes: 0 while it cannot be told yet or is not whole,
 * negative when no request begins like this. RTU: CRC included and checked; TCP: header included.
 */
ssize_t frame_request_rtu(const uint8_t *bytes, size_t length);
ssize_t frame_request_tcp(const uint8_t *bytes, size_t length);

/* Wraps an answer; returns the frame's length. */
size_t frame_wrap_rtu(uint8_t unit, const uint8_t *pdu, size_t length,
                      uint8_t ret_frame[FRAME_MAX]);
size_t frame_wrap_tcp(const uint8_t request[7], uint8_t unit, const uint8_t *pdu, size_t length,
                      uint8_t ret_frame[FRAME_MAX]);

#endif
