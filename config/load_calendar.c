/* calibration: of devices. */
#include "base/calendar.h"
#include "config/load_quality.h"
#include "config/section.h"

static bool
has_point(const struct point_list *of, uint16_t point)
{
    for (uint16_t i = 0; i < of->count; i++)
        if (of->list[i] == point)
            return true;
    return false;
}

/* A point with two calendars would have two last calibrations. */
static void
check_once(struct load *load, const struct yaml_node *node, const char *what,
           const struct device *device, const struct calendar *calendars, uint16_t count)
{
    for (uint16_t c = 0; c < count; c++)
        for (uint16_t i = 0; i < calendars[c].of.count; i++)
            if (has_point(&calendars[count].of, calendars[c].of.list[i])) {
                load_mistake(load, node,
                             "%s has point '%s' twice; 'of' says which points each is about", what,
                             device->points[calendars[c].of.list[i]].name);
                return;
            }
}

struct reading {
    struct load *load;
    const char *what;
    const struct device *device;
    const struct load_status *status;
    struct calendar *calendars;
    uint16_t count;
};

static void
read_calendar(struct reading *in, const struct yaml_node *node)
{
    struct load *load = in->load;
    if (in->count == CALENDARS) {
        load_mistake(load, node, "%s has more than %d entries", in->what, CALENDARS);
        return;
    }
    struct calendar *calendar = &in->calendars[in->count];
    section_default(&SCHEMA_CALIBRATION, calendar);
    section_read(load, &SCHEMA_CALIBRATION, node, in->what, calendar);
    const struct yaml_node *first = section_form(&SCHEMA_CALIBRATION, node, "first");
    const struct yaml_node *of = section_form(&SCHEMA_CALIBRATION, node, "of");
    if (first && !calendar_parse_time(first->text, &calendar->first_utc_ms))
        load_mistake(load, first,
                     "'first' of %s is '%.60s'; it must be a date like 2026-11-01, or "
                     "a time like 2026-11-01T08:00",
                     in->what, first->text);
    if (of)
        load_point_list(load, of, in->what, in->device, &calendar->of);
    else
        load_all_points(load, in->status, in->device, &calendar->of);
    check_once(load, node, in->what, in->device, in->calendars, in->count);
    if (calendar->of.count)
        in->count++;
}

void
load_calendars(struct load *load, const struct yaml_node *node, const struct device *device,
               const struct load_status *status, struct device_quality *quality)
{
    struct reading in = {.load = load,
                         .what = load_printf(load, "'calibration' of device '%s'", device->name),
                         .device = device,
                         .status = status,
                         .calendars = arena_take(load->arena, CALENDARS * sizeof *in.calendars)};
    if (node->shape == YAML_MAP)
        read_calendar(&in, node);
    else
        for (const struct yaml_node *child = node->first; child; child = child->next)
            read_calendar(&in, child);
    quality->calendars = in.calendars;
    quality->calendar_count = in.count;
}
