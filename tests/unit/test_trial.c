/* Each rule of a trial just kept and just broken. */
#include "daemon/configuration/trial.c"

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

static struct trial_device before_devices[8], now_devices[8];
static struct trial_destination before_destinations[4], now_destinations[4];
static struct trial_view before, now;
static struct trial_terms terms;
static char why[200];

/* Two buses with two devices each, two destinations, all good; 10 s of 120 have gone by. */
static int
set_up(void **state)
{
    static const char *const NAMES[] = {"cems", "dcs", "meter", "pump"};

    (void)state;
    for (int i = 0; i < 4; i++)
        before_devices[i] = now_devices[i] = (struct trial_device){
            .name = NAMES[i], .bus = i < 2 ? "stack" : "power", .good = true};
    before_destinations[0] = (struct trial_destination){"centre", true};
    before_destinations[1] = (struct trial_destination){"bureau", true};
    memcpy(now_destinations, before_destinations, sizeof now_destinations);
    before = (struct trial_view){before_devices, 4, before_destinations, 2};
    now = (struct trial_view){now_devices, 4, now_destinations, 2};
    terms = (struct trial_terms){10000, 120000, "", "", ""};
    return 0;
}

static void
expect(enum trial_verdict verdict, const char *words)
{
    assert_int_equal(trial_judge(&before, &now, &terms, why), verdict);
    if (strstr(why, words) == NULL)
        fail_msg("'%s' says nothing of '%s'", why, words);
}

static void
all_good(void **state)
{
    (void)state;
    expect(TRIAL_PROVEN, "");
    assert_string_equal(why, "");
    terms.elapsed_ms = 9999;
    expect(TRIAL_WAITING, "");
}

static void
time_is_up(void **state)
{
    (void)state;
    now_devices[0].good = false;
    terms.elapsed_ms = 119999;
    expect(TRIAL_WAITING, "device cems on bus stack does not answer");
    terms.elapsed_ms = 120000;
    expect(TRIAL_FAILED, "device cems on bus stack does not answer");
    now_devices[0].good = true; /* in the last moment */
    expect(TRIAL_PROVEN, "");
}

static void
device_good_before(void **state)
{
    (void)state;
    before_devices[1].good = now_devices[1].good = false; /* was dead, stays dead */
    expect(TRIAL_PROVEN, "");
    before_devices[1].good = true;
    expect(TRIAL_WAITING, "dcs");
    terms.allow = "pump, dcs";
    expect(TRIAL_PROVEN, "");
    terms.allow = "dc";
    expect(TRIAL_WAITING, "dcs");
    terms.allow = "stack";
    expect(TRIAL_PROVEN, "");
}

static void
device_changed_or_new(void **state)
{
    (void)state;
    before_devices[1].good = now_devices[1].good = false;
    now_devices[1].fresh = true;
    expect(TRIAL_WAITING, "new or changed device dcs");
    now_devices[1].fresh = false;
    before_devices[1].name = "other"; /* dcs is new */
    expect(TRIAL_WAITING, "new or changed device dcs");
    now_devices[1].good = true;
    expect(TRIAL_PROVEN, "");
}

static void
device_gone(void **state)
{
    (void)state;
    now_devices[1] = now_devices[3];
    now.device_count = 3;
    expect(TRIAL_PROVEN, "");
}

static void
bus_without_answers(void **state)
{
    (void)state;
    before_devices[1].good = now_devices[1].good = false;
    now_devices[0] = now_devices[3]; /* the one that answered on "stack" is no longer asked */
    now.device_count = 3;
    expect(TRIAL_WAITING, "no device on bus stack answers any more");
    terms.allow = "dcs";
    expect(TRIAL_PROVEN, "");
    terms.allow = "";
    before_devices[0].good = false; /* nobody answered there before either */
    expect(TRIAL_PROVEN, "");
}

static void
destination_up_before(void **state)
{
    (void)state;
    now_destinations[1].up = false;
    expect(TRIAL_WAITING, "destination bureau is not connected");
    terms.allow = "bureau";
    expect(TRIAL_PROVEN, "");
    terms.allow = "";
    before_destinations[1].up = false;
    expect(TRIAL_PROVEN, "");
    terms.origin = "bureau";
    expect(TRIAL_WAITING, "bureau");
    now.destination_count = 1; /* gone: no matter, unless it came over it */
    terms.origin = "";
    before_destinations[1].up = true;
    expect(TRIAL_PROVEN, "");
    terms.origin = "bureau";
    expect(TRIAL_WAITING, "gone");
}

static void
origin(void **state)
{
    (void)state;
    assert_true(trial_keeps_origin(&now, "", ""));
    assert_true(trial_keeps_origin(&now, "centre", ""));
    assert_false(trial_keeps_origin(&now, "main", ""));
    assert_true(trial_keeps_origin(&now, "main", "x,main"));
}

static void
mistake(void **state)
{
    (void)state;
    terms.mistake = "it could not be taken over";
    expect(TRIAL_FAILED, "it could not be taken over");
}

static void
names_are_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        now_devices[i].good = false;
    terms.elapsed_ms = 120000;
    expect(TRIAL_FAILED, "more)");
    assert_true(strlen(why) < 200);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_good, set_up),
        cmocka_unit_test_setup(time_is_up, set_up),
        cmocka_unit_test_setup(device_good_before, set_up),
        cmocka_unit_test_setup(device_changed_or_new, set_up),
        cmocka_unit_test_setup(device_gone, set_up),
        cmocka_unit_test_setup(bus_without_answers, set_up),
        cmocka_unit_test_setup(destination_up_before, set_up),
        cmocka_unit_test_setup(origin, set_up),
        cmocka_unit_test_setup(mistake, set_up),
        cmocka_unit_test_setup(names_are_counted, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
