/* One asset while it is read, for the parts of it that have a file of their own. Internal to
 * config/. */
#ifndef CONFIG_LOAD_ASSET_H
#define CONFIG_LOAD_ASSET_H

#include "config/derivations.h"

struct voc_reading;

struct load_asset {
    struct load *load;
    const struct yaml_node *node;   /* of the asset */
    const struct yaml_node *inputs; /* ROLE: POINT, or NULL */
    struct asset *asset;
    const char *what; /* "asset 'boiler-3'" */
    struct names_from from;
    const struct voc_reading *voc; /* of load_voc, for load_voc_rules; or NULL */
};

void load_faster(struct load_asset *in);
void load_flue(struct load_asset *in);
void load_orders(struct load_asset *in);
void load_plant(struct load_asset *in);
void load_power(struct load_asset *in);
void load_bypass(struct load_asset *in);
void load_asset_points(struct load_asset *in);
void load_rules(struct load_asset *in);
void load_voc(struct load_asset *in);
void load_voc_rules(struct load_asset *in);
void load_flue_rules(struct load_asset *in);
void load_water(struct load_asset *in);

/* Shows every point (NULL too) that the asset's bypasses look at. */
void load_bypass_points(const struct asset *asset,
                        void (*see)(const struct point *point, const struct load *load),
                        const struct load *load);

/* Hands out every point that the asset's electricity is read from; NULL among them. */
void load_power_points(const struct asset *asset,
                       void (*take)(const struct point *point, const struct load *load),
                       const struct load *load);

/* Behind the assets: points that are made of others come as often as those. */
void load_faster_derived(const struct load *load);

#endif
