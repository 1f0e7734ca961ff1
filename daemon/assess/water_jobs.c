/* What an asset does not measure, or has switched off by a zero, is not checked. Flow that stops
 * between the batches of an intermittent discharge is no finding: there only pumps that run tell.
 */
#include "daemon/assess/water_jobs.h"

#include <string.h>

struct roster {
    const struct water *water;
    struct water_job *jobs; /* NULL: only counted */
    uint16_t count;
};

static void
enlist(struct roster *roster, enum water_check check, const struct point *point,
       const struct water_pollutant *of, const struct water_pollutant *against)
{
    if (roster->jobs)
        roster->jobs[roster->count] = (struct water_job){
            .check = check, .point = point, .of = of, .against = against};
    roster->count++;
}

static const struct water_pollutant *
find(const struct water_end *end, const char *name)
{
    for (uint8_t i = 0; i < end->count; i++)
        if (!strcmp(end->pollutants[i].name, name))
            return &end->pollutants[i];
    return NULL;
}

static void
enlist_pair(struct roster *roster, enum water_check check, const struct water_end *end,
            const char *const names[2])
{
    const struct water_pollutant *of = find(end, names[0]), *against = find(end, names[1]);
    if (of && against)
        enlist(roster, check, of->result, of, against);
}

static void
enlist_floor(struct roster *roster, const char *name, double floor)
{
    const struct water_pollutant *of = find(&roster->water->inlet, name);
    if (!of || floor <= 0)
        return;
    enlist(roster, WATER_FLOOR, of->result, of, NULL);
    if (roster->jobs)
        roster->jobs[roster->count - 1].limit = floor;
}

static void
enlist_influent(struct roster *roster)
{
    const struct water *water = roster->water;
    const struct water_end *inlet = &water->inlet;
    enlist_floor(roster, "bod", water->bod_floor);
    enlist_floor(roster, "cod", water->cod_floor);
    for (uint8_t i = 0; i < inlet->count; i++)
        if (water->shock > 0 && inlet->pollutants[i].load)
            enlist(roster, WATER_SHOCK, inlet->pollutants[i].load, &inlet->pollutants[i], NULL);
    if (inlet->ph && water->ph_swing > 0)
        enlist(roster, WATER_PH_INLET, inlet->ph, NULL, NULL);
    if (inlet->conductivity && water->conductivity_jump > 0)
        enlist(roster, WATER_CONDUCTIVITY, inlet->conductivity, NULL, NULL);
}

static void
enlist_implausible(struct roster *roster)
{
    static const char *const NITROGEN[] = {"nh3-n", "tn"}, *const OXYGEN[] = {"bod", "cod"};
    const struct water *water = roster->water;
    const struct water_end *ends[] = {&water->outlet, &water->inlet};
    if (water->outlet.ph && water->ph_swing > 0)
        enlist(roster, WATER_PH_OUTLET, water->outlet.ph, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        enlist_pair(roster, WATER_NITROGEN, ends[i], NITROGEN);
        enlist_pair(roster, WATER_OXYGEN, ends[i], OXYGEN);
    }
    if (water->blower && water->outlet.flow)
        enlist(roster, WATER_BLOWER, water->blower, NULL, NULL);
    if (water->cod_removal && water->removal_most > 0)
        enlist(roster, WATER_REMOVAL, water->cod_removal, NULL, NULL);
}

/* Flow that stops between batches is no finding: only pumps that run tell then. */
static bool
judges_zero_flow(const struct asset *asset)
{
    const struct water *water = asset->water;
    bool runs = asset->production.point || asset->treatment.point;
    return water->outlet.flow && (water->pump || (runs && !water->intermittent));
}

uint16_t
water_jobs_list(const struct asset *asset, struct water_job *jobs)
{
    struct roster roster = {.water = asset->water, .jobs = jobs};
    const struct water *water = asset->water;
    const struct point *air = water->aeration.point ? water->aeration.point : water->blower;
    if (judges_zero_flow(asset))
        enlist(&roster, WATER_ZERO_FLOW, water->outlet.flow, NULL, NULL);
    if (air && water->inlet.flow)
        enlist(&roster, WATER_AERATION, air, NULL, NULL);
    if (water->overflow.point)
        enlist(&roster, WATER_OVERFLOW, water->overflow.point, NULL, NULL);
    enlist_influent(&roster);
    enlist_implausible(&roster);
    return roster.count;
}
