/* Sets the quality of a scan's values before they are stored. */
#ifndef DAEMON_ASSESS_QUALIFY_H
#define DAEMON_ASSESS_QUALIFY_H

#include "daemon/model.h"

/* The plausible range of a point, both ends inside. */
struct qualify_rule {
    double low, high;
};

void qualify_init(struct qualify_rule *rule, const struct point *point);

/* rules[i] is of scan->values[i]. */
void qualify_scan(const struct qualify_rule *rules, struct scan *scan);

#endif
