/* Modbus RTU slaves on a pty that is paced like an RS-485 line: a request takes the time of its
 * characters, 3.5 characters of silence and a turnaround go by, the answer becomes visible as its
 * bytes would. Every unit answers functions 3 and 4, but those of --dead. Registers hold a counter.
 *
 * Counts requests, those that broke the silence (0.1 ms grace), and the sum of the least time each
 * needs: what a perfect master would have taken for the same requests. A cycle lasts from the first
 * request that ever came until the same comes again. One line of JSON on SIGUSR1 and at the end. */
#include "base/clock.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define UNITS    248
#define REQUEST  8
#define READ_MAX 125
#define GRACE_NS 100000
#define CHUNK_NS 400000 /* shorter characters become visible eight at a time */

struct rtusim {
    int fd;
    int64_t character_ns, silence_ns, turnaround_ns;
    bool dead[UNITS];
    int64_t free_ns;                         /* when the line fell silent */
    int64_t first_ns, last_ns;               /* begin of the first and the last request */
    int64_t least_ns;                        /* of the requests before the last */
    int64_t pending_ns;                      /* of the last */
    int64_t busy_ns;                         /* with characters on the line */
    int64_t cycle_ns, cycles_ns, longest_ns; /* begin of this cycle; sum and longest of all */
    uint8_t cycle_starts[REQUEST];
    unsigned requests[UNITS], cycles, broken, bad;
    uint16_t counter;
};

static volatile sig_atomic_t stopping, telling;

static void
on_signal(int number)
{
    if (number == SIGUSR1)
        telling = 1;
    else
        stopping = 1;
}

static void
tell(const struct rtusim *sim)
{
    const char *comma = "";
    int64_t idle_ns = sim->last_ns == 0 ? 0 : clock_mono_ns() - sim->last_ns;

    printf("{\"span_ns\": %lld, \"idle_ns\": %lld, \"least_ns\": %lld, \"busy_ns\": %lld, ",
           (long long)(sim->last_ns - sim->first_ns), (long long)idle_ns, (long long)sim->least_ns,
           (long long)sim->busy_ns);
    printf("\"cycles\": %u, \"cycles_ns\": %lld, \"longest_cycle_ns\": %lld, ", sim->cycles,
           (long long)sim->cycles_ns, (long long)sim->longest_ns);
    printf("\"broken\": %u, \"bad\": %u, \"requests\": {", sim->broken, sim->bad);
    for (int unit = 0; unit < UNITS; unit++)
        if (sim->requests[unit] > 0) {
            printf("%s\"%d\": %u", comma, unit, sim->requests[unit]);
            comma = ", ";
        }
    printf("}}\n");
    fflush(stdout);
}

static uint16_t
crc(const uint8_t *bytes, size_t length)
{
    uint16_t sum = 0xFFFF;

    for (size_t i = 0; i < length; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = (uint16_t)((sum & 1) != 0 ? sum >> 1 ^ 0xA001 : sum >> 1);
    }
    return sum;
}

/* The whole answer; returns its length. */
static size_t
make_answer(struct rtusim *sim, const uint8_t *asked, uint8_t *frame)
{
    unsigned count = (unsigned)(asked[4] << 8 | asked[5]);
    bool reads = asked[1] == 3 || asked[1] == 4;
    size_t length = 3;

    frame[0] = asked[0];
    if (!reads || count == 0 || count > READ_MAX) {
        frame[1] = asked[1] | 0x80;
        frame[2] = reads ? 3 : 1;
    } else {
        frame[1] = asked[1];
        frame[2] = (uint8_t)(2 * count);
        for (; count > 0; count--, sim->counter++) {
            frame[length++] = (uint8_t)(sim->counter >> 8);
            frame[length++] = (uint8_t)sim->counter;
        }
    }
    uint16_t sum = crc(frame, length);
    frame[length] = (uint8_t)sum;
    frame[length + 1] = (uint8_t)(sum >> 8);
    return length + 2;
}

static void
answer(struct rtusim *sim, const uint8_t *asked, int64_t begun_ns)
{
    uint8_t frame[260];
    size_t chunk = sim->character_ns >= CHUNK_NS ? 1 : 8;
    int64_t asked_ns = begun_ns + REQUEST * sim->character_ns;
    int64_t at_ns = asked_ns + sim->silence_ns + sim->turnaround_ns;
    size_t length = make_answer(sim, asked, frame);

    sim->free_ns = asked_ns;
    sim->busy_ns += REQUEST * sim->character_ns;
    if (sim->dead[asked[0]])
        return;
    for (size_t i = 0; i < length; i += chunk) {
        size_t some = length - i < chunk ? length - i : chunk;
        clock_sleep_until_ns(at_ns + (int64_t)(i + some) * sim->character_ns);
        if (write(sim->fd, frame + i, some) < 0)
            return;
    }
    sim->free_ns = at_ns + (int64_t)length * sim->character_ns;
    sim->busy_ns += (int64_t)length * sim->character_ns;
    sim->pending_ns = sim->free_ns + sim->silence_ns - begun_ns;
}

static void
count_cycle(struct rtusim *sim, const uint8_t *asked, int64_t begun_ns)
{
    if (sim->cycle_ns == 0)
        memcpy(sim->cycle_starts, asked, REQUEST);
    else if (memcmp(sim->cycle_starts, asked, REQUEST) != 0)
        return;
    else {
        int64_t took_ns = begun_ns - sim->cycle_ns;
        sim->cycles++;
        sim->cycles_ns += took_ns;
        if (took_ns > sim->longest_ns)
            sim->longest_ns = took_ns;
    }
    sim->cycle_ns = begun_ns;
}

static void
take_request(struct rtusim *sim, const uint8_t *asked, int64_t begun_ns)
{
    if (sim->free_ns != 0 && begun_ns < sim->free_ns + sim->silence_ns - GRACE_NS)
        sim->broken++;
    if (crc(asked, 6) != (asked[6] | asked[7] << 8) || asked[0] >= UNITS) {
        sim->bad++;
        return;
    }
    if (sim->first_ns == 0)
        sim->first_ns = begun_ns;
    count_cycle(sim, asked, begun_ns);
    sim->least_ns += sim->pending_ns;
    sim->pending_ns = 0;
    sim->last_ns = begun_ns;
    sim->requests[asked[0]]++;
    answer(sim, asked, begun_ns);
}

/* Signals arrive within ppoll alone (main blocks them), so that none is missed before a wait. */
static void
serve(struct rtusim *sim)
{
    static const struct timespec BREAK = {.tv_nsec = 50000000};
    uint8_t asked[REQUEST];
    size_t have = 0;
    int64_t begun_ns = 0;
    sigset_t none;

    sigemptyset(&none);
    while (!stopping) {
        struct pollfd waiting = {.fd = sim->fd, .events = POLLIN};
        if (telling) {
            telling = 0;
            tell(sim);
        }
        if (ppoll(&waiting, 1, have > 0 ? &BREAK : NULL, &none) == 0) {
            sim->bad++; /* a request that broke off */
            have = 0;
            continue;
        }
        if ((waiting.revents & POLLIN) == 0)
            continue;
        if (have == 0)
            begun_ns = clock_mono_ns();
        ssize_t got = read(sim->fd, asked + have, sizeof asked - have);
        if (got <= 0)
            continue;
        have += (size_t)got;
        if (have == sizeof asked) {
            take_request(sim, asked, begun_ns);
            have = 0;
        }
    }
}

/* SIGUSR1 tells, SIGTERM and SIGINT stop; all three wait for ppoll. */
static void
take_signals(void)
{
    static const int NUMBERS[] = {SIGUSR1, SIGTERM, SIGINT};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t held;

    sigemptyset(&held);
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        sigaction(NUMBERS[i], &action, NULL);
        sigaddset(&held, NUMBERS[i]);
    }
    sigprocmask(SIG_BLOCK, &held, NULL);
}

static bool
open_line(struct rtusim *sim, const char *link)
{
    struct termios settings;
    char name[128];
    int other;

    if (openpty(&sim->fd, &other, name, NULL, NULL) != 0)
        return false;
    tcgetattr(other, &settings); /* `other` stays open, or the master would see an end */
    cfmakeraw(&settings);
    tcsetattr(other, TCSANOW, &settings);
    unlink(link);
    return symlink(name, link) == 0;
}

static void
set_dead(struct rtusim *sim, char *list)
{
    for (char *unit = strtok(list, ","); unit != NULL; unit = strtok(NULL, ","))
        sim->dead[atoi(unit) % UNITS] = true;
}

int
main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"link", required_argument, NULL, 'l'},
                                            {"baud", required_argument, NULL, 'b'},
                                            {"turn-us", required_argument, NULL, 't'},
                                            {"dead", required_argument, NULL, 'd'},
                                            {NULL, 0, NULL, 0}};
    static struct rtusim sim;
    const char *link = NULL;
    int option, baud = 9600;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (option) {
        case 'l': link = optarg; break;
        case 'b': baud = atoi(optarg); break;
        case 't': sim.turnaround_ns = atoll(optarg) * 1000; break;
        case 'd': set_dead(&sim, optarg); break;
        default: return 2;
        }
    }
    if (link == NULL || baud <= 0)
        return 2;
    prctl(PR_SET_TIMERSLACK, 1UL); /* our own wake-ups are not to count as the master's */
    sim.character_ns = 10 * 1000000000LL / baud;
    sim.silence_ns = baud > 19200 ? 1750000 : sim.character_ns * 7 / 2;
    take_signals();
    if (!open_line(&sim, link)) {
        perror("rtusim");
        return 1;
    }
    printf("{\"line\": \"ready\"}\n");
    fflush(stdout);
    serve(&sim);
    tell(&sim);
    unlink(link);
    return 0;
}
