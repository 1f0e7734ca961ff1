/* One walk for everybody: an acknowledgement looks for an identity, evidence for what is open,
 * escalation for what has been open for long. Seldom, or cheap for each that is not open. */
#include "daemon/assess/findings.h"

#include <string.h>

struct finding *
findings_next(const struct assess *assess, struct finding_walk *walk)
{
    if (walk->limit < assess->list.limit_count)
        return &assess->list.limits[walk->limit++].finding;
    for (; walk->asset < assess->judges.asset_count; walk->asset++, walk->judge = 0) {
        const struct judged_asset *judged = &assess->judges.assets[walk->asset];
        for (; walk->judge < JUDGE_COUNT; walk->judge++, walk->finding = 0)
            if (walk->finding < judged->seats[walk->judge].finding_count)
                return &judged->seats[walk->judge].findings[walk->finding++];
    }
    return NULL;
}

struct finding *
findings_find(const struct assess *assess, const char *store, uint64_t sequence)
{
    struct finding_walk walk = {.limit = 0};
    struct finding *finding;
    while ((finding = findings_next(assess, &walk)))
        if (finding_is_open(finding) && finding->event.sequence == sequence &&
            !strcmp(finding->event.store, store))
            return finding;
    return NULL;
}

bool
findings_has_open(const void *context, const struct asset *asset)
{
    struct finding_walk walk = {.limit = 0};
    const struct finding *finding;
    while ((finding = findings_next(context, &walk)))
        if (finding->asset == asset && finding_is_open(finding))
            return true;
    return false;
}

void
findings_escalate(const struct assess *assess, const struct turn *turn)
{
    struct finding_walk walk = {.limit = 0};
    struct finding *finding;
    if (!turn->rules || !turn->rules->escalation_count)
        return;
    while ((finding = findings_next(assess, &walk)))
        finding_escalate(finding, turn);
}
