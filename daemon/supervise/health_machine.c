/* Of the health page: the machine, the disk and the card, why the daemon started, what last went
 * wrong. Null is "not known": a sensor that is not there, a file the sandbox hides. */
#include "daemon/store/store.h"
#include "daemon/supervise/oversight.h"
#include "daemon/supervise/pages.h"

#include <elf.h>
#include <link.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void
put_known(struct json *json, const char *key, int64_t value)
{
    json_key(json, key);
    if (value < 0)
        json_none(json);
    else
        json_signed(json, value);
}

/* Rounded to a ten-thousandth: what is behind is noise. */
static void
put_figure(struct json *json, const char *key, double value)
{
    json_key(json, key);
    json_number(json, isnan(value) ? value : round(value * 10000) / 10000); /* NAN: null */
}

/* ---- which program ---- */

struct build {
    char id[41];
};

/* Of one note segment; elf(5): name size, description size, type, each padded to 4 bytes. */
static void
find_id(const uint8_t *notes, size_t length, struct build *ret_build)
{
    while (length >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        memcpy(&note, notes, sizeof note);
        size_t name = (note.n_namesz + 3U) & ~3U, text = (note.n_descsz + 3U) & ~3U;
        size_t whole = sizeof note + name + text;
        if (whole > length)
            return;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(notes + sizeof note, "GNU", 4) == 0)
            for (size_t i = 0; i < note.n_descsz && i < 20; i++)
                snprintf(ret_build->id + 2 * i, 3, "%02x", notes[sizeof note + name + i]);
        notes += whole;
        length -= whole;
    }
}

/* The program itself comes first (dl_iterate_phdr(3)). */
static int
look_at_program(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_NOTE)
            find_id((const uint8_t *)info->dlpi_addr + part->p_vaddr, part->p_memsz, context);
    }
    return 1;
}

static void
put_build(struct json *json)
{
    struct build build = {""};

    dl_iterate_phdr(look_at_program, &build);
    json_key(json, "build");
    if (build.id[0] == '\0')
        json_none(json);
    else
        json_text(json, build.id);
}

/* ---- machine ---- */

static void
put_clock(struct json *json, const struct oversight *oversight)
{
    json_key(json, "clock_discipline");
    if (!oversight->has_clock) {
        json_none(json);
        return;
    }
    json_begin_object(json);
    json_put_integer(json, "offset_us", oversight->clock.offset_us);
    json_put_integer(json, "error_us", oversight->clock.error_us);
    put_figure(json, "frequency_ppm", oversight->clock.frequency_ppm);
    json_end_object(json);
}

void
pages_put_machine(struct json *json, const struct vitals *vitals)
{
    const struct machine *machine = &vitals->oversight->machine;

    put_build(json);
    put_clock(json, vitals->oversight);
    json_put_integer(json, "cpu_ms", clock_cpu_ms());
    put_figure(json, "cpu_share", machine->cpu_share);
    json_put_integer(json, "memory_kib", machine->resident_kib < 0 ? 0 : machine->resident_kib);
    put_known(json, "memory_limit_kib", machine->limit_kib);
    json_key(json, "machine");
    json_begin_object(json);
    json_put_integer(json, "uptime_ms", vitals->now.mono_ms);
    put_figure(json, "cpu_share", machine->machine_cpu_share);
    put_figure(json, "window_s", machine->window_s);
    put_figure(json, "load_1min", machine->load[0]);
    put_figure(json, "load_5min", machine->load[1]);
    put_figure(json, "load_15min", machine->load[2]);
    put_known(json, "memory_kib", machine->total_kib);
    put_known(json, "memory_free_kib", machine->available_kib);
    put_figure(json, "temperature_c", machine->temperature_c);
    json_put_text(json, "temperature_of", machine->temperature_of);
    json_end_object(json);
}

/* ---- disk ---- */

static void
put_wear(struct json *json, const struct oversight *oversight)
{
    const struct machine *machine = &oversight->machine;
    const struct wear *wear = &machine->wear;
    const char *reserve = wear_reserve_name(wear->reserve);
    int64_t written = machine->written_bytes;

    json_key(json, "wear");
    json_begin_object(json);
    json_put_text(json, "disk", wear->disk);
    put_known(json, "used_percent", wear->used_percent);
    json_key(json, "reserve");
    if (reserve != NULL)
        json_text(json, reserve);
    else
        json_none(json);
    put_known(json, "written_bytes", written);
    int64_t total = written < 0 ? -1 : oversight->run.written_before + written;
    put_known(json, "written_total_bytes", total);
    put_figure(json, "written_total_tb", total < 0 ? (double)NAN : (double)total / 1e12);
    json_end_object(json);
}

void
pages_put_disk(struct json *json, const struct vitals *vitals)
{
    const struct oversight *oversight = vitals->oversight;
    const struct store_counters *store = vitals->store;

    json_key(json, "disk");
    json_begin_object(json);
    json_put_integer(json, "store_bytes", atomic_load(&store->file_bytes));
    json_put_integer(json, "store_max_bytes", vitals->site->store.max_size);
    put_known(json, "full_in_s", oversight_full_in_s(oversight, vitals->site));
    put_known(json, "free_bytes", oversight->machine.disk_free_bytes);
    put_known(json, "size_bytes", oversight->machine.disk_size_bytes);
    json_put_bool(json, "volatile", atomic_load(&store->is_volatile));
    json_put_natural(json, "commits", atomic_load(&store->commits));
    json_put_natural(json, "commit_ms_max", atomic_load(&store->commit_ms_max));
    put_wear(json, oversight);
    json_end_object(json);
}

/* ---- starts and errors ---- */

void
pages_put_restart(struct json *json, const struct vitals *vitals)
{
    const struct run_file *run = &vitals->oversight->run;
    const struct run_record *record = &run->record;
    uint64_t known = record->watchdog + record->crashes + record->power_cuts;

    json_put_text(json, "restart_cause", run_cause_name(run->cause));
    json_key(json, "restarts");
    json_begin_object(json);
    json_put_natural(json, "watchdog", record->watchdog);
    json_put_natural(json, "crash", record->crashes);
    json_put_natural(json, "power", record->power_cuts);
    json_put_natural(json, "other", record->starts > known ? record->starts - known - 1 : 0);
    json_end_object(json);
}

static void
put_fault(struct json *json, const char *key, const struct fault *fault)
{
    json_key(json, key);
    if (fault->text[0] == '\0') {
        json_none(json);
        return;
    }
    json_begin_object(json);
    json_put_text(json, "text", fault->text);
    pages_put_time(json, "t", &fault->at);
    json_put_natural(json, "count", fault->count);
    json_end_object(json);
}

void
pages_put_errors(struct json *json, const struct vitals *vitals)
{
    json_key(json, "errors");
    json_begin_object(json);
    for (int part = 0; part < FAULT_PARTS; part++)
        put_fault(json, fault_part_name((enum fault_part)part),
                  &vitals->oversight->faults.parts[part]);
    json_end_object(json);
}
