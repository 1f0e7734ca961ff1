/* What the parts of the loader share while one file is loaded. Internal to config/. */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "base/arena.h"
#include "config/mistakes.h"
#include "config/schema.h"
#include "config/site.h"
#include "config/yaml.h"

#define LOAD_SHARES 5 /* places where maps and limit sets are looked for */

/* A file that was opened; maps and limit sets are read once however often they are named. */
struct load_file {
    struct load_file *next;
    const char *path;
    const char *text; /* NULL: it could not be read */
    size_t length;
    const struct yaml_node *root; /* NULL: a mistake was reported */
    void *parsed;                 /* struct load_map or struct load_set, once made */
};

struct load_point {
    struct point point;
    const struct yaml_node *node;
};

/* The points of a device or a register map. */
struct load_points {
    struct load_point *list;
    uint32_t count, capacity;
    bool unsure; /* some could not be read: what is missing may well be among them */
};

struct load_map {
    struct device polling; /* its habits */
    struct load_points points;
    struct load_status *status; /* config/load_quality.h; NULL: the map says nothing */
};

struct load_set; /* limits.h */

struct load_device {
    struct device device;
    const struct yaml_node *node;
    struct load_points points;
    const struct load_map *from; /* its map, or NULL */
};

struct load {
    struct arena *arena;   /* the site's: what outlives the loading */
    struct arena *scratch; /* the rest */
    struct mistakes *mistakes;
    const char *shares[LOAD_SHARES];
    size_t share_count;
    struct load_file *files; /* in the order they were opened */
    unsigned file_count;
    struct site *site;
    struct load_device *devices; /* as site->devices */
    uint16_t device_count;       /* those that are read; the assets' own stand behind them */
    uint16_t asset_room;         /* assets of the file: devices and points are kept for them */
};

/* ---- mistakes ---- */

/* At the node's value; the sentence says what is wrong and what would be right. */
void load_mistake(struct load *load, const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void load_mistake_at_key(struct load *load, const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void load_warning(struct load *load, const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A text in the scratch arena, at most 500 bytes. */
const char *load_printf(struct load *load, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- files (load_file.c) ---- */

/* Fills load->shares for a site file in `directory`. */
void load_set_shares(struct load *load, const char *file, const char *share);

/* The file, read and parsed, from the cache where it was before. `node` is who names it (NULL: the
 * command line). Never NULL; root is NULL after a mistake. */
struct load_file *load_open(struct load *load, const char *path, const struct yaml_node *node);

/* A file that is in memory already; the text stays the caller's and lives as long as the loading.
 */
struct load_file *load_open_text(struct load *load, const char *path, const char *text,
                                 size_t length);

/* FOLDER/NAME.yaml in the shares; NULL after a mistake at `node`. */
struct load_file *load_open_shared(struct load *load, const char *folder,
                                   const struct yaml_node *node);

/* SHA-256 over everything opened. */
void load_digest(struct load *load, uint8_t ret_digest[32]);

/* ---- the parts of a site, each in its file ---- */

void load_buses(struct load *load, const struct yaml_node *node);
void load_devices(struct load *load, const struct yaml_node *node);
void load_assets(struct load *load, const struct yaml_node *node);
void load_modes(struct load *load, const struct yaml_node *node);
void load_destinations(struct load *load, const struct yaml_node *node);
void load_people(struct load *load, const struct yaml_node *node);
void load_store(struct load *load, const struct yaml_node *node);
void load_periods(struct load *load, const struct yaml_node *node);
void load_events(struct load *load, const struct yaml_node *root); /* behind the assets */

struct load_map *load_map_from(struct load *load, struct load_file *file);
struct load_set *load_set_from(struct load *load, struct load_file *file);

#endif
