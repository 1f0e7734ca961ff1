/* One value as read. Its quality is one reason per value, ordered: the higher number wins. Part of
 * store format version 1: numbers and names are never used again. The HJ 212 letter of each (HJ
 * 212-2017 6.6 table, priority B > D > C > M > F > T > S > N, standards.md 1.9) and its name are in
 * assess/quality.c. */
#ifndef DAEMON_VALUE_H
#define DAEMON_VALUE_H

#include <stdint.h>

enum quality {
    QUALITY_GOOD = 0,
    QUALITY_SET = 1,                 /* manually set value                       S */
    QUALITY_SUBSTITUTED = 2,         /*                                          S */
    QUALITY_FROZEN = 8,              /* constant for suspiciously long           N, a suspicion */
    QUALITY_CLOCK_UNKNOWN = 9,       /*                                          N */
    QUALITY_OVER_RANGE = 16,         /* above the plausible range                T */
    QUALITY_UNDER_RANGE = 17,        /* below it                                 D */
    QUALITY_STOPPED = 32,            /* instrument or plant out of service       F */
    QUALITY_STANDBY = 33,            /*                                          F */
    QUALITY_MAINTENANCE = 48,        /*                                          M */
    QUALITY_BACK_PURGE = 49,         /*                                          M */
    QUALITY_CALIBRATION = 64,        /*                                          C */
    QUALITY_CALIBRATION_DUE = 65,    /* calibration overdue                  D */
    QUALITY_FAULT = 80,              /* the instrument says so               D */
    QUALITY_SENTINEL = 81,           /* the instrument's "no value" pattern  D */
    QUALITY_NOT_A_NUMBER = 82,       /* NaN, infinity, bad BCD digit         D */
    QUALITY_INVALID_INPUT = 83,      /* of a derived value                   D */
    QUALITY_CONVERSION_INVALID = 84, /* O2 correction impossible           D */
    QUALITY_TIMEOUT = 96,            /* no answer in time                  B */
    QUALITY_CRC = 97,                /*                                    B */
    QUALITY_EXCEPTION = 98,          /* Modbus exception, number in detail B */
    QUALITY_REFUSED = 99,            /* connection refused or lost         B */
    QUALITY_WRONG_ANSWER = 100,      /* unit, function, length do not fit  B */
    QUALITY_UNRESOLVED = 101,        /* host name does not resolve         B */
    QUALITY_NO_PORT = 102,           /* serial port missing or not ours    B */
};

enum value_kind {
    VALUE_ABSENT,  /* not read in this scan (longer interval) */
    VALUE_NONE,    /* read, but there is no value: quality says why */
    VALUE_NUMBER,  /* number */
    VALUE_INTEGER, /* integer: s64 without scale */
    VALUE_NATURAL, /* natural: u64 without scale */
    VALUE_TEXT,    /* text in scan->text */
};

/* One point's reading. */
struct value {
    uint8_t kind;       /* enum value_kind */
    uint8_t quality;    /* enum quality: acquire sets how the reading went, qualify the rest */
    uint8_t detail;     /* Modbus exception number */
    uint8_t word_count; /* register words kept in scan->words because decoding cannot be undone */
    uint16_t word_at;
    uint16_t text_length;
    union {
        double number;
        int64_t integer;
        uint64_t natural;
        uint32_t text_at;
    } as;
};

#endif
