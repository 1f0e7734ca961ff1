/* A reader's own memory: shared by reader.c and reader_registry.c. */
#ifndef DAEMON_STORE_READER_PARTS_H
#define DAEMON_STORE_READER_PARTS_H

#include "daemon/store/database.h"
#include "daemon/store/pack.h"
#include "daemon/store/reader.h"

/* The segment read last, unpacked. */
struct opened {
    struct buf plain;
    enum stream stream; /* 0: none */
    uint32_t device;    /* 0: all */
    uint64_t first, last;
    struct chunk start, mark; /* of the segment; where a reading began last */
};

struct reader {
    const struct store_face *face; /* NULL: over a file */
    struct database *database;
    uint32_t epoch;
    bool changed;
    char store_id[33], gateway_id[33];
    char destination[64];
    uint32_t zero_boot;
    int64_t zero_utc_ms;
    struct packer *packer;
    struct opened opened;
    struct registry_point *points; /* by number; entries without a name are not there */
    uint32_t point_count;
    char **devices;
    uint32_t device_count;
};

void reader_forget_registry(struct reader *reader);

#endif
