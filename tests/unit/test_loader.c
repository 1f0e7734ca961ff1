/* Mistakes: tests/unit/config holds a bad file a kind of mistake, and beside it the lines that must
 * be reported for it, all of them, in order. Everything in config/ must be without any. */
#include "config/loader.c"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

struct heard {
    char text[60000];
    size_t length;
    unsigned lines, warnings;
};

static void
hear(void *context, bool warning, const char *line)
{
    struct heard *heard = context;
    heard->lines++;
    heard->warnings += warning;
    heard->length += (size_t)snprintf(heard->text + heard->length,
                                      sizeof heard->text - heard->length, "%s\n", line);
    assert_true(heard->length < sizeof heard->text);
}

static int
load_heard(const char *file, struct heard *heard)
{
    struct loader_options options = {.share = "config", .report = hear, .context = heard};
    struct site *site = NULL;
    *heard = (struct heard){.length = 0};
    int result = loader_load(file, &options, &site);
    assert_true((result == 0) == (site != NULL));
    assert_true((result == 0) == (heard->lines == heard->warnings));
    site_free(site);
    return result;
}

static void
read_text(const char *file, char *text, size_t size)
{
    FILE *in = fopen(file, "r");
    if (!in)
        fail_msg("%s is missing", file);
    text[fread(text, 1, size - 1, in)] = '\0';
    fclose(in);
}

/* Calls check(path) for each NAME.yaml of the folder; returns how many there were. */
static unsigned
for_each(const char *folder, void (*check)(const char *path))
{
    unsigned count = 0;
    char path[400];
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".yaml") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check(path);
        count++;
    }
    closedir(directory);
    return count;
}

static void
check_bad(const char *path)
{
    static struct heard heard;
    static char expected[60000];
    char name[400];
    snprintf(name, sizeof name, "%.*s.expected", (int)(strlen(path) - 5), path);
    read_text(name, expected, sizeof expected);
    load_heard(path, &heard);
    if (strcmp(heard.text, expected) != 0)
        fail_msg("%s:\n%s\nbut should be\n%s", path, heard.text, expected);
    assert_true(heard.lines > 0);
}

static void
test_mistakes(void **state)
{
    (void)state;
    assert_true(for_each("tests/unit/config", check_bad) >= 25);
}

static void
check_good_site(const char *path)
{
    static struct heard heard;
    assert_int_equal(loader_kind(path), LOADER_SITE);
    int result = load_heard(path, &heard);
    if (result || heard.lines != heard.warnings) /* what a site leaves out is said, not refused */
        fail_msg("%s", heard.text);
}

static void
check_good_map(const char *path)
{
    static struct heard heard;
    struct loader_options options = {.report = hear, .context = &heard};
    heard = (struct heard){.length = 0};
    assert_int_equal(loader_kind(path), LOADER_MAP);
    assert_int_equal(loader_check_map(path, &options), 0);
    assert_string_equal(heard.text, "");
}

static void
check_good_limits(const char *path)
{
    static struct heard heard;
    struct loader_options options = {.report = hear, .context = &heard};
    heard = (struct heard){.length = 0};
    assert_int_equal(loader_kind(path), LOADER_LIMITS);
    assert_int_equal(loader_check_limits(path, &options), 0);
    assert_string_equal(heard.text, "");
}

static void
test_shipped_files(void **state)
{
    (void)state;
    assert_true(for_each("config/examples", check_good_site) >= 2);
    assert_true(for_each("config/devices", check_good_map) >= 25);
    assert_true(for_each("config/limits", check_good_limits) >= 6);
}

/* ---- files made on the spot ---- */

static char folder[] = "/tmp/parkgate-loader-XXXXXX";

static const char *
path_of(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void
write_file(const char *name, const char *text, size_t length)
{
    FILE *out = fopen(path_of(name), "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, length, out), length);
    fclose(out);
}

static void
write_text(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

static void
assert_refused(const char *name, const char *sentence)
{
    static struct heard heard;
    assert_int_equal(load_heard(path_of(name), &heard), -EINVAL);
    assert_int_equal(heard.lines, 1);
    if (!strstr(heard.text, sentence))
        fail_msg("'%s' does not say '%s'", heard.text, sentence);
}

static void
test_unreadable(void **state)
{
    (void)state;
    assert_refused("none.yaml", "none.yaml: cannot be read: No such file or directory");
    assert_refused(".", "cannot be read: Is a directory");
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_refused("pipe", "cannot be read: not a regular file");
    write_file("nul.yaml", "a: \0\n", 5);
    assert_refused("nul.yaml", "there is a NUL byte in it");
    write_file("latin.yaml", "gateway: {park: \xe9}\n", 19);
    assert_refused("latin.yaml", "this is not YAML: ");
}

static void
test_bounds(void **state)
{
    (void)state;
    char *text = malloc(YAML_SIZE_MAX + 1);
    assert_non_null(text);
    memset(text, '#', YAML_SIZE_MAX + 1);
    write_file("large.yaml", text, YAML_SIZE_MAX + 1);
    assert_refused("large.yaml", "cannot be read: larger than 1 MiB");
    write_file("large.yaml", text, YAML_SIZE_MAX); /* one long comment */
    assert_refused("large.yaml", "the file is empty");
    size_t length = (size_t)sprintf(text, "[");
    for (int i = 0; i <= YAML_ENTRIES_MAX; i++)
        length += (size_t)sprintf(text + length, "a, ");
    sprintf(text + length, "]");
    write_text("long.yaml", text);
    assert_refused("long.yaml", "too long: more than 4096 entries in one mapping or list");
    length = (size_t)sprintf(text, "gateway: {park: p, name: g}\nbuses: {a: {tcp: h}}\n"
                                   "devices: {a: {bus: a, unit: 1, points: {a: {holding: 0}}}}\n"
                                   "store:\n");
    for (int i = 0; i < 1000; i++)
        length += (size_t)sprintf(text + length, "  wrong-key-%d: 1\n", i);
    write_text("wrong.yaml", text);
    free(text);
    static struct heard heard;
    assert_int_equal(load_heard(path_of("wrong.yaml"), &heard), -EINVAL);
    assert_int_equal(heard.lines, MISTAKES_MAX + 1);
    assert_non_null(strstr(heard.text, "\nand 800 more\n"));
}

/* 20 devices share a map of 4000 points: a small file, 80,000 points. */
static void
test_points_are_bounded(void **state)
{
    (void)state;
    char *text = malloc(400000);
    assert_non_null(text);
    size_t length = (size_t)sprintf(text, "map: wide\ntitle: t\nsource: s\npoints:\n");
    for (int i = 0; i < 4000; i++)
        length += (size_t)sprintf(text + length, "  p%d: {holding: %d}\n", i, i);
    assert_int_equal(mkdir(path_of("devices"), 0700), 0);
    write_text("devices/wide.yaml", text);
    length = (size_t)sprintf(text, "gateway: {park: p, name: g}\nbuses: {a: {tcp: h}}\ndevices:\n");
    for (int i = 0; i < 20; i++)
        length += (size_t)sprintf(text + length, "  d%d: {bus: a, unit: %d, map: wide}\n", i, i);
    write_text("wide.yaml", text);
    free(text);
    assert_refused("wide.yaml", "more than 65536 points up to here");
}

static const char SITE[] = "gateway: {park: p, name: g}\n"
                           "buses: {a: {tcp: h}}\n"
                           "devices: {a: {bus: a, unit: 1, map: acrel-adw300}}\n";
static const char MAP[] = "map: acrel-adw300\ntitle: mine\nsource: mine\n"
                          "points: {power: {holding: 7, unit: kW}}\n";

/* Where maps come from: beside the file before options->share, that before $PARKGATE_SHARE. */
static void
test_shares(void **state)
{
    struct loader_options options = {.report = NULL};
    struct site *site;
    (void)state;
    write_text("site.yaml", SITE);
    assert_int_equal(setenv("PARKGATE_SHARE", "config", 1), 0);
    assert_int_equal(loader_load(path_of("site.yaml"), &options, &site), 0);
    assert_int_equal(site->point_count, 12);
    site_free(site);
    assert_int_equal(mkdir(path_of("share"), 0700), 0);
    assert_int_equal(mkdir(path_of("share/devices"), 0700), 0);
    write_text("share/devices/acrel-adw300.yaml", MAP);
    char share[200];
    snprintf(share, sizeof share, "%s", path_of("share"));
    options.share = share;
    assert_int_equal(loader_load(path_of("site.yaml"), &options, &site), 0);
    assert_int_equal(site->point_count, 1);
    site_free(site);
    options.share = "config";
    write_text("devices/acrel-adw300.yaml", MAP);
    assert_int_equal(loader_load(path_of("site.yaml"), &options, &site), 0);
    assert_int_equal(site->points[0].address, 7);
    site_free(site);
    assert_int_equal(unsetenv("PARKGATE_SHARE"), 0);
}

static void
digest_of(uint8_t ret_digest[32])
{
    struct loader_options options = {.share = "config"};
    struct site *site = NULL;
    assert_int_equal(loader_load(path_of("site.yaml"), &options, &site), 0);
    memcpy(ret_digest, site->digest, 32);
    site_free(site);
}

static void
test_digest(void **state)
{
    uint8_t first[32], again[32], other[32];
    (void)state;
    write_text("site.yaml", SITE);
    write_text("devices/acrel-adw300.yaml", MAP);
    digest_of(first);
    digest_of(again);
    assert_memory_equal(first, again, 32);
    write_text("devices/acrel-adw300.yaml", "map: acrel-adw300\ntitle: mine\nsource: mine\n"
                                            "points: {power: {holding: 8, unit: kW}}\n");
    digest_of(other);
    assert_memory_not_equal(first, other, 32);
    write_text("devices/acrel-adw300.yaml", MAP);
    char longer[400];
    snprintf(longer, sizeof longer, "%s# a remark\n", SITE);
    write_text("site.yaml", longer);
    digest_of(other);
    assert_memory_not_equal(first, other, 32);
}

static int
make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int
remove_folder(void **state)
{
    static const char *const NAMES[] = {"pipe",
                                        "nul.yaml",
                                        "latin.yaml",
                                        "large.yaml",
                                        "long.yaml",
                                        "wrong.yaml",
                                        "wide.yaml",
                                        "site.yaml",
                                        "devices/wide.yaml",
                                        "devices/acrel-adw300.yaml",
                                        "share/devices/acrel-adw300.yaml"};
    (void)state;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        unlink(path_of(NAMES[i]));
    rmdir(path_of("share/devices"));
    rmdir(path_of("share"));
    rmdir(path_of("devices"));
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_shipped_files),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_points_are_bounded),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_digest),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
