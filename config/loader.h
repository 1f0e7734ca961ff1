/* A site from a YAML file: syntax by libfyaml, meaning by the tables in schema.c. Reads the
 * register maps and limit sets the file names. Every mistake of one run is reported, none stops the
 * search for the next. Starts nothing, keeps nothing. */
#ifndef CONFIG_LOADER_H
#define CONFIG_LOADER_H

#include "config/site.h"

#include <stdbool.h>
#include <stddef.h>

/* One mistake: `file:line:column: text`, where the text says what is wrong and what would be right.
 */
typedef void loader_report(void *context, bool warning, const char *line);

struct loader_options {
    const char *share; /* where devices/ and limits/ are looked for behind the file's own directory;
                          NULL: $PARKGATE_SHARE, else the installed place, else the source tree */
    loader_report *report;
    void *context;
    const char *text; /* NULL: what `file` holds; else this instead of it, maps and limit sets still
                         looked for beside `file` */
    size_t length;    /* of the text */
    const char *shown_name; /* of the text, in mistakes */
};

/* 0 and a site, or -EINVAL after at least one mistake was reported, or another negative errno. */
int loader_load(const char *file, const struct loader_options *options, struct site **ret_site);

/* What the file's top level looks like; a site when nothing else. */
enum loader_kind { LOADER_SITE, LOADER_MAP, LOADER_LIMITS };
enum loader_kind loader_kind(const char *file);

/* A register map or a limit set alone: 0 or -EINVAL. */
int loader_check_map(const char *file, const struct loader_options *options);
int loader_check_limits(const char *file, const struct loader_options *options);

#endif
