/* Modbus RTU slaves on a pty that is paced like an RS-485 line: a request takes the time of its
 * characters, 3.5 characters of silence and a turnaround go by, the answer becomes visible as its
 * bytes would. Every unit answers functions 3 and 4, but those of --dead. Registers hold a counter.
 *
 * Counts requests, those that broke the silence (0.1 ms grace), and the sum of the least time each
 * needs: what a perfect master would have taken for the same requests. One line of JSON on SIGUSR1
 * and at the end. */
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
#define GRACE_NS 100000
#define CHUNK_NS 400000 /* shorter characters become visible eight at a time */

struct rtusim {
    int fd;
    int64_t character_ns, silence_ns, turnaround_ns;
    bool dead[UNITS];
    int64_t free_ns;           /* when the line fell silent */
    int64_t first_ns, last_ns; /* begin of the first and the last request */
    int64_t least_ns;          /* of the requests before the last */
    int64_t pending_ns;        /* of the last */
    unsigned requests[UNITS], broken, bad;
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

    printf("{\"span_ns\": %lld, \"least_ns\": %lld, \"broken\": %u, \"bad\": %u, \"requests\": {",
           (long long)(sim->last_ns - sim->first_ns), (long long)sim->least_ns, sim->broken,
           sim->bad);
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
    size_t length = 3 + 2 * (size_t)count;

    frame[0] = asked[0];
    frame[1] = asked[1];
    frame[2] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++, sim->counter++) {
        frame[3 + 2 * i] = (uint8_t)(sim->counter >> 8);
        frame[4 + 2 * i] = (uint8_t)sim->counter;
    }
    if ((asked[1] != 3 && asked[1] != 4) || count == 0 || count > 125) {
        frame[1] |= 0x80;
        frame[2] = 1;
        length = 3;
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
    int64_t at_ns = begun_ns + 8 * sim->character_ns + sim->silence_ns + sim->turnaround_ns;
    size_t length = make_answer(sim, asked, frame);

    sim->free_ns = begun_ns + 8 * sim->character_ns;
    if (sim->dead[asked[0]])
        return;
    for (size_t i = 0; i < length; i += chunk) {
        size_t some = length - i < chunk ? length - i : chunk;
        clock_sleep_until_ns(at_ns + (int64_t)(i + some) * sim->character_ns);
        if (write(sim->fd, frame + i, some) < 0)
            return;
    }
    sim->free_ns = at_ns + (int64_t)length * sim->character_ns;
    sim->pending_ns = sim->free_ns + sim->silence_ns - begun_ns;
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
    sim->least_ns += sim->pending_ns;
    sim->pending_ns = 0;
    sim->last_ns = begun_ns;
    sim->requests[asked[0]]++;
    answer(sim, asked, begun_ns);
}

static void
serve(struct rtusim *sim)
{
    uint8_t asked[8];
    size_t have = 0;
    int64_t begun_ns = 0;

    while (!stopping) {
        struct pollfd waiting = {.fd = sim->fd, .events = POLLIN};
        if (telling) {
            telling = 0;
            tell(sim);
        }
        if (poll(&waiting, 1, have > 0 ? 50 : -1) == 0) {
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
    struct sigaction action = {.sa_handler = on_signal};
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
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
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
