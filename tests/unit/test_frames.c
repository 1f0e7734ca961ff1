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
test_what_cannot_be_told(void **state)
{
    (void)state;
    expect("", 0, true, false, "no answer");
    expect("\x01\x02", 2, true, false, "?");
    expect("\x01\x03\xFF\x00\x01\x00\x00", 7, false, false, "unit 1  1"); /* shorter than it says */
    assert_string_equal(frames_exception(11), "gateway target failed to respond");
    assert_string_equal(frames_exception(200), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_and_answers),
        cmocka_unit_test(test_what_cannot_be_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
