#include "daemon/store/registry.h"

#include "base/arena.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEANING 480

/* One number: found by `select` or made by `insert` (both take the name). */
static int
number_of(struct database *database, const char *select, const char *insert, const char *name,
          uint32_t *ret_number)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        struct statement *statement = database_query(database, select, "t", name);
        if (statement == NULL)
            return database_failure(database);
        int got = database_step(database, statement);
        if (got == 1) {
            *ret_number = (uint32_t)database_integer(statement, 0);
            database_reset(statement);
            return 0;
        }
        if (got == 0)
            got = database_run(database, insert, "t", name);
        if (got < 0)
            return got;
    }
    return -EIO;
}

/* What makes a point the same point: a change of any of it starts a new number. */
static void
describe(const struct point *point, char ret_meaning[MEANING])
{
    if (point->formula != NULL) {
        snprintf(ret_meaning, MEANING, "derived %s %s", point->formula, point->unit);
        return;
    }
    snprintf(ret_meaning, MEANING, "%s %d/%u+%u order %d bit %u+%u * %.17g + %.17g %s",
             site_type_name(point->type), (int)point->table, point->address, point->registers,
             (int)point->order, point->bit, point->bit_count, point->scale, point->offset,
             point->unit);
}

/* The current number under that name with that meaning; 0: none. */
static int
find_point(struct database *database, const struct point *point, const char *name,
           const char *meaning, uint32_t *ret_number)
{
    struct statement *statement = database_query(
        database,
        "SELECT number FROM points WHERE device=? AND name=? AND meaning=? ORDER BY"
        " current DESC, number DESC LIMIT 1",
        "ttt", point->device->name, name, meaning);

    if (statement == NULL)
        return database_failure(database);
    int got = database_step(database, statement);
    *ret_number = 0;
    if (got == 1) {
        *ret_number = (uint32_t)database_integer(statement, 0);
        database_reset(statement);
    }
    return got < 0 ? got : 0;
}

static int
make_point(struct database *database, struct point *point, const char *meaning)
{
    int error = database_run(database, "UPDATE points SET current=0 WHERE device=? AND name=?",
                             "tt", point->device->name, point->name);

    if (error == 0)
        error = database_run(database,
                             "INSERT INTO points(device,name,unit,type,meaning,current)"
                             " VALUES(?,?,?,?,?,1)",
                             "ttttt", point->device->name, point->name, point->unit,
                             site_type_name(point->type), meaning);
    if (error == 0)
        error = find_point(database, point, point->name, meaning, &point->number);
    return error;
}

static int
number_point(struct database *database, struct point *point)
{
    char meaning[MEANING];

    describe(point, meaning);
    int error = find_point(database, point, point->name, meaning, &point->number);
    if (error != 0 || point->number != 0)
        return error;
    if (point->was != NULL) {
        error = find_point(database, point, point->was, meaning, &point->number);
        if (error == 0 && point->number != 0)
            return database_run(database, "UPDATE points SET name=? WHERE number=?", "ti",
                                point->name, (int64_t)point->number);
    }
    return error != 0 ? error : make_point(database, point, meaning);
}

static int
by_number(const void *a, const void *b, void *context)
{
    const struct point *points = context;
    uint32_t left = points[*(const uint16_t *)a].number;
    uint32_t right = points[*(const uint16_t *)b].number;

    return left < right ? -1 : left > right;
}

static void
order_points(struct site *site, struct device *device)
{
    uint16_t *order = arena_take(site->arena, (device->point_count + 1U) * sizeof *order);

    for (uint16_t i = 0; i < device->point_count; i++)
        order[i] = i;
    qsort_r(order, device->point_count, sizeof *order, by_number, device->points);
    device->by_number = order;
}

static int
number_destination(struct database *database, struct destination *destination)
{
    int error = number_of(database, "SELECT number FROM destinations WHERE name=?",
                          "INSERT INTO destinations(name) VALUES(?)", destination->name,
                          &destination->number);

    return error != 0 ? error
                      : database_run(database, "UPDATE destinations SET current=1 WHERE number=?",
                                     "i", (int64_t)destination->number);
}

int
registry_number_site(struct database *database, struct site *site)
{
    int error = 0;

    for (uint16_t i = 0; i < site->device_count && error == 0; i++)
        error = number_of(database, "SELECT number FROM devices WHERE name=?",
                          "INSERT INTO devices(name) VALUES(?)", site->devices[i].name,
                          &site->devices[i].number);
    for (uint32_t i = 0; i < site->point_count && error == 0; i++)
        error = number_point(database, &site->points[i]);
    if (error == 0)
        error = database_run(database, "UPDATE destinations SET current=0", "");
    for (uint16_t i = 0; i < site->destination_count && error == 0; i++)
        error = number_destination(database, &site->destinations[i]);
    for (uint16_t i = 0; i < site->device_count && error == 0; i++)
        order_points(site, &site->devices[i]);
    return error;
}

int
registry_place_boot(struct database *database, uint32_t boot, int64_t zero_utc_ms)
{
    return database_run(database, "UPDATE boots SET zero_utc_ms=? WHERE number=? AND zero_utc_ms=0",
                        "ii", zero_utc_ms, (int64_t)boot);
}

bool
registry_boot_is_placed(struct database *database, uint32_t boot)
{
    struct statement *statement = database_query(
        database, "SELECT 1 FROM boots WHERE number=? AND zero_utc_ms<>0", "i", (int64_t)boot);
    bool is_placed = statement != NULL && database_step(database, statement) == 1;

    if (is_placed)
        database_reset(statement);
    return is_placed;
}

uint32_t
registry_boot(struct database *database, const char *boot_id, int64_t utc_ms)
{
    struct statement *statement;
    char own[48];

    if (strcmp(boot_id, "unknown") == 0) { /* perhaps another boot: never taken for a known one */
        int64_t next = database_value(database, "SELECT coalesce(max(number),0)+1 FROM boots", 0);
        snprintf(own, sizeof own, "unknown-%lld", (long long)next);
        boot_id = own;
    }
    database_run(database, "INSERT OR IGNORE INTO boots(id,utc_ms) VALUES(?,?)", "ti", boot_id,
                 utc_ms);
    statement = database_query(database, "SELECT number FROM boots WHERE id=?", "t", boot_id);
    if (statement == NULL || database_step(database, statement) != 1)
        return 0;
    uint32_t number = (uint32_t)database_integer(statement, 0);
    database_reset(statement);
    return number;
}

/* A table at a time: one that cannot be read keeps no other from being copied. */
static const char *const TABLES[] = {
    "INSERT OR REPLACE INTO meta SELECT * FROM q.meta",
    "INSERT INTO boots SELECT * FROM q.boots",
    "INSERT INTO devices SELECT * FROM q.devices",
    "INSERT INTO points SELECT * FROM q.points",
    "INSERT INTO destinations SELECT * FROM q.destinations",
    "INSERT INTO cursors SELECT * FROM q.cursors",
    "INSERT INTO heads SELECT * FROM q.heads",
    "INSERT INTO signatures SELECT * FROM q.signatures",
    "INSERT INTO anchors SELECT * FROM q.anchors",
};

int
registry_copy(struct database *target, const char *path)
{
    int error = database_run(target, "ATTACH ? AS q", "t", path);

    for (size_t i = 0; i < sizeof TABLES / sizeof TABLES[0] && error == 0; i++)
        database_run(target, TABLES[i], "");
    return error;
}
