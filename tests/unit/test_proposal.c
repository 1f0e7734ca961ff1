/* A proposal from what came to what its proposer is told; the site it makes is that of a file with
 * the same text, and it finds register maps beside the local file. */
#include "daemon/configuration/proposal.h"

#include "config/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char LOCAL[] = "# of the site\n"
                            "gateway: {park: test, name: one}\n"
                            "buses:\n"
                            "  line: {tcp: \"127.0.0.1:502\"}\n"
                            "devices:\n"
                            "  meter: {bus: line, unit: 1, every: 1s, map: own-map}\n"
                            "destinations:\n"
                            "  centre: {mqtt: \"tcp://127.0.0.1:1883\"}\n";
static const char MAP[] = "map: own-map\ntitle: t\nsource: s\npoints:\n  power: {holding: 0}\n";

static char place[64], local_file[100];
static struct configuration *configuration;

static void
write_file(const char *name, const char *text)
{
    char path[120];

    snprintf(path, sizeof path, "%s/%s", place, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int
set_up(void **state)
{
    struct configuration_news news;
    char devices[100];

    (void)state;
    strcpy(place, "/tmp/test_proposal.XXXXXX");
    assert_non_null(mkdtemp(place));
    snprintf(local_file, sizeof local_file, "%s/site.yaml", place);
    snprintf(devices, sizeof devices, "%s/devices", place);
    mkdir(devices, 0700);
    write_file("site.yaml", LOCAL);
    write_file("devices/own-map.yaml", MAP);
    assert_int_equal(configuration_open(place, local_file, NULL, &configuration, &news), 0);
    return 0;
}

static int
tear_down(void **state)
{
    char command[120];

    (void)state;
    configuration_free(configuration);
    snprintf(command, sizeof command, "rm -r %s", place);
    return system(command);
}

static void
print_mistake(void *context, bool warning, const char *line)
{
    (void)context;
    (void)warning;
    fprintf(stderr, "%s\n", line);
}

static struct proposal *
propose_patch(const char *text)
{
    json_t *patch = json_loads(text, 0, NULL);

    assert_non_null(patch);
    struct proposal *proposal = proposal_make(configuration, NULL, 0, patch);
    json_decref(patch);
    return proposal;
}

static void
expect_good(const struct proposal *proposal)
{
    if (proposal->errors > 0)
        fail_msg("%u:%u: %s", proposal->mistakes[0].line, proposal->mistakes[0].column,
                 proposal->mistakes[0].text);
}

static void
same_site(void **state)
{
    struct loader_options options = {.report = print_mistake};
    struct proposal *proposal = proposal_make(configuration, LOCAL, strlen(LOCAL), NULL);
    struct site *site;
    char digest[CONFIGURATION_DIGEST];

    (void)state;
    expect_good(proposal);
    assert_int_equal(proposal->difference.count, 0);
    assert_int_equal(loader_load(local_file, &options, &site), 0);
    for (size_t i = 0; i < 32; i++)
        snprintf(digest + 2 * i, 3, "%02x", site->digest[i]);
    assert_string_equal(proposal->digest, digest);
    site_free(site);
    proposal_free(proposal);
}

static void
patched(void **state)
{
    struct proposal *proposal = propose_patch("{\"devices\":{\"meter\":{\"every\":\"5s\"}}}");

    (void)state;
    assert_string_equal(proposal->why, "");
    expect_good(proposal);
    assert_non_null(strstr(proposal->text, "    every: \"5s\"\n"));
    assert_null(strstr(proposal->text, "# of the site"));
    assert_int_equal(proposal->difference.count, 1);
    assert_string_equal(proposal->difference.list[0].path, "devices.meter.every");
    assert_string_equal(proposal->difference.list[0].before->text, "1s");
    proposal_free(proposal);
}

static void
has_places(void **state)
{
    static const char WRONG[] = "gateway: {park: test, name: one}\n"
                                "buses:\n"
                                "  line: {tcp: \"127.0.0.1:502\", colour: red}\n"
                                "devices: {}\n"
                                "destinations: {}\n";
    struct proposal *proposal = proposal_make(configuration, WRONG, strlen(WRONG), NULL);

    (void)state;
    assert_true(proposal->errors > 0);
    assert_string_equal(proposal->digest, "");
    unsigned i = 0;
    while (i < proposal->count && strstr(proposal->mistakes[i].text, "colour") == NULL)
        i++;
    assert_int_equal(proposal->mistakes[i].line, 3);
    assert_int_equal(proposal->mistakes[i].column, 32);
    assert_null(strstr(proposal->mistakes[i].text, PROPOSAL_NAME ":"));
    proposal_free(proposal);
    write_file("devices/own-map.yaml",
               "map: own-map\ntitle: t\nsource: s\npoints:\n  power: {holding: x}\n");
    proposal = proposal_make(configuration, LOCAL, strlen(LOCAL), NULL);
    assert_int_equal(proposal->mistakes[0].line, 0); /* another file: its name says which */
    assert_non_null(strstr(proposal->mistakes[0].text, "own-map.yaml:5:"));
    proposal_free(proposal);
}

static void
is_bounded(void **state)
{
    struct {
        const char *text;
        size_t length;
        const char *words;
    } const CASES[] = {
        {"a: &a [x, x]\nb: *a\n", 0, "anchors"},
        {"a: 1\n---\nb: 2\n", 0, "second document"},
        {"%YAML 1.2\n---\na: 1\n", 0, "directives"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]", 0, "nested"},
        {"a: \"\0\"\n", 8, "NUL"},
        {"", 0, ""},
    };
    char *long_text = malloc(CONFIGURATION_TEXT_MOST + 1);

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        size_t length = CASES[i].length > 0 ? CASES[i].length : strlen(CASES[i].text);
        struct proposal *proposal = proposal_make(configuration, CASES[i].text, length, NULL);
        assert_true(proposal->errors > 0);
        if (strstr(proposal->mistakes[0].text, CASES[i].words) == NULL)
            fail_msg("%s: %s", CASES[i].words, proposal->mistakes[0].text);
        proposal_free(proposal);
    }
    memset(long_text, '#', CONFIGURATION_TEXT_MOST + 1);
    struct proposal *proposal = proposal_make(configuration, long_text, CONFIGURATION_TEXT_MOST + 1,
                                              NULL);
    assert_non_null(strstr(proposal->why, "at most 262144"));
    proposal_free(proposal);
    free(long_text);
}

static void
nothing_to_patch(void **state)
{
    (void)state;
    write_file("site.yaml", "a: [\n");
    struct proposal *proposal = propose_patch("{\"a\":1}");
    assert_non_null(strstr(proposal->why, "propose a whole text"));
    proposal_free(proposal);
    write_file("site.yaml", "{}\n");
    proposal = propose_patch(
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{"
        "\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}"
        "}}}}}");
    assert_non_null(strstr(proposal->why, "deeper than 16 levels"));
    proposal_free(proposal);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_site, set_up, tear_down),
        cmocka_unit_test_setup_teardown(patched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(has_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_to_patch, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
