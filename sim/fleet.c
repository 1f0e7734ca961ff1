#include "sim/fleet.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 20

/* The boiler's instruments: the same for who plays it and who reads it. */
static const char POINTS[] =
    "    points:\n"
    "      so2:         {holding: 0, type: float32, unit: mg/m3, range: [0, 500]}\n"
    "      nox:         {holding: 2, type: float32, unit: mg/m3, range: [0, 500]}\n"
    "      pm:          {holding: 4, type: float32, unit: mg/m3, range: [0, 100]}\n"
    "      o2:          {holding: 6, type: float32, unit: \"%\", range: [0, 25]}\n"
    "      temperature: {holding: 8, type: float32, unit: degC, range: [0, 300]}\n"
    "      pressure:    {holding: 10, type: float32, unit: Pa, range: [-5000, 5000]}\n"
    "      humidity:    {holding: 12, type: float32, unit: \"%\", range: [0, 40]}\n"
    "      flow:        {holding: 14, type: float32, unit: Nm3/h, range: [0, 500000]}\n";

static int
complain(const char *what, const char *path)
{
    int error = -errno;

    fprintf(stderr, "parksim: %s %s: %s\n", what, path, strerror(-error));
    return error;
}

static int
close_file(FILE *file, const char *path)
{
    bool bad = ferror(file) != 0;

    return fclose(file) != 0 || bad ? complain("cannot write", path) : 0;
}

int
fleet_write_park(const struct fleet_options *options, char ret_file[FLEET_ADDRESS])
{
    unsigned lines = (options->count + FLEET_A_LINE - 1) / FLEET_A_LINE;

    if (mkdir(options->directory, 0700) != 0 && errno != EEXIST)
        return complain("cannot make", options->directory);
    snprintf(ret_file, FLEET_ADDRESS, "%.200s/park.yaml", options->directory);
    FILE *file = fopen(ret_file, "we");
    if (file == NULL)
        return complain("cannot write", ret_file);
    fprintf(file, "gateway: {park: fleet, name: park}\nbuses:\n");
    for (unsigned i = 0; i < lines; i++)
        fprintf(file, "  line-%u: {tcp: 127.0.0.1}\n", i + 1);
    fprintf(file, "devices:\n");
    for (unsigned i = 0; i < lines; i++)
        fprintf(file, "  boiler-%u:\n    bus: line-%u\n    unit: 1\n    every: 5s\n%s", i + 1,
                i + 1, POINTS);
    return close_file(file, ret_file);
}

static int
write_site(const struct fleet_options *options, unsigned number, const char *address,
           const char *path)
{
    FILE *file = fopen(path, "we");

    if (file == NULL)
        return complain("cannot write", path);
    fprintf(file,
            "gateway: {park: fleet, name: g%04u, commands: unsigned}\n"
            "buses:\n"
            "  line: {tcp: \"%s\"}\n"
            "devices:\n"
            "  cems:\n    bus: line\n    unit: 1\n    every: 5s\n%s"
            "assets:\n"
            "  boiler: {kind: boiler, fuel: coal, capacity: 75 t/h, from: cems, limits: {so2: 35 "
            "mg/m3}}\n"
            "destinations:\n"
            "  centre: {mqtt: \"tcp://%s\"}\n"
            "store: {max-size: 64 MiB}\n",
            number, address, POINTS, options->broker);
    return close_file(file, path);
}

/* In the child. Ends with parksim, whatever becomes of that. */
static void
become(const char *program, const char *state, const char *site, const char *log)
{
    sigset_t none;
    int file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int nothing = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    execl(program, "parkgated", "--state", state, site, (char *)NULL);
    dprintf(STDERR_FILENO, "parksim: cannot start %s: %s\n", program, strerror(errno));
    _exit(127);
}

static int
start_one(struct fleet *fleet, unsigned number, const char *address)
{
    const struct fleet_options *options = &fleet->options;
    char state[FLEET_ADDRESS], site[FLEET_ADDRESS + 16], log[FLEET_ADDRESS + 16];

    snprintf(state, sizeof state, "%.200s/g%04u", options->directory, number);
    snprintf(site, sizeof site, "%s/site.yaml", state);
    snprintf(log, sizeof log, "%s/log", state);
    if (mkdir(state, 0700) != 0 && errno != EEXIST)
        return complain("cannot make", state);
    int error = write_site(options, number, address, site);
    if (error != 0)
        return error;
    pid_t pid = fork();
    if (pid < 0)
        return complain("cannot start", options->program);
    if (pid == 0) {
        setpgid(0, fleet->group);
        become(options->program, state, site, log);
    }
    if (fleet->group == 0)
        fleet->group = pid;
    setpgid(pid, fleet->group); /* both do it: whoever comes first */
    fleet->pids[number - 1] = pid;
    fleet->running++;
    return 0;
}

int
fleet_start(struct fleet *fleet, const struct fleet_options *options,
            const char *(*address)(void *context, unsigned line), void *context)
{
    *fleet = (struct fleet){.options = *options};
    for (unsigned i = 0; i < options->count; i++) {
        int error = start_one(fleet, i + 1, address(context, i / FLEET_A_LINE));
        if (error != 0)
            return error;
    }
    return 0;
}

bool
fleet_take_ended(struct fleet *fleet, unsigned *ret_number, int *ret_status)
{
    int status;
    pid_t pid = fleet->running > 0 ? waitpid(-1, &status, WNOHANG) : 0;

    for (unsigned i = 0; pid > 0 && i < fleet->options.count; i++)
        if (fleet->pids[i] == pid) {
            fleet->pids[i] = 0;
            fleet->running--;
            *ret_number = i + 1;
            *ret_status = status;
            return true;
        }
    return false;
}

void
fleet_stop(struct fleet *fleet, uint32_t grace_ms)
{
    int64_t until_mono_ms = clock_mono_ms() + grace_ms;
    unsigned number;
    int status;

    if (fleet->running == 0)
        return;
    kill(-fleet->group, SIGTERM);
    while (fleet->running > 0) {
        if (fleet_take_ended(fleet, &number, &status))
            continue;
        if (clock_mono_ms() >= until_mono_ms)
            kill(-fleet->group, SIGKILL);
        clock_sleep_until_ns(clock_mono_ns() + LOOK_MS * 1000000LL);
    }
}
