/* Frames against byte strings from the Modbus specifications. */
#include "sim/frame.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
rtu(void **state)
{
    (void)state;
    /* Unit 1, read 10 holding registers from 0: the classic C5 CD. */
    uint8_t request[] = {1, 3, 0, 0, 0, 10, 0xC5, 0xCD, 0x55};
    uint8_t frame[FRAME_MAX];

    assert_int_equal(frame_request_rtu(request, 9), 8);
    for (size_t length = 0; length < 8; length++)
        assert_int_equal(frame_request_rtu(request, length), 0);
    request[6] ^= 1;
    assert_int_equal(frame_request_rtu(request, 8), -1);
    request[1] = 43;
    assert_int_equal(frame_request_rtu(request, 8), -1);
    assert_int_equal(frame_wrap_rtu(1, (uint8_t[]){3, 0, 0, 0, 10}, 5, frame), 8);
    assert_memory_equal(frame, ((uint8_t[]){1, 3, 0, 0, 0, 10, 0xC5, 0xCD}), 8);
}

static void
rtu_write(void **state)
{
    (void)state;
    uint8_t request[13] = {0x11, 16, 0, 1, 0, 2, 4, 0, 10, 1, 2};
    uint16_t crc = frame_crc(request, 11);

    request[11] = (uint8_t)crc;
    request[12] = (uint8_t)(crc >> 8);
    assert_int_equal(crc, 0xF0C6); /* on the wire C6 F0, a well-known example */
    assert_int_equal(frame_request_rtu(request, 13), 13);
    assert_int_equal(frame_request_rtu(request, 6), 0);
    request[6] = 255;
    assert_int_equal(frame_request_rtu(request, 13), -1);
}

static void
tcp(void **state)
{
    (void)state;
    uint8_t request[] = {0x12, 0x34, 0, 0, 0, 6, 7, 3, 0, 0, 0, 10};
    uint8_t frame[FRAME_MAX];

    assert_int_equal(frame_request_tcp(request, 12), 12);
    for (size_t length = 0; length < 12; length++)
        assert_int_equal(frame_request_tcp(request, length), 0);
    assert_int_equal(frame_wrap_tcp(request, 7, (uint8_t[]){3, 2, 0, 9}, 4, frame), 11);
    assert_memory_equal(frame, ((uint8_t[]){0x12, 0x34, 0, 0, 0, 5, 7, 3, 2, 0, 9}), 11);
    request[5] = 1;
    assert_int_equal(frame_request_tcp(request, 12), -1);
    request[5] = 6;
    request[3] = 1;
    assert_int_equal(frame_request_tcp(request, 12), -1);
    request[3] = 0;
    request[4] = 1;
    assert_int_equal(frame_request_tcp(request, 12), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rtu), cmocka_unit_test(rtu_write),
                                       cmocka_unit_test(tcp)};

    return cmocka_run_group_tests_name("sim_frame", tests, NULL, NULL);
}
