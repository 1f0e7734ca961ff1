/* parkgated: options, signals, systemd. Starts the daemon, feeds the watchdog while the parts that
 * feed it move, stops in order. */
#include "base/clock.h"
#include "base/log.h"
#include "base/timesync.h"
#include "config/loader.h"
#include "daemon/parkgated.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>

static const char USAGE[] = "usage: parkgated [options] SITE.yaml\n"
                            "  --state DIR        where the store lives ($STATE_DIRECTORY, or "
                            "store.directory of the site)\n"
                            "  --socket PATH      where parkgatectl asks (control.sock in "
                            "$RUNTIME_DIRECTORY, or in the state directory)\n"
                            "  --share DIR        where devices/ and limits/ are looked for behind "
                            "the site's own directory\n"
                            "  --log-level LEVEL  error, warning, notice, info (default) or debug\n"
                            "  --check            report the mistakes of the site file and end\n"
                            "  --version, --help\n";

struct arguments {
    struct parkgated_options options;
    bool check;
};

static int
take_level(const char *name)
{
    enum log_level level;

    if (log_find_level(name, &level)) {
        log_set_level(level);
        return 0;
    }
    fprintf(stderr, "parkgated: --log-level %s: error, warning, notice, info or debug\n", name);
    return -EINVAL;
}

/* 0: go on; 1: done, exit 0; negative: exit 2. */
static int
take_arguments(int argc, char **argv, struct arguments *ret_arguments)
{
    static const struct option OPTIONS[] = {
        {"state", required_argument, NULL, 's'}, {"socket", required_argument, NULL, 'k'},
        {"share", required_argument, NULL, 'S'}, {"log-level", required_argument, NULL, 'l'},
        {"check", no_argument, NULL, 'c'},       {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (option) {
        case 's': ret_arguments->options.state = optarg; break;
        case 'k': ret_arguments->options.socket = optarg; break;
        case 'S': ret_arguments->options.share = optarg; break;
        case 'c': ret_arguments->check = true; break;
        case 'l':
            if (take_level(optarg) != 0)
                return -EINVAL;
            break;
        case 'v': printf("parkgated %s\n", PARKGATE_VERSION); return 1;
        case 'h': fputs(USAGE, stdout); return 1;
        default: fputs(USAGE, stderr); return -EINVAL;
        }
    }
    if (optind + 1 != argc) {
        fputs(USAGE, stderr);
        return -EINVAL;
    }
    ret_arguments->options.file = argv[optind];
    return 0;
}

static void
print_mistake(void *context, bool warning, const char *line)
{
    (void)context;
    fprintf(stderr, "%s%s\n", line, warning ? " (warning)" : "");
}

static int
check(const struct arguments *arguments)
{
    struct loader_options options = {.share = arguments->options.share, .report = print_mistake};
    struct site *site = NULL;

    int error = loader_load(arguments->options.file, &options, &site);
    if (error == 0)
        site_free(site);
    return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Signals are taken here, one at a time; no handler runs. */
static void
block_signals(sigset_t *ret_set)
{
    sigemptyset(ret_set);
    sigaddset(ret_set, SIGTERM);
    sigaddset(ret_set, SIGINT);
    sigaddset(ret_set, SIGHUP);
    sigaddset(ret_set, SIGUSR1); /* from our own threads: an errand waits */
    sigprocmask(SIG_BLOCK, ret_set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void
reload(struct parkgated *parkgated)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono_ns() / 1000);
    parkgated_reload(parkgated, "SIGHUP");
    sd_notify(0, "READY=1");
}

static void
run(struct parkgated *parkgated, const sigset_t *signals)
{
    int64_t due_mono_ms = clock_mono_ms() + 1000;

    for (;;) {
        int64_t wait_ms = due_mono_ms - clock_mono_ms();
        if (wait_ms < 0)
            wait_ms = 0;
        struct timespec wait = {.tv_sec = (time_t)(wait_ms / 1000),
                                .tv_nsec = (long)(wait_ms % 1000) * 1000000};
        int number = sigtimedwait(signals, NULL, &wait);
        if (number == SIGTERM || number == SIGINT)
            return;
        if (number == SIGHUP)
            reload(parkgated);
        if (number == SIGUSR1 && !parkgated_run_errands(parkgated))
            return;
        if (clock_mono_ms() < due_mono_ms)
            continue;
        if (parkgated_tick(parkgated))
            sd_notify(0, "WATCHDOG=1");
        due_mono_ms = clock_mono_ms() + 1000;
    }
}

int
main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct parkgated *parkgated = NULL;
    sigset_t signals;

    int taken = take_arguments(argc, argv, &arguments);
    if (taken != 0)
        return taken > 0 ? EXIT_SUCCESS : 2;
    if (arguments.check)
        return check(&arguments);
    umask(0077); /* whatever is made is the daemon's alone; the socket says its own mode */
    block_signals(&signals);
    clock_ask_elsewhere(timesync_ask);
    mallopt(M_ARENA_MAX, 2); /* memory is taken at start: an arena a thread would only spread it */
    int error = parkgated_start(&arguments.options, &parkgated);
    if (error != 0) {
        log_error("parkgated could not start");
        return EXIT_FAILURE;
    }
    malloc_trim(0); /* what loading the site took and gave back */
    sd_notify(0, "READY=1\nSTATUS=reading");
    run(parkgated, &signals);
    sd_notify(0, "STOPPING=1");
    log_notice("stopping");
    parkgated_stop(parkgated);
    log_notice("stopped, everything read is stored");
    return EXIT_SUCCESS;
}
