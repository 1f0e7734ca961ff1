/* parkgatectl metrics: the running daemon's health page for a node exporter's textfile directory.
 * A file is written whole and renamed, so that nobody reads half of it; when the daemon does not
 * answer, the file says parkgate_up 0 instead of what was true once. */
#include "ctl/metrics.h"

#include "base/number.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/metrics_table.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- text ---- */

static void
print_escaped(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '\\' || *text == '"')
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

/* Labels of one sample: pairs, ended by a NULL name. */
struct labels {
    const char *names[4], *values[4];
    unsigned count;
};

static void
add_label(struct labels *labels, const char *name, const char *value)
{
    labels->names[labels->count] = name;
    labels->values[labels->count++] = value;
}

static void
print_sample(const char *name, const struct labels *labels, double value, FILE *out)
{
    char number[NUMBER_TEXT];

    fputs(name, out);
    for (unsigned i = 0; i < labels->count; i++) {
        fprintf(out, "%c%s=\"", i == 0 ? '{' : ',', labels->names[i]);
        print_escaped(labels->values[i], out);
        fputc('"', out);
    }
    size_t length = number_print_double(value, number);
    fprintf(out, "%s %.*s\n", labels->count > 0 ? "}" : "", (int)length, number);
}

static void
print_head(const char *name, const char *help, const char *type, FILE *out)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* ---- one metric ---- */

/* A family under way: its head is printed before its first sample. */
struct family {
    const struct metric *metric;
    bool begun;
    FILE *out;
};

static void
put(struct family *family, const struct labels *labels, double value)
{
    const struct metric *metric = family->metric;

    if (!family->begun)
        print_head(metric->name, metric->help, metric->is_counter ? "counter" : "gauge",
                   family->out);
    family->begun = true;
    print_sample(metric->name, labels, value, family->out);
}

static const json_t *
find(const json_t *object, const char *path)
{
    char key[64];

    for (;;) {
        size_t length = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)length, path);
        object = json_object_get(object, key);
        if (path[length] == '\0')
            return object;
        path += length + 1;
    }
}

/* Divided where that keeps a round number round: 0.001 is no double. */
static double
scaled(double value, double scale)
{
    return scale < 1 ? value / (1 / scale) : value * scale;
}

static void
put_number(struct family *family, const struct labels *labels, const json_t *value)
{
    if (json_is_number(value))
        put(family, labels, scaled(json_number_value(value), family->metric->scale));
    else if (json_is_boolean(value))
        put(family, labels, json_is_true(value));
}

static void
put_states(struct family *family, const struct labels *labels, const json_t *value)
{
    const struct metric *metric = family->metric;
    const char *state = json_string_value(value);

    for (unsigned i = 0; state != NULL && metric->states[i] != NULL; i++) {
        struct labels with = *labels;
        add_label(&with, metric->label, metric->states[i]);
        put(family, &with, strcmp(state, metric->states[i]) == 0);
    }
}

static void
put_members(struct family *family, const struct labels *labels, const json_t *value)
{
    const struct metric *metric = family->metric;
    json_t *list = (json_t *)value, *member;
    const char *name;

    json_object_foreach(list, name, member)
    {
        struct labels with = *labels;
        add_label(&with, metric->label, name);
        put_number(family, &with, metric->within != NULL ? find(member, metric->within) : member);
    }
}

static void
put_metric(struct family *family, const struct labels *labels, const json_t *object)
{
    const json_t *value = find(object, family->metric->path);

    switch (family->metric->kind) {
    case METRIC_NUMBER: put_number(family, labels, value); break;
    case METRIC_STATE: put_states(family, labels, value); break;
    case METRIC_MEMBERS: put_members(family, labels, value); break;
    }
}

/* ---- the page ---- */

static void
put_list(const struct metric_list *list, const struct metric *metric, const json_t *page, FILE *out)
{
    struct family family = {.metric = metric, .out = out};
    struct labels labels = {.count = 0};
    size_t i;
    json_t *object;

    if (list->array == NULL) {
        put_metric(&family, &labels, page);
        return;
    }
    json_array_foreach(json_object_get(page, list->array), i, object)
    {
        labels.count = 0;
        add_label(&labels, list->label, client_text(object, "name"));
        if (list->other != NULL)
            add_label(&labels, list->other, client_text(object, list->other_member));
        put_metric(&family, &labels, object);
    }
}

void
metrics_print(const json_t *page, FILE *out)
{
    struct labels labels = {.count = 0};

    print_head("parkgate_up", "1 while the daemon answers.", "gauge", out);
    print_sample("parkgate_up", &labels, page != NULL, out);
    if (page == NULL)
        return;
    add_label(&labels, "version", client_text(page, "version"));
    add_label(&labels, "build", client_text(page, "build"));
    add_label(&labels, "gateway", client_text(page, "gateway"));
    add_label(&labels, "restart_cause", client_text(page, "restart_cause"));
    print_head("parkgate_info", "Which program this is, and why it last started.", "gauge", out);
    print_sample("parkgate_info", &labels, 1, out);
    for (unsigned i = 0; i < METRIC_LIST_COUNT; i++)
        for (const struct metric *m = METRIC_LISTS[i].metrics; m->name != NULL; m++)
            put_list(&METRIC_LISTS[i], m, page, out);
}

/* ---- the command ---- */

static int
complain(const char *path)
{
    fprintf(stderr, "parkgatectl: %s cannot be written: %s\n", path, strerror(errno));
    return CTL_WRONG;
}

/* The name while it is being written does not end in .prom: no exporter reads it. */
static int
write_file(const json_t *page, const char *path)
{
    char temporary[PATH_MAX];

    if (snprintf(temporary, sizeof temporary, "%s.%ld.new", path, (long)getpid()) >=
        (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return complain(path);
    }
    FILE *out = fopen(temporary, "wxe");
    if (out == NULL)
        return complain(path);
    metrics_print(page, out);
    bool written = fchmod(fileno(out), 0644) == 0 && fflush(out) == 0 && !ferror(out);
    if (fclose(out) == 0 && written && rename(temporary, path) == 0)
        return CTL_FINE;
    int result = complain(path);
    unlink(temporary);
    return result;
}

int
metrics_run(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"socket", required_argument, NULL, 's'},
                                            {"output", required_argument, NULL, 'o'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL, *output = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option != 's' && option != 'o')
            return CTL_USAGE;
        *(option == 's' ? &path : &output) = optarg;
    }
    if (optind != argc)
        return CTL_USAGE;
    struct client *client = client_open(path);
    json_t *answer = client != NULL ? client_ask(client, json_pack("{s:s}", "verb", "status"))
                                    : NULL;
    const json_t *page = json_object_get(answer, "answer");
    int result = page != NULL ? CTL_FINE : CTL_WRONG;
    if (output == NULL)
        metrics_print(page, stdout);
    else if (write_file(page, output) != CTL_FINE)
        result = CTL_WRONG;
    json_decref(answer);
    client_close(client);
    return result;
}
