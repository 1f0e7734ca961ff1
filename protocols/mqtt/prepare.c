/* paho's error for a file it cannot read does not say which: they are tried beforehand. */
#include "protocols/mqtt/prepare.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
check_file(const char *what, const char *path, char ret_error[200])
{
    if (!path || access(path, R_OK) == 0)
        return 0;
    int rc = -errno;
    snprintf(ret_error, 200, "cannot read the %s %s: %s", what, path, strerror(-rc));
    return rc;
}

int
prepare_files(const struct mqtt_options *options, char ret_error[200])
{
    int rc = check_file("CA file", options->ca, ret_error);
    if (rc == 0)
        rc = check_file("certificate", options->certificate, ret_error);
    if (rc == 0)
        rc = check_file("key", options->key, ret_error);
    return rc;
}

void
prepare_uri(const struct mqtt_options *options, const char *host, char ret_uri[PREPARE_URI])
{
    bool is_v6 = strchr(host, ':') != NULL;
    snprintf(ret_uri, PREPARE_URI, "%s://%s%.250s%s:%u", options->tls ? "ssl" : "tcp",
             is_v6 ? "[" : "", host, is_v6 ? "]" : "", options->port);
}
