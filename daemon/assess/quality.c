/* The table of qualities: stable name, HJ 212 letter, and whether a value of that quality counts in
 * means and verdicts. The numbers are in daemon/value.h; numbers and names are part of store format
 * version 1. Letters: HJ 212-2017 6.6, standards.md 1.9.
 *
 * What counts: only a measurement the instrument stands behind.
 * - frozen counts: it is our suspicion, not the instrument's word, and excluding it would let a
 *   constant value above the limit go unjudged.
 * - clock-unknown counts: the value is good, only its time is not known; it stays out of periods
 *   because it has no hour, and durations are measured on the monotonic clock.
 * - set and substituted do not: a typed or computed number must neither open an event nor end one.
 * - over-range and under-range do not: the true value is unknown; the letter T or D says so. */
#include "daemon/assess/quality.h"

#include "daemon/assess/assess.h"

struct row {
    const char *name;
    char letter;
    bool valid;
};

static const struct row rows[] = {
    [QUALITY_GOOD] = {"good", 'N', true},
    [QUALITY_SET] = {"set", 'S', false},
    [QUALITY_SUBSTITUTED] = {"substituted", 'S', false},
    [QUALITY_FROZEN] = {"frozen", 'N', true},
    [QUALITY_CLOCK_UNKNOWN] = {"clock-unknown", 'N', true},
    [QUALITY_OVER_RANGE] = {"over-range", 'T', false},
    [QUALITY_UNDER_RANGE] = {"under-range", 'D', false},
    [QUALITY_STOPPED] = {"stopped", 'F', false},
    [QUALITY_STANDBY] = {"standby", 'F', false},
    [QUALITY_MAINTENANCE] = {"maintenance", 'M', false},
    [QUALITY_BACK_PURGE] = {"back-purge", 'M', false},
    [QUALITY_CALIBRATION] = {"calibration", 'C', false},
    [QUALITY_CALIBRATION_DUE] = {"calibration-due", 'D', false},
    [QUALITY_FAULT] = {"fault", 'D', false},
    [QUALITY_SENTINEL] = {"sentinel", 'D', false},
    [QUALITY_NOT_A_NUMBER] = {"not-a-number", 'D', false},
    [QUALITY_INVALID_INPUT] = {"invalid-input", 'D', false},
    [QUALITY_CONVERSION_INVALID] = {"conversion-invalid", 'D', false},
    [QUALITY_TIMEOUT] = {"timeout", 'B', false},
    [QUALITY_CRC] = {"crc", 'B', false},
    [QUALITY_EXCEPTION] = {"exception", 'B', false},
    [QUALITY_REFUSED] = {"refused", 'B', false},
    [QUALITY_WRONG_ANSWER] = {"wrong-answer", 'B', false},
    [QUALITY_UNRESOLVED] = {"unresolved", 'B', false},
    [QUALITY_NO_PORT] = {"no-port", 'B', false},
};

/* A number this program does not know (a record of a newer one) is a fault of unknown name. */
static const struct row *
row_of(enum quality quality)
{
    static const struct row unknown = {"unknown", 'D', false};
    if ((unsigned)quality >= sizeof rows / sizeof rows[0] || !rows[quality].name)
        return &unknown;
    return &rows[quality];
}

char
quality_letter(enum quality quality)
{
    return row_of(quality)->letter;
}

const char *
quality_name(enum quality quality)
{
    return row_of(quality)->name;
}

bool
quality_is_valid(enum quality quality)
{
    return row_of(quality)->valid;
}

uint8_t
quality_of_inputs(const uint8_t *qualities, size_t count)
{
    uint8_t reason = QUALITY_GOOD, suspicion = QUALITY_GOOD;
    for (size_t i = 0; i < count; i++) {
        uint8_t quality = qualities[i];
        if (quality == QUALITY_OF_NOTHING)
            quality = QUALITY_INVALID_INPUT;
        uint8_t *highest = quality_is_valid(quality) ? &suspicion : &reason;
        if (quality > *highest)
            *highest = quality;
    }
    if (count == 0)
        return QUALITY_INVALID_INPUT;
    return reason ? reason : suspicion;
}
