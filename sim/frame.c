/* See sim/frame.h. */
#include "sim/frame.h"

#include <assert.h>
#include <string.h>

uint16_t
frame_crc(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0xFFFF;

    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1);
    }
    return crc;
}

ssize_t
frame_request_rtu(const uint8_t *bytes, size_t length)
{
    size_t whole;

    if (length < 2)
        return 0;
    if (bytes[1] >= 1 && bytes[1] <= 6)
        whole = 8;
    else if (bytes[1] == 15 || bytes[1] == 16)
        whole = length < 7 ? FRAME_MAX : 9U + bytes[6];
    else
        return -1;
    if (whole > FRAME_MAX)
        return -1;
    if (length < whole)
        return 0;
    if (frame_crc(bytes, whole - 2) != (bytes[whole - 2] | bytes[whole - 1] << 8))
        return -1;
    return (ssize_t)whole;
}

ssize_t
frame_request_tcp(const uint8_t *bytes, size_t length)
{
    size_t rest;

    if (length < 6)
        return 0;
    rest = (size_t)(bytes[4] << 8 | bytes[5]);
    if (bytes[2] != 0 || bytes[3] != 0 || rest < 2 || rest > FRAME_PDU + 1)
        return -1;
    return length < 6 + rest ? 0 : (ssize_t)(6 + rest);
}

size_t
frame_wrap_rtu(uint8_t unit, const uint8_t *pdu, size_t length, uint8_t ret_frame[FRAME_MAX])
{
    uint16_t crc;

    assert(length <= FRAME_PDU);
    ret_frame[0] = unit;
    memcpy(ret_frame + 1, pdu, length);
    crc = frame_crc(ret_frame, 1 + length);
    ret_frame[1 + length] = (uint8_t)crc;
    ret_frame[2 + length] = (uint8_t)(crc >> 8);
    return length + 3;
}

size_t
frame_wrap_tcp(const uint8_t request[7], uint8_t unit, const uint8_t *pdu, size_t length,
               uint8_t ret_frame[FRAME_MAX])
{
    assert(length <= FRAME_PDU);
    memcpy(ret_frame, request, 4);
    ret_frame[4] = (uint8_t)((length + 1) >> 8);
    ret_frame[5] = (uint8_t)(length + 1);
    ret_frame[6] = unit;
    memcpy(ret_frame + 7, pdu, length);
    return length + 7;
}
