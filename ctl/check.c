/* parkgatectl check: every mistake of a file in one run, without starting anything. Mistakes go to
 * standard output, because they are what was asked for. */
#include "config/loader.h"
#include "ctl/ctl.h"
#include "ctl/share.h"

#include <getopt.h>
#include <stdio.h>

static void
print_line(void *context, bool warning, const char *line)
{
    (void)context;
    (void)warning;
    puts(line);
}

static int
check_site(const char *file, const struct loader_options *options)
{
    struct site *site;
    if (loader_load(file, options, &site) < 0)
        return CTL_WRONG;
    unsigned samples = 0;
    for (uint32_t i = 0; i < site->point_count; i++)
        samples += site->points[i].sample;
    printf("%s: fine: %u buses, %u devices, %u points (%u of regulated outlets), %u assets, "
           "%u limits, %u destinations\n",
           file, site->bus_count, site->device_count, site->point_count, samples, site->asset_count,
           site->limit_count, site->destination_count);
    share_warn(file, site);
    site_free(site);
    return CTL_FINE;
}

static int
check_file(const char *file, const struct loader_options *options)
{
    int result = 0;
    switch (loader_kind(file)) {
    case LOADER_SITE: return check_site(file, options);
    case LOADER_MAP: result = loader_check_map(file, options); break;
    case LOADER_LIMITS: result = loader_check_limits(file, options); break;
    }
    if (result < 0)
        return CTL_WRONG;
    printf("%s: fine\n", file);
    return CTL_FINE;
}

int
check_run(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"share", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    struct loader_options options = {.report = print_line};
    int option, result = CTL_FINE;
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option != 's')
            return CTL_USAGE;
        options.share = optarg;
    }
    if (optind == argc)
        return CTL_USAGE;
    for (int i = optind; i < argc; i++)
        if (check_file(argv[i], &options) != CTL_FINE)
            result = CTL_WRONG;
    return result;
}
