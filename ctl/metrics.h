/* The health page as Prometheus' text exposition format, version 0.0.4. Pure. */
#ifndef CTL_METRICS_H
#define CTL_METRICS_H

#include <jansson.h>
#include <stdio.h>

/* What the page does not know (null, absent) has no sample. `page` NULL: nobody answered, only
 * parkgate_up 0. */
void metrics_print(const json_t *page, FILE *out);

#endif
