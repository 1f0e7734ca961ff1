/* What main remembers between two health pages, so that a page can say what was, how fast and since
 * when: the machine's last look, the run record, last errors, the store's growth, the books, since
 * when each destination is in its state. Main only; nothing here waits but for small files. */
#ifndef DAEMON_SUPERVISE_OVERSIGHT_H
#define DAEMON_SUPERVISE_OVERSIGHT_H

#include "base/clock.h"
#include "daemon/supervise/faults.h"
#include "daemon/supervise/fill.h"
#include "daemon/supervise/ledger.h"
#include "daemon/supervise/machine.h"
#include "daemon/supervise/run_record.h"

#define OVERSIGHT_DESTINATIONS 16

struct oversight_since {
    unsigned state;
    struct stamp at;
};

struct oversight {
    struct machine_watch watch;
    struct machine machine;
    struct run_file run;
    struct faults faults;
    struct fill fill;
    struct ledger ledger;
    struct ledger_result books;
    struct clock_discipline clock;
    bool has_clock;
    struct oversight_since since[OVERSIGHT_DESTINATIONS]; /* by destination->index */
    uint32_t generation;                                  /* of the site those belong to */
};

/* Begins this run in the run record. `fresh`: the store was made just now. */
int oversight_begin(struct oversight *oversight, const char *directory, const char *boot_id,
                    const struct stamp *now, bool fresh);

/* Accepts a zeroed one. */
void oversight_end(struct oversight *oversight, enum run_end end, const struct stamp *now);

struct oversight_view {
    const struct site *site;
    const struct destination_counters *destinations;
    const struct store_counters *store;
    const atomic_ullong *read, *dropped; /* scans */
    struct stamp now;
    void (*stamp)(void *context, int64_t mono_ms, struct stamp *ret_stamp);
    void *context;
};

/* Once a second. True when the class of free disk has changed. */
bool oversight_tick(struct oversight *oversight, const struct oversight_view *view);

/* Before a page. */
void oversight_look(struct oversight *oversight, const struct oversight_view *view);

/* Seconds until the store is full at today's rate; -1: unknown. */
int64_t oversight_full_in_s(const struct oversight *oversight, const struct site *site);

/* 0: plenty, 1: below 10 %, 2: below 2 % of the disk free, 3: less than 16 MiB. */
unsigned oversight_disk_class(const struct machine *machine);

#endif
