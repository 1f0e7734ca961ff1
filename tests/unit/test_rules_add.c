/* rules_add: rules of tables, with what the site says about them under `rules:`. */
#include "config/load_rules.h"
#include "config/loader.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

/* One device with a temperature in kelvin and a truth, and an asset that is being read. */
static struct bench {
    struct site site;
    struct device devices[3];
    struct point points[16];
    struct asset asset;
    struct load_device read[1];
    struct load load;
    struct mistakes mistakes;
    struct load_asset in;
} bench;

static const struct rule CHAMBER = {
    .name = "chamber",
    .kind = "rto.chamber",
    .role = "chamber-temperature",
    .side = SIDE_BELOW,
    .value = 760,
    .hysteresis = 5,
    .unit = "degC",
    .delay_ms = 60000,
    .gate = RULE_PRODUCTION,
    .severity = RULE_WARNING,
    .source = "HJ 1093-2020",
    .title_zh = "x",
    .title_en = "chamber too cold",
};

static void
begin(const char *asset)
{
    struct arena *arena = arena_new();
    assert_non_null(arena);
    bench = (struct bench){0};
    bench.mistakes.arena = arena;
    bench.devices[0] = (struct device){
        .name = "rto", .every_ms = 1000, .points = bench.points, .point_count = 2};
    bench.points[0] = (struct point){.name = "chamber-temperature",
                                     .device = &bench.devices[0],
                                     .type = TYPE_FLOAT32,
                                     .unit = "K",
                                     .every_ms = 1000};
    bench.points[1] = (struct point){
        .name = "flame", .device = &bench.devices[0], .index = 1, .type = TYPE_BOOL, .unit = ""};
    bench.site = (struct site){
        .devices = bench.devices, .device_count = 1, .points = bench.points, .point_count = 2};
    bench.asset.name = "line";
    bench.load = (struct load){.arena = arena,
                               .scratch = arena,
                               .mistakes = &bench.mistakes,
                               .site = &bench.site,
                               .devices = bench.read,
                               .device_count = 1,
                               .asset_room = 1};
    struct place place = {.file = "site.yaml"};
    bench.in = (struct load_asset){.load = &bench.load, .asset = &bench.asset, .what = "asset"};
    bench.in.node = yaml_parse(arena, &place, asset, strlen(asset), &bench.mistakes);
    bench.in.from = (struct names_from){
        .devices = {&bench.devices[0]}, .count = 1, .own = &bench.asset};
    assert_non_null(bench.in.node);
}

/* All that was said, and that this is all. */
static void
assert_said(const char *text)
{
    assert_int_equal(bench.mistakes.count, *text ? 1 : 0);
    if (*text)
        assert_string_equal(bench.mistakes.list[0].text, text);
}

static void
end(void)
{
    arena_free(bench.load.arena);
}

static const struct rule *
only_rule(void)
{
    assert_int_equal(bench.asset.rule_count, 1);
    return &bench.asset.rules[0];
}

static bool
is_near(double number, double wanted)
{
    double difference = number - wanted;
    return difference < 1e-9 && difference > -1e-9;
}

static void
test_as_it_is(void **state)
{
    (void)state;
    begin("kind: voc-treatment\n");
    rules_add(&bench.in, &CHAMBER);
    load_rules(&bench.in);
    const struct rule *rule = only_rule();
    assert_said("");
    assert_ptr_equal(rule->point, &bench.points[0]);
    assert_string_equal(rule->subject, "line.chamber");
    assert_string_equal(rule->kind, "rto.chamber");
    assert_true(is_near(rule->value, 1033.15)); /* K, as the point */
    assert_true(is_near(rule->hysteresis, 5));
    assert_true(rule->is_brought);
    assert_int_equal(bench.asset.device_count, 1); /* its readings arrive */
    end();
}

static void
test_changed(void **state)
{
    (void)state;
    begin("rules: {chamber: {at-least: 780 degC, delay: 10s, severity: alarm, only: always, "
          "title: cold}}\n");
    rules_add(&bench.in, &CHAMBER);
    load_rules(&bench.in);
    const struct rule *rule = only_rule();
    assert_said("");
    assert_true(is_near(rule->value, 1053.15));
    assert_int_equal(rule->delay_ms, 10000);
    assert_int_equal(rule->severity, RULE_ALARM);
    assert_int_equal(rule->gate, RULE_ALWAYS);
    assert_string_equal(rule->title_en, "cold");
    assert_string_equal(rule->source, "HJ 1093-2020");
    end();
}

static void
test_off(void **state)
{
    (void)state;
    begin("rules: {chamber: {off: no chamber}}\n");
    rules_add(&bench.in, &CHAMBER);
    load_rules(&bench.in);
    assert_said("rule 'chamber' of asset (HJ 1093-2020) is off: no chamber");
    assert_true(bench.mistakes.list[0].warning);
    assert_null(only_rule()->point);
    end();
}

static void
test_missing(void **state)
{
    struct rule rule = CHAMBER;
    (void)state;
    rule.role = "bed-temperature";
    begin("kind: voc-treatment\n");
    rules_add(&bench.in, &rule);
    assert_said("asset: no point 'bed-temperature': rule 'chamber' (HJ 1093-2020) is not judged");
    assert_true(bench.mistakes.list[0].warning);
    assert_null(only_rule()->point);
    end();
    rule.missing = RULE_MISSING_SILENT;
    begin("kind: voc-treatment\n");
    rules_add(&bench.in, &rule);
    assert_said("");
    end();
}

static void
test_named(void **state)
{
    struct rule rule = CHAMBER;
    (void)state;
    rule.role = "bed-temperature";
    begin("rules: {chamber: {point: chamber-temperature}}\n");
    rules_add(&bench.in, &rule);
    assert_said("");
    assert_ptr_equal(only_rule()->point, &bench.points[0]);
    end();
}

static void
test_mistakes(void **state)
{
    static const struct {
        const char *asset, *said;
    } CASES[] = {
        {"rules: {chamber: {at-most: 780 degC}}\n",
         "'at-most' of rule 'chamber' of asset: it is about at-least"},
        {"rules: {chamber: {at-least: 780 Pa}}\n",
         "'at-least' of rule 'chamber' of asset is in Pa (pressure), but point "
         "'rto.chamber-temperature' is in K (temperature)"},
        {"rules: {chamber: {when: flame}}\n",
         "'when' of rule 'chamber' of asset: the kind of asset brings a rule of this name; yours "
         "needs another name"},
        {"rules: {chambre: {at-least: 780 degC}}\n",
         "rule 'chambre' of asset has neither 'when' nor 'point', and the kind of asset brings no "
         "rule of that name; it brings chamber"},
        {"rules: {chamber: {averaging: hour, delay: 3s}}\n",
         "'delay' of rule 'chamber' of asset: a mean is judged when its period closes"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        begin(CASES[i].asset);
        rules_add(&bench.in, &CHAMBER);
        load_rules(&bench.in);
        assert_said(CASES[i].said);
        assert_int_equal(bench.mistakes.errors, 1);
        end();
    }
}

static void
test_unit_of_another_kind(void **state)
{
    struct rule rule = CHAMBER;
    (void)state;
    rule.unit = "mg/m3";
    begin("kind: voc-treatment\n");
    rules_add(&bench.in, &rule);
    assert_said("rule 'chamber' of asset: point 'rto.chamber-temperature' is in K (temperature), "
                "but the rule is about mg/m3 (mass concentration)");
    assert_null(only_rule()->point);
    end();
}

static void
test_mean_has_no_delay(void **state)
{
    (void)state;
    begin("rules: {chamber: {averaging: hour}}\n");
    rules_add(&bench.in, &CHAMBER);
    assert_said("");
    assert_int_equal(only_rule()->delay_ms, 0);
    assert_true(only_rule()->hysteresis == 0);
    end();
}

static void
test_expression(void **state)
{
    struct rule rule = {
        .name = "cold-flame",
        .expression = "flame and chamber-temperature < 700 degC",
        .until_expression = "not flame",
        .source = "x",
    };
    (void)state;
    begin("kind: voc-treatment\n");
    rules_add(&bench.in, &rule);
    assert_said("");
    assert_string_equal(only_rule()->kind, "rule.cold-flame");
    assert_string_equal(only_rule()->point->name, "rule-cold-flame");
    assert_string_equal(only_rule()->until->name, "rule-cold-flame-until");
    assert_int_equal(bench.asset.derived->point_count, 2);
    assert_ptr_equal(bench.asset.derived->lead, &bench.devices[0]);
    end();
    rule.expression = "flame and chamber-temperatur < 700 degC";
    rule.until_expression = NULL;
    begin("kind: voc-treatment\n");
    rules_add(&bench.in, &rule);
    assert_non_null(strstr(bench.mistakes.list[0].text, "(column 11 of 'flame and "));
    assert_null(only_rule()->point);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_it_is),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_off),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_unit_of_another_kind),
        cmocka_unit_test(test_mean_has_no_delay),
        cmocka_unit_test(test_expression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
