#include "daemon/parkgated_parts.h"

#include "base/clock.h"
#include "base/log.h"
#include "config/loader.h"
#include "daemon/acquire/acquire.h"
#include "daemon/engine.h"
#include "daemon/forward/forward.h"
#include "daemon/store/store.h"
#include "daemon/supervise/pages.h"
#include "daemon/supervise/timekeeper.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INBOX_ITEMS      4096
#define INBOX_RESERVED   512
#define ERRANDS          32 /* more than there are threads that carry out commands */
#define DESTINATIONS_MAX 16
#define STOP_GRACE_MS    2000
#define SETTLE_MS        1500

/* ---- what other threads call ---- */

void
parkgated_wake(void *context)
{
    struct parkgated *self = context;
    struct forward *forward = atomic_load(&self->forward);

    if (forward != NULL)
        forward_wake(forward);
}

/* The engine's thread: an order on its way to a bus. Memory of a site that was replaced is freed
 * only when the engine has gone over to the next, so what is seen here stays while this runs. */
static void
pass_order(void *context, struct order *order)
{
    struct parkgated *self = context;
    struct acquire *acquire = atomic_load(&self->acquire);

    if (acquire != NULL) {
        acquire_order(acquire, order);
        return;
    }
    order->result = ORDER_FAILED;
    snprintf(order->reason, sizeof order->reason, "the site is being changed: ask again");
    queue_post(order->done, &order);
}

/* A note from the store's thread or from main: recorded by the engine. */
void
parkgated_post_note(void *context, const struct note *note)
{
    struct parkgated *self = context;
    struct message message = {.kind = MESSAGE_NOTE};

    message.as.note = *note;
    if (!queue_post_reserved(self->inbox, &message))
        log_error("%s: %s (no room left to record it)", note->kind, note->text);
}

void
parkgated_note(struct parkgated *self, const char *kind, enum severity severity, const char *text)
{
    struct note made = {.kind = kind, .phase = PHASE_NOTED, .severity = severity};

    snprintf(made.subject, sizeof made.subject, "gateway");
    snprintf(made.text, sizeof made.text, "%s", text);
    parkgated_post_note(self, &made);
}

/* ---- the site ---- */

void
parkgated_report(void *context, bool warning, const char *line)
{
    struct parkgated *self = context;

    if (warning) {
        log_warning("%s", line);
        return;
    }
    log_error("%s", line);
    if (self->last_error[0] == '\0')
        snprintf(self->last_error, sizeof self->last_error, "%s", line);
}

int
parkgated_check_site(struct parkgated *self, struct site **ret_site)
{
    struct site *site = *ret_site;

    if (site->destination_count > DESTINATIONS_MAX) {
        snprintf(self->last_error, sizeof self->last_error,
                 "%s: %u destinations, at most %d can be served", site->file,
                 site->destination_count, DESTINATIONS_MAX);
        log_error("%s", self->last_error);
        site_free(site);
        *ret_site = NULL;
        return -EINVAL;
    }
    site->generation = ++self->generation;
    return 0;
}

int
parkgated_load_site(struct parkgated *self, struct site **ret_site)
{
    struct loader_options options = {
        .share = self->options.share, .report = parkgated_report, .context = self};

    self->last_error[0] = '\0';
    int error = loader_load(self->options.file, &options, ret_site);
    return error != 0 ? error : parkgated_check_site(self, ret_site);
}

void
parkgated_free_running(struct running *running)
{
    acquire_free(running->acquire);
    forward_free(running->forward);
    free(running->devices);
    free(running->destinations);
    site_free(running->site);
    *running = (struct running){0};
}

int
parkgated_take_counters(struct running *running)
{
    const struct site *site = running->site;

    running->devices = calloc(site->device_count + 1U, sizeof *running->devices);
    running->destinations = calloc(site->destination_count + 1U, sizeof *running->destinations);
    return running->devices != NULL && running->destinations != NULL ? 0 : -ENOMEM;
}

/* ---- starting and stopping the part that belongs to a site ---- */

int
parkgated_start_running(struct parkgated *self)
{
    struct running *running = &self->running;
    struct forward_outlet forward = {.store = store_face(self->store),
                                     .pages = self->pages,
                                     .page_size = PARKGATED_PAGE_BYTES,
                                     .cursors = self->cursors,
                                     .inbox = self->inbox,
                                     .counters = running->destinations,
                                     .version = PARKGATE_VERSION,
                                     .credentials = getenv("CREDENTIALS_DIRECTORY"),
                                     .state = self->options.state,
                                     .boot = self->timekeeper.boot,
                                     .catalog_version = &self->catalog_version};
    struct acquire_outlet acquire = {.inbox = self->inbox,
                                     .counters = running->devices,
                                     .stamp = timekeeper_stamp,
                                     .context = &self->timekeeper};

    parkgated_offer_desk(self, &forward);
    int error = forward_start(running->site, &forward, &running->forward);
    if (error == 0) {
        atomic_store(&self->forward, running->forward);
        error = acquire_start(running->site, &acquire, &running->acquire);
    }
    if (error == 0)
        atomic_store(&self->acquire, running->acquire);
    return error;
}

void
parkgated_stop_running(struct parkgated *self)
{
    atomic_store(&self->acquire, NULL);
    acquire_stop(self->running.acquire);
    forward_stop(self->running.forward, STOP_GRACE_MS);
    parkgated_forget_forward(self);
}

static int
open_store(struct parkgated *self)
{
    const struct store_settings *settings = &self->running.site->store;
    struct store_options options = {.directory = self->options.state,
                                    .volatile_directory = getenv("RUNTIME_DIRECTORY"),
                                    .max_size = settings->max_size,
                                    .commit_every_ms = settings->commit_every_ms,
                                    .keep_days = settings->keep_days};
    struct store_hooks hooks = {.durable = parkgated_wake,
                                .note = parkgated_post_note,
                                .cursors = self->cursors,
                                .context = self};
    char boot[33];
    char reason[200] = "";

    int error = store_open(&options, &self->store, reason);
    if (error != 0) {
        log_error("the store in %s cannot be opened: %s", options.directory, reason);
        return error;
    }
    clock_read_boot_id(boot);
    uint32_t number = store_begin_boot(self->store, boot, clock_utc_ms());
    if (number == 0) {
        log_error("the store refuses the number of this boot");
        return -EIO;
    }
    self->placed = store_boot_is_placed(self->store, number);
    timekeeper_init(&self->timekeeper, number, store_last_utc_ms(self->store));
    timekeeper_stamp(&self->timekeeper, clock_mono_ms(), &self->started);
    parkgated_begin_run(self, boot);
    error = store_register(self->store, self->running.site);
    if (error != 0)
        log_error("the site's points cannot be registered in the store: %s", strerror(-error));
    return error != 0 ? error : store_start(self->store, &hooks);
}

static int
start_engine(struct parkgated *self)
{
    struct engine_parts parts = {.inbox = self->inbox,
                                 .store = self->store,
                                 .timekeeper = &self->timekeeper,
                                 .cause = run_cause_words(self->oversight.run.cause),
                                 .pages = self->pages,
                                 .devices = self->running.devices,
                                 .destinations = self->running.destinations,
                                 .wake = parkgated_wake,
                                 .order = pass_order,
                                 .context = self};

    int error = engine_new(self->running.site, &parts, &self->engine);
    if (error == 0)
        error = engine_start(self->engine);
    self->engine_started = error == 0;
    return error;
}

static void
fill_scope(struct parkgated *self)
{
    self->scope = (struct request_scope){.inbox = self->inbox,
                                         .errands = self->errands,
                                         .call_main = parkgated_call,
                                         .context = self,
                                         .pages = self->pages,
                                         .page_size = PARKGATED_PAGE_BYTES,
                                         .refresh = &self->refresh,
                                         .health_mono_ms = &self->health_mono_ms,
                                         .store = store_face(self->store),
                                         .state = self->options.state,
                                         .configuration = self->configuration,
                                         .stopping = &self->stopping};
}

/* Without it the gateway still reads, judges and sends. */
static void
start_control(struct parkgated *self)
{
    const char *directory = getenv("RUNTIME_DIRECTORY");

    if (self->options.socket != NULL)
        snprintf(self->socket, sizeof self->socket, "%s", self->options.socket);
    else
        snprintf(self->socket, sizeof self->socket, "%s/control.sock",
                 directory != NULL ? directory : self->options.state);
    if (control_start(self->socket, &self->scope, &self->control) != 0)
        log_error("parkgatectl cannot ask this daemon; everything else goes on");
}

static int
take_memory(struct parkgated *self)
{
    int error = queue_new(sizeof(struct message), INBOX_ITEMS, INBOX_RESERVED, &self->inbox);

    if (error == 0)
        error = queue_new(sizeof(struct errand *), ERRANDS, 0, &self->errands);
    if (error == 0)
        error = board_new(PAGE_COUNT, PARKGATED_PAGE_BYTES, &self->pages);
    if (error == 0)
        error = board_new(DESTINATIONS_MAX, sizeof(struct cursors), &self->cursors);
    if (error == 0)
        error = buf_new(&self->page, PARKGATED_PAGE_BYTES);
    return error;
}

static const char *
choose_directory(const struct parkgated *self)
{
    if (self->options.state != NULL)
        return self->options.state;
    if (self->running.site->store.directory != NULL)
        return self->running.site->store.directory;
    return getenv("STATE_DIRECTORY");
}

static int
start(struct parkgated *self)
{
    int error = parkgated_load_site(self, &self->running.site);

    if (error != 0)
        return error;
    self->options.state = choose_directory(self);
    if (self->options.state == NULL) {
        log_error("no directory for the store: give --state DIR, or store.directory in %s",
                  self->options.file);
        return -EINVAL;
    }
    self->state = strdup(self->options.state); /* the site it may stand in goes at a reload */
    if (self->state == NULL)
        return -ENOMEM;
    self->options.state = self->state;
    parkgated_open_configuration(self);
    error = take_memory(self);
    if (error == 0)
        error = parkgated_take_counters(&self->running);
    if (error == 0)
        error = open_store(self);
    if (error == 0)
        error = start_engine(self);
    if (error != 0)
        return error;
    parkgated_tell_configuration(self);
    atomic_store(&self->catalog_version, (unsigned long long)clock_utc_ms());
    parkgated_publish_catalog(self);
    parkgated_publish_health(self);
    fill_scope(self);
    parkgated_start_desk(self);
    error = parkgated_start_running(self);
    if (error == 0)
        start_control(self);
    return error;
}

int
parkgated_start(const struct parkgated_options *options, struct parkgated **ret_parkgated)
{
    struct parkgated *self = calloc(1, sizeof *self);

    if (self == NULL)
        return -ENOMEM;
    self->options = *options;
    int error = faults_init(&self->oversight.faults);
    if (error == 0)
        error = start(self);
    if (error != 0) {
        parkgated_stop(self);
        return error;
    }
    log_notice("reading %u devices on %u buses, %u points; store %s, gateway %s",
               self->running.site->device_count, self->running.site->bus_count,
               self->running.site->point_count, store_id(self->store),
               store_gateway_id(self->store));
    *ret_parkgated = self;
    return 0;
}

void
parkgated_stop(struct parkgated *self)
{
    struct message message = {.kind = MESSAGE_STOP};

    if (self == NULL)
        return;
    atomic_store(&self->acquire, NULL);
    acquire_stop(self->running.acquire);
    atomic_store(&self->stopping, true);
    if (self->errands != NULL)
        parkgated_refuse_errands(self);
    control_stop(self->control);
    desk_stop(self->desk);
    if (self->engine_started) {
        queue_post_reserved(self->inbox, &message);
        engine_join(self->engine);
        store_settle(self->store, clock_mono_ms() + SETTLE_MS);
        parkgated_publish_health(self);
    }
    if (self->running.forward != NULL)
        forward_stop(self->running.forward, STOP_GRACE_MS);
    parkgated_forget_forward(self);
    store_close(self->store);
    parkgated_end_run(self);
    engine_free(self->engine);
    parkgated_free_running(&self->running);
    desk_free(self->desk);
    board_free(self->pages);
    board_free(self->cursors);
    queue_free(self->inbox);
    queue_free(self->errands);
    buf_free(&self->page);
    configuration_free(self->configuration);
    free(self->state);
    free(self);
}
