/* When a period counts: `periods` of a site. */
#include "config/section.h"

void
load_periods(struct load *load, const struct yaml_node *node)
{
    struct period_rules *rules = &load->site->periods;
    section_default(&SCHEMA_PERIODS, rules);
    if (node)
        section_read(load, &SCHEMA_PERIODS, node, "'periods'", rules);
}
