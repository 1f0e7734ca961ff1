#include "daemon/configuration/proposal.h"

#include "base/arena.h"
#include "config/loader.h"
#include "daemon/configuration/document.h"
#include "daemon/configuration/merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
proposal_load(const struct configuration *configuration, const struct loader_options *options,
              struct site **ret_site)
{
    struct loader_options whole = *options;

    whole.share = configuration_share(configuration);
    return loader_load(configuration_local_file(configuration), &whole, ret_site);
}

/* ---- mistakes ---- */

static void
take_mistake(void *context, bool warning, const char *line)
{
    struct proposal *proposal = context;
    int at = 0;

    proposal->errors += !warning;
    if (proposal->count == PROPOSAL_MISTAKES) {
        proposal->untold++;
        return;
    }
    struct proposal_mistake *mistake = &proposal->mistakes[proposal->count++];
    mistake->is_warning = warning;
    if (sscanf(line, PROPOSAL_NAME ":%u:%u: %n", &mistake->line, &mistake->column, &at) < 2 ||
        at == 0)
        mistake->line = mistake->column = 0;
    if (at == 0 && !strncmp(line, PROPOSAL_NAME ": ", strlen(PROPOSAL_NAME ": ")))
        at = (int)strlen(PROPOSAL_NAME ": ");
    line += at;
    if (warning && !strncmp(line, "warning: ", 9))
        line += 9;
    snprintf(mistake->text, sizeof mistake->text, "%s", line);
}

static void
check(struct proposal *proposal, struct configuration *configuration)
{
    struct loader_options options = {.report = take_mistake,
                                     .context = proposal,
                                     .text = proposal->text,
                                     .length = proposal->length,
                                     .shown_name = PROPOSAL_NAME};
    struct site *site = NULL;

    int error = proposal_load(configuration, &options, &site);
    if (error != 0)
        return;
    for (size_t i = 0; i < sizeof site->digest; i++)
        snprintf(proposal->digest + 2 * i, 3, "%02x", site->digest[i]);
    site_free(site);
}

/* ---- text ---- */

static struct yaml_node *
parse(struct arena *arena, const char *text, size_t length)
{
    struct mistakes *mistakes = arena_take(arena, sizeof *mistakes);
    struct place place = {.file = PROPOSAL_NAME};

    mistakes->arena = arena;
    if (memchr(text, '\0', length))
        return NULL;
    struct yaml_node *root = yaml_parse(arena, &place, text, length, mistakes);
    return mistakes->errors == 0 ? root : NULL;
}

/* The file that is in force, parsed; NULL where it cannot be read any more. */
static struct yaml_node *
parse_in_force(struct arena *arena, struct configuration *configuration)
{
    char *text = NULL;
    size_t length = 0;

    if (configuration_read(configuration, configuration_in_force(configuration), &text, &length) !=
        0)
        return NULL;
    struct yaml_node *root = parse(arena, text, length);
    free(text);
    return root;
}

static bool
take_text(struct proposal *proposal, const char *text, size_t length)
{
    if (length > CONFIGURATION_TEXT_MOST) {
        snprintf(proposal->why, sizeof proposal->why,
                 "the site file would be %zu bytes long, at most %zu are taken", length,
                 CONFIGURATION_TEXT_MOST);
        return false;
    }
    proposal->text = malloc(length + 1);
    if (proposal->text == NULL) {
        snprintf(proposal->why, sizeof proposal->why, "no memory: ask again");
        return false;
    }
    memcpy(proposal->text, text, length);
    proposal->text[length] = '\0';
    proposal->length = length;
    return true;
}

static bool
take_patch(struct proposal *proposal, struct yaml_node *target, const json_t *patch)
{
    struct buf text;

    if (target == NULL || target->shape != YAML_MAP) {
        snprintf(proposal->why, sizeof proposal->why,
                 "the file that is in force cannot be read as YAML: propose a whole text");
        return false;
    }
    struct yaml_node *patched = merge_apply(proposal->arena, target, patch);
    if (patched == NULL) {
        snprintf(proposal->why, sizeof proposal->why,
                 "the patch nests deeper than %d levels or has more than %d entries in one place",
                 YAML_DEPTH_MAX, YAML_ENTRIES_MAX);
        return false;
    }
    if (buf_new(&text, 2 * CONFIGURATION_TEXT_MOST) != 0) {
        snprintf(proposal->why, sizeof proposal->why, "no memory: ask again");
        return false;
    }
    document_print(&text, patched);
    if (text.overflow)
        text.length = 2 * CONFIGURATION_TEXT_MOST;
    bool taken = take_text(proposal, (const char *)text.data, text.length);
    buf_free(&text);
    return taken;
}

struct proposal *
proposal_make(struct configuration *configuration, const char *text, size_t length,
              const json_t *patch)
{
    struct proposal *proposal = calloc(1, sizeof *proposal);

    if (proposal == NULL)
        return NULL;
    proposal->arena = arena_new();
    bool taken = patch != NULL
                     ? take_patch(proposal, parse_in_force(proposal->arena, configuration), patch)
                     : take_text(proposal, text, length);
    if (!taken)
        return proposal;
    check(proposal, configuration);
    if (proposal->errors == 0) /* the patch used up the tree it was applied to */
        difference_find(parse_in_force(proposal->arena, configuration),
                        parse(proposal->arena, proposal->text, proposal->length),
                        &proposal->difference);
    return proposal;
}

void
proposal_free(struct proposal *proposal)
{
    if (proposal == NULL)
        return;
    arena_free(proposal->arena);
    free(proposal->text);
    free(proposal);
}
