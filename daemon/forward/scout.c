/* The look itself takes 2 s at most once the name is resolved. */
#include "daemon/forward/scout.h"

#include "protocols/mqtt/reach.h"

#define LOOK_MS 2000

static void *
look(void *context)
{
    struct scout *scout = context;
    struct reach_address found[REACH_ADDRESSES];
    char error[200];
    int count = reach_resolve(scout->host, scout->port, found, error);
    bool answers = count > 0 && reach_try(found, count, LOOK_MS, error) == 0;
    atomic_store(&scout->found, answers ? 1 : -1);
    return NULL;
}

void
scout_send(struct scout *scout, const char *host, uint16_t port)
{
    scout->host = host;
    scout->port = port;
    atomic_store(&scout->found, 0);
    scout->is_out = thread_start(&scout->thread, "scout", look, scout) == 0;
}

bool
scout_returned(struct scout *scout, bool *ret_answers)
{
    int found = scout->is_out ? atomic_load(&scout->found) : 0;
    if (found == 0)
        return false;
    thread_join(&scout->thread);
    scout->is_out = false;
    *ret_answers = found > 0;
    return true;
}

void
scout_call_back(struct scout *scout)
{
    if (scout->is_out)
        thread_join(&scout->thread);
    scout->is_out = false;
}
