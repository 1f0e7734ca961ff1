/* parkgatectl key show: the public key that signs this gateway's records, from the running daemon.
 */
#include "ctl/client.h"
#include "ctl/ctl.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

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
