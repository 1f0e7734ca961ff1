/* Parsers of /proc and /sys on recorded texts of a Raspberry-like gateway and on broken ones; and
 * machine_look over a tree of such files. */
#include "daemon/supervise/machine.c"
#include "daemon/supervise/wear.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static const char STAT[] = "cpu  10132 290 3084 46828 683 0 25 17 5 0\n"
                           "cpu0 1393 29 662 46828 56 0 17 0 0 0\nintr 199292 38\n";
static const char IO[] = "rchar: 3980\nwchar: 120\nsyscr: 9\nsyscw: 2\nread_bytes: 0\n"
                         "write_bytes: 40960\ncancelled_write_bytes: 8192\n";

static void
test_stat(void **state)
{
    struct machine_ticks ticks = {7, 7};

    (void)state;
    assert_true(machine_parse_stat(STAT, &ticks));
    assert_int_equal(ticks.all, 10132 + 290 + 3084 + 46828 + 683 + 25 + 17);
    assert_int_equal(ticks.busy, 10132 + 290 + 3084 + 25 + 17);
    assert_true(machine_parse_stat("cpu 1 2 3 4\n", &ticks)); /* Linux 2.4 */
    assert_int_equal(ticks.busy, 6);
    assert_false(machine_parse_stat("cpu 1 2 3\n", &ticks));
    assert_false(machine_parse_stat("", &ticks));
    assert_false(machine_parse_stat("intr 1 2 3 4 5 6 7 8\n", &ticks));
    assert_int_equal(ticks.busy, 6); /* as it was */
}

static void
test_load(void **state)
{
    double load[3] = {9, 9, 9};

    (void)state;
    assert_true(machine_parse_load("0.52 1.58 12.59 3/602 10893\n", load));
    assert_true(load[0] == 0.52 && load[1] == 1.58 && load[2] == 12.59);
    assert_false(machine_parse_load("0.5 0.6", load));
    assert_false(machine_parse_load("nan 1 1 1/1 1", load));
    assert_false(machine_parse_load("-1 1 1 1/1 1", load));
}

static void
test_memory(void **state)
{
    struct machine_memory memory;
    uint64_t pages;
    int64_t bytes = 0;
    char path[64];

    (void)state;
    assert_true(machine_parse_memory("MemTotal:        2039772 kB\nMemFree:          160580 kB\n"
                                     "MemAvailable:    1287360 kB\nBuffers: 1 kB\n",
                                     &memory));
    assert_int_equal(memory.total_kib, 2039772);
    assert_int_equal(memory.available_kib, 1287360);
    assert_false(machine_parse_memory("MemTotal: 1 kB\n", &memory)); /* before Linux 3.14 */
    assert_false(machine_parse_memory("MemTotal: x kB\nMemAvailable: 1 kB\n", &memory));
    assert_true(machine_parse_resident("21534 1204 890 61 0 19021 0\n", &pages));
    assert_int_equal(pages, 1204);
    assert_false(machine_parse_resident("21534\n", &pages));
    assert_true(machine_parse_cgroup("0::/system.slice/parkgated.service\n", path, sizeof path));
    assert_string_equal(path, "/system.slice/parkgated.service");
    assert_true(machine_parse_cgroup("4:memory:/old\n0::/\n", path, sizeof path));
    assert_string_equal(path, "/");
    assert_false(machine_parse_cgroup("4:memory:/old\n", path, sizeof path));
    assert_false(machine_parse_cgroup("0::/../elsewhere\n", path, sizeof path));
    assert_false(machine_parse_cgroup("0::/system.slice\n", path, 5));
    assert_true(machine_parse_limit("134217728\n", &bytes) && bytes == 134217728);
    assert_true(machine_parse_limit("max\n", &bytes) && bytes == -1);
    assert_false(machine_parse_limit("maximum\n", &bytes));
    assert_false(machine_parse_limit("12 MB\n", &bytes));
    assert_false(machine_parse_limit("-12\n", &bytes));
}

static void
test_temperature(void **state)
{
    double celsius = 0;

    (void)state;
    assert_true(machine_parse_temperature("48312\n", &celsius) && celsius == 48.312);
    assert_true(machine_parse_temperature("-20000\n", &celsius) && celsius == -20);
    assert_false(machine_parse_temperature("-274000\n", &celsius)); /* a sensor that is not there */
    assert_false(machine_parse_temperature("200001\n", &celsius));
    assert_true(machine_parse_temperature("200000\n", &celsius));
    assert_false(machine_parse_temperature("\n", &celsius));
    assert_false(machine_parse_temperature("48.3\n", &celsius));
}

/* JESD84-B50 */
static void
test_wear(void **state)
{
    enum wear_reserve reserve = WEAR_UNKNOWN;
    int used = -1;
    int64_t written = -1;

    (void)state;
    assert_true(wear_parse_life_time("0x01 0x02\n", &used) && used == 20);
    assert_true(wear_parse_life_time("0x0a 0x01\n", &used) && used == 100);
    assert_true(wear_parse_life_time("0x0b 0x0b\n", &used) && used == 110);
    assert_true(wear_parse_life_time("0x03 0x00\n", &used) && used == 30);
    assert_false(wear_parse_life_time("0x00 0x00\n", &used)); /* not defined */
    assert_false(wear_parse_life_time("0x0c 0xff\n", &used)); /* reserved */
    assert_false(wear_parse_life_time("", &used));
    assert_int_equal(used, 30);
    assert_true(wear_parse_reserve("0x02\n", &reserve) && reserve == WEAR_WARNING);
    assert_false(wear_parse_reserve("0x00\n", &reserve));
    assert_false(wear_parse_reserve("0x04\n", &reserve));
    assert_string_equal(wear_reserve_name(WEAR_URGENT), "urgent");
    assert_null(wear_reserve_name(WEAR_UNKNOWN));
    assert_true(wear_parse_written(IO, &written) && written == 32768);
    assert_false(wear_parse_written("wchar: 12\n", &written));
    assert_true(wear_parse_written("write_bytes: 1\ncancelled_write_bytes: 2\n", &written));
    assert_int_equal(written, 0);
}

/* ---- a machine of files ---- */

static char root[] = "/tmp/parkgate-machine-XXXXXX";

static void
place(const char *path, const char *text)
{
    char whole[512];

    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void
test_look(void **state)
{
    struct machine_watch watch = {.root = root, .directory = "/"};
    struct machine machine;

    (void)state;
    machine_look(&watch, 1000, 50, &machine); /* nothing is there */
    assert_true(isnan(machine.cpu_share) && isnan(machine.load[0]));
    assert_true(isnan(machine.temperature_c) && isnan(machine.machine_cpu_share));
    assert_int_equal(machine.resident_kib, -1);
    assert_int_equal(machine.limit_kib, -1);
    assert_int_equal(machine.written_bytes, -1);
    assert_true(machine.disk_size_bytes > 0);

    place("/proc/self/cgroup", "0::/system.slice/parkgated.service\n");
    place("/sys/fs/cgroup/system.slice/parkgated.service/memory.max", "max\n");
    place("/sys/fs/cgroup/system.slice/memory.max", "134217728\n");
    place("/sys/class/thermal/thermal_zone0/temp", "41000\n");
    place("/sys/class/thermal/thermal_zone1/temp", "48500\n");
    place("/sys/class/thermal/thermal_zone1/type", "cpu-thermal\n");
    place("/sys/class/thermal/thermal_zone2/temp", "-274000\n");
    place("/sys/class/thermal/cooling_device0/temp", "99000\n");
    place("/proc/self/io", IO);
    place("/proc/stat", "cpu 100 0 0 900 0 0 0 0\n");
    watch = (struct machine_watch){.root = root};
    machine_look(&watch, 1000, 50, &machine);
    place("/proc/stat", "cpu 125 0 0 975 0 0 0 0\n");
    machine_look(&watch, 31000, 650, &machine);
    assert_true(machine.cpu_share == 0.02 && machine.machine_cpu_share == 0.25);
    assert_true(machine.window_s == 30);
    machine_look(&watch, 31500, 650, &machine); /* half a second says nothing: the last stands */
    assert_true(machine.cpu_share == 0.02);
    assert_int_equal(machine.limit_kib, 131072);
    assert_true(machine.temperature_c == 48.5);
    assert_string_equal(machine.temperature_of, "cpu-thermal");
    assert_int_equal(machine.written_bytes, 32768);
}

static void
test_disks(void **state)
{
    struct wear wear;
    char link[512];

    (void)state;
    place("/sys/devices/mmc/block/mmcblk0/device/life_time", "0x02 0x03\n");
    place("/sys/devices/mmc/block/mmcblk0/device/pre_eol_info", "0x01\n");
    place("/sys/devices/mmc/block/mmcblk0/mmcblk0p2/partition", "2\n");
    place("/sys/devices/mmc/block/mmcblk1/device/life_time", "0x05 0x01\n");
    place("/sys/dev/block/none", "");
    place("/sys/block/none/x", "");
    snprintf(link, sizeof link, "%s/sys/dev/block/179:2", root);
    assert_int_equal(symlink("../../devices/mmc/block/mmcblk0/mmcblk0p2", link), 0);
    snprintf(link, sizeof link, "%s/sys/block/mmcblk0", root);
    assert_int_equal(symlink("../devices/mmc/block/mmcblk0", link), 0);
    snprintf(link, sizeof link, "%s/sys/block/mmcblk1", root);
    assert_int_equal(symlink("../devices/mmc/block/mmcblk1", link), 0);

    wear_look(root, makedev(179, 2), &wear);
    assert_string_equal(wear.disk, "mmcblk0");
    assert_int_equal(wear.used_percent, 30);
    assert_int_equal(wear.reserve, WEAR_NORMAL);
    wear_look(root, makedev(0, 40), &wear); /* btrfs: the worst there is */
    assert_string_equal(wear.disk, "mmcblk1");
    assert_int_equal(wear.used_percent, 50);
}

static int
make_root(void **state)
{
    (void)state;
    return mkdtemp(root) != NULL ? 0 : -1;
}

static int
remove_root(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stat),   cmocka_unit_test(test_load),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_temperature),
        cmocka_unit_test(test_wear),   cmocka_unit_test(test_look),
        cmocka_unit_test(test_disks),
    };

    return cmocka_run_group_tests(tests, make_root, remove_root);
}
