#include "daemon/supervise/oversight.h"

#include <string.h>
#include <sys/statvfs.h>

#define SCARCE_BYTES ((int64_t)16 << 20)

/* ---- beginning and end ---- */

int
oversight_begin(struct oversight *oversight, const char *directory, const char *boot_id,
                const struct stamp *now, bool fresh)
{
    int64_t utc_ms = now->clock == CLOCK_UNKNOWN ? 0 : now->utc_ms;

    oversight->watch.directory = directory;
    int error = run_file_open(&oversight->run, directory, boot_id, utc_ms);
    /* a store older than its run record: of a version that kept none */
    if (oversight->run.cause == RUN_CAUSE_FIRST && !fresh)
        oversight->run.cause = RUN_CAUSE_UNKNOWN;
    run_file_watch_abort(&oversight->run);
    return error;
}

void
oversight_end(struct oversight *oversight, enum run_end end, const struct stamp *now)
{
    if (oversight->watch.directory != NULL)
        run_file_close(&oversight->run, end, now->clock == CLOCK_UNKNOWN ? 0 : now->utc_ms);
    faults_done(&oversight->faults);
}

/* ---- once a second ---- */

static void
follow_destinations(struct oversight *oversight, const struct oversight_view *view)
{
    bool anew = oversight->generation != view->site->generation;

    if (anew)
        ledger_begin(&oversight->ledger);
    oversight->generation = view->site->generation;
    for (uint16_t i = 0; i < view->site->destination_count && i < OVERSIGHT_DESTINATIONS; i++) {
        struct oversight_since *since = &oversight->since[i];
        unsigned state = atomic_load(&view->destinations[i].state);
        if (!anew && since->state == state)
            continue;
        since->state = state;
        since->at = view->now;
    }
}

unsigned
oversight_disk_class(const struct machine *machine)
{
    int64_t free_bytes = machine->disk_free_bytes, size = machine->disk_size_bytes;

    if (free_bytes < 0 || size <= 0)
        return 0;
    if (free_bytes < SCARCE_BYTES)
        return 3;
    if (free_bytes < size / 50)
        return 2;
    return free_bytes < size / 10;
}

/* The disk may fill in a second: its free space alone is asked between two pages. */
static bool
has_disk_changed(const struct oversight *oversight)
{
    struct machine now = oversight->machine;
    struct statvfs space;

    if (oversight->watch.directory == NULL || statvfs(oversight->watch.directory, &space) != 0)
        return false;
    now.disk_free_bytes = (int64_t)((uint64_t)space.f_bavail * space.f_frsize);
    return oversight_disk_class(&now) != oversight_disk_class(&oversight->machine);
}

bool
oversight_tick(struct oversight *oversight, const struct oversight_view *view)
{
    int64_t utc_ms = view->now.clock == CLOCK_UNKNOWN ? 0 : view->now.utc_ms;

    follow_destinations(oversight, view);
    run_file_keep(&oversight->run, view->now.mono_ms, utc_ms, oversight->machine.written_bytes);
    faults_collect(&oversight->faults, view->stamp, view->context);
    return has_disk_changed(oversight);
}

/* ---- before a page ---- */

void
oversight_look(struct oversight *oversight, const struct oversight_view *view)
{
    struct ledger_view books = {.read = view->read,
                                .dropped = view->dropped,
                                .store = view->store,
                                .destinations = view->destinations,
                                .destination_count = view->site->destination_count,
                                .mono_ms = view->now.mono_ms};

    follow_destinations(oversight, view);
    faults_collect(&oversight->faults, view->stamp, view->context);
    machine_look(&oversight->watch, view->now.mono_ms, clock_cpu_ms(), &oversight->machine);
    fill_note(&oversight->fill, view->now.mono_ms, atomic_load(&view->store->file_bytes));
    oversight->books = ledger_look(&oversight->ledger, &books);
    oversight->has_clock = clock_read_discipline(&oversight->clock);
}

int64_t
oversight_full_in_s(const struct oversight *oversight, const struct site *site)
{
    int64_t room = site->store.max_size - oversight->fill.now_bytes;
    int64_t free_bytes = oversight->machine.disk_free_bytes;

    if (free_bytes >= 0 && free_bytes < room)
        room = free_bytes;
    return fill_left_s(&oversight->fill, room);
}
