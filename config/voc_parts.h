/* Between load_voc.c and voc_rules.c. Internal to config/. */
#ifndef CONFIG_VOC_PARTS_H
#define CONFIG_VOC_PARTS_H

#include "config/load_asset.h"
#include "config/voc.h"

/* A voc: section while its asset is read. */
struct voc_reading {
    struct load_asset *asset;
    const struct yaml_node *node; /* NULL: the site says nothing */
    const char *what;             /* "'voc' of asset 'x'" */
    struct voc *voc;
    struct voc_carbon *carbon;
    struct voc_loading *loading;
    bool flue_corrects; /* to a reference of flue: */
};

/* A total that only grows. */
struct voc_life {
    const char *name, *unit;
    double used; /* before the counting began */
};

/* "'carbon' of 'voc' of asset 'x'" */
const char *voc_of(const struct voc_reading *in, const char *key);

/* It is this, or has this as the oxidiser behind it. */
bool voc_is(const struct voc *voc, enum voc_technology technology);

#endif
