/* parkgatectl schema: the tables of keys, of units and of event kinds, as text for people. */
#include "config/schema.h"

#include "config/units.h"
#include "config/words.h"
#include "ctl/ctl.h"

#include <string.h>

static void
print_units(void)
{
    const struct unit *unit;
    for (unsigned i = 0; (unit = units_at(i)); i++)
        printf("%-10s %-20s %-40s %s\n", unit->key, unit->kind, unit->en, unit->zh);
}

static void
print_words(void)
{
    const struct words *words;
    for (unsigned i = 0; (words = words_at(i)); i++)
        printf("%s\t%s\t%s\n", words->kind, words->zh, words->en);
}

int
schema_run(int argc, char **argv)
{
    if (argc == 1)
        schema_print(stdout);
    else if (argc == 2 && !strcmp(argv[1], "units"))
        print_units();
    else if (argc == 2 && !strcmp(argv[1], "words"))
        print_words();
    else
        return CTL_USAGE;
    return CTL_FINE;
}
