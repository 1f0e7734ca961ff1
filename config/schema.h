/* The table of keys: everything a site file, a register map or a limit set may say, with types,
 * bounds, defaults and one sentence of help in both languages. The loader reads by it, and
 * `parkgatectl schema` prints it. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum schema_type {
    SCHEMA_TEXT,     /* const char * */
    SCHEMA_NAME,     /* const char *, a name by text_is_name */
    SCHEMA_NATURAL,  /* unsigned of `width` bytes */
    SCHEMA_NUMBER,   /* double */
    SCHEMA_QUANTITY, /* unsigned of `width` bytes, in `unit` */
    SCHEMA_UNIT,     /* const char *, a key of config/units */
    SCHEMA_BOOL,     /* bool */
    SCHEMA_CHOICE,   /* int of `width` bytes */
    SCHEMA_FORM,     /* read by code of its own; nothing is stored by the table */
};

struct schema_choice {
    const char *word; /* NULL ends a list */
    int value;
};

struct schema_key {
    const char *name;
    enum schema_type type;
    bool required;
    uint8_t width, shapes; /* SCHEMA_FORM: bits of enum yaml_shape */
    uint16_t offset;       /* in the section's struct */
    double low, high;      /* both 0: unbounded */
    const char *unit;      /* of quantities, low and high */
    const char *fallback;  /* as a file would say it */
    const struct schema_choice *choices;
    const char *form; /* SCHEMA_FORM: how it is written */
    const char *en, *zh;
};

struct schema_section {
    const char *path; /* "devices.NAME" */
    const struct schema_key *keys;
    size_t count;
    const struct schema_section *base; /* its keys belong here as well */
    const char *en, *zh;
};

extern const struct schema_section SCHEMA_SITE, SCHEMA_GATEWAY, SCHEMA_BUS, SCHEMA_POLLING,
    SCHEMA_DEVICE, SCHEMA_MAP, SCHEMA_POINT, SCHEMA_ASSET, SCHEMA_FLUE, SCHEMA_WATER, SCHEMA_MODE,
    SCHEMA_ORDER, SCHEMA_RUNNING, SCHEMA_PRODUCTION, SCHEMA_TREATMENT, SCHEMA_POWER, SCHEMA_VOC,
    SCHEMA_VOC_BOUNDS, SCHEMA_VOC_COLLECTION, SCHEMA_VOC_LOADING, SCHEMA_VOC_CARBON, SCHEMA_BYPASS,
    SCHEMA_BYPASS_MASS, SCHEMA_OWN_POINT, SCHEMA_RULE, SCHEMA_LIMIT, SCHEMA_LIMIT_USE,
    SCHEMA_LIMITS_SET, SCHEMA_LIMITS_ROW, SCHEMA_DESTINATION, SCHEMA_PERSON, SCHEMA_STORE,
    SCHEMA_KEEP, SCHEMA_DURING, SCHEMA_EVENTS, SCHEMA_EVIDENCE, SCHEMA_ESCALATE, SCHEMA_ACTION,
    SCHEMA_PERIODS, SCHEMA_STATUS, SCHEMA_CALIBRATION, SCHEMA_WORK, SCHEMA_EXEMPTION;
extern const struct schema_choice SCHEMA_STATES[], SCHEMA_ROLES[];

/* A row's place in the section's struct. */
#define SCHEMA_AT(type, member)                                                                    \
    .offset = offsetof(struct type, member), .width = sizeof(((struct type *)0)->member)

/* The i-th key of a section, those of its base behind its own; NULL behind the last. */
const struct schema_key *schema_key_at(const struct schema_section *section, size_t i);
const struct schema_key *schema_find_key(const struct schema_section *section, const char *name);

/* What a value of that key looks like: "a time like 5s". */
void schema_print_form(const struct schema_key *key, char *ret_text, size_t size);

/* Every key with its help, as text for people. */
void schema_print(FILE *out);

#endif
