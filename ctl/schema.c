/* parkgatectl schema: the table of keys and the table of units, as text for people. */
#include "config/schema.h"

#include "config/units.h"
#include "ctl/ctl.h"

#include <string.h>

static void
print_units(void)
{
    const struct unit *unit;
    for (unsigned i = 0; (unit = units_at(i)); i++)
        printf("%-10s %-20s %-40s %s\n", unit->key, unit->kind, unit->en, unit->zh);
}

int
schema_run(int argc, char **argv)
{
    if (argc == 1)
        schema_print(stdout);
    else if (argc == 2 && !strcmp(argv[1], "units"))
        print_units();
    else
        return CTL_USAGE;
    return CTL_FINE;
}
