/* libgpiod 1, the one of Debian 12. */
#include "protocols/gpio/gpio.h"

#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>

struct gpio_line {
    struct gpiod_chip *chip;
    struct gpiod_line *line;
};

static int
failure(void)
{
    return errno > 0 ? -errno : -EIO;
}

int
gpio_open(const char *chip, unsigned number, bool active_low, bool on, struct gpio_line **ret_line)
{
    struct gpio_line *line = calloc(1, sizeof *line);
    int error = 0;

    if (line == NULL)
        return -ENOMEM;
    errno = 0;
    line->chip = gpiod_chip_open(chip);
    if (line->chip == NULL)
        error = failure();
    if (error == 0) {
        line->line = gpiod_chip_get_line(line->chip, number);
        error = line->line == NULL ? failure() : 0;
    }
    if (error == 0 &&
        gpiod_line_request_output_flags(
            line->line, "parkgate", active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0, on) != 0)
        error = failure();
    if (error != 0) {
        gpio_close(line);
        return error;
    }
    *ret_line = line;
    return 0;
}

void
gpio_close(struct gpio_line *line)
{
    if (line == NULL)
        return;
    if (line->chip != NULL)
        gpiod_chip_close(line->chip); /* releases its lines */
    free(line);
}

int
gpio_set(struct gpio_line *line, bool on)
{
    errno = 0;
    return gpiod_line_set_value(line->line, on) == 0 ? 0 : failure();
}
