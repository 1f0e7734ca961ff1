/* Output lines of this machine: a lamp, a horn, a relay. The only gate to libgpiod. A line belongs
 * to one thread, and keeps its level only while it is open: that is the kernel's promise. */
#ifndef PROTOCOLS_GPIO_GPIO_H
#define PROTOCOLS_GPIO_GPIO_H

#include <stdbool.h>

struct gpio_line;

/* `chip` is a path like "/dev/gpiochip0". 0 or negative errno: -ENOENT no such chip, -EINVAL no
 * such line, -EBUSY somebody else has it. */
int gpio_open(const char *chip, unsigned number, bool active_low, bool on,
              struct gpio_line **ret_line);
void gpio_close(struct gpio_line *line); /* accepts NULL */

int gpio_set(struct gpio_line *line, bool on);

#endif
