/* Frames in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/frames.c"

#include <string.h>

static void
expect(const char *bytes, size_t length, bool tcp, bool sent, const char *words)
{
    char text[FRAMES_TEXT];

    frames_tell((const uint8_t *)bytes, length, tcp, sent, text);
    assert_string_equal(text, words);
}

static void
test_requests_and_answers(void **state)
{
    (void)state;
    expect("\x11\x03\x00\x6B\x00\x03\x76\x87", 8, false, true, "unit 17 read holding 107 +3");
    expect("\x11\x03\x06\xAE\x41\x56\x52\x43\x40\x49\xAD", 11, false, false,
           "unit 17  44609 22098 17216");
    expect("\x00\x01\x00\x00\x00\x06\x02\x06\x00\x0A\x00\x07", 12, true, true,
           "unit 2 write holding 10 := 7");
    expect("\x00\x01\x00\x00\x00\x03\x02\x83\x02", 9, true, false,
           "unit 2 exception 2 illegal data address");
    expect("\x01\x01\x02\xCD\x01\x00\x00", 7, false, false, "unit 1  cd 01");
}

static void
test_writes(void **state)
{
    (void)state;
    expect("\x01\x05\x00\x0A\xFF\x00\xAC\x38", 8, false, true, "unit 1 write coil 10 := on");
    expect("\x01\x05\x00\x0A\x00\x00\xED\xC8", 8, false, false, "unit 1 write coil 10 := off");
    expect("\x01\x06\x00\x0A\x00\x07\xE9\xCA", 8, false, false, "unit 1 write holding 10 := 7");
    expect("\x01\x10\x00\x0A\x00\x02\x04\x00\x01\x00\x02\x00\x00", 13, false, true,
           "unit 1 write holding 10 +2 := 1 2");
    expect("\x01\x10\x00\x0A\x00\x02\x00\x00", 8, false, false, "unit 1 write holding 10 +2");
    expect("\x01\x0F\x00\x13\x00\x0A\x02\xCD\x01\x00\x00", 11, false, true,
           "unit 1 write coils 19 +10 := cd 01");
}

/* A value is shown whole or not at all. */
static void
test_more_than_fits(void **state)
{
    uint8_t bytes[3 + 250 + 2] = {1, 3, 250};
    char text[FRAMES_TEXT], *at = text;
    unsigned value;
    int length, count = 0;

    (void)state;
    for (size_t i = 3; i + 2 < sizeof bytes; i += 2)
        bytes[i] = 0xFF, bytes[i + 1] = 0xEE;
    frames_tell(bytes, sizeof bytes, false, false, text);
    assert_int_equal(sscanf(at, "unit 1 %n", &length), 0);
    for (at += length; sscanf(at, " %u%n", &value, &length) == 1; at += length, count++)
        assert_int_equal(value, 65518);
    assert_in_range(count, 20, 26);
    assert_string_equal(at, " ...");
}

/* The longest that still fits has no "...". */
static void
test_what_just_fits(void **state)
{
    char text[16];

    (void)state;
    tell_values((const uint8_t *)"\xFF\xEE\xFF\xEE", 4, false, text, 13);
    assert_string_equal(text, " 65518 65518");
    tell_values((const uint8_t *)"\xFF\xEE\xFF\xEE", 4, false, text, 12);
    assert_string_equal(text, " 65518 ...");
}

static void
test_what_cannot_be_told(void **state)
{
    (void)state;
    expect("", 0, true, false, "no answer");
    expect("\x01\x02", 2, true, false, "?");
    expect("\x01\x03\xFF\x00\x01\x00\x00", 7, false, false, "unit 1  1"); /* shorter than it says */
    expect("\x01\x2B\x0E\x01\x00\x70\x77", 7, false, true, "unit 1 ?");
    expect("\x01\x00\x02\x00\x01\x00\x00", 7, false, false, "unit 1 ?");
    assert_string_equal(frames_exception(11), "gateway target failed to respond");
    assert_string_equal(frames_exception(200), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_and_answers), cmocka_unit_test(test_writes),
        cmocka_unit_test(test_more_than_fits),       cmocka_unit_test(test_what_just_fits),
        cmocka_unit_test(test_what_cannot_be_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
