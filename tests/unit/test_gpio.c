/* Output lines: what is wrong is an errno; a line of the kernel's gpio-sim where it is there. */
#include "protocols/gpio/gpio.c"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#define SIMULATED "/sys/kernel/config/gpio-sim"
#define CHIP      SIMULATED "/parkgate-test"

static void
what_is_no_chip_is_refused(void **state)
{
    (void)state;
    struct gpio_line *line = NULL;
    assert_int_equal(gpio_open("/dev/gpiochip-that-is-not", 0, false, true, &line), -ENOENT);
    assert_true(gpio_open("/dev/null", 0, false, true, &line) < 0);
    assert_null(line);
    gpio_close(NULL);
}

static int
put(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return -1;
    int written = fputs(text, out);
    return fclose(out) == 0 && written >= 0 ? 0 : -1;
}

static int
take(const char *path, char *ret_text, int size)
{
    FILE *in = fopen(path, "r");
    if (!in)
        return -1;
    char *got = fgets(ret_text, size, in);
    fclose(in);
    if (!got)
        return -1;
    ret_text[strcspn(ret_text, "\n")] = '\0';
    return 0;
}

static int
make_chip(void)
{
    return mkdir(CHIP, 0755) || mkdir(CHIP "/bank0", 0755) || put(CHIP "/bank0/num_lines", "8") ||
                   put(CHIP "/live", "1")
               ? -1
               : 0;
}

static void
remove_chip(void)
{
    put(CHIP "/live", "0");
    rmdir(CHIP "/bank0");
    rmdir(CHIP);
}

/* The level that somebody outside would see on line 3. */
static int
level(const char *device, const char *chip)
{
    char path[300], text[20] = "";
    snprintf(path, sizeof path, "/sys/devices/platform/%.80s/%.80s/sim_gpio3/value", device, chip);
    return take(path, text, sizeof text) ? -1 : text[0] - '0';
}

static void
a_line_has_the_level_it_is_given(void **state)
{
    (void)state;
    char chip[80] = "", device[80] = "", path[100];
    struct gpio_line *line = NULL;
    if (access(SIMULATED, F_OK) || make_chip()) {
        print_message("this kernel has no gpio-sim, or not for us: lines are not tested\n");
        skip();
    }
    int error = take(CHIP "/bank0/chip_name", chip, sizeof chip) ||
                take(CHIP "/dev_name", device, sizeof device);
    snprintf(path, sizeof path, "/dev/%s", chip);
    int levels[3] = {-1, -1, -1};
    if (!error && !gpio_open(path, 3, true, true, &line)) {
        levels[0] = level(device, chip);
        gpio_set(line, false);
        levels[1] = level(device, chip);
        gpio_close(line);
        if (!gpio_open(path, 3, false, true, &line))
            levels[2] = level(device, chip);
        gpio_close(line);
    }
    remove_chip();
    assert_int_equal(levels[0], 0); /* active low */
    assert_int_equal(levels[1], 1);
    assert_int_equal(levels[2], 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_chip_is_refused),
        cmocka_unit_test(a_line_has_the_level_it_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
