/* How far the card under the store is worn, as far as anybody can tell: what an eMMC says of itself
 * (JESD84-B50: DEVICE_LIFE_TIME_EST_TYP_A/B, PRE_EOL_INFO), and what this daemon had written, which
 * is all there is for an SD card. An estimate: the card's own write amplification is not known. */
#ifndef DAEMON_SUPERVISE_WEAR_H
#define DAEMON_SUPERVISE_WEAR_H

#include <stdbool.h>
#include <stdint.h>

enum wear_reserve { WEAR_UNKNOWN, WEAR_NORMAL, WEAR_WARNING, WEAR_URGENT };

struct wear {
    char disk[32];             /* "mmcblk0"; "" unknown */
    int used_percent;          /* upper end of the class, 10 to 100; 110: beyond; -1: unknown */
    enum wear_reserve reserve; /* spare blocks: warning from 80 % used on */
};

/* ---- parsers; false: nothing was changed ---- */

/* "0x01 0x02": the worse of both memories, as the upper end of its class in percent. */
bool wear_parse_life_time(const char *text, int *ret_used_percent);

bool wear_parse_reserve(const char *text, enum wear_reserve *ret_reserve);

/* write_bytes of /proc/self/io less cancelled_write_bytes. */
bool wear_parse_written(const char *text, int64_t *ret_bytes);

/* ---- */

/* The disk that `device` (makedev of the file system) lies on; where that says nothing (btrfs,
 * overlay) the worst of all that say something. */
void wear_look(const char *root, uint64_t device, struct wear *ret_wear);

const char *wear_reserve_name(enum wear_reserve reserve); /* NULL: unknown */

#endif
