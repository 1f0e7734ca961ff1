/* exemptions: of an asset as the file says them. Internal to config/. */
#ifndef CONFIG_LOAD_MARKS_H
#define CONFIG_LOAD_MARKS_H

#include "config/limits.h"
#include "config/load_asset.h"
#include "config/marks.h"

struct load_exemption {
    uint32_t startup_s, shutdown_s, year_s;
};

/* exemptions:, when work: and the limits of the asset are read. */
void load_marks(struct load_asset *in, const struct load_limits *limits);

/* work: */
void load_work(struct load_asset *in);

#endif
