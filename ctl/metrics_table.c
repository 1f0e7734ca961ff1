#include "ctl/metrics_table.h"

#include <stddef.h>

static const char *const CLOCKS[] = {"unknown", "restored", "synchronised", "set", NULL};
static const char *const DEVICE_STATES[] = {"unknown", "online", "degraded", "offline", NULL};
static const char *const LINK_STATES[] = {"down", "connecting", "up", NULL};

#define GAUGE(NAME, HELP, PATH, SCALE)                                                             \
    {                                                                                              \
        .name = "parkgate_" NAME, .help = HELP, .path = PATH, .scale = SCALE                       \
    }
#define COUNTER(NAME, HELP, PATH, SCALE)                                                           \
    {                                                                                              \
        .name = "parkgate_" NAME "_total", .help = HELP, .path = PATH, .scale = SCALE,             \
        .is_counter = true                                                                         \
    }
#define STATE(NAME, HELP, PATH, STATES)                                                            \
    {                                                                                              \
        .name = "parkgate_" NAME, .help = HELP, .kind = METRIC_STATE, .path = PATH,                \
        .label = "state", .states = STATES, .scale = 1                                             \
    }
#define MEMBERS(NAME, HELP, PATH, LABEL, WITHIN)                                                   \
    {                                                                                              \
        .name = "parkgate_" NAME, .help = HELP, .kind = METRIC_MEMBERS, .path = PATH,              \
        .label = LABEL, .within = WITHIN, .scale = 1                                               \
    }
#define COUNTERS(NAME, HELP, PATH, LABEL, WITHIN)                                                  \
    {                                                                                              \
        .name = "parkgate_" NAME "_total", .help = HELP, .kind = METRIC_MEMBERS, .path = PATH,     \
        .label = LABEL, .within = WITHIN, .scale = 1, .is_counter = true                           \
    }

static const struct metric GATEWAY[] = {
    GAUGE("uptime_seconds", "Since the daemon started.", "uptime_ms", 1e-3),
    COUNTERS("restarts", "Starts after the first, by how the run before ended.", "restarts",
             "cause", NULL),
    STATE("clock_state", "1 for the state the gateway's clock is in.", "clock", CLOCKS),
    GAUGE("clock_offset_seconds", "What is left to be corrected.", "clock_discipline.offset_us",
          1e-6),
    GAUGE("clock_error_seconds", "The clock's error at most, by the kernel's estimate.",
          "clock_discipline.error_us", 1e-6),
    GAUGE("configuration_on_trial", "1 while a changed site has to prove itself.", "on_trial", 1),
    COUNTERS("errors", "Warnings and errors since the start, by part.", "errors", "part", "count"),
    COUNTER("cpu_seconds", "Processor time of the daemon.", "cpu_ms", 1e-3),
    GAUGE("cpu_share", "Of the last half minute; 1 is one processor.", "cpu_share", 1),
    GAUGE("memory_bytes", "Resident memory of the daemon.", "memory_kib", 1024),
    GAUGE("memory_limit_bytes", "The tightest limit of its control group.", "memory_limit_kib",
          1024),
    GAUGE("machine_uptime_seconds", "Since the machine started.", "machine.uptime_ms", 1e-3),
    GAUGE("machine_cpu_share", "Of all processors in the last half minute, 0 to 1.",
          "machine.cpu_share", 1),
    GAUGE("machine_load1", "Load over one minute.", "machine.load_1min", 1),
    GAUGE("machine_load5", "Load over five minutes.", "machine.load_5min", 1),
    GAUGE("machine_load15", "Load over fifteen minutes.", "machine.load_15min", 1),
    GAUGE("machine_memory_bytes", "Memory of the machine.", "machine.memory_kib", 1024),
    GAUGE("machine_memory_free_bytes", "Memory that could be had.", "machine.memory_free_kib",
          1024),
    GAUGE("machine_temperature_celsius", "The hottest sensor.", "machine.temperature_c", 1),
    GAUGE("store_bytes", "The store's file.", "disk.store_bytes", 1),
    GAUGE("store_max_bytes", "What it may grow to.", "disk.store_max_bytes", 1),
    GAUGE("store_full_in_seconds", "Until it is full, at today's rate.", "disk.full_in_s", 1),
    GAUGE("store_volatile", "1 while records are kept in memory only: the disk refuses.",
          "disk.volatile", 1),
    GAUGE("disk_free_bytes", "Free on the store's disk.", "disk.free_bytes", 1),
    GAUGE("disk_size_bytes", "Size of the store's disk.", "disk.size_bytes", 1),
    COUNTER("commits", "Commits to the store.", "disk.commits", 1),
    GAUGE("commit_seconds_max", "The longest commit.", "disk.commit_ms_max", 1e-3),
    GAUGE("card_used_ratio", "Life of the eMMC that is used, as it says; 1.1: beyond its end.",
          "disk.wear.used_percent", 0.01),
    COUNTER("written_bytes", "Written to disks by the daemon in all its runs.",
            "disk.wear.written_total_bytes", 1),
    GAUGE("books_balanced", "1 when everything read is accounted for (promise 12).",
          "books.balanced", 1),
    COUNTER("read_scans", "Scans read or derived.", "books.read_scans", 1),
    COUNTER("read_values", "Values in them.", "books.read_values", 1),
    COUNTER("dropped_scans", "Scans that did not get into the store.", "books.dropped_scans", 1),
    COUNTER("lost_records", "Records that never reached the disk.", "books.lost_records", 1),
    COUNTERS("stored_records", "Records stored, by stream.", "books.stored", "stream", "records"),
    COUNTERS("evicted_records", "Records cut by retention, by stream.", "books.stored", "stream",
             "evicted"),
    {.name = NULL},
};

static const struct metric BUSES[] = {
    STATE("bus_state", "1 for the state the bus is in, by its devices.", "state", DEVICE_STATES),
    GAUGE("bus_devices_online", "Devices that answer.", "online", 1),
    GAUGE("bus_devices", "Devices of the site.", "devices", 1),
    {.name = NULL},
};

static const struct metric DEVICES[] = {
    STATE("device_state", "1 for the state the device is in.", "state", DEVICE_STATES),
    COUNTER("device_requests", "Requests sent.", "requests", 1),
    COUNTER("device_answers", "Answers that were good.", "answers", 1),
    COUNTER("device_timeouts", "Requests without an answer in time.", "timeouts", 1),
    COUNTER("device_crc_errors", "Answers with a wrong check sum.", "crc_errors", 1),
    COUNTER("device_exceptions", "Answers that were Modbus exceptions.", "exceptions", 1),
    COUNTER("device_refused", "Connections refused.", "refused", 1),
    COUNTER("device_wrong_answers", "Answers that do not fit the request.", "wrong_answers", 1),
    COUNTER("device_scans", "Scans handed on.", "scans", 1),
    COUNTER("device_values", "Values handed on.", "values", 1),
    COUNTER("device_dropped_values", "Values for which there was no room.", "dropped_values", 1),
    COUNTER("device_missed_slots", "Polls that were skipped.", "missed_slots", 1),
    GAUGE("device_last_good_age_seconds", "Since the last good answer.", "last_good_age_ms", 1e-3),
    GAUGE("device_response_p50_seconds", "Half of the answers came sooner.", "response_us.p50",
          1e-6),
    GAUGE("device_response_p99_seconds", "99 % of the answers came sooner.", "response_us.p99",
          1e-6),
    MEMBERS("device_availability_ratio", "Share of the time it answered, by window.",
            "availability", "window", NULL),
    {.name = NULL},
};

static const struct metric DESTINATIONS[] = {
    STATE("destination_state", "1 for the state the connection is in.", "state", LINK_STATES),
    COUNTER("destination_connects", "Connections made.", "connects", 1),
    COUNTER("destination_published", "Messages sent.", "published", 1),
    COUNTER("destination_acknowledged", "Messages acknowledged.", "acknowledged_messages", 1),
    COUNTER("destination_sent_bytes", "Payload bytes sent.", "bytes", 1),
    MEMBERS("destination_queued_records", "Records that wait, by stream.", "queued_by_stream",
            "stream", NULL),
    GAUGE("destination_oldest_queued_age_seconds", "Age of the oldest record that waits.",
          "oldest_queued_age_ms", 1e-3),
    GAUGE("destination_last_acknowledge_age_seconds", "Since the last acknowledgement.",
          "last_acknowledge_age_ms", 1e-3),
    GAUGE("destination_certificate_expiry_timestamp_seconds", "When our certificate expires.",
          "certificate_until", 1e-3),
    GAUGE("destination_broker_certificate_expiry_timestamp_seconds",
          "When the broker's certificate expires.", "broker_certificate_until", 1e-3),
    {.name = NULL},
};

const struct metric_list METRIC_LISTS[] = {
    {NULL, NULL, NULL, NULL, GATEWAY},
    {"buses", "bus", NULL, NULL, BUSES},
    {"devices", "device", "bus", "bus", DEVICES},
    {"destinations", "destination", NULL, NULL, DESTINATIONS},
};
