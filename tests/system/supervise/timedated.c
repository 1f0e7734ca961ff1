/* In systemd-timedated's place on a private bus: owns org.freedesktop.timedate1 and answers
 * whatever is asked of its object by the word in FILE: yes, no, refuse, text (a value of the wrong
 * type), or anything else: never. A gateway under test asks it whether the clock is synchronised.
 * usage: DBUS_SYSTEM_BUS_ADDRESS=... timedated FILE; says "ready" when it owns the name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

static const char *file;

static int
answer(sd_bus_message *message, void *context, sd_bus_error *ret_error)
{
    char word[16] = "";
    FILE *in = fopen(file, "r");

    (void)context;
    (void)ret_error;
    if (in == NULL || fscanf(in, "%15s", word) != 1)
        fprintf(stderr, "timedated: no word in %s\n", file);
    if (in != NULL)
        fclose(in);
    printf("asked: %s\n", word);
    fflush(stdout);
    if (strcmp(word, "refuse") == 0)
        return sd_bus_reply_method_errorf(message, SD_BUS_ERROR_ACCESS_DENIED, "not for you");
    if (strcmp(word, "text") == 0)
        return sd_bus_reply_method_return(message, "v", "s", "perhaps");
    if (strcmp(word, "yes") != 0 && strcmp(word, "no") != 0)
        return 1;
    return sd_bus_reply_method_return(message, "v", "b", strcmp(word, "yes") == 0);
}

static int
serve(void)
{
    sd_bus *bus = NULL;
    int error = sd_bus_open_system(&bus);

    if (error >= 0)
        error = sd_bus_add_object(bus, NULL, "/org/freedesktop/timedate1", answer, NULL);
    if (error >= 0)
        error = sd_bus_request_name(bus, "org.freedesktop.timedate1", 0);
    if (error >= 0) {
        puts("ready");
        fflush(stdout);
    }
    while (error >= 0) {
        error = sd_bus_process(bus, NULL);
        if (error == 0)
            error = sd_bus_wait(bus, UINT64_MAX);
    }
    sd_bus_close_unref(bus);
    return error;
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: timedated FILE\n");
        return 2;
    }
    file = argv[1];
    fprintf(stderr, "timedated: %s\n", strerror(-serve()));
    return EXIT_FAILURE;
}
