/* What named people declare: maintenance with an expiry, and calibrations that no status word
 * shows. Who may declare and the record of it are the engine's; a declaration counts by the time of
 * the scans, so that it is the same when they are judged again.
 *
 * - Maintenance never stands without end: [from, until), at most as long as the site allows.
 * - Of a device it covers all points; of an asset those that its limits judge and those derived for
 *   it: the meters that tell whether production runs stay as they are.
 * - At most QUALIFY_DECLARATIONS are in force or to come; those that have expired give way, the
 *   oldest first.
 * - A scan without a known time is under no declaration. */
#include "daemon/assess/qualify_parts.h"

#include <errno.h>
#include <string.h>

#define MS_A_SECOND 1000LL
#define MS_A_DAY    86400000LL

static const struct point *
find_point(const struct device *device, const char *name)
{
    for (uint16_t i = 0; i < device->point_count; i++)
        if (!strcmp(device->points[i].name, name))
            return &device->points[i];
    return NULL;
}

/* The subject as points. */
static bool
find_subject(const struct site *site, const char *subject, struct qualify_declaration *ret_found)
{
    const char *dot = strchr(subject, '.');
    size_t length = dot ? (size_t)(dot - subject) : strlen(subject);
    for (uint16_t d = 0; d < site->device_count; d++) {
        const struct device *device = &site->devices[d];
        if (strncmp(device->name, subject, length) != 0 || device->name[length] || device->asset)
            continue;
        const struct point *point = dot ? find_point(device, dot + 1) : NULL;
        if (dot && !point)
            return false;
        ret_found->first = (uint32_t)((point ? point : device->points) - site->points);
        ret_found->count = point ? 1 : device->point_count;
        return true;
    }
    for (uint16_t a = 0; !dot && a < site->asset_count; a++)
        if (!strcmp(site->assets[a].name, subject)) {
            ret_found->asset = &site->assets[a];
            return true;
        }
    return false;
}

static bool
is_same_subject(const struct qualify_declaration *a, const struct qualify_declaration *b)
{
    return a->asset == b->asset && (a->asset || (a->first == b->first && a->count == b->count));
}

static void
renew_end(struct qualify *qualify)
{
    qualify->declared_until_utc_ms = 0;
    for (unsigned i = 0; i < QUALIFY_DECLARATIONS; i++)
        if (qualify->declarations[i].until_utc_ms > qualify->declared_until_utc_ms)
            qualify->declared_until_utc_ms = qualify->declarations[i].until_utc_ms;
}

bool
qualify_keep(struct qualify *qualify, const struct qualify_declaration *declaration)
{
    struct qualify_declaration *oldest = &qualify->declarations[0];
    for (unsigned i = 1; i < QUALIFY_DECLARATIONS; i++)
        if (qualify->declarations[i].until_utc_ms < oldest->until_utc_ms)
            oldest = &qualify->declarations[i];
    if (oldest->until_utc_ms && oldest->until_utc_ms > qualify->newest_utc_ms)
        return false;
    *oldest = *declaration;
    renew_end(qualify);
    return true;
}

/* All that is in force or to come for the subject ends at `at`. */
static bool
end_maintenance(struct qualify *qualify, const struct qualify_declaration *subject, int64_t at)
{
    bool found = false;
    for (unsigned i = 0; i < QUALIFY_DECLARATIONS; i++) {
        struct qualify_declaration *declaration = &qualify->declarations[i];
        if (declaration->until_utc_ms <= at || !is_same_subject(declaration, subject))
            continue;
        declaration->until_utc_ms = at;
        found = true;
    }
    renew_end(qualify);
    return found;
}

static int
declare_maintenance(struct qualify *qualify, const struct declaration *declaration,
                    struct qualify_declaration *found, const char **ret_why)
{
    uint32_t max_s = qualify->site->maintenance_max_s;
    int64_t from = declaration->from_utc_ms, until = declaration->until_utc_ms;
    if (!strcmp(declaration->word, "off")) {
        *ret_why = "no maintenance of it is in force or to come";
        return end_maintenance(qualify, found, from) ? 0 : -ENOENT;
    }
    *ret_why = "maintenance is declared on or off";
    if (strcmp(declaration->word, "on") != 0)
        return -EINVAL;
    *ret_why = "maintenance needs an end after its beginning";
    if (from <= 0 || until <= from)
        return -EINVAL;
    *ret_why = "maintenance may not last that long at once: 'maintenance-max' of the gateway says "
               "how long";
    if (until - from > (max_s ? max_s : MAINTENANCE_MAX_S) * MS_A_SECOND)
        return -EINVAL;
    *ret_why = "as many declarations of maintenance as there can be are in force; end one first";
    found->from_utc_ms = from;
    found->until_utc_ms = until;
    return qualify_keep(qualify, found) ? 0 : -ENOSPC;
}

static bool
is_about(const struct point_list *of, const struct device *device, const struct site *site,
         const struct qualify_declaration *found)
{
    uint32_t base = (uint32_t)(device->points - site->points);
    for (uint16_t i = 0; i < of->count; i++)
        if (base + of->list[i] >= found->first && base + of->list[i] - found->first < found->count)
            return true;
    return false;
}

static int
declare_calibrated(struct qualify *qualify, const struct declaration *declaration,
                   const struct qualify_declaration *found, const char **ret_why)
{
    const struct site *site = qualify->site;
    bool noted = false;
    *ret_why = "a calibration is of a device or one of its points";
    if (found->asset)
        return -EINVAL;
    *ret_why = "the calibration would be in the future";
    if (qualify->newest_utc_ms != INT64_MIN &&
        declaration->from_utc_ms > qualify->newest_utc_ms + MS_A_DAY)
        return -EINVAL;
    *ret_why = "the site file gives it no calibration calendar";
    const struct device *device = site->points[found->first].device;
    const struct qualify_device *entry = &qualify->devices[device->index];
    for (unsigned i = 0; i < entry->calendar_count; i++) {
        struct qualify_calendar *calendar = &qualify->calendars[entry->calendar + i];
        if (!is_about(&calendar->calendar->of, device, site, found))
            continue;
        bool calibrating = calendar->calibrating;
        qualify_calibrated(calendar, declaration->from_utc_ms);
        calendar->calibrating = calibrating;
        noted = true;
    }
    return noted ? 0 : -ENOENT;
}

int
qualify_declare(struct qualify *qualify, const struct declaration *declaration,
                const char **ret_why)
{
    struct qualify_declaration found = {.asset = NULL};
    *ret_why = "a declaration needs the name of who declares it";
    if (!*declaration->by)
        return -EINVAL;
    *ret_why = "there is no such device, point or asset";
    if (!find_subject(qualify->site, declaration->subject, &found))
        return -ENOENT;
    if (declaration->kind == DECLARE_MAINTENANCE)
        return declare_maintenance(qualify, declaration, &found, ret_why);
    if (declaration->kind == DECLARE_CALIBRATED)
        return declare_calibrated(qualify, declaration, &found, ret_why);
    *ret_why = "this declaration is not about quality";
    return -EINVAL;
}

/* ---- scans ---- */

static void
mark_run(const struct qualify *qualify, const struct qualify_declaration *declaration,
         struct scan *scan)
{
    uint32_t base = (uint32_t)(scan->device->points - qualify->site->points);
    for (uint32_t i = 0; i < scan->count; i++)
        if (base + i >= declaration->first && base + i - declaration->first < declaration->count)
            qualify_raise(&scan->values[i], QUALITY_MAINTENANCE);
}

static void
mark_asset(const struct qualify *qualify, const struct asset *asset, struct scan *scan)
{
    const struct site *site = qualify->site;
    for (uint16_t i = 0; i < site->limit_count; i++) {
        const struct limit *limit = &site->limits[i];
        if (limit->asset == asset && limit->point && limit->point->device == scan->device)
            qualify_raise(&scan->values[limit->point - scan->device->points], QUALITY_MAINTENANCE);
    }
}

static bool
holds_at(const struct qualify_declaration *declaration, const struct stamp *at)
{
    return at->clock != CLOCK_UNKNOWN && at->utc_ms >= declaration->from_utc_ms &&
           at->utc_ms < declaration->until_utc_ms;
}

uint8_t
qualify_of_asset(const struct qualify *qualify, const struct asset *asset, const struct stamp *at)
{
    if (at->clock == CLOCK_UNKNOWN || at->utc_ms >= qualify->declared_until_utc_ms)
        return QUALITY_GOOD;
    for (unsigned i = 0; i < QUALIFY_DECLARATIONS; i++)
        if (qualify->declarations[i].asset == asset && holds_at(&qualify->declarations[i], at))
            return QUALITY_MAINTENANCE;
    return QUALITY_GOOD;
}

void
qualify_declared_scan(const struct qualify *qualify, struct scan *scan)
{
    for (unsigned i = 0; i < QUALIFY_DECLARATIONS; i++) {
        const struct qualify_declaration *declaration = &qualify->declarations[i];
        if (!holds_at(declaration, &scan->at))
            continue;
        if (declaration->asset)
            mark_asset(qualify, declaration->asset, scan);
        else
            mark_run(qualify, declaration, scan);
    }
}
