/* What hours of an asset can be marked for: the pollutants under its hourly permit limits, and what
 * its permit exempts of them (exemptions:). Nothing is exempted that the file does not name
 * (standards.md 12 #6). */
#include "config/load_marks.h"

#include "config/section.h"

#include <string.h>

#define HOUR_S 3600

/* "cems.so2-corrected" is about so2. */
static const char *
pollutant_of(struct load *load, const char *limit)
{
    static const char *const steps[] = {"-corrected", "-dry", "-standard", "-mg"};
    const char *dot = strrchr(limit, '.');
    char *name = arena_text(load->arena, dot ? dot + 1 : limit);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char *at = strstr(name, steps[i]);
        if (at && at != name)
            *at = '\0';
    }
    return name;
}

static bool
is_hourly(const struct limit *limit, const struct asset *asset)
{
    return limit->asset == asset && limit->kind == LIMIT_PERMIT &&
           limit->averaging == AVERAGING_HOUR && limit->point;
}

struct build {
    struct load_asset *in;
    struct marks_pollutant *pollutants;
    struct marks_limit *limits;
    struct marks *marks;
};

static int
find(const struct build *build, const char *name)
{
    for (uint8_t i = 0; i < build->marks->pollutant_count; i++)
        if (!strcmp(build->pollutants[i].name, name))
            return i;
    return -1;
}

static void
add_limit(const struct build *build, const struct limit *limit, uint16_t index)
{
    struct marks *marks = build->marks;
    const char *name = pollutant_of(build->in->load, limit->name);
    int at = find(build, name);
    if (at < 0 && marks->pollutant_count < MARKS_POLLUTANTS) {
        at = marks->pollutant_count++;
        build->pollutants[at] = (struct marks_pollutant){.name = name};
    }
    if (at < 0 || marks->limit_count == MARKS_LIMITS) {
        load_mistake_at_key(build->in->load, build->in->node,
                            "%s has more than %d hourly permit limits, or more than %d pollutants "
                            "with one",
                            build->in->what, MARKS_LIMITS, MARKS_POLLUTANTS);
        return;
    }
    build->limits[marks->limit_count++] = (struct marks_limit){index, limit->point, (uint8_t)at};
}

static uint32_t
hours_of(struct load *load, const struct yaml_node *node, const char *what, uint32_t seconds)
{
    if (seconds % HOUR_S)
        load_mistake(load, node, "%s must be in whole hours: verdicts are by the hour", what);
    return seconds / HOUR_S;
}

static void
read_exemption(const struct build *build, const struct yaml_node *node)
{
    struct load *load = build->in->load;
    const char *what = load_printf(load, "exemption '%.40s' of %s", node->key, build->in->what);
    struct load_exemption read;
    int at = *node->key ? find(build, node->key) : -1;
    if (at < 0) {
        load_mistake(load, node, "%s: there is no hourly permit limit of '%.40s' to exempt from",
                     what, node->key);
        return;
    }
    struct marks_pollutant *pollutant = &build->pollutants[at];
    section_default(&SCHEMA_EXEMPTION, &read);
    section_read(load, &SCHEMA_EXEMPTION, node, what, &read);
    pollutant->startup_h = hours_of(load, node, what, read.startup_s);
    pollutant->shutdown_h = hours_of(load, node, what, read.shutdown_s);
    pollutant->year_h = hours_of(load, node, what, read.year_s);
}

void
load_marks(struct load_asset *in, const struct load_limits *limits)
{
    struct load *load = in->load;
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "exemptions");
    struct marks *marks = arena_take(load->arena, sizeof *marks);
    struct build build = {in, NULL, NULL, marks};
    build.pollutants = arena_take(load->arena, MARKS_POLLUTANTS * sizeof *build.pollutants);
    build.limits = arena_take(load->arena, MARKS_LIMITS * sizeof *build.limits);
    for (uint32_t i = 0; i < limits->count; i++)
        if (is_hourly(&limits->list[i], in->asset))
            add_limit(&build, &limits->list[i], (uint16_t)i);
    if (!marks->limit_count && in->asset->work) {
        build.pollutants[0] = (struct marks_pollutant){.name = ""};
        marks->pollutant_count = 1;
    }
    for (const struct yaml_node *child = node ? node->first : NULL; child; child = child->next)
        read_exemption(&build, child);
    if (!marks->pollutant_count)
        return;
    marks->pollutants = build.pollutants;
    marks->limits = build.limits;
    in->asset->marks = marks;
}
