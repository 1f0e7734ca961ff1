/* A limit set: limits/NAME.yaml. */
#include "config/limits.h"
#include "config/section.h"

#include <string.h>

struct load_set *
load_set_from(struct load *load, struct load_file *file)
{
    if (file->parsed || !file->root)
        return file->parsed;
    struct load_set *set = arena_take(load->scratch, sizeof *set);
    file->parsed = set;
    section_default(&SCHEMA_LIMITS_SET, set);
    section_read(load, &SCHEMA_LIMITS_SET, file->root, "this limit set", set);
    const struct yaml_node *name = section_form(&SCHEMA_LIMITS_SET, file->root, "limits-set");
    const char *slash = strrchr(file->path, '/');
    const char *base = slash ? slash + 1 : file->path;
    set->name = name ? name->text : "";
    if (name && strcmp(load_printf(load, "%.100s.yaml", name->text), base) != 0)
        load_mistake(load, name, "'limits-set' is called '%.60s' here, but the file is %s",
                     name->text, base);
    if (set->corrected && !yaml_find(file->root, "reference-o2"))
        load_mistake(load, file->root,
                     "this limit set lacks 'reference-o2': corrected to how many percent of O2");
    set->limits = section_form(&SCHEMA_LIMITS_SET, file->root, "limits");
    if (set->limits)
        limits_check_set(load, set);
    return set;
}
