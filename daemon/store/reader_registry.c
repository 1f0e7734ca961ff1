/* What the numbers in records mean: points, devices, destinations, boots. */
#include "daemon/store/reader_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
reader_forget_registry(struct reader *reader)
{
    for (uint32_t i = 0; i < reader->point_count; i++) {
        free((char *)(uintptr_t)reader->points[i].device);
        free((char *)(uintptr_t)reader->points[i].name);
        free((char *)(uintptr_t)reader->points[i].unit);
        free((char *)(uintptr_t)reader->points[i].type);
    }
    for (uint32_t i = 0; i < reader->device_count; i++)
        free(reader->devices[i]);
    free(reader->points);
    free(reader->devices);
    reader->points = NULL;
    reader->devices = NULL;
    reader->point_count = 0;
    reader->device_count = 0;
}

static int
load_points(struct reader *reader)
{
    uint32_t count = (uint32_t)database_value(reader->database,
                                              "SELECT coalesce(max(number),0) FROM points", 0);
    struct statement *statement = database_query(
        reader->database, "SELECT number,device,name,unit,type FROM points", "");

    reader->points = calloc(count + 1U, sizeof *reader->points);
    if (reader->points == NULL || statement == NULL)
        return -ENOMEM;
    reader->point_count = count + 1;
    while (database_step(reader->database, statement) == 1) {
        uint32_t number = (uint32_t)database_integer(statement, 0);
        if (number > count)
            continue;
        struct registry_point *point = &reader->points[number];
        point->number = number;
        point->device = strdup(database_text(statement, 1));
        point->name = strdup(database_text(statement, 2));
        point->unit = strdup(database_text(statement, 3));
        point->type = strdup(database_text(statement, 4));
    }
    return 0;
}

static int
load_devices(struct reader *reader)
{
    uint32_t count = (uint32_t)database_value(reader->database,
                                              "SELECT coalesce(max(number),0) FROM devices", 0);
    struct statement *statement = database_query(reader->database,
                                                 "SELECT number,name FROM devices", "");

    reader->devices = calloc(count + 1U, sizeof *reader->devices);
    if (reader->devices == NULL || statement == NULL)
        return -ENOMEM;
    reader->device_count = count + 1;
    while (database_step(reader->database, statement) == 1) {
        uint32_t number = (uint32_t)database_integer(statement, 0);
        if (number <= count)
            reader->devices[number] = strdup(database_text(statement, 1));
    }
    return 0;
}

/* While the disk is gone the registry is still read from the durable file. */
static void
load_registry(struct reader *reader)
{
    if (reader->database == NULL || reader_is_volatile(reader))
        return;
    reader_forget_registry(reader);
    if (load_points(reader) != 0 || load_devices(reader) != 0)
        reader_forget_registry(reader);
}

const struct registry_point *
reader_point(struct reader *reader, uint32_t number)
{
    if (number >= reader->point_count || reader->points[number].name == NULL)
        load_registry(reader);
    return number < reader->point_count && reader->points[number].name != NULL
               ? &reader->points[number]
               : NULL;
}

const char *
reader_device(struct reader *reader, uint32_t number)
{
    if (number >= reader->device_count || reader->devices[number] == NULL)
        load_registry(reader);
    return number < reader->device_count ? reader->devices[number] : NULL;
}

int64_t
reader_boot_zero(struct reader *reader, uint32_t boot)
{
    struct statement *statement;

    if (reader->zero_boot == boot && reader->zero_utc_ms != 0)
        return reader->zero_utc_ms;
    statement = database_query(reader->database, "SELECT zero_utc_ms FROM boots WHERE number=?",
                               "i", (int64_t)boot);
    reader->zero_boot = boot;
    reader->zero_utc_ms = 0;
    if (statement != NULL && database_step(reader->database, statement) == 1) {
        reader->zero_utc_ms = database_integer(statement, 0);
        database_reset(statement);
    }
    return reader->zero_utc_ms;
}

const char *
reader_next_destination(struct reader *reader, uint32_t *number)
{
    struct statement *statement = database_query(
        reader->database,
        "SELECT number, name FROM destinations WHERE number>? AND current ORDER BY number LIMIT 1",
        "i", (int64_t)*number);

    if (statement == NULL || database_step(reader->database, statement) != 1)
        return NULL;
    *number = (uint32_t)database_integer(statement, 0);
    snprintf(reader->destination, sizeof reader->destination, "%s", database_text(statement, 1));
    database_reset(statement);
    return reader->destination;
}
