/* Between the desk, which lives as long as the daemon, and the destinations, which are replaced
 * with the site. An answer that comes while they are being replaced is given back as lost, and the
 * desk tries it again. */
#include "daemon/parkgated_parts.h"

#include "base/clock.h"

/* A clerk's thread, at any time. While it is counted in `replying`, what it sees of the
 * destinations stays. */
static void
reply(void *context, struct command *command)
{
    struct parkgated *self = context;

    atomic_fetch_add(&self->replying, 1);
    struct forward *forward = atomic_load(&self->forward);
    if (forward != NULL) {
        forward_reply(forward, command);
    } else {
        command->lost = true;
        queue_post_reserved(command->answered, &command);
    }
    atomic_fetch_sub(&self->replying, 1);
}

void
parkgated_forget_forward(struct parkgated *self)
{
    atomic_store(&self->forward, NULL);
    while (atomic_load(&self->replying) != 0)
        clock_sleep_until_ns(clock_mono_ns() + 1000000);
}

static void
stamp(void *context, struct stamp *ret_now)
{
    struct parkgated *self = context;

    timekeeper_stamp(&self->timekeeper, clock_mono_ms(), ret_now);
}

/* Without it the gateway still reads, judges and sends. */
void
parkgated_start_desk(struct parkgated *self)
{
    struct desk_outlet outlet = {.scope = &self->scope,
                                 .reply = reply,
                                 .stamp = stamp,
                                 .context = self,
                                 .gateway_id = store_gateway_id(self->store)};

    if (desk_start(&outlet, self->running.site, &self->desk) != 0)
        log_error("no command can be sent over MQTT; everything else goes on");
}

static struct command *
claim(void *context)
{
    struct parkgated *self = context;

    return self->desk != NULL ? desk_claim(self->desk) : NULL;
}

static void
submit(void *context, struct command *command)
{
    struct parkgated *self = context;

    desk_submit(self->desk, command);
}

static void
challenge(void *context, char ret_challenge[33])
{
    struct parkgated *self = context;

    ret_challenge[0] = '\0';
    if (self->desk != NULL)
        desk_challenge(self->desk, ret_challenge);
}

void
parkgated_offer_desk(struct parkgated *self, struct forward_outlet *outlet)
{
    outlet->claim = claim;
    outlet->submit = submit;
    outlet->context = self;
    outlet->stamp = timekeeper_stamp;
    outlet->timekeeper = &self->timekeeper;
    outlet->challenge = challenge;
    if (self->desk != NULL)
        desk_set_site(self->desk, self->running.site);
}
