/* Which site file is in force: the local one, or a version of it that came over a command and was
 * proven (daemon/configuration/versions.h). Without the kept versions (their directory cannot be
 * made) the local file holds and nothing can be proposed. */
#include "daemon/parkgated_parts.h"

#include "base/log.h"
#include "daemon/configuration/proposal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t
parkgated_version_in_force(struct parkgated *self)
{
    return self->configuration != NULL ? configuration_in_force(self->configuration) : 0;
}

int
parkgated_load_version(struct parkgated *self, uint64_t number, struct site **ret_site)
{
    char shown[40];
    char *text = NULL;
    size_t length = 0;

    if (number == 0)
        return parkgated_load_site(self, ret_site);
    snprintf(shown, sizeof shown, "version-%" PRIu64, number);
    self->last_error[0] = '\0';
    int error = configuration_read(self->configuration, number, &text, &length);
    if (error != 0) {
        snprintf(self->last_error, sizeof self->last_error,
                 "version %" PRIu64 " cannot be read: %s", number, strerror(-error));
        return error;
    }
    struct loader_options options = {.report = parkgated_report,
                                     .context = self,
                                     .text = text,
                                     .length = length,
                                     .shown_name = shown};
    error = proposal_load(self->configuration, &options, ret_site);
    free(text);
    return error != 0 ? error : parkgated_check_site(self, ret_site);
}

/* ---- start ---- */

static void
tell_of_damage(struct parkgated *self, uint64_t number)
{
    struct configuration_news *news = &self->news;

    if (news->count == CONFIGURATION_NEWS)
        return;
    news->list[news->count].kind = "configuration.local-wins";
    news->list[news->count].warning = true;
    snprintf(news->list[news->count].text, sizeof news->list[0].text,
             "version %" PRIu64 " is not good any more, the local file holds: %.120s", number,
             self->last_error);
    news->count++;
}

void
parkgated_open_configuration(struct parkgated *self)
{
    struct site *site = NULL;

    int error = configuration_open(self->options.state, self->options.file, self->options.share,
                                   &self->configuration, &self->news);
    if (error != 0) {
        log_error("%s/configuration cannot be opened: %s; the local file holds",
                  self->options.state, strerror(-error));
        return;
    }
    uint64_t number = configuration_in_force(self->configuration);
    if (number == 0)
        return;
    if (parkgated_load_version(self, number, &site) != 0) {
        tell_of_damage(self, number);
        configuration_go_back(self->configuration, 0, "");
        return;
    }
    site_free(self->running.site);
    self->running.site = site;
    log_notice("version %" PRIu64 " of the site file is in force", number);
}

void
parkgated_tell_configuration(struct parkgated *self)
{
    for (size_t i = 0; i < self->news.count; i++) {
        log_notice("%s", self->news.list[i].text);
        parkgated_note(self, self->news.list[i].kind,
                       self->news.list[i].warning ? SEVERITY_WARNING : SEVERITY_INFO,
                       self->news.list[i].text);
    }
    self->news.count = 0;
}

void
parkgated_settle_local(struct parkgated *self)
{
    uint64_t number = parkgated_version_in_force(self);
    char text[EVENT_TEXT];

    if (number == 0 || !configuration_local_changed(self->configuration))
        return;
    int error = configuration_go_back(self->configuration, 0, "");
    if (error != 0) {
        log_error("that the local file wins cannot be kept: %s", strerror(-error));
        return;
    }
    snprintf(text, sizeof text,
             "the local file was changed while version %" PRIu64 " was in force: it wins", number);
    log_notice("%s", text);
    parkgated_note(self, "configuration.local-wins", SEVERITY_INFO, text);
}
