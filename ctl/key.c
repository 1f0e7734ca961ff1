/* parkgatectl key show: the public key that signs this gateway's records, from the running daemon.
 * key new, key public: the keys with which people sign commands (docs/commands.md). */
#include "base/ed25519.h"
#include "ctl/client.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
print_public(const struct ed25519 *key, bool explain)
{
    char text[65] = "";
    uint8_t public_key[32];

    if (!ed25519_public(key, public_key))
        return;
    for (size_t i = 0; i < sizeof public_key; i++)
        snprintf(text + 2 * i, 3, "%02x", public_key[i]);
    puts(text);
    if (explain)
        fprintf(stderr,
                "For the site file, with a name and a role (observer, operator, engineer, "
                "administrator):\npeople:\n  NAME: {key: %s, role: operator}\n",
                text);
}

static int
show_public(const char *path)
{
    struct ed25519 *key = ed25519_read(path);

    if (key == NULL) {
        fprintf(stderr,
                "parkgatectl: %s holds no private Ed25519 key that can be read (one with a "
                "passphrase cannot)\n",
                path);
        return CTL_WRONG;
    }
    print_public(key, false);
    ed25519_free(key);
    return CTL_FINE;
}

/* A file of that name is never replaced: it may hold the only key to a gateway. */
static int
write_new(const char *path, const char *pem, size_t length)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = file >= 0 && write(file, pem, length) == (ssize_t)length && fsync(file) == 0;
    int error = written ? 0 : errno;

    if (file >= 0)
        close(file);
    if (!written)
        fprintf(stderr, "parkgatectl: %s: %s\n", path, strerror(error));
    return written ? CTL_FINE : CTL_WRONG;
}

static int
make_new(const char *path)
{
    struct ed25519 *key = ed25519_make();
    char pem[ED25519_PEM];
    size_t length = key != NULL ? ed25519_print(key, pem) : 0;
    int result = CTL_WRONG;

    if (length == 0)
        fprintf(stderr, "parkgatectl: no key could be made\n");
    else if ((result = write_new(path, pem, length)) == CTL_FINE)
        print_public(key, true);
    explicit_bzero(pem, sizeof pem);
    ed25519_free(key);
    return result;
}

int
key_run(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"socket", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option != 's')
            return CTL_USAGE;
        path = optarg;
    }
    if (optind + 2 == argc && strcmp(argv[optind], "new") == 0)
        return make_new(argv[optind + 1]);
    if (optind + 2 == argc && strcmp(argv[optind], "public") == 0)
        return show_public(argv[optind + 1]);
    if (optind + 1 != argc || strcmp(argv[optind], "show") != 0)
        return CTL_USAGE;
    struct client *client = client_open(path);
    if (client == NULL)
        return CTL_WRONG;
    json_t *answer = client_ask(client, json_pack("{s:s}", "verb", "key"));
    const json_t *page = json_object_get(answer, "answer");
    if (answer != NULL)
        printf("gateway %s\n%s %s\n", client_text(page, "gateway"), client_text(page, "algorithm"),
               client_text(page, "public_key"));
    int result = answer != NULL ? CTL_FINE : CTL_WRONG;
    json_decref(answer);
    client_close(client);
    return result;
}
