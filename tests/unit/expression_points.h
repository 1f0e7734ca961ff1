/* What the tests of expressions share: a few points and a compiler that says what went wrong. */
#ifndef EXPRESSION_POINTS_H
#define EXPRESSION_POINTS_H

#include "daemon/assess/expression_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_point {
    const char *name, *unit; /* "?" is a truth */
};

static const struct test_point POINTS[] = {
    {"a", ""},        {"b", ""},          {"c", ""},           {"on", "?"},
    {"off", "?"},     {"so2", "mg/m3"},   {"fan.power", "kW"}, {"fan.other-power", "W"},
    {"flow", "m3/h"}, {"nflow", "Nm3/h"}, {"t-in", "degC"},    {"t-out", "degC"},
    {"tk", "K"},      {"kwh", "kWh"},     {"efficiency", "%"}, {"a-b", ""},
    {"volume", "m3"}, {"hours", "h"},     {"mass", "kg/h"},    {"min", ""},
    {"speed", "m/s"}, {"duct", "m2"},
};

#define POINT_COUNT (sizeof POINTS / sizeof *POINTS)

static const char *
find_point(void *context, const char *name, struct expression_point *ret_point)
{
    (void)context;
    for (uint32_t i = 0; i < POINT_COUNT; i++) {
        if (strcmp(POINTS[i].name, name) != 0)
            continue;
        bool is_truth = *POINTS[i].unit == '?';
        *ret_point = (struct expression_point){
            i, {is_truth ? NULL : units_find(POINTS[i].unit), is_truth, false}};
        return NULL;
    }
    return "there is no such point";
}

static inline struct expression_terms
terms_of(int64_t step_ms, const char *wanted)
{
    return (struct expression_terms){find_point, NULL, step_ms, wanted ? units_find(wanted) : NULL};
}

static inline void
compile(struct expression *expression, const char *text, int64_t step_ms)
{
    struct expression_mistake mistake;
    struct expression_terms terms = terms_of(step_ms, NULL);
    if (!expression_compile(text, &terms, expression, &mistake))
        fail_msg("%s: column %u: %s", text, mistake.column, mistake.text);
}

/* Values by the index of POINTS, in the order the expression wants them. */
static inline struct expression_value
step_of(const struct expression *expression, struct expression_state *state,
        const struct expression_value values[POINT_COUNT], int64_t at_ms)
{
    struct expression_value inputs[EXPRESSION_INPUTS];
    for (unsigned i = 0; i < expression->input_count; i++)
        inputs[i] = values[expression->inputs[i]];
    return expression_step(expression, state, inputs, at_ms);
}

static inline uint32_t
index_of(const char *name)
{
    struct expression_point point = {.index = UINT32_MAX};
    assert_null(find_point(NULL, name, &point));
    return point.index;
}

#endif
