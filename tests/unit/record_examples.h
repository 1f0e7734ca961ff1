/* One example record of each stream, for the tests of records. Include record.c first. */
#ifndef TESTS_RECORD_EXAMPLES_H
#define TESTS_RECORD_EXAMPLES_H

#include <float.h>
#include <stdlib.h>

#define BYTES 4096

static const struct stamp AT = {
    .utc_ms = 1780000000000, .mono_ms = 5000, .boot = 2, .clock = CLOCK_SYNCHRONISED};

static struct point points[4] = {
    {.name = "so2", .number = 9},
    {.name = "no", .number = 3},
    {.name = "tag", .number = 300},
    {.name = "total", .number = 4},
};
static const uint16_t BY_NUMBER[] = {1, 3, 0, 2};
static struct device device = {
    .name = "cems", .number = 7, .points = points, .point_count = 4, .by_number = BY_NUMBER};

static struct value values[4];
static uint16_t words[] = {0x7FC0, 0x0001};
static char text[] = "boiler-3";
static uint8_t memory[BYTES];

static inline struct scan
make_scan(void)
{
    memset(values, 0, sizeof values);
    values[0] = (struct value){.kind = VALUE_NUMBER, .as.number = 31.25};
    values[1] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_EXCEPTION, .detail = 2};
    values[2] = (struct value){.kind = VALUE_TEXT, .text_length = 8};
    values[3] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_NOT_A_NUMBER};
    values[3].word_count = 2;
    return (struct scan){.device = &device,
                         .at = AT,
                         .count = 4,
                         .values = values,
                         .words = words,
                         .word_count = 2,
                         .text = text,
                         .text_length = 8};
}

static inline struct event
make_event(void)
{
    struct event event = {.kind = "exceedance.hour",
                          .phase = PHASE_CLOSED,
                          .severity = SEVERITY_ALARM,
                          .opened_sequence = 12,
                          .opened_store = "0123456789abcdef0123456789abcdef",
                          .subject = "boiler-3.so2",
                          .point = &points[0],
                          .at = AT,
                          .since = {.mono_ms = -4, .boot = 1, .clock = CLOCK_UNKNOWN},
                          .duration_ms = 3600000,
                          .value = 36.5,
                          .peak = 50,
                          .limit = (double)NAN,
                          .averaging = "1 h",
                          .detail_count = 2};

    event.details[0] = (struct detail){.key = "by", .kind = VALUE_TEXT, .as.text = "valve"};
    event.details[1] = (struct detail){.key = "no", .kind = VALUE_INTEGER, .as.integer = -2};
    return event;
}

static inline struct evidence
make_evidence(void)
{
    static struct evidence_value readings[2];

    readings[0] = (struct evidence_value){.at = AT, .number = -0.0};
    readings[1] = (struct evidence_value){.at = AT, .number = (double)NAN, .quality = 96};
    return (struct evidence){.store = "0123456789abcdef0123456789abcdef",
                             .opened_sequence = 12,
                             .kind = "exceedance.hour",
                             .point = &points[0],
                             .at = AT,
                             .values = readings,
                             .value_count = 2};
}

static inline struct statistic
make_statistic(void)
{
    return (struct statistic){.point = &points[2],
                              .period = PERIOD_HOUR,
                              .start_utc_ms = 1780000000000,
                              .end_utc_ms = 1780003600000,
                              .revision = 1,
                              .min = -1.5,
                              .max = DBL_MAX,
                              .mean = 0.1,
                              .sum = (double)NAN,
                              .count = 3600,
                              .valid = 3000,
                              .expected = 3601,
                              .letter = 'N'};
}

/* The record of that stream, in `memory`. */
static inline struct buf
encode(enum stream stream)
{
    struct buf buf;
    struct scan scan = make_scan();
    struct event event = make_event();
    struct evidence evidence = make_evidence();
    struct statistic statistic = make_statistic();

    buf_init(&buf, memory, sizeof memory);
    switch (stream) {
    case STREAM_EVENT: record_put_event(&buf, 5, &event); break;
    case STREAM_EVIDENCE: record_put_evidence(&buf, 5, &evidence); break;
    case STREAM_PERIOD:
    case STREAM_MINUTE: record_put_statistic(&buf, stream, 5, &AT, &statistic); break;
    default: record_put_scan(&buf, stream, 5, &scan);
    }
    assert_false(buf.overflow);
    return buf;
}

#endif
